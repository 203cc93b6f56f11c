"""Tell the time; handed in as an argument wherever time matters, so that tests own it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

APART = 60_000
"""So many milliseconds may clocks be apart that tell the same time. What lies further ahead than it can was told by a
clock that was wrong, and nothing goes by it."""
DAY = 86_400.0
DRIFT = 0.001
"""How many seconds two clocks may part in one: far more than they do."""


class Clock(Protocol):
    """Be a source of time."""

    def now(self) -> int:
        """Return milliseconds since 1970, UTC."""
        ...


class SystemClock:
    """Read the machine's clocks."""

    def now(self) -> int:
        """Return milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000


class CautiousClock:
    """Tell the least that the time can be by *clock*: by each of its readings of the last day, and of one before.

    What is deleted by it stays for a day when a clock jumps ahead.
    """

    def __init__(self, clock: Clock, before: int | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._readings = deque([] if before is None else [(monotonic(), before)])

    def now(self) -> int:
        """Return milliseconds since 1970, UTC."""
        now = self._monotonic()
        while self._readings and self._readings[0][0] < now - DAY:
            self._readings.popleft()
        self._readings.append((now, self._clock.now()))
        return min(told + round((now - at) * 1000) for at, told in self._readings)


class StoreClock:
    """Go by the store's clock, between two readings of it by the *monotonic* one: all who share a store agree.

    A reading that took long, on a busy machine for one, tells little: what was read better before is kept, until it is
    so old that it tells less, or until the two can't both be right.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset = time.time() - monotonic()
        self._error = float("inf")
        self._read_at = monotonic()

    def set(self, now: int, asked_at: float | None = None) -> None:
        """Take over the store's time, in milliseconds since 1970; it was asked at *asked_at* by the monotonic clock."""
        read_at = self._monotonic()
        error = 0.0 if asked_at is None else (read_at - asked_at) / 2
        offset = now / 1000 + error - read_at
        before = self._error + (read_at - self._read_at) * DRIFT
        if error <= before or abs(offset - self._offset) > error + before:
            self._offset, self._error, self._read_at = offset, error, read_at

    def now(self) -> int:
        """Return milliseconds since 1970, UTC, by the store's clock."""
        return round((self._monotonic() + self._offset) * 1000)
