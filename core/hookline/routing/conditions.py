"""Check a route's ``when:``, a small closed set of conditions that must all hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from ..events import Event

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Window:
    """Hold a time of day from ``start`` to ``end``; one that ends before it starts crosses midnight."""

    start: time
    end: time

    def holds(self, now: time) -> bool:
        """Say whether *now* is within; the end isn't."""
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


@dataclass(frozen=True, slots=True)
class Situation:
    """Hold what conditions look at."""

    event: Event
    is_called: bool
    state: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class Conditions:
    """Hold a route's ``when:``; empty fields hold for everything."""

    chat: frozenset[str] = frozenset()
    mentioned: bool | None = None
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    days: frozenset[str] = frozenset()
    windows: tuple[Window, ...] = ()
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    state: Mapping[str, Any] = field(default_factory=dict)

    def failure(self, situation: Situation) -> str | None:
        """Return which condition fails, with the value that made it fail, or None when all hold."""
        return next(self._failures(situation), None)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is asked (``mentioned: false`` only lifts the rule for groups)."""
        return not (self.chat or self.mentioned or self.users or self.groups or self.days or self.windows or self.state)

    def _failures(self, situation: Situation) -> Iterator[str]:
        event = situation.event
        if self.chat and event.chat.kind not in self.chat:
            yield f"when.chat is {_list(self.chat)}, this is {event.chat.kind}"
        if self.mentioned and not situation.is_called:
            yield "when.mentioned is true, the bot was not called"
        if self.users and event.user not in self.users:
            yield f"when.users doesn't list {event.user}"
        if self.groups and event.chat.id not in self.groups:
            yield f"when.groups doesn't list {event.chat.id or 'no group'}"
        yield from self._time_failures(situation.now.astimezone(self.timezone))
        for name, wanted in self.state.items():
            given = situation.state.get(name)
            if given != wanted:
                yield f"when.state.{name} is {wanted!r}, the state has {given!r}"

    def _time_failures(self, local: datetime) -> Iterator[str]:
        if self.days and DAYS[local.weekday()] not in self.days:
            yield f"when.days is {_list(self.days)}, today is {DAYS[local.weekday()]}"
        if self.windows and not any(window.holds(local.time()) for window in self.windows):
            windows = ", ".join(f"{window.start:%H:%M}-{window.end:%H:%M}" for window in self.windows)
            yield f"when.time is {windows}, now is {local:%H:%M}"


def _list(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))
