"""Queries that run at every turn or start must use their partial index, however many rows are finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from hookline.store import arrivals, inbox, lanes, outbox, overlaps
from hookline.store.inbox import _leasing
from hookline.store.memory import flows, timers
from hookline.store.overlaps import PastRun
from hookline.store.people import history
from hookline.store.records import StoredEvent, Timer
from tests.postgres import PostgresServer
from tests.store.worlds import delivery, finish_of, open_store, take
from tests.support import NOW, make_event

QUERIES = {
    "inbox_open": "SELECT seq FROM inbox WHERE status = 0 ORDER BY seq LIMIT 256",
    "inbox_leased": "UPDATE inbox SET status = 0 WHERE status = 1",
    "outbox_open": "SELECT id FROM outbox WHERE status < 2 AND status = 0 ORDER BY id",
    "inbox_unsent": "SELECT bot FROM inbox WHERE kind = 'unsend' AND received_at > 1",
    "inbox_finished": "SELECT seq FROM inbox WHERE status = 2 AND finished_at < 1",
}
FILL = (
    "INSERT INTO inbox (seq, bot, event_id, conversation, lane, kind, message_id, body, received_at, status, epoch) "
    "SELECT n, 'shop', 'e' || n, 'U' || n % 999, n % 256, 'message.text', 'm' || n, '{}'::bytea, n, 2, 1 "
    "FROM generate_series(1, 30000) AS n",
    "INSERT INTO outbox (id, bot, conversation, lane, seq, form, retry_key, body, created_at, deadline, status) "
    "SELECT n, 'shop', 'U' || n % 999, n % 256, n, 'reply', 'k', '[]'::bytea, n, n, 2 "
    "FROM generate_series(1, 30000) AS n",
    "UPDATE inbox SET finished_at = seq, status = CASE WHEN seq > 27000 THEN 0 ELSE 2 END",
    "UPDATE outbox SET finished_at = id, status = CASE WHEN id > 27000 THEN 0 ELSE 2 END",
    "SELECT setval('inbox_seq', 40000), setval('outbox_id', 40000)",
    "ANALYZE",
)
EPOCHS: Mapping[int, int] = dict.fromkeys(range(128), 1)
LATE = StoredEvent(
    30_000, "shop", "e", "U1", 1, "message.text", {}, NOW, 0, 0, None, is_unsent=False, accepted_at=29_000
)
WORKS: list[tuple[str, Callable[[Connection], object]]] = [
    ("inbox_open", lambda connection: inbox._lease(connection, 256, EPOCHS, ["shop"], (), ())),
    ("inbox_of_bot", lambda connection: inbox._lease(connection, 256, EPOCHS, ["shop"], [("shop", "U1")], ["idle"])),
    ("outbox_open", lambda connection: outbox._lease(connection, EPOCHS, ["shop"], 1024)),
    ("outbox_open", lambda connection: outbox._foreign(connection, range(256), ["shop"])),
    ("inbox_finished", lambda connection: inbox._prune(connection, 5, 0, 5)),
    ("outbox_finished", lambda connection: outbox._prune(connection, 5)),
    ("inbox_unsent", lambda connection: inbox._unsent_since(connection, 0)),
    ("inbox_identity", lambda connection: history._show(connection, "shop", "e5")),
    ("outbox_origin", lambda connection: history._show(connection, "shop", "e5")),
    ("inbox_leased", lambda connection: lanes._reclaim(connection, "me")),
    ("inbox_joined", lambda connection: overlaps._find(connection, LATE, "all", NOW * 2)),
    ("inbox_joined", lambda connection: overlaps._has_rejected(connection, LATE.key, PastRun(5, 29_000))),
]


def plan(connection: Connection, query: str) -> str:
    return " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))


@pytest.mark.parametrize("index", QUERIES)
async def test_query_uses_its_index(tmp_path: Path, index: str) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        assert f"INDEX {index}" in await store._database.run(plan, QUERIES[index])


async def test_overlap_is_looked_for_among_the_runs_of_its_conversation(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        seen: list[str] = []
        await store._database.run(_listened, lambda connection: overlaps._find(connection, LATE, "all", NOW * 2), seen)
        await store._database.run(
            _listened, lambda connection: overlaps._has_rejected(connection, LATE.key, PastRun(5, 1)), seen
        )

    assert [("INDEX inbox_joined" in line) for line in seen] == [True, True]


async def test_timers_are_looked_for_by_their_time(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        seen: list[str] = []
        for bots in (["shop"], ["shop", "desk"]):
            await store._database.run(_listened, partial(timers._next_at, lanes=range(256), bots=bots), seen)
            await store._database.run(_listened, partial(timers._due, lanes=range(256), bots=bots, now=NOW), seen)

    assert [("INDEX timers_due" in line, "TEMP B-TREE" in line) for line in seen] == [(True, False)] * 4


async def test_open_flows_are_looked_for_in_their_conversations_beside_those_that_have_ended(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        seen: list[str] = []
        await store._database.run(
            _listened, lambda connection: flows._open(connection, [("shop", "U1"), LATE.key]), seen
        )

    (line,) = seen
    assert "SEARCH t USING INDEX flows_open (bot=? AND conversation=?)" in line


async def test_timers_are_taken_back_and_fired_by_their_ids(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        due = [Timer("shop", name, "U1", 1, 1, NOW, {}) for name in ("a", "b")]
        seen: list[str] = []
        await store._database.run(_listened, lambda connection: store.timers._fire(connection, due, []), seen)
        finish = finish_of(LATE, unset=["a", "b"])
        await store._database.run(_listened, lambda connection: timers.write_timers(connection, [finish]), seen)

    assert [("SEARCH timers USING INDEX" in line, "SCAN timers" in line) for line in seen] == [(True, False)] * 2


async def test_lease_passes_over_what_idle_bots_have(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        epochs, seen = await take(store), list[str]()
        await store.inbox.accept([make_event("hi", bot=bot) for bot in ("idle", "shop")])
        await store._database.run(
            _listened, lambda connection: inbox._lease(connection, 9, epochs, ["shop", "idle"], (), ["idle"]), seen
        )

    selects = [line for line in seen if "inbox" in line and "UPDATE" not in line]
    assert "INDEX inbox_of_bot (bot=?" in " ".join(selects)
    assert "SCAN inbox USING" not in " ".join(selects)


def test_lease_writes_the_index_s_condition_out() -> None:
    assert "inbox.status = 0" in str(_leasing)


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> str:
    """Return the URL of a store on PostgreSQL as on a busy day: most rows are finished, some wait."""
    url = postgres.create()
    asyncio.run(_fill(url))
    return url


async def test_statements_use_their_indexes_on_postgresql_beside_30_000_finished_rows(url: str) -> None:
    async with open_store(url) as store:
        plans = [(index, await store._database.run(_explained, work)) for index, work in WORKS]

    assert [index for index, lines in plans if f" {index} " not in lines] == []
    assert [lines for _, lines in plans if "Seq Scan on inbox" in lines or "Seq Scan on outbox" in lines] == []


async def test_order_guard_looks_only_at_what_waits_on_postgresql(url: str) -> None:
    async with open_store(url) as store:
        epochs = await take(store)
        rows = [arrivals.row_of(arrivals.arrival_of(make_event(str(number)), NOW)) for number in range(100)]
        for row in rows:
            row.update(status=1, epoch=epochs[row["lane"]])
        lines = await store._database.run(_explained, lambda connection: store.inbox._accept(connection, [(rows, {})]))

    assert " inbox_waiting " in lines
    assert "Seq Scan on inbox" not in lines


async def test_finish_finds_its_rows_by_key_on_postgresql(url: str) -> None:
    async with open_store(url) as store:
        epochs = await take(store)
        await store.inbox.accept([make_event("hi")])
        (leased,) = await store.inbox.lease(1, epochs)
        finish = finish_of(leased, state="{}", deliveries=[delivery()])
        lines = await store._database.run(_explained, lambda connection: store.outcomes._finish(connection, [finish]))

    assert " outbox_waiting " in lines
    assert "Seq Scan on inbox" not in lines


async def _fill(url: str) -> None:
    def fill(connection: Connection) -> None:
        for statement in FILL:
            connection.execute(text(statement))

    async with open_store(url) as store:
        await store._database.run(fill)


def _listened(connection: Connection, work: Callable[[Connection], object], seen: list[str]) -> None:
    """Do *work* on SQLite and add the plan of each of its statements to *seen*."""

    def explain(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith("EXPLAIN"):
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.append(" ".join(str(row) for row in found))

    event.listen(connection, "before_cursor_execute", explain)
    work(connection)
    event.remove(connection, "before_cursor_execute", explain)


def _explained(connection: Connection, work: Callable[[Connection], object]) -> str:
    """Do *work* and return the plans of all its statements."""
    lines: list[str] = []

    def explain(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith("EXPLAIN") and not statement.startswith("SELECT pg_notify"):
            found = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            lines.extend(str(line) for line in found.scalars())

    event.listen(connection, "before_cursor_execute", explain)
    work(connection)
    event.remove(connection, "before_cursor_execute", explain)
    return "\n".join(lines)
