"""Compare where past events went with where the routes of a configuration would send them; nothing is run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..config.configuration import Configuration
from ..flows.effects import FLOW_ROUTE
from ..store.memory.switches import Switches
from ..store.people.history import History, PastRouting
from .learning import Learn, reader_of
from .phrases import counted, plain
from .rerouting import Fate, Remembered, Rerouter
from .stores import ensure_made, reading

SAMPLES = 3
"""So many examples of each change are shown."""
MAX_SHOWN = 100


@dataclass(slots=True)
class Change:
    """Hold the events of *bot* that went to the route *old* and would go to *new*; None is no route.

    With ``is_denied`` the bot would listen to none of them. ``by_state`` of them depend on what their conversations
    remembered, which isn't kept: what they remember now counts. ``by_rest`` of them would have gone to *old* if routes
    rested then, after something that isn't among the events.
    """

    bot: str
    old: str | None
    new: str | None
    is_denied: bool
    is_gone: bool
    count: int = 0
    by_state: int = 0
    by_rest: int = 0
    examples: list[tuple[PastRouting, str]] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """Hold what became of *events*, the last ones that have ended.

    ``aside`` counts those that no route was asked for, by their outcome; ``lost`` are those whose text isn't kept;
    ``gone`` counts those of bots that the configuration doesn't have, and ``unheard`` are bots without an event.
    ``off`` are the routes that are switched off at present, by bot: to these none would go.
    """

    events: int
    changes: list[Change] = field(default_factory=list)
    aside: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    gone: Counter[str] = field(default_factory=Counter)
    unheard: Sequence[str] = ()
    off: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def elsewhere(self) -> int:
        """Return how many events would go elsewhere."""
        return sum(change.count for change in self.changes)


def compared(configuration: Configuration, limit: int, learn: Learn = reader_of) -> Comparison:
    """Return how the last *limit* events fare with *configuration*; its store is only read."""
    ensure_made(configuration)
    past, remembered = asyncio.run(_looked_up(configuration, limit))
    return compare(configuration, past, remembered, learn)


async def _looked_up(configuration: Configuration, limit: int) -> tuple[Sequence[PastRouting], Remembered]:
    async with reading(configuration) as database:
        history = History(database)
        past = await history.routings(limit)
        stateful = {bot.name for bot in configuration.bots.values() if any(route.when.state for route in bot.routes)}
        states = await history.states({one.key for one in past if one.bot in stateful})
        return past, Remembered(states, await Switches(database).off())


def compare(
    configuration: Configuration, past: Sequence[PastRouting], remembered: Remembered, learn: Learn = reader_of
) -> Comparison:
    """Return how *past* events, newest first, fare with *configuration*."""
    begun_at = min((one.at for one in past), default=0)
    rerouters = {
        bot.name: Rerouter(configuration, bot, remembered, begun_at, learn) for bot in configuration.bots.values()
    }
    found = Comparison(len(past))
    fates: list[tuple[PastRouting, Fate]] = []
    for one in reversed(past):  # as they came: routes rest after what they answered
        rerouter = rerouters.get(one.bot)
        if rerouter is None:
            found.gone[one.bot] += 1
        elif one.route is None and one.outcome != "unrouted":
            found.aside[one.outcome or "unknown"] += 1
        elif one.route is not None and one.route.startswith(FLOW_ROUTE):
            found.aside["taken by flows"] += 1  # which routes may have answered beside depends on what was asked
        elif one.raw is None or _is_taken_back(one.raw):
            found.lost += 1
        else:
            fates.append((one, rerouter.fate(one, one.raw)))
    changes: dict[tuple[str, str | None, str | None, bool], Change] = {}
    for one, fate in reversed(fates):
        if fate.route != one.route:  # where no route took it, it makes no difference that it would be denied
            key = (one.bot, one.route, fate.route, fate.is_denied)
            change = changes.setdefault(key, Change(*key, is_gone=not rerouters[one.bot].has(one.route)))
            _add(change, one, fate)
    found.changes = sorted(changes.values(), key=lambda change: -change.count)
    found.unheard = sorted(configuration.bots.keys() - {one.bot for one in past})
    found.off = {name: sorted(rerouter.off) for name, rerouter in rerouters.items() if rerouter.off}
    return found


def _is_taken_back(raw: Mapping[str, Any]) -> bool:
    """Say whether only ids are left of a text, since its author has unsent it."""
    message = raw.get("message")
    return isinstance(message, dict) and message.get("type") == "text" and not message.get("text")


def _add(change: Change, past: PastRouting, fate: Fate) -> None:
    change.count += 1
    change.by_state += fate.is_by_state
    change.by_rest += fate.is_by_rest
    event = fate.event
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
        by_rest = f", {change.by_rest} of them unless a `cooldown:` ran that began earlier" if change.by_rest else ""
        old = f"{change.old} (gone)" if change.is_gone else change.old or "no route"
        new = "denied, by `allow:` or `deny:`" if change.is_denied else change.new or "no route"
        yield f"\n{change.bot}: {old} → {new}: {counted(change.count, 'event')}{by_state}{by_rest}"
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
    for bot, routes in found.off.items():
        yield f"left out, since they are switched off at present: {', '.join(routes)} of {bot}"
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
                "is_denied": change.is_denied,
                "is_gone": change.is_gone,
                "events": change.count,
                "by_state": change.by_state,
                "by_rest": change.by_rest,
                "examples": [{"event_id": past.event_id, "text": text} for past, text in change.examples],
            }
            for change in found.changes
        ],
        "no_route_asked": dict(found.aside),
        "not_kept": found.lost,
        "bots_gone": dict(found.gone),
        "bots_unheard": list(found.unheard),
        "switched_off": {bot: list(routes) for bot, routes in found.off.items()},
    }
