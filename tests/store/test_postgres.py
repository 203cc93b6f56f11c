"""Several processes accept for one conversation: nothing is overtaken, and no two of them get in each other's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import Connection, text

from hookline.events import Event
from hookline.plugins.shared import SharedChange, SharedKey, SharedValue
from hookline.store.arrivals import arrival_of
from hookline.store.records import Arrival, Standing
from hookline.store.store import Store
from tests.store.worlds import delivery, finish_of, open_store, values
from tests.support import NOW, make_event


@asynccontextmanager
async def two_stores(shared_url: str) -> AsyncIterator[tuple[Store, Store]]:
    async with open_store(shared_url) as first, open_store(shared_url) as second:
        yield first, second


async def take(store: Store, worker: str = "a", dead: Sequence[str] = ()) -> Mapping[int, int]:
    return (await store.lanes.lease(worker, ["shop"], dead=dead)).epochs


def arriving(text: str = "hi", user: str = "mei", *, epochs: Mapping[int, int] | None = None) -> Arrival:
    """Return an arrival: for this process's worker when its *epochs* are given."""
    arrival = arrival_of(make_event(text, user=user), NOW)
    return replace(arrival, epoch=epochs[arrival.lane], starts=1) if epochs else arrival


async def admit(store: Store, *arrivals: Arrival) -> list[bool]:
    """Admit *arrivals* and return whether each was leased at once."""
    places = [place for place in await store.inbox.admit(arrivals) if place]
    assert len(places) == len(arrivals)
    return [place.is_leased for place in places]


async def deadlocks(store: Store) -> int:
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    (count,) = await values(store, query)
    return int(count)


# What may go straight


async def test_direct_arrival_is_leased_at_once_with_its_start(shared_url: str) -> None:
    async with open_store(shared_url) as store:
        epochs = await take(store)

        assert await admit(store, arriving(epochs=epochs)) == [True]
        assert await values(store, "SELECT starts FROM inbox WHERE status = 1") == [1]


async def test_direct_arrival_is_left_ready_when_an_older_one_of_its_conversation_waits(shared_url: str) -> None:
    async with two_stores(shared_url) as (store, other):
        epochs = await take(store)
        await admit(other, arriving("first"))

        assert await admit(store, arriving("second", epochs=epochs), arriving(user="jun", epochs=epochs)) == [
            False,
            True,
        ]
        assert await values(store, "SELECT starts + epoch FROM inbox WHERE status = 0") == [0, 0]


async def test_direct_arrival_is_left_ready_when_its_lane_has_another_epoch(shared_url: str) -> None:
    async with two_stores(shared_url) as (store, other):
        epochs = await take(store)
        await take(other, "b", dead=["a"])

        assert await admit(store, arriving(epochs=epochs)) == [False]
        assert await values(store, "SELECT starts + epoch + status FROM inbox") == [0]


async def test_direct_arrival_is_left_ready_behind_one_of_its_batch_that_is_not_direct(shared_url: str) -> None:
    async with open_store(shared_url) as store:
        epochs = await take(store)
        batch = [arriving("first"), arriving("second", epochs=epochs), arriving(user="jun", epochs=epochs)]

        assert await admit(store, *batch) == [False, False, True]


async def test_direct_arrival_goes_straight_behind_one_that_is_leased(shared_url: str) -> None:
    async with open_store(shared_url) as store:
        epochs = await take(store)
        await admit(store, arriving("first"))
        await store.inbox.lease(10, epochs)

        assert await admit(store, arriving("second", epochs=epochs), arriving("third", epochs=epochs)) == [True, True]


async def test_delivery_is_left_ready_behind_an_older_one_of_its_conversation(shared_url: str) -> None:
    async with open_store(shared_url) as store:
        epochs = await take(store)
        await admit(store, arriving("first"), arriving("second"))
        first, second = await store.inbox.lease(10, epochs)
        left = await store.outcomes.finish(finish_of(first, deliveries=[delivery(epoch=0)]))
        behind = await store.outcomes.finish(finish_of(second, deliveries=[delivery(epoch=epochs[1])]))

        assert (left.deliveries, behind.deliveries) == ((), ())
        assert len(await store.outbox.lease(epochs, ["shop"])) == 2


# The order of acceptance


async def test_places_grow_in_the_order_of_the_calls(shared_url: str) -> None:
    async with open_store(shared_url) as store:
        epochs = await take(store)
        calls = [store.inbox.admit([arriving(str(n), f"user {n % 5}", epochs=epochs)]) for n in range(600)]
        found = [place for (place,) in await asyncio.gather(*calls) if place]

    assert [place.seq for place in found] == sorted({place.seq for place in found})
    assert len(found) == 600


