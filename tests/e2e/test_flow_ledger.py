"""Of conversations of several steps nothing is lost, asked twice or too often reminded of, while processes are killed.

``HOOKLINE_KILLS`` says how often; ``make torture`` sets it high.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from hookline.dispatch.runner import BURIED_AFTER
from hookline.store.database.postgres import PostgresDatabase
from hookline.store.database.reading import SqliteReader
from hookline.store.database.urls import is_shared
from hookline.store.people.history import EventFilter, History, PastEvent
from hookline.store.people.letters import Letter, LetterFilter, Letters
from hookline.testing import SimulatedLine
from hookline.testing.events import user_id
from tests.e2e.hosts import NEEDS_PROC, Site, asked, run_sites, simulated_line
from tests.postgres import PostgresServer

KILLS = int(os.environ.get("HOOKLINE_KILLS", "10"))
SEED = int(os.environ.get("HOOKLINE_SEED", "0")) or random.randrange(1, 1 << 32)
CUSTOMERS = 8
HEARD_SECONDS = 60.0
LOOK_SECONDS = 5.0
LOOKS = round(HEARD_SECONDS / LOOK_SECONDS)
"""So often somebody who has heard nothing looks for what was given up, before the answer is taken for lost."""
MOST_BURIED = 0.05
"""So many of all kills may be the third that an event meets: one in fifty is on a busy machine."""
FLOWS = """
version: 1
store: {store}
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}", api_base: "{line}"}}
    plugins: {{ledger: {{}}}}
    flows:
      booking:
        steps:
          - ask: name
            say: name?
          - ask: part
            choices: [front, back]
            say: part?
          - confirm: '{{flow.name}}, {{flow.part}}?'
          - count: done
          - reply: '{{flow.name}}, {{flow.part}}, {{person.done}}'
      slow:
        steps:
          - ask: name
            say: name?
          - run: ledger.slow
      waiting:
        expire: 2s
        expired: too late
        steps:
          - ask: what
            say: what?
    routes:
      - {{name: book, exact: book, begin: booking}}
      - {{name: wait, exact: wait, begin: waiting}}
      - {{name: slow, exact: slow, begin: slow}}
