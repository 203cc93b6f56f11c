"""Say between which values an answer has to be: numbers, lengths of texts, days from today, times of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

Bound: TypeAlias = int | float | date | time | timedelta | None
"""A value itself, or how far from today."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Hold the least and the most that is taken, both included; a ``timedelta`` counts from today."""

    least: Bound = None
    most: Bound = None

    def hold(self, value: object, now: datetime) -> bool:
        """Say whether *value* is within: of a text its length counts. *now* is where the bot is."""
        least, most = at(self.least, now), at(self.most, now)
        size = len(value) if isinstance(value, str) else value
        if isinstance(size, datetime):
            least, most = _comparable(least, size), _comparable(most, size, is_end=True)
        return not (
            (least is not None and size < least) or (most is not None and size > most)  # type: ignore[operator]
        )


ANYTHING = Bounds()


def at(bound: Bound, now: datetime) -> int | float | date | time | None:
    """Return *bound* as a value, at *now*."""
    return now.date() + bound if isinstance(bound, timedelta) else bound


def _comparable(bound: object, value: datetime, *, is_end: bool = False) -> datetime | None:
    """Return *bound* as a moment like *value*: of a day its begin, or its end."""
    if isinstance(bound, date) and not isinstance(bound, datetime):
        return datetime.combine(bound, time.max if is_end else time.min, value.tzinfo)
    return None
