from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import Connection, text

from hookline.dispatch.lanes.heartbeat import Heartbeat
from hookline.errors import StoreClosedError, StoreError
from hookline.events import LANES, lane_of
from hookline.store.lanes import LEASE_SECONDS, Lease, Peer, Tenure
from hookline.store.store import Store
from tests.store.worlds import open_store, values
from tests.support import make_event

LONG_AGO = -1000.0
GONE, OTHER, NOBODY = frozenset({"gone"}), frozenset({"other"}), frozenset[str]()
ALL = dict.fromkeys(range(LANES), 1)


@dataclass(slots=True)
class Party:
    """Be busy in some lanes."""

    lanes: set[int] = field(default_factory=set)
    wakes: int = 0
    sweeps: int = 0

    def busy_lanes(self) -> set[int]:
        return self.lanes

    def wake(self) -> None:
        self.wakes += 1

    async def sweep(self) -> None:
        self.sweeps += 1


class Book:
    """Be a store's lanes, inbox and outbox: answer each heartbeat with the next of *answers*, then with the last."""

    def __init__(self, *answers: Lease | Exception) -> None:
        self._answers = list(answers)
        self.lanes = self.inbox = self.outbox = self.timers = self
        self.changed = asyncio.Event()
        self.asked: list[tuple[Mapping[str, int], Collection[str]]] = []
        self.given: dict[int, str | None] = {}
        self.waiting: dict[str, set[int]] = {}
        self.beaten = asyncio.Event()

    async def lease(
        self, worker: str, bots: Collection[str], silent: Mapping[str, int], dead: Collection[str], *, takes: bool
    ) -> Lease:
        self.asked.append((dict(silent), list(dead)))
        self.beaten.set()
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def release(self, worker: str, given: Mapping[int, str | None]) -> None:
        self.given.update(given)

    async def foreign(self, lanes: Collection[int], bots: Collection[str]) -> Mapping[str, set[int]]:
        return {bot: found for bot, places in self.waiting.items() if (found := places & set(lanes))}


def peers(*names: str, heartbeat: int = 1, bots: Collection[str] = ("shop",)) -> list[Peer]:
    return [Peer(name, heartbeat, frozenset(bots)) for name in names]


def heartbeat_of(store: object, tenure: Tenure | None = None, *parties: Party, name: str = "me") -> Heartbeat:
    return Heartbeat(cast("Store", store), tenure or Tenure(), name, ["shop"], parties, lambda _, __: None)


@asynccontextmanager
async def running(heartbeat: Heartbeat, book: Book) -> AsyncIterator[Any]:
    """Run *heartbeat*; the yielded function beats and returns once the store was asked."""
    task = asyncio.create_task(heartbeat.run())

    async def beat() -> None:
        book.beaten.clear()
        heartbeat.hurry()
        async with asyncio.timeout(10):
            await book.beaten.wait()
            for _ in range(5):  # what follows the answer waits for nothing
                await asyncio.sleep(0)

    try:
        yield beat
    finally:
        task.cancel()
        await asyncio.wait([task])


# Relying on a lease


async def test_lease_is_relied_on_for_less_than_others_wait_from_before_it_was_asked_for() -> None:
    tenure, before = Tenure(), time.monotonic()

    await heartbeat_of(Book(Lease(ALL, now=1)), tenure).begin()

    assert before < tenure.until < time.monotonic() + LEASE_SECONDS
    assert tenure.epoch(3) == 1


async def test_lease_is_not_prolonged_while_the_store_fails_and_is_once_it_is_back() -> None:
    book, tenure = Book(StoreError("away"), StoreError("away"), Lease(ALL, now=1)), Tenure(dict(ALL), LONG_AGO)

    async with running(heartbeat_of(book, tenure), book) as beat:
        untils = []
        for _ in range(3):
            await beat()
            untils.append((tenure.until == LONG_AGO, tenure.epoch(3), tenure.has(3, 1)))

    assert untils == [(True, 0, True), (True, 0, True), (False, 1, True)]