"""

pytestmark = [NEEDS_PROC, pytest.mark.timeout(180 + KILLS * 12)]


@dataclass
class People:
    """Write to several hosts, in doubles and again until it is acknowledged, and wait for each answer before the next.

    ``heard`` are the texts that each has got, ``wanted`` those that each should. ``buried`` are the events that were
    given up: they are replayed, as by an operator, and answered then. ``killed_at`` are in milliseconds since 1970.
    """

    line: SimulatedLine
    folder: Path
    store: str
    sites: Sequence[Site]
    chance: random.Random
    heard: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wanted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    killed_at: list[int] = field(default_factory=list)
    buried: set[PastEvent] = field(default_factory=set)
    letters: Sequence[Letter] = ()

    async def talk(self, name: str, stopping: asyncio.Event) -> None:
        """Book again and again; now and then, and in the end, begin something and let it expire."""
        for number in count(1):
            if stopping.is_set():
                break
            guest = f"{name} {number}"
            await self.says(name, "book", "name?")
            await self.says(name, guest, "part?")
            await self.says(name, "2", f"{guest}, back?")
            await self.says(name, "ok", f"{guest}, back, {number}")
            if self.chance.random() < 0.1:
                await self.waits(name)
        await self.waits(name)

    async def waits(self, name: str) -> None:
        """Begin something, and be silent until its time is over."""
        await self.says(name, "wait", "what?")
        await self.hears(name, "too late")

    async def says(self, name: str, text: str, answer: str) -> None:
        """Write *text*, and wait for the *answer*."""
        raw = self.line.text("shop", text, user=name)
        is_redelivery = False
        while True:
            webhooks = [self.chance.choice(self.sites).webhook for _ in range(self.chance.choice((1, 1, 1, 2)))]
            calls = [self.line.deliver("shop", [raw], is_redelivery=is_redelivery, webhook=url) for url in webhooks]
            if 200 in [status for statuses in await asyncio.gather(*calls) for status in statuses]:
                break
            is_redelivery = True
            await asyncio.sleep(0.05)
        await self.hears(name, answer)

    async def hears(self, name: str, text: str) -> None:
        """Wait until *name* has heard *text* as the next thing."""
        self.wanted[name].append(text)
        for _ in range(LOOKS):
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS), self.news:
                    await self.news.wait_for(lambda: len(self.heard[user_id(name)]) >= len(self.wanted[name]))
                    return
            await self._replay(name)
        raise AssertionError(f"{name} never heard {text!r}: {list(map(str, await self._past_of(name)))}")

    async def _replay(self, name: str) -> None:
        """Note what of *name*'s was given up, and run it again."""
        dead = [event for event in await self._past_of(name) if event.status == "dead"]
        self.buried.update(dead)
        if dead:
            with suppress(subprocess.CalledProcessError):  # the host dies meanwhile: then after the next look
                command = "dead", "replay", "--conversation", user_id(name), "--yes"
                await asyncio.to_thread(asked, self.folder, *command)

    async def _past_of(self, name: str) -> Sequence[PastEvent]:
        """Return how the last events of *name* stand in the store."""
        async with reading(self.store) as database:
            return await History(database).list(EventFilter(conversation=user_id(name)), 4)

    def has_killed(self) -> None:
        """Note that a process was killed just now."""
        self.killed_at.append(time.time_ns() // 1_000_000)

    async def until_begun(self, name: str, starts: int) -> None:
        """Wait until the last event of *name* is run for that time."""
        async with asyncio.timeout(HEARD_SECONDS):
            while (await self._past_of(name))[0].starts < starts:
                await asyncio.sleep(0.02)

    async def look_for_letters(self) -> None:
        """See which dead letters there are in the end: replies of which nobody knows that they did arrive."""
        async with reading(self.store) as database:
            self.letters = await Letters(database).list(LetterFilter(), 100_000)

    async def listen(self) -> None:
        """Let those who wait look whenever the platform has got something."""
        seen = 0
        while True:
            for sent in self.line.sent[seen:]:
                seen += 1
                self.heard[sent.to] += [str(message["text"]) for message in sent.messages]
            async with self.news:
                self.news.notify_all()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def reading(store: str) -> AsyncIterator[SqliteReader | PostgresDatabase]:
    """Open *store* to look into it."""
    database = await (PostgresDatabase.open(store) if is_shared(store) else SqliteReader.open(store))
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def people_of(
    folder: Path, store: str, hosts: int, processes: int, chance: random.Random
) -> AsyncIterator[People]:
    """Run *hosts*, and listen to what they say; in the end look for what was given up, and say what has happened."""
    arguments = ("--processes", str(processes))
    async with simulated_line() as line, run_sites(folder, store, line, hosts, *arguments, bot=FLOWS) as sites:
        people = People(line, folder / "host0", store, sites, chance)
        listening = asyncio.create_task(people.listen())
        try:
            yield people
            await asyncio.sleep(0.5)  # what comes twice would come now
            await people.look_for_letters()
        finally:
            listening.cancel()
            tell(people)


async def booked(folder: Path, store: str, hosts: int, processes: int) -> People:
    """Kill processes of *hosts*, at random times, while people book; return what they have heard in the end."""
    chance = random.Random(SEED)
    print(f"HOOKLINE_SEED={SEED}")
    async with people_of(folder, store, hosts, processes, chance) as people:
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(CUSTOMERS):
                group.create_task(people.talk(f"guest {number}", stopping))
            for _ in range(KILLS):
                site = chance.choice(people.sites)
                await site.kill_one(chance, processes)
                people.has_killed()
                await asyncio.sleep(0.1)
                await site.until_ready()
                await asyncio.sleep(chance.random() * 0.5)
            stopping.set()
    return people


def problems(people: People) -> Iterator[object]:
    """Yield everything that was promised and not kept."""
    for name, wanted in people.wanted.items():
        heard = people.heard[user_id(name)]
        if heard != wanted:
            yield f"{name} heard {heard}, and wanted {wanted}"
    for event in people.buried:
        begun_at = event.accepted_at or event.received_at
        kills = sum(begun_at <= at <= (event.finished_at or 0) for at in people.killed_at)
        if event.starts < BURIED_AFTER or kills < event.starts:
            yield f"not given up for the {kills} kills that it lived through: {event}"
    if len(people.buried) > 1 + len(people.killed_at) * MOST_BURIED:
        yield f"{len(people.buried)} given up, of {answers_of(people)} that {len(people.killed_at)} kills could meet"
    yield from (letter for letter in people.letters if not letter.is_uncertain)


def answers_of(people: People) -> int:
    """Count what was heard."""
    return sum(map(len, people.heard.values()))


def tell(people: People) -> None:
    """Print what has happened."""
    print(f"kills: {len(people.killed_at)}, answers: {answers_of(people)}, given up: {len(people.buried)}")
    for event in people.buried:
        print(f"given up after {event.starts} starts, and replayed: {event}")


async def test_killed_fronts_and_workers_lose_no_answer_and_neither_ask_nor_end_twice(tmp_path: Path) -> None:
    people = await booked(tmp_path, f"sqlite:///{tmp_path}/flows.db", hosts=1, processes=1)

    assert [*problems(people)] == []
    assert answers_of(people) >= CUSTOMERS * 6  # on a slow machine each books but once


async def test_killed_processes_of_two_hosts_on_postgresql_lose_no_answer_and_neither_ask_nor_end_twice(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    people = await booked(tmp_path, await asyncio.to_thread(postgres.create), hosts=2, processes=2)

    assert [*problems(people)] == []
    assert answers_of(people) >= CUSTOMERS * 6  # on a slow machine each books but once


async def test_answer_that_three_kills_have_met_is_given_up_and_heard_once_when_it_is_replayed(tmp_path: Path) -> None:
    async with people_of(tmp_path, f"sqlite:///{tmp_path}/flows.db", 1, 1, random.Random(SEED)) as people:
        await people.says("guest", "slow", "name?")
        async with asyncio.TaskGroup() as group:
            group.create_task(people.says("guest", "mei 2", "mei 2|1"))  # which takes two seconds
            for starts in range(1, BURIED_AFTER + 1):
                await people.until_begun("guest", starts)
                os.kill(people.sites[0].worker(), signal.SIGKILL)
                people.has_killed()

    assert [*problems(people)] == []
    assert [event.starts for event in people.buried] == [BURIED_AFTER]
