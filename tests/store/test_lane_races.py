"""Two processes at once: whoever loses a lane in the middle of something has no effect any more."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import Connection

from hookline.store.arrivals import arrival_of, row_of
from hookline.store.inbox import _lease as lease_rows
from hookline.store.lanes import Lease
from hookline.store.lanes import _lease as lease_lanes
from hookline.store.records import Arrival, StoredEvent
from hookline.store.store import Store
from tests.store.test_lanes import WRITES, accept_one, beat, finish, lease_one, leased_pair, reclaim, two_stores
from tests.store.worlds import delivery, finish_of, values
from tests.support import NOW, make_event

HOLD = 4711


async def test_of_a_holder_that_finishes_and_another_that_takes_the_lane_one_has_the_effect(
    shared_url: str,
) -> None:
    results = []
    async with two_stores(shared_url) as (first, second):
        sides = itertools.cycle([("a", first, "b", second), ("b", second, "a", first)])
        lease = await beat(first, "a")
        for number, (holder, own, taker, other) in zip(range(200), sides, strict=False):
            await accept_one(own, f"user {number % 7}", str(number))
            event = await lease_one(own, lease)
            late = _finish_after(own, event, number % 16)
            result, lease = await asyncio.gather(late, beat(other, taker, dead=[holder]))
            results.append(result)
            for again in await other.inbox.lease(10, lease.epochs):
                assert await _finish_after(other, again, 0) == "done"

        assert await values(first, "SELECT count(*) FROM outbox GROUP BY seq") == [1] * 200
        assert await values(first, "SELECT count(*) FROM inbox WHERE status = 2") == [200]
    assert set(results) == {"done", "fenced"}


async def _finish_after(store: Store, event: StoredEvent, turns: int) -> str:
    """Finish *event* after so many turns to the server, so that each round meets another moment of the taking."""
    for _ in range(turns):
        await store.lanes.now()
    return (await store.outcomes.finish(finish_of(event, deliveries=[delivery(epoch=0)]))).result


class Hold:
    """Keep transactions open after their work, until released: they wait for a lock that this connection has."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def run(self, store: Store, work: Callable[..., Any], *args: Any) -> asyncio.Task[Any]:
        """Return the task of a transaction that has done *work* and isn't committed."""

        def held(connection: Connection) -> Any:
            result = work(connection, *args)
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock($1)", (HOLD,))
            return result

        await self.take()
        running = asyncio.create_task(store._database.run(held))
        waiting = asyncio.create_task(self.waiting(1))
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running  # it waits for a lock that is held, unless it died
        await waiting
        return running

    async def take(self) -> None:
        """Take the lock."""
        await self._connection.execute("SELECT pg_advisory_lock($1)", HOLD)

    async def waiting(self, count: int) -> None:
        """Return once *count* sessions of this database wait for a lock."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        async with asyncio.timeout(10):
            while await self._connection.fetchval(query) < count:
                await asyncio.sleep(0.002)

    async def release(self) -> None:
        """Let all go on."""
        await self._connection.execute("SELECT pg_advisory_unlock($1)", HOLD)


@asynccontextmanager
async def holding(url: str) -> AsyncIterator[Hold]:
    connection = await asyncpg.connect(url)
    try:
        yield Hold(connection)
    finally:
        await connection.close()


async def test_taker_waits_for_a_finish_that_is_not_yet_committed(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second), holding(shared_url) as hold:
        old = await beat(first, "a")
        await accept_one(first)
        event = await lease_one(first, old)
        finishing = await hold.run(first, first.outcomes._finish, [finish_of(event, state='{"a":1}')])
        taking = asyncio.create_task(beat(second, "b", dead=["a"]))
        await hold.waiting(2)
        await hold.release()
        ((finished,), lease) = await asyncio.gather(finishing, taking)

        assert (finished.result, await second.inbox.lease(10, lease.epochs)) == ("done", [])
        assert await second.conversations.read(event.key) == '{"a":1}'


async def test_writes_that_wait_for_a_taker_are_refused_once_that_commits(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second), holding(shared_url) as hold:
        event, written = await leased_pair(first, await beat(first, "a"))
        taking = await hold.run(second, lease_lanes, "b", ["shop"], {}, ["a"], True)
        writing = [asyncio.ensure_future(write(first, event, written)) for write in WRITES if write is not reclaim]
        await hold.waiting(4)
        await hold.release()
        await taking

        assert not any(await asyncio.gather(*writing))
        assert await values(first, "SELECT status FROM inbox ORDER BY seq") == [2, 0]
        assert await values(first, "SELECT status FROM outbox") == [0]


async def test_taker_that_crashes_before_its_commit_takes_nothing(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second), holding(shared_url) as hold:
        event, written = await leased_pair(first, await beat(first, "a"))
        taking = await hold.run(second, lease_lanes, "b", ["shop"], {}, ["a"], True)
        finishing = asyncio.create_task(finish(first, event, written))
        await hold.waiting(2)
        taking.cancel()
        await asyncio.wait([taking])

        assert await finishing


async def test_rows_leased_while_the_lane_was_taken_can_not_be_finished_and_come_back(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second), holding(shared_url) as hold:
        old = await beat(first, "a")
        await accept_one(first)
        leasing = await hold.run(first, lease_rows, 10, old.epochs, None, (), ())
        await beat(second, "b", dead=["a"])
        await hold.release()
        (event,) = await leasing
        late = await first.outcomes.finish(finish_of(event))
        lease = await beat(second, "b")
        (again,) = await second.inbox.lease(10, lease.epochs)

    assert (late.result, again.seq) == ("fenced", event.seq)


async def test_rows_accepted_while_the_lane_was_taken_can_not_be_finished_and_come_back(
    shared_url: str,
) -> None:
    async with two_stores(shared_url) as (first, second), holding(shared_url) as hold:
        arrival = direct("hi", await beat(first, "a"))
        accepting = await hold.run(first, first.inbox._accept, [([row_of(arrival)], {})])
        await beat(second, "b", dead=["a"])
        await hold.release()
        ((place,),) = await accepting
        lease = await beat(second, "b")
        (again,) = await second.inbox.lease(10, lease.epochs)

    assert (place.is_leased, again.seq, again.starts) == (True, place.seq, 1)


async def test_new_holder_runs_nothing_before_what_the_last_one_had_leased(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second), holding(shared_url) as hold:
        old = await beat(first, "a")
        earlier = await accept_one(first, message="first")
        leasing = await hold.run(first, lease_rows, 10, old.epochs, None, (), ())
        lease = await beat(second, "b", dead=["a"])
        await hold.release()
        await leasing
        await accept_one(second, message="second")
        leased = await second.inbox.lease(10, lease.epochs)

    assert earlier.seq in [event.seq for event in leased] or leased == []


def direct(message: str, lease: Lease, user: str = "mei") -> Arrival:
    arrival = arrival_of(make_event(message, user=user), NOW)
    return Arrival(
        arrival.event,
        arrival.event_id,
        arrival.conversation,
        arrival.lane,
        arrival.message_id,
        NOW,
        epoch=lease.epochs[arrival.lane],
        starts=1,
    )
