"""Do what a bot's schedule says: once it is due, say when the next is, and let it happen in each chat it is for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..bots.bot import Bot
from ..clock import Clock
from ..events import LATER, SCHEDULE, ChatKind, Event, Match, lane_of
from ..messages import Push
from ..plugins.shared import PERSON, SharedKey, loaded
from ..routing.actions import Handle, Respond
from ..routing.conditions.kept import fits
from ..routing.router import Hit
from ..routing.routes import Route
from ..routing.schedules import Scheduled
from ..store.records import Timer
from ..store.spending import month_of
from ..store.store import Store
from ..ways import EVERYONE
from .conversation import Routed
from .doing import Doer, Effects
from .run import Run

AT_ONCE = 500
"""In so many chats something happens out of one run; what is left is done by further ones."""
SCHEDULED = "schedule/"
"""Begins the ids of the timers of entries, of each that of its next time."""
CONVERSATION = "schedule:"
"""Begins the conversation of an entry, which belongs to no chat."""
_MINUTE = 60_000


def planted(bot: Bot, now: int) -> list[Timer]:
    """Return the timers of all entries of *bot*, each for its next time after *now*, in milliseconds since 1970."""
    found = (_next(bot.name, entry, now) for entry in bot.configuration.schedule.values())
    return [timer for timer in found if timer is not None]


def rules_of(bot: Bot) -> dict[str, str]:
    """Return by which rule each entry of *bot* has its timer, by the timer's id."""
    return {f"{SCHEDULED}{entry.name}": entry.rule for entry in bot.configuration.schedule.values() if entry.times}


