"""Keep a ledger, after Jepsen: what was acknowledged, and when; then compare with what the platform has seen."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hookline.testing import SimulatedLine
from hookline.testing.events import user_id

ANSWER_SECONDS = 30.0
"""How long nothing may be answered before what is left is taken for lost."""
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


@dataclass
class Ledger:
    """Send events of many customers to several hosts, in doubles, out of order, and again until they are acknowledged.

    Each answer is ``TEXT|COUNT``, where COUNT is the conversation's state.
    """

    line: SimulatedLine
    webhooks: Callable[[], Sequence[str]]
    chance: random.Random
    entries: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    _answered: Counter[str] = field(default_factory=Counter)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, customers: int, stopping: asyncio.Event) -> None:
        """Let *customers* write until *stopping* is set; end when all that was sent is acknowledged."""
        self.line.on_sent = lambda sent: self._answered.update({sent.to: len(sent.messages)})
        async with asyncio.TaskGroup() as group:
            for number in range(customers):
                group.create_task(self._customer(f"customer {number}", stopping))
        await asyncio.gather(*self._open)

    async def _customer(self, name: str, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            if len(self.entries[name]) - self._answered[user_id(name)] >= MOST_UNANSWERED:
                await asyncio.sleep(0.01)
                continue
            size = self.chance.choice((1, 1, 1, 1, 2, 3))
            batch = [self._write(name, place) for place in range(size)]
            delivering = asyncio.create_task(self._deliver(batch))
            self._open.add(delivering)
            delivering.add_done_callback(self._open.discard)
            if self.chance.random() < 0.9:  # else the next is sent before this one is acknowledged
                await delivering
            await asyncio.sleep(self.chance.random() * 0.04)

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

    async def settle(self) -> None:
        """Wait until everything acknowledged is answered, or long enough."""
        count, since = 0, time.monotonic()
        while self._unanswered() and time.monotonic() - since < ANSWER_SECONDS:
            if self._answered.total() > count:
                count, since = self._answered.total(), time.monotonic()
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)  # for what should not come

    def _unanswered(self) -> set[str]:
        return {entry.text for entries in self.entries.values() for entry in entries} - set(self._answers().keys())

    def _answers(self) -> dict[str, list[str]]:
        answers: dict[str, list[str]] = defaultdict(list)
        for sent in self.line.sent:
            for message in sent.messages:
                text, _, count = str(message["text"]).rpartition("|")
                answers[text].append(count)
        return answers

    def problems(self) -> list[str]:
        """Return everything that was promised and not kept."""
        answers = self._answers()
        found = [f"never answered: {text}" for text in sorted(self._unanswered())]
        found += [f"answered {len(counts)} times: {text}" for text, counts in answers.items() if len(counts) > 1]
        for name, entries in self.entries.items():
            order = self._order(name)
            found += self._overtaken(entries, order)
            counts = [int(count) for _, count in order]
            if counts != list(range(1, len(counts) + 1)):
                found.append(f"state of {name} went {counts}")
        return found

    def _order(self, name: str) -> list[tuple[str, str]]:
        chat = user_id(name)
        found = []
        for sent in self.line.sent:
            if sent.to == chat:
                for message in sent.messages:
                    text, _, count = str(message["text"]).rpartition("|")
                    found.append((text, count))
        return found

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
