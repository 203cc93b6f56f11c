"""Hold what a bot does by the clock: when, to whom, and what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from ..local_times import moment_of
from .actions import Action
from .conditions.hours import DAYS

MOST_DAYS = 370
"""So many days ahead it is looked for one that counts."""


class Times(Protocol):
    """Say when something happens, again and again or once."""

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time after *moment*, both in UTC; None when there is none."""


@dataclass(frozen=True, slots=True)
class Once:
    """Let it happen once."""

    at: datetime

    def after(self, moment: datetime) -> datetime | None:
        """Return the one time, if it is still to come."""
        return self.at if self.at > moment else None

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Daily:
    """Let it happen on each of the ``days`` (none: on all) at a time of day in ``zone``."""

    at: time
    days: frozenset[str]
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime | None:
        """Return the first such time after *moment*."""
        today = moment.astimezone(self.zone).date()
        for number in range(-1, MOST_DAYS):
            day = today + timedelta(days=number)
            if self.days and DAYS[day.weekday()] not in self.days:
                continue
            found = moment_of(datetime.combine(day, self.at), self.zone)
            if found > moment:
                return found
        return None

    def __str__(self) -> str:
        days = f" {', '.join(sorted(self.days, key=DAYS.index))}" if self.days else ""
        return f"{self.at:%H:%M}{days} ({self.zone})"


@dataclass(frozen=True, slots=True)
class Cron:
    """Let it happen as a cron expression of five fields says, in ``zone``, by cronsim's rules for changed clocks."""

    expression: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime | None:
        """Return the first such time after *moment*; None when there is none within fifty years."""
        from cronsim import CronSim  # lazy: most bots have no cron expression

        found = next(CronSim(self.expression, moment.astimezone(self.zone)), None)
        return None if found is None else found.astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.expression} ({self.zone})"


@dataclass(frozen=True, slots=True)
class Targets:
    """Say to whom: those with these ``ids``, all people of whom a bot keeps what is ``wanted``, or ``everyone``."""

    ids: tuple[str, ...] = ()
    wanted: Mapping[str, Any] | None = None
    is_everyone: bool = False

    def __str__(self) -> str:
        if self.is_everyone:
            return "everyone"
        if self.wanted is not None:
            return f"people with {', '.join(f'{name} {value}' for name, value in self.wanted.items())}"
        return f"{len(self.ids)} {'chat' if len(self.ids) == 1 else 'chats'}"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Hold one entry of a schedule.

    Without ``times`` it is begun by hand. What is more than ``missed`` seconds late is left out. ``rule`` changes with
    the times, and with nothing else.
    """

    name: str
    action: Action
    targets: Targets
    times: Times | None = None
    missed: float = 3_600.0
    place: str = ""
    rule: str = ""
    roots: frozenset[str] = field(default_factory=frozenset)


def due_times(times: Times, since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the times after *since*, up to *until*."""
    moment: datetime | None = since
    while moment is not None and (moment := times.after(moment)) is not None and moment <= until:
        yield moment
