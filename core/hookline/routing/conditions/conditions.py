"""Check a route's ``when:``, a small closed set of conditions that must all hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from ...events import Event
from .access import OPEN, Access

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Window:
    """Hold a time of day from ``start`` up to ``end``; one that ends before it starts crosses midnight.

    ``time.max`` as its end is 24:00: the last moment of the day is within.
    """

    start: time
    end: time

    def __str__(self) -> str:
        end = "24:00" if self.end == time.max else f"{self.end:%H:%M}"
        return f"{self.start:%H:%M}-{end}"

    def holds(self, now: time) -> bool:
        """Say whether *now* is within; the end isn't."""
        return self._holds_before_midnight(now) or self._holds_after_midnight(now)

    def day_begun(self, local: datetime) -> str | None:
        """Return the day on which the window began that *local* is in, or None outside."""
        if self._holds_before_midnight(local.time()):
            return DAYS[local.weekday()]
        return DAYS[local.weekday() - 1] if self._holds_after_midnight(local.time()) else None

    def _holds_before_midnight(self, now: time) -> bool:
        return now >= self.start and (now < self.end or self.end < self.start or self.end == time.max)

    def _holds_after_midnight(self, now: time) -> bool:
        return now < self.end < self.start


@dataclass(frozen=True, slots=True)
class Situation:
    """Hold what conditions look at. ``resting`` says until when which route rests, in milliseconds since 1970."""

    event: Event
    is_called: bool
    state: Mapping[str, Any]
    now: datetime
    resting: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Hold a route's ``when:``, ``allow:`` and ``deny:``; empty fields hold for everything.

    With ``windows``, ``days`` are those on which a window begins: ``fri`` and 22:00-02:00 hold on Saturday at 01:00
    and don't on Friday at 01:00.
    """

    chat: frozenset[str] = frozenset()
    mentioned: bool | None = None
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    days: frozenset[str] = frozenset()
    windows: tuple[Window, ...] = ()
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    state: Mapping[str, Any] = field(default_factory=dict)
    access: Access = OPEN

    def failure(self, situation: Situation) -> str | None:
        """Return which condition fails, with the value that made it fail, or None when all hold."""
        return next(self._failures(situation), None)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is asked (``mentioned: false`` only lifts the rule for groups)."""
        asked = (self.chat, self.mentioned, self.users, self.groups, self.days, self.windows, self.state)
        return not any(asked) and self.access.is_open

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
        refusal = self.access.failure(event)
        if refusal is not None:
            yield refusal
        if self.days or self.windows:
            yield from self._time_failures(situation.now.astimezone(self.timezone))
        for name, wanted in self.state.items():
            given = situation.state.get(name)
            if given != wanted:
                yield f"when.state.{name} is {wanted!r}, the state has {given!r}"

    def _time_failures(self, local: datetime) -> Iterator[str]:
        today = DAYS[local.weekday()]
        begun = {window.day_begun(local) for window in self.windows} - {None} if self.windows else {today}
        if not begun:
            yield f"when.time is {', '.join(map(str, self.windows))}, now is {local:%H:%M}"
        elif self.days and not begun & self.days:
            yesterday = "" if today in begun else f" and the time began on {DAYS[local.weekday() - 1]}"
            yield f"when.days is {_list(self.days)}, today is {today}{yesterday}"


ALWAYS = Conditions()
"""What a route without ``when:`` has."""


def _list(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))