def by_hand(bot: str, entry: str, now: int) -> Timer:
    """Return the timer by which somebody lets *entry* happen now, whatever its times are."""
    return _timer(bot, entry, f"run/{entry}", now // 1000 % 2**31, now, now, by_hand=True)


def _next(bot: str, entry: Scheduled, now: int) -> Timer | None:
    if entry.times is None:
        return None
    at = entry.times.after(datetime.fromtimestamp(now / 1000, UTC))
    if at is None:
        return None
    due = round(at.timestamp() * 1000)
    return _timer(bot, entry.name, f"{SCHEDULED}{entry.name}", due // _MINUTE, due, due, rule=entry.rule)


def _timer(bot: str, entry: str, identity: str, turn: int, at: int, due: int, **body: object) -> Timer:
    conversation = f"{CONVERSATION}{entry}"
    whole = {"type": SCHEDULE, "entry": entry, "due": due, **body}
    return Timer(bot, identity, conversation, lane_of(bot, conversation), turn, at, whole)


class Scheduler:
    """Run the entries of the schedules of all bots of a host."""

    def __init__(self, doer: Doer, store: Store, clock: Clock) -> None:
        self._doer = doer
        self._people = store.plugin_state
        self._spent = store.outbox.spent
        self._clock = clock

    async def run(self, run: Run, event: Event) -> Effects:
        """Return what comes of an entry that is due: its next time, and a timer for each chat that it is for."""
        entry, now = run.bot.configuration.schedule.get(str(event.raw["entry"])), self._clock.now()
        effects = Effects(route=f"schedule:{event.raw['entry']}", outcome="outdated")
        if entry is None:
            return effects
        due, after = int(event.raw["due"]), event.raw.get("after")
        if after is None and not event.raw.get("by_hand"):
            if event.raw.get("rule") != entry.rule:
                return effects  # its times have changed since; those that count are planted already
            following = _next(run.bot.name, entry, max(now, due))
            effects.timers += [] if following is None else [following]
            if now - due > entry.missed * 1000 + _MINUTE:
                effects.outcome = "stale"
                return effects
        effects.outcome = None
        if after is None and (lacks := await self._lacks(run.bot, entry, now)) is not None:
            effects.outcome, effects.error = "buried", lacks
            return effects
        if entry.targets.is_everyone:
            effects.pushes.append(await self._broadcast(run, event, entry))
            return effects
        targets, cursor = await self._targets(run.bot, entry, after)
        effects.timers += [_of_target(run.bot, entry, target, event, now) for target in targets]
        if cursor is not None:
            effects.timers.append(_going_on(run.bot.name, entry, event, cursor, now))
        return effects

    async def _targets(self, bot: Bot, entry: Scheduled, after: str | None) -> tuple[Sequence[str], str | None]:
        """Return those behind *after* for whom it is done now, and behind whom there may be more."""
        wanted = entry.targets.wanted
        if wanted is None:
            left = [one for one in entry.targets.ids if after is None or one > after]
            return left[:AT_ONCE], left[AT_ONCE - 1] if len(left) > AT_ONCE else None
        kept = await self._people.page(SharedKey(bot.name, PERSON, after or ""), AT_ONCE)
        found = [person for person, text in kept.items() if _has(loaded(text), wanted)]
        return found, [*kept][-1] if len(kept) == AT_ONCE else None

    async def _lacks(self, bot: Bot, entry: Scheduled, now: int) -> str | None:
        """Return why the bot's budget isn't enough for all: then nobody is sent anything."""
        most = bot.configuration.budget
        if most is None or isinstance(entry.action, Handle):
            return None
        month = month_of(now, bot.configuration.timezone)
        left = most - await self._spent(bot.name, month)
        needed = await self._count(bot, entry)
        what = f"{needed} pushes, and {max(0, left)} are left of the budget of {most} for {month}"
        return f"`schedule` entry `{entry.name}` needs {what}: nothing was sent" if needed > left else None

    async def _count(self, bot: Bot, entry: Scheduled) -> int:
        """Return how many pushes *entry* needs; to everyone it is one call."""
        if entry.targets.is_everyone or entry.targets.wanted is None:
            return max(1, len(entry.targets.ids))
        count, cursor = 0, ""
        while True:
            kept = await self._people.page(SharedKey(bot.name, PERSON, cursor), AT_ONCE)
            count += sum(_has(loaded(text), entry.targets.wanted) for text in kept.values())
            if len(kept) < AT_ONCE:
                return count
            cursor = [*kept][-1]

    async def _broadcast(self, run: Run, event: Event, entry: Scheduled) -> Push:
        """Return what everyone is sent, in the bot's first language."""
        assert isinstance(entry.action, Respond)
        route = Route(f"schedule:{entry.name}", entry.action, frozenset([SCHEDULE]), entry.place)
        routed = Routed(run.row, event, Hit(route, Match("")))
        return Push(EVERYONE, tuple(await self._doer.responses(run, routed, entry.action)))


def _has(kept: object, wanted: Mapping[str, Any]) -> bool:
    return isinstance(kept, Mapping) and all(fits(kept.get(name), value) for name, value in wanted.items())


def _going_on(bot: str, entry: Scheduled, event: Event, cursor: str, now: int) -> Timer:
    """Return the timer that goes on behind *cursor*."""
    due, steps = int(event.raw["due"]), int(event.raw.get("step", 0)) + 1
    identity = f"more/{entry.name}/{due}"
    return _timer(bot, entry.name, identity, steps, now, due, after=cursor, step=steps)


def _of_target(bot: Bot, entry: Scheduled, target: str, event: Event, now: int) -> Timer:
    """Return the timer by which *entry* happens in the chat *target*."""
    kind: ChatKind = "user" if re.fullmatch(bot.kind.ids.users, target) else "group"
    due = int(event.raw["due"])
    digest = hashlib.sha256(f"{due}/{target}".encode("utf-8", "surrogatepass")).hexdigest()[:24]
    body = {
        "type": LATER,
        "schedule": entry.name,
        "name": entry.name,
        "due": due,
        "chat": {"kind": kind, "id": target},
        "user": target if kind == "user" else None,
    }
    lane = lane_of(bot.name, target)
    return Timer(bot.name, f"to/{entry.name}/{digest}", target, lane, due // _MINUTE, now, body)
