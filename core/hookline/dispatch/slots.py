"""Admit runs: so many at once of a host and of each bot, and one alone that killed its process before."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ..config.configuration import DEFAULT_RUNNING, DEFAULT_RUNNING_OF_BOT


class Slots:
    """Count the runs that are under way, and let others wait for their turn; ``all_away`` are those that only wait."""

    def __init__(self, limit: int = DEFAULT_RUNNING, limits: Mapping[str, int] | None = None) -> None:
        self._limit = limit
        self._limits = limits or {}
        self._running = 0
        self._of_bot: Counter[str] = Counter()
        self._away: Counter[str] = Counter()
        self.all_away = 0
        self._wanting_alone = 0
        self._is_alone = False
        self._waiting = 0
        self._freed = asyncio.Condition()

    def change(self, limit: int, limits: Mapping[str, int]) -> None:
        """Go by other limits from now on; what runs goes on."""
        self._limit, self._limits = limit, limits

    def limit_of(self, bot: str) -> int:
        """Return how many runs of *bot* may be under way at once."""
        return self._limits.get(bot, DEFAULT_RUNNING_OF_BOT)

    async def enter(self, bot: str, *, alone: bool = False) -> None:
        """Wait until a run of *bot* may begin; *alone*: until no other runs, and keep others out meanwhile."""
        if alone or not self._has_room(bot):
            await self._wait(bot, alone=alone)
        self._running += 1
        self._of_bot[bot] += 1
        self._is_alone = alone

    async def leave(self, bot: str) -> None:
        """Free the place of a run of *bot* that has ended."""
        self._running -= 1
        self._of_bot[bot] -= 1
        self._is_alone = False
        if self._waiting:
            async with self._freed:
                self._freed.notify_all()

    @asynccontextmanager
    async def away(self, bot: str) -> AsyncIterator[None]:
        """Free the place of a run of *bot* that only waits, and take one again at the end."""
        self._away[bot] += 1
        self.all_away += 1
        await self.leave(bot)
        try:
            yield
        finally:
            self._away[bot] -= 1
            self.all_away -= 1
            await self.enter(bot)

    def away_of(self, bot: str) -> int:
        """Return how many runs of *bot* only wait."""
        return self._away[bot]

    def _has_room(self, bot: str) -> bool:
        return (
            not self._wanting_alone
            and not self._is_alone
            and self._running < self._limit
            and self._of_bot[bot] < self.limit_of(bot)
        )

    async def _wait(self, bot: str, *, alone: bool) -> None:
        self._waiting += 1
        self._wanting_alone += alone
        try:
            async with self._freed:
                await self._freed.wait_for(lambda: self._running == 0 if alone else self._has_room(bot))
        finally:
            self._waiting -= 1
            self._wanting_alone -= alone
