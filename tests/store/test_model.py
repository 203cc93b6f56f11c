"""Drive a store as workers do, in any order, beside a model of a few lines; the two must never differ."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, text

from hookline.clock import SystemClock
from hookline.events import Event, lane_of
from hookline.plugins.shared import SharedChange, SharedKey
from hookline.store.arrivals import arrival_of
from hookline.store.database.tables import DEAD, DONE, LEASED, READY
from hookline.store.database.urls import is_shared
from hookline.store.inbox import MAX_OF_ONE
from hookline.store.people.letters import LetterFilter
from hookline.store.records import (
    Arrival,
    Ending,
    Failure,
    Finished,
    NewDelivery,
    Sending,
    Standing,
    StoredDelivery,
    StoredEvent,
)
from hookline.store.store import Store
from tests.store.worlds import delivery, finish_of
from tests.support import NOW, make_event

Result = TypeVar("Result")

USERS = ("mei", "jun", "ann")
KEYS = ("queue", "stock")
EMPTY = "inbox", "outbox", "conversations", "plugin_state", "dead_letters", "workers"
conversations = {user: make_event(user=user).conversation for user in USERS}
users = st.sampled_from(USERS)
booleans = st.booleans()
numbers = st.integers(0, 1000)


@dataclass(slots=True)
class Row:
    """Hold what the model knows of one inbox row."""

    event: Event
    seq: int
    status: int = READY
    starts: int = 0
    attempts: int = 0
    lease: StoredEvent | None = None

    def facts(self) -> tuple[object, ...]:
        return self.event.id, self.seq, self.status, self.starts, self.attempts


@dataclass(slots=True)
class Out:
    """Hold what the model knows of one outbox row."""

    id: int
    seq: int
    conversation: str
    status: int
    attempts: int = 0
    is_open: bool = False
    is_uncertain: bool = False
    lease: StoredDelivery | None = None

    def facts(self) -> tuple[object, ...]:
        return self.id, self.seq, self.status, self.attempts, self.is_open, self.is_uncertain


@dataclass(slots=True)
class Model:
    """Hold all that the store should hold."""

    rows: dict[str, Row] = field(default_factory=dict)
    outs: list[Out] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    shared: dict[str, tuple[int, str]] = field(default_factory=dict)

    def of(self, status: int) -> list[Row]:
        return sorted((row for row in self.rows.values() if row.status == status), key=lambda row: row.seq)

    def outs_of(self, status: int) -> list[Out]:
        return [out for out in self.outs if out.status == status]

    def is_waiting(self, conversation: str) -> bool:
        return any(row.event.conversation == conversation for row in self.of(READY))

    def leasable(self, limit: int, busy: Sequence[str]) -> list[Row]:
        counts: Counter[str] = Counter()
        found = []
        for row in self.of(READY):
            counts[row.event.conversation] += 1
            if row.event.conversation not in busy and counts[row.event.conversation] <= MAX_OF_ONE:
                found.append(row)
        return found[:limit]

    def next_of_each(self) -> list[Row]:
        """Return the leased rows that a worker may run: the first unfinished of their conversation."""
        heads: dict[str, Row] = {}
        for row in sorted([*self.of(READY), *self.of(LEASED)], key=lambda row: row.seq):
            heads.setdefault(row.event.conversation, row)
        return [row for row in heads.values() if row.status == LEASED]


class Machine(RuleBasedStateMachine):
    """Be the worker that holds the lanes; another takes them now and then."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.runner = asyncio.Runner()
        self.model = Model()
        self.lost: list[StoredEvent] = []
        self.lost_outs: list[StoredDelivery] = []
        self.finished: dict[str, StoredEvent] = {}
        self.old_epochs: dict[int, int] = {}
        self.workers = ["a", "b"]
        self.stores: list[Store] = []
        self.run(self.open())
        self.run(self.store._database.run(_empty))
        self.epochs = dict(self.run(self.store.lanes.lease("a", ["shop"])).epochs)

    @property
    def store(self) -> Store:
        """Return the holder's store."""
        return self.stores[0]

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    async def open(self) -> None:
        self.stores = [await Store.open(self.url, lambda _bot, raw: raw)]
        self.stores.append(await Store.open(self.url, lambda _bot, raw: raw) if is_shared(self.url) else self.store)

    async def close(self) -> None:
        for store in {id(store): store for store in self.stores}.values():
            await store.close()

    def teardown(self) -> None:
        self.run(self.close())
        self.runner.close()

    @initialize()
    def begin(self) -> None:
        """Begin with something of everything under way."""
        self.accept(["mei", "mei", "jun", "ann"], [], False)
        self.lease(3, set())
        self.finish(0, [("mei", True), ("jun", True)], "{}", {}, False)

    # Arrivals

    @rule(chosen=st.lists(users, max_size=4), doubles=st.lists(numbers, max_size=3), is_elsewhere=booleans)
    def accept(self, chosen: list[str], doubles: list[int], is_elsewhere: bool) -> None:
        known = [row.event for row in self.model.rows.values()]
        fresh = [make_event("hi", user=user) for user in chosen]
        again = [known[number % len(known)] for number in doubles if known] + fresh[:1]
        stored = self.run(self.stores[is_elsewhere].inbox.accept([*again, *fresh]))

        assert sorted(row.event_id for row in stored) == sorted(event.id for event in fresh)
        for row in sorted(stored, key=lambda row: row.seq):
            assert row.event is not None
            self.model.rows[row.event_id] = Row(row.event, row.seq)

    @rule(user=users, begins=booleans)
    def admit_direct(self, user: str, begins: bool) -> None:
        is_waiting = self.model.is_waiting(conversations[user])
        if is_waiting and not is_shared(self.url):
            return  # here the worker itself sees to it
        self._admit(user, self.epochs, begins=begins, is_leased=not is_waiting)

    @precondition(lambda self: self.old_epochs and is_shared(self.url))
    @rule(user=users)
    def admit_direct_with_an_epoch_of_the_past(self, user: str) -> None:
        self._admit(user, self.old_epochs, begins=True, is_leased=False)

    def _admit(self, user: str, epochs: Mapping[int, int], *, begins: bool, is_leased: bool) -> None:
        arrival = arrival_of(make_event("hi", user=user), NOW)
        arrival = replace(arrival, epoch=epochs[arrival.lane], starts=int(begins))
        (place,) = self.run(_admitted(self.store, arrival))

        assert place is not None
        assert place.is_leased == is_leased
        row = self.model.rows[arrival.event_id] = Row(arrival.event, place.seq)
        if is_leased:
            row.status, row.starts = LEASED, int(begins)
            row.lease = _lease_of(row, arrival.lane, arrival.epoch)

    # Runs

    @rule(limit=st.integers(1, 20), busy=st.sets(users, max_size=1))
    def lease(self, limit: int, busy: set[str]) -> None:
        left_out = [conversations[user] for user in busy]
        expected = self.model.leasable(limit, left_out)
        found = self.run(self.store.inbox.lease(limit, self.epochs, ["shop"], [("shop", name) for name in left_out]))

        assert [(event.seq, event.starts, event.attempts) for event in found] == [
            (row.seq, row.starts, row.attempts) for row in expected
        ]
        for row, lease in zip(expected, found, strict=True):
            row.status, row.lease = LEASED, lease

    @precondition(lambda self: self.model.of(LEASED))
    @rule(number=numbers)
    def start(self, number: int) -> None:
        row, lease = self._leased(number)
        row.starts += 1
        assert self.run(self.store.inbox.start(row.seq, lease.epoch, row.starts, NOW))

    @precondition(lambda self: self.model.of(LEASED))
    @rule(number=numbers)
    def fail(self, number: int) -> None:
        row, lease = self._leased(number)
        row.attempts, row.starts = row.attempts + 1, 0
        assert self.run(self.store.inbox.fail(Failure(row.seq, lease.epoch, row.attempts, NOW)))

    @precondition(lambda self: self.model.of(LEASED))
    @rule(number=numbers)
    def give_back(self, number: int) -> None:
        row, lease = self._leased(number)
        self.run(self.store.inbox.give_back([lease]))
        row.status, row.starts, row.lease = READY, lease.starts, None

    @rule(held=st.sets(numbers))
    def reclaim(self, held: set[int]) -> None:
        kept = {row.seq for place, row in enumerate(self.model.of(LEASED)) if place % 7 in held}
        dropped = [row for row in self.model.of(LEASED) if row.seq not in kept]
        leased = self.run(self.store.inbox.leased(self.epochs))
        assert {seq for seq, _ in leased} == {row.seq for row in self.model.of(LEASED)}
        lost = {(seq, epoch) for seq, epoch in leased if seq not in kept}
        assert self.run(self.store.inbox.reclaim(lost)) == len(dropped)
        for row in dropped:
            row.status, row.lease = READY, None

    @precondition(lambda self: self.model.next_of_each())
    @rule(
        number=numbers,
        to=st.lists(st.tuples(users, booleans), max_size=2),
        state=st.none() | st.just("{}") | st.just('{"a":1}'),
        keys=st.dictionaries(st.sampled_from(KEYS), st.tuples(booleans, booleans), max_size=2),
        is_buried=booleans,
    )
    def finish(
        self,
        number: int,
        to: list[tuple[str, bool]],
        state: str | None,
        keys: dict[str, tuple[bool, bool]],
        is_buried: bool,
    ) -> None:
        row = _pick(self.model.next_of_each(), number)
        assert row.lease is not None
        changes = [self._change(key, *flags) for key, flags in keys.items()]
        new = [self._delivery(user, is_own=is_own) for user, is_own in dict(to).items()]
        error = "broken" if is_buried else None
        finish = finish_of(row.lease, state=state, shared=changes, deliveries=new, error=error, attempts=row.attempts)
        result = self.run(self.store.outcomes.finish(finish))

        if any(is_stale for _, is_stale in keys.values()):
            assert result == Finished("conflict")
            return
        assert result.result == "done"
        self.finished[row.event.id] = row.lease
        starts = row.lease.starts if is_buried else 0  # what is buried says how often its process died
        row.status, row.starts, row.lease = (DEAD if is_buried else DONE), starts, None
        if state is not None:
            self.model.states[row.event.conversation] = state
        self.model.shared.update({change.key.key: (change.version + 1, "1") for change in changes if change.is_written})
        self._written(row, new, result)

    def _change(self, key: str, is_written: bool, is_stale: bool) -> SharedChange:
        version = self.model.shared.get(key, (0, ""))[0] + is_stale
        return SharedChange(SharedKey("shop", "tickets", key), version, is_written=is_written, json="1")

    def _delivery(self, user: str, *, is_own: bool) -> NewDelivery:
        lane = lane_of("shop", conversations[user])
        return delivery(conversation=conversations[user], lane=lane, epoch=self.epochs[lane] if is_own else 0)

    def _written(self, row: Row, new: Sequence[NewDelivery], result: Finished) -> None:
        waiting = {out.conversation for out in self.model.outs_of(READY)} if is_shared(self.url) else set()
        own = [item for item in new if item.epoch and item.conversation not in waiting]
        assert [item.conversation for item in result.deliveries] == [item.conversation for item in own]
        leases = {lease.conversation: lease for lease in result.deliveries}
        ids = self.run(self.store._database.run(_ids_of, row.seq))
        for number, item in zip(ids[-len(new) :] if new else [], new, strict=True):
            lease = leases.get(item.conversation)
            status = LEASED if lease else READY
            self.model.outs.append(Out(number, row.seq, item.conversation, status, lease=lease))

    @precondition(lambda self: self.finished)
    @rule(number=numbers)
    def finish_once_more(self, number: int) -> None:
        """The answer was lost: what was committed under this lease is told again."""
        name, lease = _pick(list(self.finished.items()), number)
        outs = [out for out in self.model.outs_of(LEASED) if out.seq == self.model.rows[name].seq and out.lease]
        written = [
            delivery(conversation=out.conversation, lane=out.lease.lane, epoch=out.lease.epoch)
            for out in outs
            if out.lease
        ]
        again = finish_of(lease, state='{"again":1}', deliveries=written)
        result = self.run(self.store.outcomes.finish(again))

        assert result.result == "done"
        assert [item.id for item in result.deliveries] == [out.id for out in outs]

    # Deliveries

    @rule()
    def lease_deliveries(self) -> None:
        expected = self.model.outs_of(READY)
        found = self.run(self.store.outbox.lease(self.epochs, ["shop"]))

        assert [(lease.id, lease.is_uncertain, lease.attempts) for lease in found] == [
            (out.id, out.is_uncertain or out.is_open, out.attempts) for out in expected
        ]
        for out, lease in zip(expected, found, strict=True):
            out.status, out.lease = LEASED, lease

    @precondition(lambda self: self.model.outs_of(LEASED))
    @rule(number=numbers)
    def attempt(self, number: int) -> None:
        out, lease = self._leased_out(number)
        out.attempts, out.is_open = out.attempts + 1, True
        assert self.run(self.store.outbox.attempt(Sending(out.id, lease.epoch, 0, False, False, NOW)))

    @precondition(lambda self: self.model.outs_of(LEASED))
    @rule(number=numbers, how=st.sampled_from(["sent", "again", "uncertain", "refused"]))
    def end(self, number: int, how: str) -> None:
        out, lease = self._leased_out(number)
        is_final = how in ("sent", "refused")
        ending = Ending(lease, is_final, how == "uncertain", how, "because", None, NOW, is_buried=how == "refused")
        assert self.run(self.store.outbox.end(ending)) is not None
        out.is_open, out.is_uncertain = False, how == "uncertain"
        if is_final:
            out.status, out.lease = (DEAD if how == "refused" else DONE), None

    @precondition(lambda self: self.model.outs_of(LEASED))
    @rule(number=numbers)
    def give_back_delivery(self, number: int) -> None:
        out, lease = self._leased_out(number)
        self.run(self.store.outbox.give_back([lease]))
        out.status, out.lease = READY, None

    # Trouble

    @rule(goes_on=booleans)
    def lose_the_lanes(self, goes_on: bool) -> None:
        self.workers.reverse()
        self.stores.reverse()
        self.old_epochs = self.epochs
        lease = self.run(self.store.lanes.lease(self.workers[0], ["shop"], dead=[self.workers[1]]))
        assert all(epoch > self.epochs[lane] for lane, epoch in lease.epochs.items())
        self.epochs = dict(lease.epochs)
        self.finished.clear()
        self.lost += [row.lease for row in self.model.of(LEASED) if row.lease]
        self.lost_outs += [out.lease for out in self.model.outs_of(LEASED) if out.lease]
        for row in self.model.of(LEASED):
            row.status, row.lease = READY, None
        for out in self.model.outs_of(LEASED):
            out.status, out.lease = READY, None
        if goes_on:
            self.lease(20, set())
            self.lease_deliveries()

    @precondition(lambda self: self.lost)
    @rule(number=numbers)
    def write_of_one_that_lost_the_lane(self, number: int) -> None:
        lease, store = _pick(self.lost, number), self.stores[1]
        late = finish_of(lease, state='{"late":1}', deliveries=[self._delivery("mei", is_own=True)])
        assert self.run(store.outcomes.finish(late)) == Finished("fenced")
        assert not self.run(store.inbox.start(lease.seq, lease.epoch, 9, NOW))
        assert not self.run(store.inbox.fail(Failure(lease.seq, lease.epoch, 9, NOW)))
        self.run(store.inbox.give_back([lease]))
        assert self.run(store.inbox.lease(10, self.old_epochs, ["shop"])) == []

    @precondition(lambda self: self.lost_outs)
    @rule(number=numbers)
    def sending_of_one_that_lost_the_lane(self, number: int) -> None:
        lease, store = _pick(self.lost_outs, number), self.stores[1]
        assert not self.run(store.outbox.attempt(Sending(lease.id, lease.epoch, 1, True, True, NOW)))
        assert self.run(store.outbox.end(Ending(lease, True, False, "sent", "late", None, NOW))) is None
        self.run(store.outbox.give_back([lease]))
        assert self.run(store.outbox.lease(self.old_epochs, ["shop"])) == []

    @rule()
    def reopen(self) -> None:
        self.run(self.close())
        self.run(self.open())
        if self.workers[0] == "b":
            self.stores.reverse()

    # Dead letters

    @precondition(lambda self: self.model.of(DEAD) or self.model.outs_of(DEAD))
    @rule()
    def replay(self) -> None:
        dead, outs = self.model.of(DEAD), self.model.outs_of(DEAD)
        turns = self.store.letters.replay(LetterFilter(), SystemClock(), include_uncertain=True)
        assert self.run(_total(turns)) == len(dead) + len(outs)
        for row in dead:
            row.status, row.attempts, row.starts = READY, 0, 0
            self.finished.pop(row.event.id, None)
        for out in outs:
            out.status, out.attempts, out.is_uncertain = READY, 0, False

    @precondition(lambda self: self.model.of(DEAD) or self.model.outs_of(DEAD))
    @rule()
    def drop(self) -> None:
        dead: list[Row | Out] = [*self.model.of(DEAD), *self.model.outs_of(DEAD)]
        assert self.run(_total(self.store.letters.drop(LetterFilter()))) == len(dead)
        for item in dead:
            item.status = DONE

    # What is true at any time

    @invariant()
    def store_is_as_the_model(self) -> None:
        rows, outs, letters, states, shared = self.run(self.store._database.run(_facts))

        assert rows == [row.facts() for row in sorted(self.model.rows.values(), key=lambda row: row.seq)]
        assert outs == [out.facts() for out in self.model.outs]
        assert letters == len(self.model.of(DEAD)) + len(self.model.outs_of(DEAD))
        assert states == self.model.states
        assert shared == self.model.shared

    def _leased(self, number: int) -> tuple[Row, StoredEvent]:
        row = _pick(self.model.of(LEASED), number)
        assert row.lease is not None
        return row, row.lease

    def _leased_out(self, number: int) -> tuple[Out, StoredDelivery]:
        out = _pick(self.model.outs_of(LEASED), number)
        assert out.lease is not None
        return out, out.lease


