"""Keep a ledger of several platforms at once, each with ways of its own: all is answered, or accounted for.

LINE notices a second attempt, so that there everything is answered once. The others don't: what may have arrived is not
sent again, and its dead letter says so.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from hookline.adapters.adapter import AdapterKind
from hookline.adapters.simulated import Sent, SimulatedPlatform
from hookline.plugins.platforms import AdapterRegistry
from hookline.store.database.reading import SqliteReader
from hookline.store.people.history import EventFilter, History
from hookline.testing.exchange import text_of

QUIET_SECONDS = 20.0
"""How long nothing may go on before what is left is taken for lost."""
MOST_AHEAD = 100
"""So many webhooks of a platform may be acknowledged beyond what was answered: fronts take them while a worker starts,
however long that is, and answers have deadlines."""
BOT = """
  {name}:
    adapter: {name}
    {name}: {settings}
    plugins: {{ledger: {{}}}}
    routes: [{{name: note, on: message.text, when: {{mentioned: false}}, run: {run}}}]
"""
SETTINGS: Mapping[str, str] = {
    "line": "{channel_secret: '${LINE_SECRET}', access_token: '${LINE_TOKEN}', api_base: '%s'}",
    "telegram": "{token: '${TELEGRAM_TOKEN}', secret_token: '${TELEGRAM_SECRET}', api_base: '%s'}",
    "slack": "{signing_secret: '${SLACK_SECRET}', bot_token: '${SLACK_TOKEN}', api_base: '%s'}",
    "discord": "{public_key: '${DISCORD_KEY}', application_id: '99', bot_token: '${DISCORD_TOKEN}', api_base: '%s'}",
}


class Mixed:
    """Own one simulated platform of each kind that is named, with one bot on each, called as its adapter."""

    def __init__(self, names: Sequence[str]) -> None:
        registry = AdapterRegistry.discover()
        self.kinds: dict[str, AdapterKind] = {name: registry.load(name) for name in names}
        self.platforms: dict[str, SimulatedPlatform] = {}
        self.environment: dict[str, str] = {}
        self._bases: dict[str, str] = {}
        self.written: defaultdict[str, list[str]] = defaultdict(list)
        self.acknowledged: set[str] = set()
        self._let_in: Counter[str] = Counter()
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Start the platforms, and take the secrets that they give."""
        for name, kind in self.kinds.items():
            assert kind.simulate is not None
            platform = self.platforms[name] = kind.simulate(None)
            await platform.start()
            given: Any = kind.settings
            given = given.model_construct(**{**kind.made_up, "application_id": "99"})
            self._learn(name, platform.settings(name, given))

    def _learn(self, name: str, settings: Any) -> None:
        prefix, self._bases[name] = name.upper(), settings.api_base
        for variable, field in (
            ("SECRET", "channel_secret"), ("SECRET", "secret_token"), ("SECRET", "signing_secret"),
            ("KEY", "public_key"),
            ("TOKEN", "access_token"), ("TOKEN", "token"), ("TOKEN", "bot_token"),
        ):  # fmt: skip
            value = getattr(settings, field, None)
            value = value[0] if isinstance(value, list) else value
            if value is not None:
                self.environment[f"{prefix}_{variable}"] = value if isinstance(value, str) else value.get_secret_value()

    def yaml(self, store: str, run: str = "ledger.note") -> str:
        """Return the file of a host with all the bots."""
        bots = [BOT.format(name=name, settings=SETTINGS[name] % base, run=run) for name, base in self._bases.items()]
        return f"version: 1\nstore: {store}\nbots:\n" + "".join(bots)

    async def run(self, url: Callable[[], str], people: int, stopping: asyncio.Event, chance: random.Random) -> None:
        """Let so many *people* write on each platform until *stopping*; end when all of it is acknowledged."""
        async with asyncio.TaskGroup() as group:
            for name in self.platforms:
                for number in range(people):
                    group.create_task(self._write(name, f"{name} {number}", url, stopping, chance))

    async def _write(
        self, name: str, person: str, url: Callable[[], str], stopping: asyncio.Event, chance: random.Random
    ) -> None:
        platform = self.platforms[name]
        while not stopping.is_set():
            if self._let_in[name] - len(platform.sent) > MOST_AHEAD:
                await asyncio.sleep(0.02)
                continue
            text = f"{person}: {next(self._numbers)}"
            raw = platform.text(name, text, user=person)
            self.written[person].append(text)
            statuses: list[int] = []
            while not any(200 <= status < 300 for status in statuses):
                copies = 2 if chance.random() < 0.2 else 1
                posts = [platform.post(f"{url()}/webhooks/{name}", platform.request(name, raw)) for _ in range(copies)]
                statuses += [status for status, _ in await asyncio.gather(*posts)]
                await asyncio.sleep(0.01 + chance.random() * 0.05)
            self.acknowledged.add(text)
            self._let_in[name] += 1

    def answers(self) -> dict[str, list[str]]:
        """Return the counts that each text was answered with."""
        found: dict[str, list[str]] = defaultdict(list)
        for platform in self.platforms.values():
            for text, count in _answered(platform.sent):
                found[text].append(count)
        return found

    async def settle(self, store: str) -> Counter[str]:
        """Wait until all that was stored has ended, and return how deliveries ended that were not sent."""
        seen, since = -1, asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - since < QUIET_SECONDS:
            ended, lost = await _ended(store)
            if ended is None:
                return lost
            if ended != seen:
                seen, since = ended, asyncio.get_running_loop().time()
            await asyncio.sleep(0.1)
        return Counter({"never ended": 1})

    def problems(self, lost: Counter[str]) -> list[str]:
        """Return what was promised and not kept, where so many deliveries were *lost* by the store's account."""
        answers = self.answers()
        found = [f"answered {len(counts)} times: {text}" for text, counts in answers.items() if len(counts) > 1]
        unanswered = sorted(self.acknowledged - answers.keys())
        found += [f"never answered: {text}" for text in unanswered if text.startswith("line")]
        if len(unanswered) > lost["uncertain"]:
            found.append(f"{len(unanswered)} not answered, of which {dict(lost)} are accounted for: {unanswered[:5]}")
        found += [f"lost as {outcome}" for outcome in lost if outcome not in ("uncertain", "sent", "expired")]
        for person, texts in self.written.items():
            counts = [int(answers[text][0]) for text in texts if text in answers]
            if counts != sorted(set(counts)):
                found.append(f"order of {person}: {counts}")
        return found


