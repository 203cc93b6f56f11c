"""Say which events a route leaves alone that it matches, and why: too old, or too many of one person's."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from ..bots.bot import Bot
from ..config.configuration import UserLimit
from ..events import Event
from ..routing.routes import Route
from ..routing.wordings import Wording
from ..store.records import StoredEvent

MAX_COUNTED = 100_000
"""So many events of one bot are remembered at most, however many people write within a limit's window."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say how an event ends that is not run, and what is answered to it, if anything."""

    outcome: str
    reply: Wording | None = None


class Admission:
    """Decide for all bots of a host. What is counted is this process's alone, and is lost with it."""

    def __init__(self) -> None:
        self._counters: dict[str, UserCounter] = {}

    def refuse(self, bot: Bot, event: Event, stored: StoredEvent, route: Route, now: int) -> Refusal | None:
        """Return why *route* doesn't run for *event*, which it matches, or None; counts the event, but only once."""
        if is_stale(bot, event, stored, route, now):
            return Refusal("stale")
        limit = bot.configuration.per_user
        if limit is None or event.user is None or stored.is_replayed or not _is_asking(event):
            return None
        return self._counter(bot.name, limit).refuse(event.user, stored)

    def _counter(self, bot: str, limit: UserLimit) -> UserCounter:
        """Return the counter of *bot*; a bot whose limit has changed begins anew."""
        counter = self._counters.get(bot)
        if counter is None or counter.limit != limit:
            counter = self._counters[bot] = UserCounter(limit)
        return counter


def is_stale(bot: Bot, event: Event, stored: StoredEvent, route: Route, now: int) -> bool:
    """Say whether *event* happened too long ago, by the platform's clock.

    When it was received doesn't count: the platform may have been unable to deliver it for hours. What can't be
    answered (somebody left) is news to a handler, however old, unless its route says otherwise; and whoever replays
    a dead letter knows that it is old.
    """
    if stored.is_replayed:
        return False
    seconds = route.stale_after
    if seconds is None:
        seconds = bot.configuration.stale_after if event.ways or event.is_standby else math.inf
    return now - min(event.timestamp, event.received_at) > seconds * 1000


def _is_asking(event: Event) -> bool:
    """Say whether somebody wrote, sent or tapped something: what else happens is not theirs to repeat."""
    return event.is_message or event.text is not None or event.postback is not None


@dataclass(slots=True)
class _Person:
    """Hold the rows that count, with when they were received; ``told`` is the row that was answered so, and when."""

    counted: deque[tuple[int, int]] = field(default_factory=deque)
    told: tuple[int, int] | None = None

    @property
    def last_at(self) -> int:
        """Return when the newest event was received that still matters."""
        return max(self.counted[-1][0] if self.counted else 0, self.told[0] if self.told else 0)


class UserCounter:
    """Count each person's events in a window that slides along with when they were received."""

    def __init__(self, limit: UserLimit, capacity: int = MAX_COUNTED) -> None:
        self.limit = limit
        self._within = round(limit.within * 1000)
        self._capacity = capacity
        self._people: OrderedDict[str, _Person] = OrderedDict()
        self._held = 0

    def refuse(self, user: str, stored: StoredEvent) -> Refusal | None:
        """Count *stored* as *user*'s, or return that it is too much; of one that runs again the same as before."""
        person = self._people.setdefault(user, _Person())
        self._people.move_to_end(user)
        if stored.attempts or any(seq == stored.seq for _, seq in person.counted):
            return None
        self._forget_old(person, stored.received_at)
        if len(person.counted) < self.limit.messages:
            person.counted.append((stored.received_at, stored.seq))
            self._held += 1
            self._forget_people(stored.received_at)
            return None
        return Refusal("limited", self.limit.reply if self._is_told(person, stored) else None)

    def _is_told(self, person: _Person, stored: StoredEvent) -> bool:
        """Say whether this event is the one that is answered: the first too many, and then one in a window."""
        if person.told is not None:
            at, seq = person.told
            if seq != stored.seq and self._counts(at, stored.received_at):
                return False
        person.told = stored.received_at, stored.seq
        return True

    def _counts(self, at: int, now: int) -> bool:
        """Say whether what was received *at* some time still counts: no clock that was wrong may limit for ever."""
        return now - self._within < at < now + self._within

    def _forget_old(self, person: _Person, now: int) -> None:
        while person.counted and not self._counts(person.counted[0][0], now):
            person.counted.popleft()
            self._held -= 1

    def _forget_people(self, now: int) -> None:
        """Forget whoever wasn't heard of for longest: when that counts no more, or there is too much to remember."""
        while self._people:
            user, person = next(iter(self._people.items()))
            is_too_much = self._held > self._capacity or len(self._people) > self._capacity
            if not is_too_much and self._counts(person.last_at, now):
                return
            del self._people[user]
            self._held -= len(person.counted)
