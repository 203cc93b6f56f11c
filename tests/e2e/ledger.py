"""Keep a ledger, after Jepsen: what was acknowledged, and when; then compare with what the platform has seen."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hookline.dispatch.runner import BURIED_AFTER
from hookline.store.database.postgres import PostgresDatabase
from hookline.store.database.reading import SqliteReader
from hookline.store.database.urls import is_shared
from hookline.store.people.history import EventFilter, History, PastEvent
from hookline.testing import SimulatedLine
from hookline.testing.events import user_id

ANSWER_SECONDS = 30.0
"""How long nothing may be answered before what is left is taken for lost."""
KINDS = ("customer", "merge", "customer", "latest", "reject")
"""What customers there are: those of whose bursts each text is answered, first, and those that wait for less."""
IMPATIENT = ("latest", "reject")
CLOCKS_DIFFER = 250
"""By how many milliseconds the hosts' clocks may be apart."""
MOST_UNANSWERED = 5
"""A customer who waits for so many answers writes no more: it is loss that is looked for, not overload."""


@dataclass
class Entry:
    """Hold one event: when it was first sent, and when it was acknowledged. ``place`` is its place in its body."""

    text: str
    raw: dict[str, Any]
    sent_at: float
    place: int = 0
    acknowledged_at: float | None = None

    @property
    def event_id(self) -> str:
        """Return the platform's id of the event."""
        return str(self.raw["webhookEventId"])


