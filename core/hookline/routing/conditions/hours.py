"""Say whether this is the time: days and times of day, where the bot is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from .condition import Condition, Facts, Situation

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
class Hours(Condition):
    """Ask for one of the ``days``, within one of the ``windows``, in ``timezone``; of either there may be none.

    With windows the days are those on which a window begins: ``fri`` and 22:00-02:00 hold on Saturday at 01:00 and
    don't on Friday at 01:00.
    """

    days: frozenset[str]
    windows: tuple[Window, ...]
    timezone: ZoneInfo

    def failure(self, situation: Situation) -> str | None:
        """Return which of the two fails, with today or the time of day."""
        local = situation.now.astimezone(self.timezone)
        today = DAYS[local.weekday()]
        begun = {window.day_begun(local) for window in self.windows} - {None} if self.windows else {today}
        if not begun:
            return f"when.time is {', '.join(map(str, self.windows))}, now is {local:%H:%M}"
        if self.days and not begun & self.days:
            yesterday = "" if today in begun else f" and the time began on {DAYS[local.weekday() - 1]}"
            return f"when.days is {', '.join(sorted(self.days))}, today is {today}{yesterday}"
        return None

    def terms(self) -> Iterator[str]:
        """Yield the days, then the times."""
        if self.days:
            yield f"days {', '.join(sorted(self.days, key=DAYS.index))}"
        if self.windows:
            yield f"time {', '.join(map(str, self.windows))} ({self.timezone})"

    def facts(self) -> Facts:
        """Return nothing: the minutes of a week are compared as such."""
        return {}
