"""Hold what is put off: what is done then, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ..durations import shown
from ..local_times import moment_of
from .actions import Action

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Due:
    """Say when something is due, and until when it may still be done, if it comes before something: both in UTC."""

    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Put off an action of a route or a step.

    ``key`` says which it is, however often its text changes; ``name`` takes it back. It is due ``length`` seconds from
    now, or by so many seconds before or after what was answered to the questions ``answers``, there ``at`` a time of
    day. ``plugin`` is the one whose settings its messages show, ``roots`` those of their placeholders.
    """

    key: str
    name: str
    action: Action
    length: float | None = None
    answers: tuple[str, ...] = ()
    is_before: bool = False
    by: float = 0.0
    at: time | None = None
    stale_after: float | None = None
    plugin: str | None = None
    place: str = ""
    roots: frozenset[str] = frozenset()

    def due(self, now: datetime, known: Mapping[str, Any]) -> Due | None:
        """Return when it is due; *now* is a time where the bot is, *known* what was answered, as it is kept.

        None when an answer is missing, or that would be in the past. Whole days are counted by the calendar.
        """
        zone = now.tzinfo or UTC
        if self.length is not None:
            local = now.replace(tzinfo=None)
            at = self._at(local, self.length, now)
            return Due(at) if at > now else Due(self._at(local + timedelta(days=1), self.length, now))
        answered = _answered([known.get(name) for name in self.answers], now)
        if answered is None:
            return None
        moment, has_time = answered
        at = self._at(moment, -self.by if self.is_before else self.by, now)
        if at <= now:
            return None
        if not self.is_before:
            return Due(at)
        return Due(at, moment_of(moment if has_time else moment + timedelta(days=1), zone))

    def _at(self, local: datetime, seconds: float, now: datetime) -> datetime:
        """Return the moment so many *seconds* after *local*, at the time of day that is wanted."""
        zone, shifted = now.tzinfo or UTC, local + timedelta(seconds=seconds)
        if self.at is not None:
            return moment_of(datetime.combine(shifted.date(), self.at), zone)
        if seconds % DAY == 0:
            return moment_of(shifted, zone)
        return moment_of(local, zone) + timedelta(seconds=seconds)

    def __str__(self) -> str:
        if self.length is not None:
            when = f"in {shown(self.length)}"
        else:
            by = f"{shown(self.by)} " if self.by else ""
            when = f"{by}{'before' if self.is_before else 'after'} {' '.join(self.answers)}"
        return f"later {self.name} {when}{f' at {self.at:%H:%M}' if self.at else ''}"


def _answered(values: list[Any], now: datetime) -> tuple[datetime, bool] | None:
    """Return the local time that *values* say together, and whether they say one of day; None without an answer."""
    day: date | None = None
    clock: time | None = None
    for value in values:
        if not isinstance(value, str):
            return None
        if len(value) == len("2026-12-02"):
            day = date.fromisoformat(value)
        elif "T" in value:
            moment = datetime.fromisoformat(value)
            day, clock = moment.date(), moment.time()
        else:
            clock = time.fromisoformat(value)
    return datetime.combine(day or now.date(), clock or time()), clock is not None
