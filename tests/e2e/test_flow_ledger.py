"""Of conversations of several steps nothing is lost, asked twice or too often reminded of, while processes are killed.

``HOOKLINE_KILLS`` says how often; ``make torture`` sets it high.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from hookline.store.database.postgres import PostgresDatabase
from hookline.store.database.reading import SqliteReader
from hookline.store.database.urls import is_shared
from hookline.store.people.history import EventFilter, History
from hookline.testing import SimulatedLine
from hookline.testing.events import user_id
from tests.e2e.hosts import NEEDS_PROC, Site, run_sites, simulated_line
from tests.postgres import PostgresServer

KILLS = int(os.environ.get("HOOKLINE_KILLS", "10"))
SEED = int(os.environ.get("HOOKLINE_SEED", "0")) or random.randrange(1, 1 << 32)
CUSTOMERS = 8
HEARD_SECONDS = 60.0
FLOWS = """
version: 1
store: {store}
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}", api_base: "{line}"}}
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
      waiting:
        expire: 2s
        expired: too late
        steps:
          - ask: what
            say: what?
    routes:
      - {{name: book, exact: book, begin: booking}}
      - {{name: wait, exact: wait, begin: waiting}}
"""

pytestmark = [NEEDS_PROC, pytest.mark.timeout(180 + KILLS * 12)]


@dataclass
class People:
    """Write to several hosts, in doubles and again until it is acknowledged, and wait for each answer before the next.

    ``heard`` are the texts that each has got, ``wanted`` those that each should.
    """

    line: SimulatedLine
    store: str
    sites: Sequence[Site]
    chance: random.Random
    heard: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wanted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

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
        wanted = len(self.wanted[name])
        try:
            async with asyncio.timeout(HEARD_SECONDS), self.news:
                await self.news.wait_for(lambda: len(self.heard[user_id(name)]) >= wanted)
        except TimeoutError:
            raise AssertionError(f"{name} never heard {text!r}: {await self.past_of(name)}") from None

    async def past_of(self, name: str) -> Sequence[str]:
        """Return how the last events of *name* stand in the store."""
        shared = is_shared(self.store)
        database = await (PostgresDatabase.open(self.store) if shared else SqliteReader.open(self.store))
        try:
            rows = await History(database).list(EventFilter(conversation=user_id(name)), 4)
        finally:
            await database.close()
        return list(map(str, rows))

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


async def booked(folder: Path, store: str, hosts: int, processes: int) -> People:
    """Kill processes of *hosts*, at random times, while people book; return what they have heard in the end."""
    chance = random.Random(SEED)
    print(f"HOOKLINE_SEED={SEED}")
    arguments = ("--processes", str(processes))
    async with simulated_line() as line, run_sites(folder, store, line, hosts, *arguments, bot=FLOWS) as sites:
        people = People(line, store, sites, chance)
        stopping = asyncio.Event()
        listening = asyncio.create_task(people.listen())
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(CUSTOMERS):
                    group.create_task(people.talk(f"guest {number}", stopping))
                for _ in range(KILLS):
                    site = chance.choice(sites)
                    await site.kill_one(chance, processes)
                    await asyncio.sleep(0.1)
                    await site.until_ready()
                    await asyncio.sleep(chance.random() * 0.5)
                stopping.set()
            await asyncio.sleep(0.5)  # what comes twice would come now
        finally:
            listening.cancel()
        return people


def differences(people: People) -> dict[str, tuple[list[str], list[str]]]:
    """Return whoever has heard something else than was wanted: what they heard, and what that was."""
    each = {name: (people.heard[user_id(name)], wanted) for name, wanted in people.wanted.items()}
    return {name: (heard, wanted) for name, (heard, wanted) in each.items() if heard != wanted}


async def test_killed_fronts_and_workers_lose_no_answer_and_neither_ask_nor_end_twice(tmp_path: Path) -> None:
    people = await booked(tmp_path, f"sqlite:///{tmp_path}/flows.db", hosts=1, processes=1)

    assert differences(people) == {}
    assert sum(map(len, people.heard.values())) > CUSTOMERS * 6


async def test_killed_processes_of_two_hosts_on_postgresql_lose_no_answer_and_neither_ask_nor_end_twice(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    people = await booked(tmp_path, await asyncio.to_thread(postgres.create), hosts=2, processes=2)

    assert differences(people) == {}
    assert sum(map(len, people.heard.values())) > CUSTOMERS * 6
