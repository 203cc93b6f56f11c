"""What is put off happens once: whoever looks, however often, and whoever dies while he does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest

from hookline.dispatch.own_events import fired
from hookline.events import LANES, TIMER, lane_of
from hookline.store.records import FlowRow, StoredEvent, Timer
from hookline.store.store import Store
from tests.store.worlds import finish_of, lease, open_store, values
from tests.support import NOW, make_event

ALL = range(LANES)


def timer(name: str, due_at: int = NOW, *, turn: int = 1, bot: str = "shop", conversation: str = "U1") -> Timer:
    body = {"flow": {"instance": name, "kind": "expire"}, "chat": {"kind": "user", "id": conversation}, "user": "U1"}
    return Timer(bot, name, conversation, lane_of(bot, conversation), turn, due_at, body)


async def set_(store: Store, *timers: Timer, unset: Sequence[str] = ()) -> None:
    """Set timers as a run does."""
    await store.inbox.accept([make_event(user=f"user {random.random()}")])
    (event,) = await lease(store)
    await store.outcomes.finish(finish_of(event, timers=timers, unset=unset))


async def fire(store: Store, now: int = NOW) -> int:
    due = await store.timers.due(ALL, ["shop"], now)
    return await store.timers.fire(due, [fired(one, now) for one in due])


async def leased(store: Store) -> list[StoredEvent]:
    return [row for row in await lease(store, 1000) if row.kind == TIMER]


async def test_timer_becomes_an_event_of_its_conversation_once_it_is_due(store_url: str) -> None:
    async with open_store(store_url) as store:
        await set_(store, timer("a", NOW + 1000))
        assert store.timers.changed.is_set()
        assert (await fire(store), await store.timers.next_at(ALL, ["shop"])) == (0, NOW + 1000)

        assert await fire(store, NOW + 1000) == 1
        (row,) = await leased(store)

    assert (row.event_id, row.conversation, row.raw["flow"]["instance"]) == ("timer:a:1", "U1", "a")
    assert row.raw["turn"] == 1


async def test_timer_that_is_set_anew_or_taken_back_does_not_happen_at_its_old_time(store_url: str) -> None:
    async with open_store(store_url) as store:
        await set_(store, timer("a"), timer("b"))
        await set_(store, timer("a", NOW + 5000, turn=2), unset=["b"])
        assert await fire(store) == 0

        assert await fire(store, NOW + 5000) == 1
        assert [row.event_id for row in await leased(store)] == ["timer:a:2"]


async def test_timer_that_was_set_anew_while_it_was_looked_at_stays(store_url: str) -> None:
    async with open_store(store_url) as store:
        await set_(store, timer("a"))
        due = await store.timers.due(ALL, ["shop"], NOW)
        await set_(store, timer("a", NOW + 5000, turn=2))
        await store.timers.fire(due, [fired(one, NOW) for one in due])

        assert await store.timers.next_at(ALL, ["shop"]) == NOW + 5000


async def test_timer_wakes_whoever_looks_only_when_it_is_due_before_the_next_look(store_url: str) -> None:
    async with open_store(store_url) as store:
        store.timers.looked_at = NOW + 1000
        await set_(store, timer("later", NOW + 1000))
        assert not store.timers.changed.is_set()

        await set_(store, timer("even later", NOW + 5000), timer("sooner", NOW + 999))
        assert store.timers.changed.is_set()


async def test_timers_of_other_bots_and_lanes_are_left_alone(store_url: str) -> None:
    async with open_store(store_url) as store:
        await set_(store, timer("a", bot="gone"), timer("b"))
        lane = lane_of("shop", "U1")

        assert await store.timers.due([one for one in ALL if one != lane], ["shop"], NOW) == []
        assert [one.id for one in await store.timers.due([lane], ["shop"], NOW)] == ["b"]
        assert await fire(store) == 1
        assert await values(store, "SELECT id FROM timers") == ["a"]


async def test_hosts_that_look_at_once_let_each_timer_happen_once(shared_url: str) -> None:
    """Three hosts, and one that fires what it read long ago."""
    url, count = shared_url, 200
    chance = random.Random(3)
    async with open_store(url) as first, open_store(url) as second, open_store(url) as third:
        each = [timer(f"t{number}", conversation=f"U{number % 7}") for number in range(count)]
        await set_(first, *each)
        late = await first.timers.due(ALL, ["shop"], NOW)

        async def look(store: Store) -> None:
            while due := await store.timers.due(ALL, ["shop"], NOW):
                part: list[Timer] = chance.sample(list(due), k=min(len(due), 20))
                await store.timers.fire(part, [fired(one, NOW) for one in part])

        await asyncio.gather(look(first), look(second), look(third))
        await third.timers.fire(late, [fired(one, NOW) for one in late])
        found: list[Any] = await values(first, f"SELECT event_id FROM inbox WHERE kind = '{TIMER}'")

    assert sorted(found) == sorted(f"timer:t{number}:1" for number in range(count))


async def test_fire_that_fails_leaves_all_as_it_was(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_store(store_url) as store:
        await set_(store, timer("a"))
        due = await store.timers.due(ALL, ["shop"], NOW)
        with pytest.raises(Exception, match="lane"):
            await store.timers.fire(due, [{**fired(due[0], NOW), "lane": None}])

        assert await leased(store) == []
        assert await fire(store) == 1


async def test_open_flows_are_read_the_one_on_top_first_and_ended_ones_by_their_id(store_url: str) -> None:
    def flow(name: str, rank: int, **facts: Any) -> FlowRow:
        return FlowRow(name, "U1", "booking", rank, 1, NOW, "{}", **facts)

    async with open_store(store_url) as store:
        await store.inbox.accept([make_event()])
        (event,) = await lease(store)
        rows = [flow("low", 1), flow("top", 0), flow("over", -1, outcome="done", ended_at=NOW)]
        await store.outcomes.finish(finish_of(event, flows=rows))

        assert [one.id for one in await store.flows.open(event.key)] == ["top", "low"]
        assert await store.flows.open(("shop", "another")) == ()
        assert await store.flows.one(event.key, "over") == rows[2]
        assert await store.flows.one(event.key, "none") is None
        assert await store.flows.prune(NOW + 1) == 1
        assert [one.id for one in await store.flows.open(event.key)] == ["top", "low"]
