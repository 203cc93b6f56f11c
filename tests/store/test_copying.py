from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from hookline.errors import StoreError
from hookline.plugins.shared import SharedChange, SharedKey
from hookline.store.database.reading import SqliteReader
from hookline.store.database.tables import metadata
from hookline.store.memory.switches import Switch
from hookline.store.people.copying import COPIED, Copied, copy, sizes
from hookline.store.people.history import EventFilter
from hookline.store.people.letters import LetterFilter
from hookline.store.records import Ending, FlowRow, Sending, Timer
from hookline.store.store import Store
from tests.postgres import PostgresServer
from tests.store.worlds import delivery, finish_of, lease, lease_deliveries, open_store, values
from tests.support import NOW, make_event

KEY = SharedKey("shop", "tickets", "queue")
ROWS = [("inbox", 4), ("outbox", 3), ("conversations", 1), ("plugin_state", 1), ("dead_letters", 2)]
ROWS += [("switches", 1), ("audit", 1), ("cooldowns", 1), ("flows", 1), ("timers", 1)]


async def fill(store: Store) -> None:
    """Leave one event done, one dead, one under way, one waiting; one delivery sent, one dead, one in mid-attempt."""
    await store.inbox.accept([make_event(f"牛肉麵 {number}\0", user=f"user {number}") for number in range(3)])
    done, dead, _ = await lease(store)
    change = SharedChange(KEY, 0, is_written=True, json='"é"')
    finish = finish_of(done, state='{"a":1}', shared=[change], deliveries=[delivery() for _ in range(3)], route="menu")
    flow = FlowRow("ab12", "user 0", "booking", 0, 1, NOW, '{"known":{}}', "day", NOW)
    timer = Timer("shop", "ab12/expire", done.conversation, done.lane, 1, NOW + 1000, {"flow": {"instance": "ab12"}})
    finish = replace(finish, flows=[flow], timers=[timer])
    sent, refused, tried = (await store.outcomes.finish(finish)).deliveries
    await store.outbox.end(Ending(sent, True, False, "sent", "200", None, NOW))
    await store.outbox.end(Ending(refused, True, False, "refused", "400", None, NOW, is_buried=True))
    assert await store.outbox.attempt(Sending(tried.id, tried.epoch, 0, is_push=False, is_fallback=False, deadline=NOW))
    await store.outcomes.finish(finish_of(dead, outcome="buried", error="no", detail="Traceback"))
    await store.inbox.accept([make_event("waiting", user="user 3")])
    await store.switches.turn(Switch("shop", "route", "menu"), is_on=False, who="ann", now=NOW)
    await store._database.run(_rest)


async def copied(source: str, target: str) -> list[Copied]:
    reader = await SqliteReader.open(source)
    try:
        return await copy(reader, target, lambda _table, _rows: None)
    finally:
        await reader.close()


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    return postgres.create()


async def dumped(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return all rows but what ties them to a worker."""
    return await store._database.run(_dumped)


async def test_target_that_says_yes_before_it_has_written_is_refused(source: str, target: str) -> None:
    async with open_store(source) as store:
        await fill(store)

    with pytest.raises(StoreError, match="the database has `synchronous_commit = off`"):
        await copied(source, f"{target}?synchronous_commit=off")


async def test_everything_is_there_afterwards(source: str, target: str) -> None:
    async with open_store(source) as store:
        await fill(store)
        before = await dumped(store)
    found = await copied(source, target)
    async with open_store(target) as store:
        after = await dumped(store)

    assert [(one.table, one.rows) for one in found] == ROWS
    assert after == before


async def test_what_was_under_way_is_taken_up_in_order(source: str, target: str) -> None:
    async with open_store(source) as store:
        await fill(store)
    await copied(source, target)
    async with open_store(target) as store:
        events = await lease(store)
        (again,) = await lease_deliveries(store)

    assert [event.raw["message"]["text"] for event in events] == ["牛肉麵 2\0", "waiting"]
    assert (again.attempts, again.is_uncertain) == (1, True)


async def test_new_rows_get_numbers_of_their_own(source: str, target: str) -> None:
    async with open_store(source) as store:
        await fill(store)
    await copied(source, target)
    async with open_store(target) as store:
        (new,) = await store.inbox.accept([make_event("new", user="new")])
        event = next(event for event in await lease(store) if event.seq == new.seq)
        finish = finish_of(event, outcome="buried", error="new", deliveries=[delivery(conversation="new")])
        result = await store.outcomes.finish(finish)

        assert (new.seq, len(await store.letters.list(LetterFilter(), 10))) == (5, 3)
        assert result.result == "done"
        assert await values(store, "SELECT max(id) FROM outbox") == [4]


async def test_target_that_holds_something_is_refused_and_stays_as_it_is(source: str, target: str) -> None:
    async with open_store(source) as store:
        await fill(store)
    async with open_store(target) as store:
        await store.inbox.accept([make_event("mine")])
        with pytest.raises(StoreError, match="the target isn't empty: there are rows in `inbox`"):
            await copied(source, target)

        assert len(await store.history.list(EventFilter(), 10)) == 1


async def test_target_with_a_living_worker_is_refused(source: str, target: str) -> None:
    async with open_store(source), open_store(target) as store:
        await store.lanes.lease("me", ["shop"])
        with pytest.raises(StoreError, match="a host works on the target: stop it first"):
            await copied(source, target)


async def test_nothing_is_left_in_the_target_when_a_row_cannot_be_copied(source: str, target: str) -> None:
    async with open_store(source) as store:
        await fill(store)
        await store._database.run(_write_too_long)
    with pytest.raises(StoreError, match="`conversations` differs after copying"):
        await copied(source, target)
    async with open_store(target) as store:
        assert await store.inbox.count() == 0


async def test_sizes_are_known_before(source: str) -> None:
    async with open_store(source) as store:
        await fill(store)
    reader = await SqliteReader.open(source)
    found = await sizes(reader)
    await reader.close()

    assert list(found.items()) == ROWS


def _dumped(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    def rows(table: str, key: str) -> list[dict[str, Any]]:
        found = connection.execute(text(f"SELECT * FROM {table} ORDER BY {key}")).mappings()
        return [{name: value for name, value in row.items() if name not in ("epoch", "status")} for row in found]

    keys = {"inbox": "seq", "outbox": "id", "conversations": "bot", "plugin_state": "bot", "dead_letters": "id"}
    keys |= {"switches": "bot", "audit": "id", "cooldowns": "bot", "flows": "id", "timers": "id"}
    return {table: rows(table, key) for table, key in keys.items()}


def _rest(connection: Connection) -> None:
    connection.execute(text("INSERT INTO cooldowns VALUES ('shop', 'user 1', 'menu', 1)"))


def _write_too_long(connection: Connection) -> None:
    connection.execute(text("UPDATE conversations SET conversation = :long"), {"long": "x" * 200})


def test_all_but_what_a_host_makes_anew_is_copied() -> None:
    """A new table says `info=OUTLIVES`, or stands here."""
    assert metadata.tables.keys() - {table.name for table in COPIED} == {"lanes", "workers", "support", "mailboxes"}
