"""When the disk, the file or the server fails, callers get a StoreError, and nothing is acknowledged without a row."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hookline.errors import StoreError
from hookline.sqlite import driver
from hookline.store.records import Finish
from hookline.store.store import Store
from tests.libraries import LIBRARIES, SYNC, environment_for
from tests.postgres import PostgresServer, postgres_server
from tests.store.test_syscalls import refusal_to_trace
from tests.store.worlds import delivery, finish_of, open_store, take, values
from tests.support import make_event

PROGRAM = """
import asyncio, sys
from hookline.errors import StoreError
from tests.store.worlds import open_store
from tests.support import make_event

async def main() -> None:
    async with open_store(sys.argv[1]) as store:
        print("opened", flush=True)
        for number in range(12):
            event = make_event("x" * 500)
            try:
                await store.inbox.accept([event])
                print("acknowledged", event.id, flush=True)
            except StoreError:
                print("refused", event.id, flush=True)

asyncio.run(main())
"""


async def accept_or_refuse(store: Store, text: str = "hi", user: str = "mei") -> str | None:
    """Accept one event; return its id once that is acknowledged, None when the store failed."""
    event = make_event(text, user=user)
    try:
        async with asyncio.timeout(40):
            await store.inbox.accept([event])
    except StoreError:
        return None
    return event.id


async def stored(url: str) -> list[str]:
    async with open_store(url) as store:
        return await values(store, "SELECT event_id FROM inbox ORDER BY seq")


# SQLite


async def test_file_that_is_locked_for_too_long_fails_the_accept_and_not_the_next(tmp_path: Path) -> None:
    url, path = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "test.db"
    async with open_store(url) as store:
        await store._database.run(_set, "busy_timeout", 100)
        intruder = driver().connect(path, isolation_level=None)
        intruder.execute("BEGIN IMMEDIATE")
        refused = await asyncio.gather(*(accept_or_refuse(store) for _ in range(5)))
        intruder.execute("ROLLBACK")
        intruder.close()
        acknowledged = await accept_or_refuse(store)

    assert refused == [None] * 5
    assert await stored(url) == [acknowledged]


async def test_file_that_is_locked_for_a_moment_only_delays_the_accept(tmp_path: Path) -> None:
    url, path = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "test.db"
    async with open_store(url) as store:
        intruder = driver().connect(path, isolation_level=None)
        intruder.execute("BEGIN IMMEDIATE")
        accepting = asyncio.create_task(accept_or_refuse(store))
        done, _ = await asyncio.wait([accepting], timeout=0.2)
        intruder.execute("ROLLBACK")
        intruder.close()

        assert not done
        assert await accepting is not None


async def test_full_file_fails_the_accepts_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with open_store(url) as store:
        before = [await accept_or_refuse(store) for _ in range(5)]
        await store._database.run(_limit_pages, 4)
        crowded = await asyncio.gather(*(accept_or_refuse(store, "x" * 3000) for _ in range(40)))
        one_by_one = [await accept_or_refuse(store, "x" * 3000) for _ in range(5)]
        await store._database.run(_set, "max_page_count", 1_000_000)
        after = [await accept_or_refuse(store, "x" * 3000) for _ in range(5)]

    assert None in crowded or None in one_by_one
    assert None not in (*before, *after)
    assert sorted(await stored(url)) == sorted(name for name in (*before, *crowded, *one_by_one, *after) if name)


FAILING = [("sync", "3"), ("sync", "4..9"), ("sync", "5+2"), ("pwrite64", "20..26"), ("pwrite64", "28")]
"""Calls of a process that fail with EIO, by their number."""


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("call", "when"), FAILING)
async def test_failing_disk_never_makes_an_acknowledged_event_without_a_row(
    tmp_path: Path, call: str, when: str, library: str
) -> None:
    if (reason := refusal_to_trace()) is not None:
        pytest.skip(reason)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with open_store(url):
        pass  # the tables are there before the trouble begins
    said = await asyncio.to_thread(_run_with_failing, SYNC[library] if call == "sync" else call, when, url, library)

    acknowledged = [name for word, name in said if word == "acknowledged"]
    refused = [name for word, name in said if word == "refused"]
    names = await stored(url)
    assert (len(said), len(set(names)), bool(refused)) == (12, len(names), True)
    assert set(acknowledged) <= set(names) <= {*acknowledged, *refused}
    if "+" not in when:  # the trouble is over
        assert said[-1][0] == "acknowledged"


def _run_with_failing(call: str, when: str, url: str, library: str) -> list[list[str]]:
    inject = f"inject={call}:error=EIO:when={when}"
    environment = environment_for(library)
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject, sys.executable]
    done = subprocess.run(
        [*command, "-c", PROGRAM, url], capture_output=True, check=False, timeout=60, env=environment, text=True
    )
    return [line.split() for line in done.stdout.splitlines() if line != "opened"]


def _set(connection: Connection, pragma: str, value: int) -> None:
    connection.exec_driver_sql(f"PRAGMA {pragma} = {value}")


def _limit_pages(connection: Connection, more: int) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    _set(connection, "max_page_count", pages + more)


# PostgreSQL


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """Run a server that the tests may stop."""
    with postgres_server("-c", "fsync=off") as server:
        yield server


@pytest.fixture
def url(server: PostgresServer) -> str:
    """Return the URL of an empty store on that server."""
    return server.create()


async def test_server_that_crashes_and_comes_back_loses_nothing_that_was_acknowledged(
    server: PostgresServer, url: str
) -> None:
    stop = asyncio.Event()
    async with open_store(url) as store:
        epochs = await take(store)
        accepting = [asyncio.create_task(_accept_until(store, stop, f"user {number}")) for number in range(6)]
        finishing = asyncio.create_task(_finish_until(store, stop, epochs))
        for _ in range(2):
            await asyncio.wait(accepting, timeout=0.3)
            await asyncio.to_thread(server.stop, signal.SIGQUIT)
            await asyncio.wait(accepting, timeout=0.2)
            await asyncio.to_thread(server.start)
        acknowledged = await _until_it_works(store)
        stop.set()
        names = [name for found in await asyncio.gather(*accepting) for name in found]
        finished = await finishing

        stored = await values(store, "SELECT event_id FROM inbox")
        assert len(stored) == len(set(stored))
        assert {*names, acknowledged} <= set(stored)
        assert len(names) > 10
        done = await values(store, "SELECT seq FROM inbox WHERE status = 2")
        assert finished <= set(done)
        assert await values(store, "SELECT seq FROM outbox ORDER BY seq") == sorted(done)


async def _accept_until(store: Store, stop: asyncio.Event, user: str) -> list[str]:
    names = []
    while not stop.is_set():
        name = await accept_or_refuse(store, user=user)
        if name is not None:
            names.append(name)
        else:
            await asyncio.sleep(0.01)
    return names


async def _finish_until(store: Store, stop: asyncio.Event, epochs: dict[int, int]) -> set[int]:
    """Lease and finish as a worker does: an answer that was lost is asked for again."""
    done: set[int] = set()
    while not stop.is_set():
        try:
            for event in await store.inbox.lease(16, epochs):
                if await _is_finished(store, finish_of(event, deliveries=[delivery()])):
                    done.add(event.seq)
        except StoreError:
            await asyncio.sleep(0.01)
    return done


async def _is_finished(store: Store, finish: Finish) -> bool:
    while True:
        try:
            return (await store.outcomes.finish(finish)).result == "done"
        except StoreError:
            await asyncio.sleep(0.01)


async def _until_it_works(store: Store) -> str:
    async with asyncio.timeout(15):
        while (name := await accept_or_refuse(store)) is None:
            await asyncio.sleep(0.01)
    return name


async def test_calls_to_a_server_that_is_down_fail_soon_and_new_ones_work_once_it_is_back(
    server: PostgresServer, url: str
) -> None:
    async with open_store(url) as store:
        first = await accept_or_refuse(store)
        await asyncio.to_thread(server.stop, signal.SIGQUIT)
        try:
            refused = await asyncio.gather(*(accept_or_refuse(store) for _ in range(20)))
            with pytest.raises(StoreError, match="the store can't do that now"):
                await store.lanes.lease("a", ["shop"])
        finally:
            await asyncio.to_thread(server.start)
        after = await _until_it_works(store)

        assert refused == [None] * 20
        assert await values(store, "SELECT event_id FROM inbox ORDER BY seq") == [first, after]


async def test_server_that_stands_still_hangs_no_call_for_ever(server: PostgresServer, url: str) -> None:
    async with open_store(url) as store:
        await accept_or_refuse(store)
        with _standing_still(server):
            calls = [asyncio.create_task(accept_or_refuse(store)) for _ in range(20)]
            calls += [asyncio.create_task(_lease_or_refuse(store)) for _ in range(12)]
            await asyncio.wait(calls, timeout=3)
        done, pending = await asyncio.wait(calls, timeout=20)

        acknowledged = [name for name in (task.result() for task in done) if name not in (None, "leased")]
        assert not pending
        assert set(acknowledged) <= set(await values(store, "SELECT event_id FROM inbox"))
        assert await accept_or_refuse(store) is not None


async def _lease_or_refuse(store: Store) -> str | None:
    try:
        await store.lanes.lease("a", ["shop"])
    except StoreError:
        return None
    return "leased"


@contextmanager
def _standing_still(server: PostgresServer) -> Iterator[None]:
    """Stop the server and all its sessions, and let them go on at the end."""
    assert server._process is not None
    main = server._process.pid
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    processes = [main, *map(int, children)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