async def test_closed_store_ends_the_heartbeat() -> None:
    heartbeat = heartbeat_of(Book(StoreClosedError("the store is closed")))
    heartbeat.hurry()

    with pytest.raises(StoreClosedError):
        await asyncio.wait_for(heartbeat.run(), 10)


async def test_lanes_that_were_lost_are_known_to_be_lost_and_everybody_looks_anew() -> None:
    tenure, party = Tenure({1: 1, 2: 1}, float("inf")), Party()

    await heartbeat_of(Book(Lease({2: 1, 3: 5}, now=1)), tenure, party).begin()

    assert (tenure.epochs, party.wakes) == ({2: 1, 3: 5}, 1)


async def test_predecessor_is_named_as_dead_at_the_first_beat_only() -> None:
    book = Book(Lease(ALL, now=1))
    heartbeat = heartbeat_of(book)

    await heartbeat.begin("old me")
    async with running(heartbeat, book) as beat:
        await beat()

    assert [dead for _, dead in book.asked] == [["old me"], []]


# Who is silent


async def test_worker_is_silent_once_its_heartbeat_was_seen_to_stand_still_for_long_enough() -> None:
    book = Book(Lease(ALL, now=1, peers=peers("other")))
    heartbeat = heartbeat_of(book)

    async with running(heartbeat, book) as beat:
        await beat()
        await beat()
        _age(heartbeat)
        await beat()

    assert [silent for silent, _ in book.asked] == [{}, {}, {"other": 1}]


async def test_worker_that_was_heard_again_is_watched_anew() -> None:
    book = Book(*(Lease(ALL, now=1, peers=peers("other", heartbeat=number)) for number in (1, 2, 2)))
    heartbeat = heartbeat_of(book)

    async with running(heartbeat, book) as beat:
        await beat()
        _age(heartbeat)
        await beat()
        await beat()

    assert [silent for silent, _ in book.asked] == [{}, {"other": 1}, {}]


async def test_worker_that_was_silent_while_nobody_could_be_heard_is_watched_anew() -> None:
    seen = Lease(ALL, now=1, peers=peers("other"))
    book = Book(seen, StoreError("away"), seen)
    heartbeat = heartbeat_of(book)

    async with running(heartbeat, book) as beat:
        await beat()
        _age(heartbeat)
        await beat()  # fails
        await beat()
        await beat()

    assert [silent for silent, _ in book.asked] == [{}, {"other": 1}, {}, {}]


async def test_silent_worker_s_lanes_are_taken_in_the_end_and_a_living_one_s_are_not(store_url: str) -> None:
    async with open_store(store_url) as store:
        tenure = Tenure()
        heartbeat = heartbeat_of(store, tenure)
        for name in ("silent", "living"):
            await store.lanes.lease(name, ["shop"])
        await store._database.run(_silence, "silent")
        await heartbeat.begin()
        _age(heartbeat)
        await store.lanes.lease("living", ["shop"])
        await heartbeat.begin()

        assert await values(store, "SELECT worker FROM workers ORDER BY worker") == ["living", "me"]
        assert len(tenure.epochs) == 128


def _silence(connection: Connection, worker: str) -> None:
    connection.execute(text("UPDATE workers SET heartbeat_at = 1 WHERE worker = :worker"), {"worker": worker})


def _age(heartbeat: Heartbeat) -> None:
    """Let as much time pass, for what is watched, as it takes."""
    heartbeat._watched = {worker: (seen, LONG_AGO) for worker, (seen, _) in heartbeat._watched.items()}


# What is given away


async def test_surplus_is_given_only_where_nothing_is_under_way() -> None:
    book, tenure = Book(Lease(ALL, now=1, surplus=200)), Tenure()

    heartbeat = heartbeat_of(book, tenure, Party(set(range(100))), Party({100, 101}))
    await heartbeat.begin()
    assert book.given == {}  # what waits in lanes that have just come is run first
    await heartbeat.begin()

    assert book.given == dict.fromkeys(range(102, LANES))
    assert tenure.epochs.keys() == set(range(102))