@dataclass
class Ledger:
    """Send events of many customers to several hosts, in doubles, out of order, and again until they are acknowledged.

    Each answer is ``TEXT|COUNT``, where COUNT is the conversation's state; TEXT has a line for each text of a burst. Of
    texts that get no answer, since a newer one superseded them or came while another was answered, the *store* says so.
    """

    line: SimulatedLine
    store: str
    webhooks: Callable[[], Sequence[str]]
    chance: random.Random
    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    rows: dict[str, PastEvent] = field(default_factory=dict)
    _answered: Counter[str] = field(default_factory=Counter)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, customers: int, stopping: asyncio.Event) -> None:
        """Let *customers* write until *stopping* is set; end when all that was sent is acknowledged."""
        self.line.on_sent = lambda sent: self._answered.update({sent.to: len(list(_texts(sent.messages)))})
        async with asyncio.TaskGroup() as group:
            for number in range(customers):
                group.create_task(self._customer(f"{KINDS[number % len(KINDS)]} {number}", stopping))
        await asyncio.gather(*self._open)

    async def _customer(self, name: str, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            is_impatient = name.startswith(IMPATIENT)
            if not is_impatient and len(self.entries[name]) - self._answered[user_id(name)] >= MOST_UNANSWERED:
                await asyncio.sleep(0.01)
                continue
            size = self.chance.choice((1, 1, 1, 1, 2, 3))
            batch = [self._write(name, place) for place in range(size)]
            delivering = asyncio.create_task(self._deliver(batch))
            self._open.add(delivering)
            delivering.add_done_callback(self._open.discard)
            if self.chance.random() < 0.9:  # else the next is sent before this one is acknowledged
                await delivering
            await asyncio.sleep(self.chance.random() * (0.2 if is_impatient else 0.04))

    def _write(self, name: str, place: int) -> Entry:
        text = f"{name}: {len(self.entries[name])}"
        entry = Entry(text, self.line.text("shop", text, user=name), time.monotonic(), place)
        self.entries[name].append(entry)
        return entry

    async def _deliver(self, batch: Sequence[Entry]) -> None:
        is_redelivery = False
        raws = [entry.raw for entry in batch]
        while True:
            copies = 2 if self.chance.random() < 0.15 else 1
            calls = [
                self.line.deliver(
                    "shop", raws, is_redelivery=is_redelivery, webhook=self.chance.choice(self.webhooks())
                )
                for _ in range(copies)
            ]
            statuses = [status for statuses in await asyncio.gather(*calls) for status in statuses]
            if 200 in statuses:
                break
            self.refused += 1
            is_redelivery = True
            await asyncio.sleep(0.02 + self.chance.random() * 0.1)
        now = time.monotonic()
        for entry in batch:
            entry.acknowledged_at = now

    async def have_ended(self, ways: Collection[str]) -> None:
        """Wait until events have ended in each of these *ways*, or long enough: a slow machine sees some but rarely."""
        since = time.monotonic()
        while not self.outcomes().keys() >= set(ways) and time.monotonic() - since < ANSWER_SECONDS:
            await asyncio.sleep(0.3)
            await self._is_all_decided()

    async def settle(self) -> None:
        """Wait until everything acknowledged is answered, or long enough."""
        count, since = 0, time.monotonic()
        while self._unanswered() and time.monotonic() - since < ANSWER_SECONDS:
            if self._answered.total() > count:
                count, since = self._answered.total(), time.monotonic()
            await asyncio.sleep(0.05)
        while not await self._is_all_decided() and time.monotonic() - since < ANSWER_SECONDS:
            await asyncio.sleep(0.3)
        await asyncio.sleep(0.3)  # for what should not come

    async def _is_all_decided(self) -> bool:
        """Look into the store, and say whether all its events have ended."""
        shared = is_shared(self.store)
        database = await (PostgresDatabase.open(self.store) if shared else SqliteReader.open(self.store))
        try:
            rows = await History(database).list(EventFilter(), 1_000_000)
        finally:
            await database.close()
        self.rows = {row.event_id: row for row in rows}
        return all(row.status in ("done", "dead") for row in rows)

    def _unanswered(self) -> set[str]:
        patient = [entries for name, entries in self.entries.items() if not name.startswith(IMPATIENT)]
        return {entry.text for entries in patient for entry in entries} - set(self._answers().keys())

    def _answers(self) -> dict[str, list[str]]:
        answers: dict[str, list[str]] = defaultdict(list)
        for sent in self.line.sent:
            for text, count in _texts(sent.messages):
                answers[text].append(count)
        return answers

    def problems(self) -> list[str]:
        """Return everything that was promised and not kept."""
        answers, given_up = self._answers(), self.given_up()
        found = [f"never answered: {text}" for text in sorted(self._unanswered() - given_up)]
        if len(given_up) > 1 + len(self.rows) // 1000:
            found.append(f"{len(given_up)} of {len(self.rows)} given up: {sorted(given_up)[:20]}")
        found += [f"answered {len(counts)} times: {text}" for text, counts in answers.items() if len(counts) > 1]
        for name, entries in self.entries.items():
            order = self._order(name)
            found += self._overtaken(entries, order)
            counts = self._counts(name)
            if counts != list(range(1, len(counts) + 1)):
                found.append(f"state of {name} went {counts}")
            kept = [entry for entry in entries if entry.text not in given_up]
            found += [problem for entry in kept for problem in self._misjudged(name, entry, entry.text in answers)]
        return found

    def given_up(self) -> set[str]:
        """Return what was buried since three kills in a row have met it while it ran: any of them may be its fault.

        Of a thousand it may be one, when processes are killed all the time.
        """
        dead = {row.event_id for row in self.rows.values() if row.status == "dead" and row.starts >= BURIED_AFTER}
        return {entry.text for entries in self.entries.values() for entry in entries if entry.event_id in dead}

    def outcomes(self) -> Counter[str]:
        """Return how many events ended in which way."""
        return Counter(str(row.outcome) for row in self.rows.values())

    def _misjudged(self, name: str, entry: Entry, is_answered: bool) -> Iterator[str]:
        """Say what is wrong with how an event ended by the store's account."""
        row = self.rows.get(entry.event_id)
        if row is None or row.status != "done":
            yield f"not decided: {entry.text}"
            return
        if row.outcome == "answered":
            if not is_answered:
                yield f"answered by the store's account only: {entry.text}"
            return
        by_number = {other.seq: other for other in self.rows.values()}
        run = by_number.get(row.joined or 0)
        if not _may_stand_for(run, row, name) or is_answered != (row.outcome == "merged"):
            yield f"{row.outcome}, accepted at {row.accepted_at}, in place of {run}: {entry.text}"

    def _order(self, name: str) -> list[tuple[str, str]]:
        chat = user_id(name)
        found: list[tuple[str, str]] = []
        for sent in self.line.sent:
            if sent.to == chat:
                found += _texts(sent.messages)
        return found

    def _counts(self, name: str) -> list[int]:
        """Return the state that each answer to *name* says."""
        texts = [
            str(message["text"]) for sent in self.line.sent if sent.to == user_id(name) for message in sent.messages
        ]
        return [int(text.rpartition("|")[2]) for text in texts if "|" in text]

    def _overtaken(self, entries: Sequence[Entry], order: Sequence[tuple[str, str]]) -> list[str]:
        """Name what was answered before something that had been acknowledged before it was sent."""
        place = {text: number for number, (text, _) in enumerate(order)}
        found = []
        for index, earlier in enumerate(entries):
            for later in entries[index + 1 :]:
                if earlier.text not in place or later.text not in place:
                    continue
                is_before = earlier.acknowledged_at is not None and earlier.acknowledged_at < later.sent_at
                if is_before and place[earlier.text] > place[later.text]:
                    found.append(f"{later.text} overtook {earlier.text}")
        return found


def _texts(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each text that *messages* answer, with the count."""
    for message in messages:
        texts, is_answer, count = str(message["text"]).rpartition("|")
        if is_answer:
            yield from ((text, count) for text in texts.split("\n"))


def _may_stand_for(run: PastEvent | None, row: PastEvent, name: str) -> bool:
    """Say whether *run* may have been run in the place of *row*."""
    if run is None or (run.outcome, run.conversation, run.route) != ("answered", row.conversation, row.route):
        return False
    if row.outcome == "rejected":
        assert run.started_at is not None
        assert run.finished_at is not None
        assert row.accepted_at is not None
        during = run.started_at < row.accepted_at <= run.finished_at + CLOCKS_DIFFER
        return name.startswith("reject") and run.seq < row.seq and during
    expected = {"merge": "merged", "latest": "superseded"}.get(name.split()[0])
    return row.outcome == expected and run.seq > row.seq
