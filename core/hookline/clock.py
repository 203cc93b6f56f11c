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
