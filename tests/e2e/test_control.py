"""A running host's control socket, as commands use it."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hookline.control.client import NoHostError, call
from hookline.control.lines import MAX_LINE
from hookline.control.requests import as_argument
from hookline.control.sockets import socket_of
from hookline.errors import StoreError
from hookline.host.host import Host
from hookline.store.people.history import EventFilter
from hookline.store.people.letters import LetterFilter
from hookline.store.store import Store
from hookline.testing import ManualClock
from tests.store.worlds import errors_of, finish_of, lease, open_store
from tests.support import NOW, SMALL_BOT, make_event, open_host

QUIET = SMALL_BOT.replace("      - {name: other, otherwise: true, reply: 聽不懂}\n", "")
ALL: Mapping[str, object] = {"letters": as_argument(LetterFilter())}


async def bury(store: Store, count: int) -> None:
    """Leave dead letters behind, of as many people."""
    await store.inbox.accept([make_event(f"text {number}", user=f"user {number}") for number in range(count)])
    rows = await lease(store, count)
    finishes = [finish_of(row, outcome="buried", error=f"error {number}") for number, row in enumerate(rows)]
    await asyncio.gather(*(store.outcomes.finish(finish) for finish in finishes))


@asynccontextmanager
async def controlled(folder: Path, dead: int = 0) -> AsyncIterator[tuple[Host, Path]]:
    """Run a host, whose bot answers nothing, with a control socket and with dead letters."""
    clock = ManualClock(NOW)
    async with open_host(folder, QUIET, clock) as host:
        await bury(host.store, dead)
        await host.start()

        yield host, socket_of(host.configuration.store)


async def outcomes(host: Host) -> list[str | None]:
    """Return how events ended, newest first."""
    await host.settle()
    return [event.outcome for event in await host.store.history.list(EventFilter(), 10)]


async def ended(host: Host) -> list[str | None]:
    """Wait until every event has ended, and return how, newest first."""
    async with asyncio.timeout(10):
        while {None, "replayed"} & set(found := await outcomes(host)):
            await asyncio.sleep(0.01)
        return found


async def said(path: Path, *lines: bytes) -> list[dict[str, object]]:
    """Say *lines* to the host and return all that it answers."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.writelines(lines)
    writer.write_eof()
    answers = (await asyncio.wait_for(reader.read(), 10)).splitlines()
    writer.close()
    return [json.loads(answer) for answer in answers]


async def test_replayed_events_are_run_by_the_running_host(tmp_path: Path) -> None:
    async with controlled(tmp_path, dead=3) as (host, path):
        result = await call(path, "dead.replay", {"letters": {"error": "error 1"}})
        found = await ended(host)

        assert (result, found) == ({"done": 1}, ["buried", "unrouted", "buried"])


async def test_workers_on_postgresql_are_told_of_what_another_process_replays(tmp_path: Path, shared_url: str) -> None:
    async with open_store(shared_url) as store:
        await bury(store, 2)
        await store.lanes.leave("me")
    async with open_host(tmp_path, f"store: {shared_url}\n{QUIET}") as host:
        await host.start()
        assert await outcomes(host) == ["buried", "buried"]
        async with open_store(shared_url) as store:
            done = [count async for count in store.letters.replay(LetterFilter(ids=(2,)), ManualClock(NOW))]

        assert (done, await ended(host)) == ([1], ["unrouted", "buried"])


async def test_replay_says_how_far_it_is(tmp_path: Path) -> None:
    progress: list[int] = []
    async with controlled(tmp_path, dead=250) as (_, path):
        result = await call(path, "dead.replay", ALL, progress.append)

    assert (result, progress) == ({"done": 250}, [100, 200, 250])


async def test_letters_are_counted_and_dropped(tmp_path: Path) -> None:
    async with controlled(tmp_path, dead=3) as (host, path):
        counted = await call(path, "dead.count", ALL)
        dropped = await call(path, "dead.drop", {"letters": {"ids": [1, 2]}})

        assert counted == {"events": 3, "deliveries": 0, "uncertain": 0, "unreachable": 0, "last": 3}
        assert (dropped, await errors_of(host.store)) == ({"done": 2}, ["error 2"])


