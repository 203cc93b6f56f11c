"""Let few runs of a bot go on in each turn of the event loop: what ends all at once holds up nobody else."""

from __future__ import annotations

import asyncio
from collections import Counter, deque

ALONE_SECONDS = 1.0
MOST = 4
"""So many runs of one bot go on in a turn of the loop: about a millisecond of work."""


class Turnstile:
    """Let runs through in their order, a few of each bot in every turn of the event loop.

    Hundreds of handlers that wait for one service end in the same moment. Without this all of them would go on before
    anything else does. A bot that has been alone for a while passes freely.
    """

    def __init__(self) -> None:
        self._bot = ""
        self._other_at = float("-inf")
        self._through: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._is_turning = False

    async def enter(self, bot: str) -> None:
        """Wait until a run of *bot* may go on: at once, unless many others of it do."""
        loop = asyncio.get_running_loop()
        if bot != self._bot:
            self._bot, self._other_at = bot, loop.time()
        if bot not in self._waiting and loop.time() - self._other_at > ALONE_SECONDS:
            return
        if self._through[bot] < MOST and bot not in self._waiting:
            self._let_through(bot)
            return
        place: asyncio.Future[None] = loop.create_future()
        self._waiting.setdefault(bot, deque()).append(place)
        await place

    def _let_through(self, bot: str) -> None:
        self._through[bot] += 1
        if not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """Begin a turn: let the next of each bot through."""
        self._through.clear()
        self._is_turning = False
        for bot in list(self._waiting):
            waiting = self._waiting[bot]
            while waiting and self._through[bot] < MOST:
                place = waiting.popleft()
                if not place.done():  # else nobody waits any more
                    place.set_result(None)
                    self._let_through(bot)
            if not waiting:
                del self._waiting[bot]
