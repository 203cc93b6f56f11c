"""A lane has one holder at a time; what an earlier one had leased is ready again, and its writes are refused."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, text

from hookline.events import LANES, lane_of
from hookline.store.database.urls import is_shared
from hookline.store.lanes import Lease, Tenure
from hookline.store.records import Ending, Failure, Finish, Sending, StoredDelivery, StoredEvent
from hookline.store.store import Store
from tests.store.worlds import delivery, finish_of, open_store, values
from tests.support import NOW, make_event

STALE_MILLISECONDS = 6000


async def beat(store: Store, worker: str, bots: Collection[str] = ("shop",), **options: Any) -> Lease:
    return await store.lanes.lease(worker, bots, **options)


async def settle(store: Store, names: Sequence[str]) -> dict[str, set[int]]:
    """Let each beat, and give away its surplus, until nothing changes."""
    held: dict[str, set[int]] = {}
    for _ in range(3):
        for name in names:
            lease = await beat(store, name)
            given = list(lease.epochs)[: lease.surplus]
            await store.lanes.release(name, dict.fromkeys(given))
            held[name] = set(lease.epochs) - set(given)
    return held


async def grow_silent(store: Store, worker: str, milliseconds: int = STALE_MILLISECONDS) -> int:
    """Set *worker*'s heartbeat back and return it."""
    change = "UPDATE workers SET heartbeat_at = heartbeat_at - :back WHERE worker = :worker RETURNING heartbeat_at"

    def age(connection: Connection) -> int:
        return int(connection.execute(text(change), {"back": milliseconds, "worker": worker}).scalar_one())

    return await store._database.run(age)


async def accept_one(store: Store, user: str = "mei", message: str = "hi") -> StoredEvent:
    (event,) = await store.inbox.accept([make_event(message, user=user)])
    return event


async def lease_one(store: Store, lease: Lease) -> StoredEvent:
    (event,) = await store.inbox.lease(10, lease.epochs)
    return event


@asynccontextmanager
async def two_stores(url: str) -> AsyncIterator[tuple[Store, Store]]:
    async with open_store(url) as first, open_store(url) as second:
        yield first, second


# Shares