async def test_no_more_than_the_surplus_is_given(store_url: str) -> None:
    async with open_store(store_url) as store:
        first, second = Tenure(), Tenure()
        await heartbeat_of(store, first).begin()
        await heartbeat_of(store, second, name="other").begin()
        await heartbeat_of(store, first).begin()
        await heartbeat_of(store, second, name="other").begin()

    assert (len(first.epochs), len(second.epochs)) == (128, 128)
    assert not first.epochs.keys() & second.epochs.keys()


async def test_lane_with_events_of_a_foreign_bot_is_given_to_a_peer_that_has_it(store_url: str) -> None:
    async with open_store(store_url) as store:
        tenure = Tenure()
        heartbeat = heartbeat_of(store, tenure)
        await heartbeat.begin()
        await store.lanes.lease("other", ["other"])
        event = make_event("hi", bot="other")
        await store.inbox.accept([event])
        lane = lane_of("other", event.conversation)
        await _beats(heartbeat)

        assert (lane in tenure.epochs, heartbeat.orphaned) == (False, NOBODY)
        assert lane in (await store.lanes.lease("other", ["other"])).epochs


async def test_lane_of_a_foreign_bot_is_kept_while_something_is_under_way_there() -> None:
    book = Book(Lease(ALL, now=1, peers=peers("other", bots=["other"])))
    book.waiting = {"other": {3, 4}}
    tenure = Tenure()

    heartbeat = heartbeat_of(book, tenure, Party({3}))

    await heartbeat.begin()
    await heartbeat._beat()

    assert (book.given, 3 in tenure.epochs, 4 in tenure.epochs) == ({4: "other"}, True, False)
    assert heartbeat.elsewhere == {"other"}


async def test_bot_that_nobody_can_run_is_reported_once_and_its_lanes_are_kept(store_url: str) -> None:
    async with open_store(store_url) as store:
        tenure = Tenure()
        heartbeat = heartbeat_of(store, tenure)
        await store.inbox.accept([make_event("hi", bot="gone")])
        with structlog.testing.capture_logs() as logs:
            await heartbeat.begin()
            await _beats(heartbeat)

    assert (len(tenure.epochs), heartbeat.orphaned, heartbeat.elsewhere) == (LANES, GONE, NOBODY)
    assert [entry["bots"] for entry in logs if entry["event"] == "inbox.orphaned"] == [["gone"]]


async def test_bot_that_somebody_can_run_by_now_is_no_longer_reported() -> None:
    book = Book(
        *(Lease(ALL, now=1, peers=found) for found in (peers("me"), peers("me"), peers("other", bots=["other"])))
    )
    book.waiting = {"other": {3}}
    heartbeat = heartbeat_of(book, Tenure())
    await heartbeat.begin()
    await heartbeat._beat()
    before = heartbeat.orphaned

    await _beats(heartbeat)

    assert (before, heartbeat.orphaned) == (OTHER, NOBODY)


async def test_leaving_idle_keeps_what_is_under_way(store_url: str) -> None:
    async with open_store(store_url) as store:
        tenure = Tenure()
        heartbeat = heartbeat_of(store, tenure, Party({3, 4}))
        await heartbeat.begin()

        given = heartbeat.leave_idle()
        kept = set(tenure.epochs)
        await store.lanes.release("me", dict.fromkeys(given))
        await heartbeat.begin()  # which takes none any more

        assert (len(given), kept, set(tenure.epochs)) == (LANES - 2, {3, 4}, {3, 4})


async def _beats(heartbeat: Heartbeat, count: Sequence[int] = range(5)) -> None:
    """Beat until foreign events have been looked for again."""
    for _ in count:
        await heartbeat.begin()
