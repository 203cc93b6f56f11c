"""Say when a bot keeps quiet, and until when: ``quiet:``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .hours import Window

WHOLE_DAY = Window(time(), time.max)
MAX_STEPS = 64
"""So many windows, one after the other, are followed; more than a week of them never ends."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hold the ``windows`` of a day in which nothing is pushed, on the ``days`` on which they begin (none: on all)."""

    windows: tuple[Window, ...]
    timezone: ZoneInfo
    days: frozenset[str] = frozenset()

    @property
    def never_ends(self) -> bool:
        """Say whether it is always quiet."""
        return self.until(datetime(2026, 1, 5, tzinfo=UTC)) == datetime.max.replace(tzinfo=UTC)

    def until(self, now: datetime) -> datetime | None:
        """Return when the quiet time ends that *now* is in, or None outside."""
        local = now.astimezone(self.timezone)
        end: datetime | None = None
        for _ in range(MAX_STEPS):
            following = self._end(local)
            if following is None:
                return end
            end = local = following
        return datetime.max.replace(tzinfo=UTC)

    def _end(self, local: datetime) -> datetime | None:
        """Return when the last of the windows ends that hold at *local*."""
        ends = [
            _end_of(window, local)
            for window in self.windows
            if (begun := window.day_begun(local)) is not None and (not self.days or begun in self.days)
        ]
        return max(ends, default=None)


def _end_of(window: Window, local: datetime) -> datetime:
    """Return the end of *window*, which holds at *local*: today, or tomorrow where it crosses midnight.

    Where clocks are put back the hour comes twice: it is the first such time that is still to come.
    """
    crosses = window.end == time.max or (window.end <= window.start and local.time() >= window.start)
    day = local.date() + timedelta(days=1 if crosses else 0)
    end = datetime.combine(day, time() if window.end == time.max else window.end, local.tzinfo)
    return end if end.astimezone(UTC) > local.astimezone(UTC) else end.replace(fold=1)


def quiet_until(quiet: Quiet | None, milliseconds: int) -> int | None:
    """Return when the quiet time ends that *milliseconds* since 1970 are in, as such; None outside."""
    end = None if quiet is None else quiet.until(datetime.fromtimestamp(milliseconds / 1000, UTC))
    return None if end is None else round(end.timestamp() * 1000)