@pytest.mark.timeout(300)  # a failure is made small before it is shown
def test_store_never_differs_from_its_model(store_url: str) -> None:
    class Run(Machine):
        def __init__(self) -> None:
            super().__init__(store_url)

    limits = settings(
        max_examples=20,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(Run, settings=limits)


def _pick(items: Sequence[Result], number: int) -> Result:
    return items[number % len(items)]


async def _admitted(store: Store, arrival: Arrival) -> Sequence[Standing | None]:
    return await store.inbox.admit([arrival])


async def _total(turns: Any) -> int:
    return sum([count async for count in turns])


def _lease_of(row: Row, lane: int, epoch: int) -> StoredEvent:
    event = row.event
    return StoredEvent(
        row.seq, event.bot, event.id, event.conversation, lane, event.type, event.raw, NOW, row.starts, 0, None, False,
        event.message_id, epoch, event,
    )  # fmt: skip


def _empty(connection: Connection) -> None:
    for table in EMPTY:
        connection.execute(text(f"DELETE FROM {table}"))
    connection.execute(text("UPDATE lanes SET worker = NULL"))


def _ids_of(connection: Connection, seq: int) -> list[int]:
    return list(connection.execute(text("SELECT id FROM outbox WHERE seq = :seq ORDER BY id"), {"seq": seq}).scalars())


def _facts(connection: Connection) -> tuple[list[Any], list[Any], int, dict[str, str], dict[str, tuple[int, str]]]:
    inbox = connection.execute(text("SELECT event_id, seq, status, starts, attempts FROM inbox ORDER BY seq"))
    outbox = connection.execute(text("SELECT id, seq, status, attempts, is_open, is_uncertain FROM outbox ORDER BY id"))
    letters = connection.execute(text("SELECT count(*) FROM dead_letters")).scalar_one()
    states = connection.execute(text("SELECT conversation, state FROM conversations"))
    shared = connection.execute(text("SELECT key, version, value FROM plugin_state WHERE version > 0"))
    return (
        [tuple(row) for row in inbox],
        [(*row[:4], bool(row.is_open), bool(row.is_uncertain)) for row in outbox],
        letters,
        {row.conversation: row.state for row in states},
        {row.key: (row.version, row.value) for row in shared},
    )
