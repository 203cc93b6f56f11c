"""A lease brings what may run: in order, a little of each conversation, only of what this worker has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from hookline.events import lane_of
from hookline.store.inbox import MAX_OF_ONE, _lease
from hookline.store.store import Store
from tests.store.worlds import open_store, take, values
from tests.support import make_event

FLOOD = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
INSERT INTO inbox (seq, bot, event_id, conversation, lane, kind, body, received_at)
SELECT n, 'shop', 'flood ' || n, 'Uflood', 1, 'message.text', x'7b7d', 1 FROM numbers
"""

LAST = 100_001


async def accept(store: Store, count: int, user: str = "mei", bot: str = "shop") -> list[int]:
    """Accept so many events of one conversation and return their places."""
    stored = await store.inbox.accept([make_event(str(number), user=user, bot=bot) for number in range(count)])
    return [event.seq for event in stored]


async def leased(store: Store, limit: int = 256, **options: Any) -> list[int]:
    epochs = options.pop("epochs", None) or await take(store)
    return [event.seq for event in await store.inbox.lease(limit, epochs, **options)]


async def test_at_most_sixteen_of_a_conversation_are_leased_at_once_and_they_are_the_first(store_url: str) -> None:
    async with open_store(store_url) as store:
        flood, other = await accept(store, 100), await accept(store, 3, "jun")

        assert await leased(store) == [*flood[:MAX_OF_ONE], *other]


async def test_flood_of_one_conversation_keeps_no_later_event_of_another_out(store_url: str) -> None:
    async with open_store(store_url) as store:
        flood, (late,) = await accept(store, 5000), await accept(store, 1, "jun")

        assert await leased(store) == [*flood[:MAX_OF_ONE], late]


async def test_floods_of_many_conversations_fill_the_window_in_order(store_url: str) -> None:
    async with open_store(store_url) as store:
        floods = [await accept(store, 40, f"user {number}") for number in range(20)]
        found = await leased(store)

    assert found == [seq for flood in floods for seq in flood[:MAX_OF_ONE]][:256]


async def test_next_lease_goes_on_where_the_last_one_ended(store_url: str) -> None:
    async with open_store(store_url) as store:
        flood = await accept(store, 40)
        epochs = await take(store)
        parts = [await leased(store, epochs=epochs) for _ in range(4)]

    assert parts == [flood[:MAX_OF_ONE], flood[MAX_OF_ONE:], [], []]


async def test_limit_is_kept(store_url: str) -> None:
    async with open_store(store_url) as store:
        flood, other = await accept(store, 20), await accept(store, 20, "jun")

        assert await leased(store, 24) == [*flood[:MAX_OF_ONE], *other[:4]]


async def test_excluded_bots_and_conversations_are_not_leased(store_url: str) -> None:
    async with open_store(store_url) as store:
        mine, busy = await accept(store, 2), await accept(store, 2, "jun")
        await accept(store, 2, bot="idle")
        await accept(store, 2, bot="foreign")
        key = ("shop", make_event(user="jun").conversation)

        assert await leased(store, bots=["shop", "idle"], busy=[key], idle_bots=["idle"]) == mine
        assert await leased(store, bots=["shop", "idle"], idle_bots=["idle"]) == sorted([*mine, *busy])


async def test_crowded_bot_gets_one_row_of_each_conversation(store_url: str) -> None:
    async with open_store(store_url) as store:
        flood, other = await accept(store, 30), await accept(store, 2, "jun")
        elsewhere = await accept(store, 3, bot="cafe")
        expected = [flood[0], other[0], *elsewhere]

        assert await leased(store, crowded=["shop"]) == expected
        assert await leased(store, bots=["shop", "cafe"], crowded=["shop"], idle_bots=["idle"]) == expected


async def test_same_conversation_of_another_bot_is_not_busy(store_url: str) -> None:
    async with open_store(store_url) as store:
        await accept(store, 1, bot="shop")
        (other,) = await accept(store, 1, bot="other")

        assert await leased(store, busy=[("shop", make_event(user="mei").conversation)]) == [other]


async def test_lanes_that_are_not_held_are_never_leased(store_url: str) -> None:
    async with open_store(store_url) as store:
        places = {user: await accept(store, 1, user) for user in (f"user {number}" for number in range(40))}
        epochs = await take(store)
        mine = {lane: epoch for lane, epoch in epochs.items() if lane % 2}
        expected = [seq for user, (seq,) in places.items() if lane_of("shop", make_event(user=user).conversation) % 2]

        assert await leased(store, epochs=mine) == expected
        assert await values(store, "SELECT count(*) FROM inbox WHERE status = 1 AND lane % 2 = 0") == [0]


async def test_worker_without_lanes_leases_nothing(store_url: str) -> None:
    async with open_store(store_url) as store:
        await accept(store, 1)

        assert await store.inbox.lease(10, {}) == []


@pytest.mark.parametrize("bots", [None, ["shop"]], ids=["any bot", "own bots"])
@pytest.mark.parametrize("newest", ["inbox_open", "inbox_identity"])
async def test_lease_beside_a_flood_of_100_000_walks_along_one_index_and_sorts_nothing(
    tmp_path: Path, newest: str, bots: list[str] | None
) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        await accept(store, 1, "late")
        await store._database.run(_flood, newest)
        epochs = await take(store)
        plans, found = await store._database.run(_planned, epochs, bots)

    assert found == [*range(1, MAX_OF_ONE + 1), LAST]
    assert all("USING INDEX inbox_open (seq>?)" in plan for plan in plans if "SEARCH inbox" in plan)
    assert not any("ORDER BY" in plan for plan in plans)


def _flood(connection: Connection, newest: str) -> None:
    """Put 100,000 rows before the one that is there, and make index *newest* anew: of equals the newest is chosen."""
    connection.exec_driver_sql("UPDATE inbox SET seq = ?", (LAST,))
    connection.execute(text(FLOOD))
    making = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (newest,)).scalar_one()
    connection.exec_driver_sql(f"DROP INDEX {newest}")
    connection.exec_driver_sql(making)


def _planned(
    connection: Connection, epochs: Mapping[int, int], bots: Sequence[str] | None
) -> tuple[list[str], list[int]]:
    """Lease, and return the plan of each statement that it took."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    found = _lease(connection, 256, epochs, bots, (), ())
    event.remove(connection, "before_cursor_execute", note)
    plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values) for statement, values in seen]
    return [" ".join(str(row[-1]) for row in plan) for plan in plans], [row.seq for row in found]
