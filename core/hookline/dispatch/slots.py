"""Admit runs: so many at once of a host and of each bot, and one alone that killed its process before."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ..config.configuration import DEFAULT_RUNNING, DEFAULT_RUNNING_OF_BOT


class Slots:
    """Count the runs that are under way, and let others wait for their turn; ``all_away`` are those that only wait.

    A place that becomes free goes to one of those who wait, and nobody else wakes up: a bot with many that wait costs
    the others no time. The bots take turns; those of one bot are in order.
    """

    def __init__(self, limit: int = DEFAULT_RUNNING, limits: Mapping[str, int] | None = None) -> None:
        self._limit = limit
        self._limits = limits or {}
        self._running = 0
        self._of_bot: Counter[str] = Counter()
        self._away: Counter[str] = Counter()
        self.all_away = 0
        self._is_alone = False
        self._wanting_alone: deque[_Waiter] = deque()
        self._waiting: dict[str, deque[_Waiter]] = {}

    def change(self, limit: int, limits: Mapping[str, int]) -> None:
        """Go by other limits from now on; what runs goes on."""
        self._limit, self._limits = limit, limits
        self._hand_out()

    def limit_of(self, bot: str) -> int:
        """Return how many runs of *bot* may be under way at once."""
        return self._limits.get(bot, DEFAULT_RUNNING_OF_BOT)

    async def enter(self, bot: str, *, alone: bool = False) -> None:
        """Wait until a run of *bot* may begin; *alone*: until no other runs, and keep others out meanwhile."""
        if alone or not self._has_room(bot):
            await self._wait(_Waiter(bot, is_alone=alone))
        else:
            self._take(bot)

    async def leave(self, bot: str) -> None:
        """Free the place of a run of *bot* that has ended."""
        self._free(bot)

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

    def _take(self, bot: str, *, alone: bool = False) -> None:
        self._running += 1
        self._of_bot[bot] += 1
        self._is_alone = alone

    def _free(self, bot: str) -> None:
        self._running -= 1
        self._of_bot[bot] -= 1
        self._is_alone = False
        self._hand_out()

    async def _wait(self, waiter: _Waiter) -> None:
        """Wait until somebody has taken a place for *waiter*."""
        queue = self._wanting_alone if waiter.is_alone else self._waiting.setdefault(waiter.bot, deque())
        queue.append(waiter)
        self._hand_out()
        try:
            await waiter.place
        except asyncio.CancelledError:
            if waiter in queue:
                self._give_up(waiter, queue)
            else:
                self._free(waiter.bot)  # it got its place just then
            raise

    def _give_up(self, waiter: _Waiter, queue: deque[_Waiter]) -> None:
        queue.remove(waiter)
        if not (waiter.is_alone or queue):
            del self._waiting[waiter.bot]
        self._hand_out()

    def _hand_out(self) -> None:
        """Take a place for all who may have one now: whoever wants to be alone first, then one of each bot in turn."""
        if self._wanting_alone:
            if not self._running:
                self._give(self._wanting_alone)
            return
        while bot := next((bot for bot in self._waiting if self._has_room(bot)), None):
            queue = self._waiting.pop(bot)
            self._give(queue)
            if queue:
                self._waiting[bot] = queue  # behind the other bots

    def _give(self, queue: deque[_Waiter]) -> None:
        waiter = queue.popleft()
        self._take(waiter.bot, alone=waiter.is_alone)
        if not waiter.place.done():  # cancelled, it gives its place back as soon as it notices
            waiter.place.set_result(None)


class _Waiter:
    """Wait for a place for a run of *bot*."""

    def __init__(self, bot: str, *, is_alone: bool) -> None:
        self.bot = bot
        self.is_alone = is_alone
        self.place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