def _answered(sent: Sequence[Sent]) -> list[tuple[str, str]]:
    texts = [text_of(message) for one in sent for message in one.messages]
    return [(text.rpartition("|")[0].split("\n")[0], text.rpartition("|")[2]) for text in texts if "|" in text]


async def _ended(store: str) -> tuple[int | None, Counter[str]]:
    """Return how many events and deliveries have ended, None when all have; and how deliveries did."""
    database = await SqliteReader.open(store)
    try:
        history = History(database)
        events = await history.list(EventFilter(), 1_000_000)
        stories = [await history.show(event.bot, event.event_id) for event in events]
    finally:
        await database.close()
    deliveries = [delivery for story in stories if story is not None for delivery in story.deliveries]
    over = [event for event in events if event.status in ("done", "dead")]
    sent = [
        delivery
        for delivery in deliveries
        if delivery.outcome not in (None, "again", "replayed") and delivery.finished_at
    ]
    is_over = len(over) == len(events) and len(sent) == len(deliveries)
    outcomes = Counter(str(delivery.outcome) for delivery in deliveries)
    return None if is_over else len(over) + len(sent), outcomes


@asynccontextmanager
async def mixed(*names: str) -> AsyncIterator[Mixed]:
    """Have one simulated platform of each name."""
    async with AsyncExitStack() as stack:
        found = Mixed(names)
        await found.start()
        for platform in found.platforms.values():
            stack.push_async_callback(platform.stop)
        yield found
