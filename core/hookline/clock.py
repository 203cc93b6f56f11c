"""Tell the time; handed in as an argument wherever time matters, so that tests own it."""

from __future__ import annotations

import time
from typing import Protocol


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


class StoreClock:
    """Go by the store's clock, between two readings of it by the monotonic one: all who share a store agree."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def set(self, now: int) -> None:
        """Take over the store's time, in milliseconds since 1970."""
        self._offset = now / 1000 - time.monotonic()

    def now(self) -> int:
        """Return milliseconds since 1970, UTC, by the store's clock."""
        return round((time.monotonic() + self._offset) * 1000)
