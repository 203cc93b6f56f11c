"""Own the time in tests."""

from __future__ import annotations


class ManualClock:
    """Stand still until told otherwise. *now* is in milliseconds since 1970."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self._now = now

    def now(self) -> int:
        """Return milliseconds since 1970, UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass."""
        self._now += round(seconds * 1000)
