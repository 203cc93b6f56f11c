"""Compare where past events went with where the routes of a configuration would send them; nothing is run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ..adapters.line import parse
from ..config.configuration import BotConfiguration, Configuration
from ..events import Event
from ..intents.reader import Reader
from ..routing.router import Router
from ..store.history import History, PastRouting
from ..store.records import Key
from .printing import counted, plain
from .store_access import ensure_made, reading
from .training import reader_of

SAMPLES = 3
"""So many examples of each change are shown."""
MAX_SHOWN = 100

State = Mapping[str, Any]
States = Mapping[Key, State]


@dataclass(slots=True)
class Change:
    """Hold the events of *bot* that went to the route *old* and would go to *new*; None is no route.

    ``by_state`` of them depend on what their conversations remembered, which isn't kept: what they remember now counts.
    """

    bot: str
    old: str | None
    new: str | None
    is_gone: bool
    count: int = 0
    by_state: int = 0
    examples: list[tuple[PastRouting, str]] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """Hold what became of *events*, the last ones that have ended.

    ``aside`` counts those that no route was asked for, by their outcome; ``lost`` are those whose text isn't kept;
    ``gone`` counts those of bots that the configuration doesn't have, and ``unheard`` are bots without an event.
    """

    events: int
    changes: list[Change] = field(default_factory=list)
    aside: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    gone: Counter[str] = field(default_factory=Counter)
    unheard: Sequence[str] = ()

    @property
    def elsewhere(self) -> int:
        """Return how many events would go elsewhere."""
        return sum(change.count for change in self.changes)


def compared(configuration: Configuration, limit: int) -> Comparison:
    """Return how the last *limit* events fare with *configuration*; its store is only read."""
    ensure_made(configuration)
    past, states = asyncio.run(_looked_up(configuration, limit))
    return compare(configuration, past, states)


async def _looked_up(configuration: Configuration, limit: int) -> tuple[Sequence[PastRouting], States]:
    async with reading(configuration) as database:
        history = History(database)
        past = await history.routings(limit)
        stateful = {bot.name for bot in configuration.bots.values() if any(route.when.state for route in bot.routes)}
        return past, await history.states({one.key for one in past if one.bot in stateful})


def compare(configuration: Configuration, past: Sequence[PastRouting], states: States) -> Comparison:
    """Return how *past* events fare with *configuration*, if their conversations remember *states*."""
    rehearsals = {bot.name: _Rehearsal(configuration, bot) for bot in configuration.bots.values()}
    found = Comparison(len(past))
    changes: dict[tuple[str, str | None, str | None], Change] = {}
    for one in past:
        rehearsal = rehearsals.get(one.bot)
        if rehearsal is None:
            found.gone[one.bot] += 1
        elif one.route is None and one.outcome != "unrouted":
            found.aside[one.outcome or "unknown"] += 1
        elif one.raw is None or _is_taken_back(one.raw):
            found.lost += 1
        else:
            event = parse.read(one.bot, one.raw, one.at)
            new, is_by_state = rehearsal.route(
                event, states.get(one.key, {}), datetime.fromtimestamp(one.at / 1000, UTC)
            )
            if new != one.route:
                key = (one.bot, one.route, new)
                change = changes.setdefault(key, Change(*key, is_gone=not rehearsal.has(one.route)))
                _add(change, one, event, is_by_state=is_by_state)
    found.changes = sorted(changes.values(), key=lambda change: -change.count)
    found.unheard = sorted(configuration.bots.keys() - {one.bot for one in past})
    return found


class _Rehearsal:
    """Route events with the routes of one bot; its intents are learned only if an event depends on them."""

    def __init__(self, configuration: Configuration, bot: BotConfiguration) -> None:
        self._configuration = configuration
        self._bot = bot
        self._router = Router(bot.routes, bot.call_names)
        self._names = {route.name for route in bot.routes}

    def has(self, route: str | None) -> bool:
        """Say whether the bot has *route*; it always has none."""
        return route is None or route in self._names

    def route(self, event: Event, state: State, now: datetime) -> tuple[str | None, bool]:
        """Return the route that *event* would go to, and whether another *state* might send it elsewhere."""
        winner = self._winner(self._router, event, state, now)
        if not self._router.needs_state:
            return winner, False
        first = self._winner(self._stateless, event, {}, now)
        return winner, first is not None and first in self._stateful

    def _winner(self, router: Router, event: Event, state: State, now: datetime) -> str | None:
        text = router.unread(event, state, now)
        understood = None if text is None or self._reader is None else self._reader.read(text, now)
        hit = router.route(event, state, now, understood)
        return None if hit is None else hit.route.name

    @cached_property
    def _reader(self) -> Reader | None:
        return reader_of(self._configuration, self._bot)

    @cached_property
    def _stateless(self) -> Router:
        """Return the router of the same routes when each finds the state that it looks for."""
        routes = [replace(route, when=replace(route.when, state={})) for route in self._bot.routes]
        return Router(routes, self._bot.call_names)

    @cached_property
    def _stateful(self) -> frozenset[str]:
        return frozenset(route.name for route in self._bot.routes if route.when.state)


def _is_taken_back(raw: Mapping[str, Any]) -> bool:
    """Say whether only ids are left of a text, since its author has unsent it."""
    message = raw.get("message")
    return isinstance(message, dict) and message.get("type") == "text" and not message.get("text")


def _add(change: Change, past: PastRouting, event: Event, *, is_by_state: bool) -> None:
    change.count += 1
    change.by_state += is_by_state
    shown = event.text or (f"postback {event.postback}" if event.postback else event.type)
    if len(change.examples) < SAMPLES and all(shown != text for _, text in change.examples):
        change.examples.append((past, shown))


def lines(found: Comparison) -> Iterator[str]:
    """Yield *found* as a person reads it."""
    if not found.events:
        yield "no event has ended yet, so there is nothing to compare with"
        return
    end = ":" if found.changes else ""
    yield f"{found.elsewhere or 'none'} of the last {counted(found.events, 'event')} would go elsewhere{end}"
    for change in found.changes:
        by_state = f", {change.by_state} of them by what their chats remember now" if change.by_state else ""
        old = f"{change.old} (gone)" if change.is_gone else change.old or "no route"
        yield f"\n{change.bot}: {old} → {change.new or 'no route'}: {counted(change.count, 'event')}{by_state}"
        yield from (f"    {_short(text)}" for _, text in change.examples)
    notes = list(_notes(found))
    if notes:
        yield ""
        yield from notes


def _notes(found: Comparison) -> Iterator[str]:
    if found.aside:
        yield f"not compared, since no route was asked for: {_listed(found.aside)}"
    if found.lost:
        yield f"not compared, since what was written isn't kept any more: {found.lost}"
    if found.gone:
        yield f"not compared, since their bots are gone: {_listed(found.gone)}"
    if found.unheard:
        yield f"without an event among them: {', '.join(found.unheard)}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def _short(text: str) -> str:
    one_line = plain(text).replace("\n", "\\n")
    return one_line if len(one_line) <= MAX_SHOWN else f"{one_line[: MAX_SHOWN - 1]}…"


def as_json(found: Comparison) -> dict[str, object]:
    """Return *found* as ``--format json`` prints it."""
    return {
        "events": found.events,
        "elsewhere": found.elsewhere,
        "changes": [
            {
                "bot": change.bot,
                "from": change.old,
                "to": change.new,
                "is_gone": change.is_gone,
                "events": change.count,
                "by_state": change.by_state,
                "examples": [{"event_id": past.event_id, "text": text} for past, text in change.examples],
            }
            for change in found.changes
        ],
        "no_route_asked": dict(found.aside),
        "not_kept": found.lost,
        "bots_gone": dict(found.gone),
        "bots_unheard": list(found.unheard),
    }