async def test_of_two_processes_that_accept_in_turns_each_gets_the_later_place(shared_url: str) -> None:
    places: list[Standing | None] = []
    async with two_stores(shared_url) as stores:
        for number in range(60):
            places += await stores[number % 2].inbox.admit([arriving(str(number))])
        leased = await stores[0].inbox.lease(16, await take(stores[0]))

    seqs = [place.seq for place in places if place]
    assert (len(seqs), seqs) == (60, sorted(set(seqs)))
    assert [event.raw["message"]["text"] for event in leased] == [str(number) for number in range(16)]


async def test_order_is_kept_while_one_process_goes_straight_and_another_does_not(
    shared_url: str,
) -> None:
    held: list[int] = []
    async with two_stores(shared_url) as (worker, web):
        epochs = await take(worker)
        for number in range(60):
            (place,) = await worker.inbox.admit([arriving(str(number), epochs=epochs)])
            if place and place.is_leased:
                held.append(place.seq)
            if number % 3 == 0:
                await web.inbox.admit([arriving(f"{number} from elsewhere")])
            if number % 5 == 0:
                held += [event.seq for event in await worker.inbox.lease(16, epochs)]

    assert held == sorted(held)
    assert len(held) > 60


# The same rows at the same time


async def test_duplicates_in_opposite_order_are_stored_once_and_disturb_nobody(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second):
        before = await deadlocks(first)
        for number in range(100):
            batch = [make_event(str(number), user=f"user {index}") for index in range(50)]
            results = await asyncio.gather(first.inbox.accept(batch), second.inbox.accept(batch[::-1]))

            assert sum(map(len, results)) == 50

        assert await values(first, "SELECT count(*) FROM inbox") == [5000]
        assert await deadlocks(first) == before


async def test_many_small_duplicates_at_once_are_stored_once(shared_url: str) -> None:
    events = [make_event(str(number), user=f"user {number}") for number in range(400)]

    async def each(store: Store, chosen: Sequence[Event]) -> int:
        results = await asyncio.gather(*(store.inbox.accept([event]) for event in chosen))
        return sum(map(len, results))

    async with two_stores(shared_url) as (first, second):
        counts = await asyncio.gather(each(first, events), each(second, events[::-1]))

        assert sum(counts) == 400
        assert await values(first, "SELECT count(*) FROM inbox") == [400]


async def test_deadlock_is_tried_again_and_never_reaches_a_caller(shared_url: str) -> None:
    def both(connection: Connection, names: tuple[str, str]) -> None:
        for name in names:
            connection.execute(text("UPDATE workers SET started_at = 1 WHERE worker = :name"), {"name": name})
            connection.exec_driver_sql("SELECT pg_sleep(0.05)")

    async with two_stores(shared_url) as (first, second):
        for name in ("a", "b"):
            await take(first, name)
        await asyncio.gather(first._database.run(both, ("a", "b")), second._database.run(both, ("b", "a")))

        assert await values(first, "SELECT started_at FROM workers") == [1, 1]


async def test_of_two_processes_that_set_a_new_key_one_has_a_conflict(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second):
        epochs = await take(first)
        for number in range(40):
            await admit(first, arriving(user="mei"), arriving(user="jun"))
            one, two = await first.inbox.lease(2, epochs)
            keys = [SharedKey("shop", "tickets", f"{number} {part}") for part in ("x", "y")]
            changes = [SharedChange(key, 0, is_written=True, json="1") for key in keys]
            results = await asyncio.gather(
                first.outcomes.finish(finish_of(one, shared=changes)),
                second.outcomes.finish(finish_of(two, shared=changes[::-1])),
            )

            assert {result.result for result in results} == {"done", "conflict"}
            assert await first.plugin_state.read_shared(keys[0]) == SharedValue("1", 1)
            await first.inbox.give_back([one, two])
            await _end_all(first, epochs)


async def _end_all(store: Store, epochs: Mapping[int, int]) -> None:
    for event in await store.inbox.lease(10, epochs):
        await store.outcomes.finish(finish_of(event))


async def test_events_that_two_holders_lease_at_once_are_each_leased_once(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second):
        epochs = await take(first)
        for number in range(20):
            await admit(first, *(arriving(str(number), f"user {user}") for user in range(30)))
            results = await asyncio.gather(first.inbox.lease(256, epochs), second.inbox.lease(256, epochs))

            seqs = [event.seq for leased in results for event in leased]
            assert (len(seqs), len(set(seqs))) == (30, 30)
            for event in (*results[0], *results[1]):
                await first.outcomes.finish(finish_of(event))