@pytest.mark.parametrize("count", [1, 3, 7])
async def test_nobody_keeps_more_than_a_fair_share_and_every_lane_has_a_holder(store_url: str, count: int) -> None:
    names = [f"worker {number}" for number in range(count)]
    async with open_store(store_url) as store:
        held = await settle(store, names)

    assert sorted(itertools.chain(*held.values())) == list(range(LANES))
    assert max(map(len, held.values())) == -(-LANES // count)


@pytest.mark.parametrize("count", [7])
async def test_nobody_keeps_less_than_a_fair_share(store_url: str, count: int) -> None:
    names = [f"worker {number}" for number in range(count)]
    async with open_store(store_url) as store:
        held = await settle(store, names)

    assert min(map(len, held.values())) == LANES // count


async def test_lanes_of_one_that_leaves_are_shared_by_those_that_stay(store_url: str) -> None:
    async with open_store(store_url) as store:
        await settle(store, ["a", "b", "c"])
        await store.lanes.leave("c")
        held = await settle(store, ["a", "b"])

        assert {name: len(lanes) for name, lanes in held.items()} == {"a": 128, "b": 128}
        assert await values(store, "SELECT worker FROM workers ORDER BY worker") == ["a", "b"]


async def test_leaving_frees_every_lane(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a")
        await store.lanes.leave("a")

        assert await values(store, "SELECT count(*) FROM lanes WHERE worker IS NULL") == [LANES]


async def test_epoch_of_a_lane_grows_with_each_new_holder_and_only_then(store_url: str) -> None:
    async with open_store(store_url) as store:
        seen = []
        for name in ("a", "b", "a", "b"):
            lease, again = await beat(store, name), await beat(store, name)
            assert lease.epochs == again.epochs
            seen.append(lease.epochs)
            await store.lanes.leave(name)

    assert all(later[lane] > earlier[lane] for earlier, later in itertools.pairwise(seen) for lane in range(LANES))


async def test_two_processes_that_beat_at_once_share_no_lane(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second):
        for _ in range(20):
            one, two = await asyncio.gather(beat(first, "a"), beat(second, "b"))
            await first.lanes.release("a", dict.fromkeys(list(one.epochs)[: one.surplus]))
            await second.lanes.release("b", dict.fromkeys(list(two.epochs)[: two.surplus]))

            assert not one.epochs.items() & two.epochs.items()

        held = await settle(first, ["a", "b"])
        assert {name: len(lanes) for name, lanes in held.items()} == {"a": 128, "b": 128}


# The silent, the dead and the living


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("is_stale", [True, False])
async def test_silent_worker_s_lanes_are_taken_only_when_both_clocks_agree(
    store_url: str, is_watched: bool, is_stale: bool
) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a")
        heartbeat = await grow_silent(store, "a", STALE_MILLISECONDS if is_stale else 0)
        lease = await beat(store, "b", silent={"a": heartbeat} if is_watched else {})

    assert len(lease.epochs) == (LANES if is_watched and is_stale else 0)
    assert {peer.worker for peer in lease.peers} == ({"b"} if is_watched and is_stale else {"a", "b"})


async def test_silent_worker_s_lanes_are_taken_though_the_store_s_clock_was_set_back(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a")
        heartbeat = await grow_silent(store, "a", -86_400_000)
        lease = await beat(store, "b", silent={"a": heartbeat})

    assert len(lease.epochs) == LANES


async def test_worker_that_was_heard_since_it_was_watched_keeps_its_lanes(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a")
        watched = await grow_silent(store, "a", 2 * STALE_MILLISECONDS)
        await beat(store, "a")
        await grow_silent(store, "a")  # silent once more, but not for as long as it was watched
        lease = await beat(store, "b", silent={"a": watched})

    assert lease.epochs == {}


async def test_worker_that_comes_back_after_its_lanes_were_taken_has_none_of_them(store_url: str) -> None:
    async with open_store(store_url) as store:
        before = await beat(store, "a")
        await beat(store, "b", silent={"a": await grow_silent(store, "a")})
        after = await beat(store, "a")

    assert (len(before.epochs), after.epochs) == (LANES, {})


async def test_worker_that_takes_none_any_more_is_heard_and_keeps_what_it_has(store_url: str) -> None:
    async with open_store(store_url) as store:
        lease = await beat(store, "a")
        await store.lanes.release("a", dict.fromkeys(range(10)))
        after = await beat(store, "a", takes=False)

        assert after.epochs == {lane: epoch for lane, epoch in lease.epochs.items() if lane >= 10}
        assert await values(store, "SELECT worker FROM workers") == ["a"]


async def test_dead_worker_s_lanes_are_taken_at_once(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a")
        lease = await beat(store, "b", dead=["a"])

        assert len(lease.epochs) == LANES
        assert await values(store, "SELECT worker FROM workers") == ["b"]


async def test_one_that_names_the_dead_wrongly_takes_nothing_from_the_living(store_url: str) -> None:
    async with open_store(store_url) as store:
        await settle(store, ["a", "b"])
        lease = await beat(store, "b", dead=["nobody"])

    assert len(lease.epochs) == 128


async def test_proof_that_the_store_commits_is_no_heartbeat_of_others(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "dead")
        heartbeat = await grow_silent(store, "dead")
        await store.check()  # what every readiness probe of any host does
        lease = await beat(store, "b", silent={"dead": heartbeat})

    assert len(lease.epochs) == LANES


# Lanes that want a bot


async def test_lane_that_wants_a_bot_goes_only_to_a_worker_that_has_it(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a", ["shop"])
        await beat(store, "c", ["shop", "other"])
        await store.lanes.release("a", {3: "other", 4: None})
        back = await beat(store, "a", ["shop"])
        taken = await beat(store, "c", ["shop", "other"])

    assert (3 in back.epochs, 4 in back.epochs, set(taken.epochs)) == (False, False, {3, 4})


async def test_lane_that_wants_a_bot_is_taken_beyond_the_fair_share(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a", ["shop"])
        await beat(store, "b", ["other"])
        await store.lanes.release("a", dict.fromkeys(range(200), "other"))
        lease = await beat(store, "b", ["other"])

    assert (set(lease.epochs), lease.surplus) == (set(range(200)), 72)


async def test_lane_that_wants_a_bot_goes_to_anybody_when_nobody_living_has_it(store_url: str) -> None:
    async with open_store(store_url) as store:
        await beat(store, "a", ["shop"])
        await beat(store, "b", ["other"])
        await store.lanes.release("a", {3: "other"})
        await store.lanes.leave("b")
        lease = await beat(store, "a", ["shop"])

        assert len(lease.epochs) == LANES
        assert await values(store, "SELECT count(*) FROM lanes WHERE wants IS NOT NULL") == [0]


async def test_only_who_holds_a_lane_can_give_it_away(store_url: str) -> None:
    async with open_store(store_url) as store:
        lease = await beat(store, "a")
        await store.lanes.release("b", dict.fromkeys(range(LANES)))

        assert (await beat(store, "a")).epochs == lease.epochs


# The fence

Late = Callable[[Store, StoredEvent, StoredDelivery], Any]


async def finish(store: Store, event: StoredEvent, _: StoredDelivery) -> bool:
    finish = finish_of(event, state='{"a":1}', deliveries=[delivery()])
    return (await store.outcomes.finish(finish)).result != "fenced"


async def bury(store: Store, event: StoredEvent, _: StoredDelivery) -> bool:
    finish = finish_of(event, outcome="buried", error="broken", attempts=4)
    return (await store.outcomes.finish(finish)).result != "fenced"


async def start(store: Store, event: StoredEvent, _: StoredDelivery) -> bool:
    return await store.inbox.start(event.seq, event.epoch, 7, NOW)


async def fail(store: Store, event: StoredEvent, _: StoredDelivery) -> bool:
    return await store.inbox.fail(Failure(event.seq, event.epoch, 7, NOW))


async def give_back(store: Store, event: StoredEvent, written: StoredDelivery) -> None:
    await store.inbox.give_back([event])
    await store.outbox.give_back([written])


async def reclaim(store: Store, event: StoredEvent, written: StoredDelivery) -> int:
    inbox = await store.inbox.reclaim({(event.seq, event.epoch)})
    return inbox + await store.outbox.reclaim({(written.id, written.epoch)})


async def attempt(store: Store, _: StoredEvent, written: StoredDelivery) -> bool:
    return await store.outbox.attempt(Sending(written.id, written.epoch, 0, False, False, NOW))


async def end(store: Store, _: StoredEvent, written: StoredDelivery) -> bool:
    return await store.outbox.end(Ending(written, True, False, "sent", "200", None, NOW)) is not None


async def bury_delivery(store: Store, _: StoredEvent, written: StoredDelivery) -> bool:
    ending = Ending(written, True, False, "refused", "400", None, NOW, is_buried=True)
    return await store.outbox.end(ending) is not None


WRITES: list[Late] = [finish, bury, start, fail, give_back, reclaim, attempt, end, bury_delivery]


async def rows(store: Store) -> list[Any]:
    """Return all that a late write could have changed."""

    def read(connection: Connection) -> list[Any]:
        return [
            tuple(row)
            for table, key in (("inbox", "seq"), ("outbox", "id"), ("conversations", "bot"), ("dead_letters", "id"))
            for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY {key}"))
        ]

    return await store._database.run(read)


async def leased_pair(store: Store, lease: Lease) -> tuple[StoredEvent, StoredDelivery]:
    """Return an event and a delivery that are leased under *lease*."""
    await accept_one(store, "mei", "answered")
    lane = lane_of("shop", "U1")
    new = delivery(lane=lane, epoch=lease.epochs[lane])
    done = await store.outcomes.finish(finish_of(await lease_one(store, lease), deliveries=[new]))
    await accept_one(store, "jun", "open")
    return await lease_one(store, lease), done.deliveries[0]


@pytest.mark.parametrize("is_leased_again", [False, True])
async def test_writes_of_an_earlier_holder_are_refused(store_url: str, is_leased_again: bool) -> None:
    async with open_store(store_url) as store:
        event, written = await leased_pair(store, await beat(store, "a"))
        lease = await beat(store, "b", dead=["a"])
        if is_leased_again:
            await store.inbox.lease(10, lease.epochs)
            await store.outbox.lease(lease.epochs, ["shop"])
        before = await rows(store)
        results = [await write(store, event, written) for write in WRITES]

        assert not any(results)
        assert await rows(store) == before


async def test_writes_of_an_earlier_holder_that_got_the_lane_again_are_refused(store_url: str) -> None:
    async with open_store(store_url) as store:
        event, written = await leased_pair(store, await beat(store, "a"))
        await beat(store, "b", dead=["a"])
        lease = await beat(store, "a", dead=["b"])
        await store.inbox.lease(10, lease.epochs)
        before = await rows(store)
        results = [await write(store, event, written) for write in WRITES]

        assert not any(results)
        assert await rows(store) == before


async def test_what_an_earlier_holder_had_leased_is_ready_for_the_next(store_url: str) -> None:
    async with open_store(store_url) as store:
        event, written = await leased_pair(store, await beat(store, "a"))
        assert await start(store, event, written)
        assert await attempt(store, event, written)
        lease = await beat(store, "b", dead=["a"])
        (again,) = await store.inbox.lease(10, lease.epochs)
        (resent,) = await store.outbox.lease(lease.epochs, ["shop"])

    assert (again.seq, again.starts, again.epoch) == (event.seq, 7, lease.epochs[event.lane])
    assert (resent.id, resent.attempts, resent.is_uncertain) == (written.id, 1, True)


async def test_lease_with_an_epoch_of_the_past_brings_nothing(store_url: str) -> None:
    async with open_store(store_url) as store:
        old = await beat(store, "a")
        await beat(store, "b", dead=["a"])
        await accept_one(store)

        assert await store.inbox.lease(10, old.epochs) == []


async def test_lane_given_away_and_not_yet_taken_still_lets_its_last_holder_finish(store_url: str) -> None:
    async with open_store(store_url) as store:
        event, written = await leased_pair(store, await beat(store, "a"))
        await store.lanes.release("a", {event.lane: None})

        assert await finish(store, event, written)


async def test_finish_whose_answer_was_lost_is_done_and_names_its_deliveries_again(store_url: str) -> None:
    async with open_store(store_url) as store:
        finish = await _answered(store, await beat(store, "a"))
        again = await store.outcomes.finish(finish)

    assert (again.result, len(again.deliveries)) == ("done", 1)


async def test_finish_whose_answer_was_lost_with_its_lanes_names_no_delivery(store_url: str) -> None:
    async with open_store(store_url) as store:
        finish = await _answered(store, await beat(store, "a"))
        lease = await beat(store, "b", dead=["a"])
        await store.outbox.lease(lease.epochs, ["shop"])
        again = await store.outcomes.finish(finish)

    assert (again.result, len(again.deliveries)) == ("done", 0)


async def _answered(store: Store, lease: Lease) -> Finish:
    await accept_one(store)
    event = await lease_one(store, lease)
    lane = lane_of("shop", "U1")
    finish = finish_of(event, deliveries=[delivery(lane=lane, epoch=lease.epochs[lane])])
    await store.outcomes.finish(finish)
    return finish


def test_tenure_that_ran_out_is_not_relied_on_but_still_known() -> None:
    tenure = Tenure({3: 7}, until=float("inf"))
    assert (tenure.epoch(3), tenure.epoch(4), tenure.has(3, 7)) == (7, 0, True)

    tenure.until = 0.0

    assert (tenure.epoch(3), tenure.has(3, 7), tenure.has(3, 8)) == (0, True, False)


def test_url_says_whether_a_store_is_shared() -> None:
    assert (is_shared("postgresql://db/x"), is_shared("sqlite:///x.db")) == (True, False)