async def test_one_connection_takes_several_requests(tmp_path: Path) -> None:
    async with controlled(tmp_path) as (_, path):
        assert await said(path, b'{"do":"ping"}\n', b'{"do":"ping"}\n') == [{"result": {}}, {"result": {}}]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"hello\n", "that is no JSON"),
        (b"[" * 100_000 + b"\n", "that is no JSON"),
        (b"[1]\n", "that is no JSON object"),
        (b'{"do":"fly"}\n', "this host can't do 'fly': is its version another?"),
        (b'{"do":["ping"]}\n', "this host can't do ['ping']: is its version another?"),
        (b'{"do":"dead.drop"}\n', "`letters` must say which"),
        (
            b'{"do":"dead.drop","letters":{"mood":"bad"}}\n',
            "this host can't choose dead letters by `mood`: is its version another?",
        ),
        (b'{"do":"dead.drop","letters":{"ids":[]}}\n', "`ids` can't be []"),
        (b'{"do":"dead.drop","letters":{"since":99999999999999999999}}\n', "`since` can't be 99999999999999999999"),
        (b'{"do":"dead.replay","letters":{},"include_uncertain":1}\n', "`include_uncertain` must be true or false"),
        (b'{"do":"dead.drop","letters":{"bot":"\\ud800"}}\n', "the host failed at that; its log says why"),
        (b"x" * (MAX_LINE + 2), f"that is more than {MAX_LINE} bytes in one line"),
    ],
)
async def test_nonsense_is_answered_and_changes_nothing(tmp_path: Path, line: bytes, error: str) -> None:
    async with controlled(tmp_path, dead=1) as (host, path):
        answers = await said(path, line)

        assert answers == [{"error": error}]
        assert len(await errors_of(host.store)) == 1
        assert await call(path, "ping", {}) == {}


async def test_who_says_nothing_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with controlled(tmp_path) as (_, path):
        _, silent = await asyncio.open_unix_connection(str(path))

        assert await call(path, "ping", {}) == {}
        silent.close()


async def test_who_hangs_up_in_the_middle_stops_the_replay_and_not_the_host(tmp_path: Path) -> None:
    async with controlled(tmp_path, dead=250) as (host, path):
        _, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b'{"do":"dead.drop","letters":{}}\n')
        await writer.drain()
        writer.transport.abort()

        assert await call(path, "ping", {}) == {}
        assert len(await errors_of(host.store)) in (0, 50, 150, 250)


async def test_socket_is_for_its_owner_alone_and_goes_with_the_host(tmp_path: Path) -> None:
    async with controlled(tmp_path) as (_, path):
        mode = path.stat().st_mode

    assert (path.name, stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == ("hookline.db.sock", True, 0o600)
    assert not path.exists()


async def test_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "hookline.db.sock"))
    with pytest.raises(NoHostError):
        await call(tmp_path / "hookline.db.sock", "ping", {})

    async with controlled(tmp_path) as (_, path):
        assert await call(path, "ping", {}) == {}


async def test_file_in_the_place_of_the_socket_is_kept_and_the_host_runs_without(tmp_path: Path) -> None:
    (tmp_path / "hookline.db.sock").write_text("mine")
    async with controlled(tmp_path) as (host, path):
        await host.worker.accept([make_event("hi")])
        with pytest.raises(NoHostError):
            await call(path, "ping", {})

        assert await outcomes(host) == ["unrouted"]
    assert (tmp_path / "hookline.db.sock").read_text() == "mine"


async def test_folder_may_be_deeper_than_an_address_is_long(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["folder"] * 30)
    folder.mkdir(parents=True)
    async with controlled(folder) as (_, path):
        assert await call(path, "ping", {}) == {}
    assert not path.exists()


async def test_host_that_stops_in_the_middle_is_said_to(tmp_path: Path) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_unix_server(hang_up, tmp_path / "sock")
    async with server:
        with pytest.raises(StoreError, match="has stopped answering, so that it isn't known how far it came"):
            await call(tmp_path / "sock", "dead.drop", ALL)
