"""Do what a host needs now and then, beside all events: forget what is old, compile what will be asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from ..bots.bot import Bots
from ..clock import CautiousClock, Clock
from ..store.store import Store
from .reloading import Reloader

PRUNE_EVERY_SECONDS = 600.0
PRUNE_PAUSE_SECONDS = 0.05
COMPILE_PAUSE_SECONDS = 0.005
DAY_MILLISECONDS = 86_400_000


class Upkeep:
    """Look after the store and the bots of a host, for as long as its configuration says."""

    def __init__(
        self,
        store: Store,
        bots: Bots,
        reloader: Reloader,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._bots = bots
        self._reloader = reloader
        self._clock = clock
        self._monotonic = monotonic
        self._cautious: CautiousClock | None = None

    async def prune(self) -> None:
        """Delete now and then what is older than the configuration wants it kept, until cancelled."""
        while True:
            with suppress(Exception):  # tried again in ten minutes
                await self.forget_old()
            await asyncio.sleep(PRUNE_EVERY_SECONDS)

    async def forget_old(self) -> None:
        """Delete what is older than the configuration wants it kept, in small turns."""
        retention, now = self._reloader.configuration, await self._least_now()
        ids_before = now - retention.ids_days * DAY_MILLISECONDS
        bodies_before = now - retention.bodies_days * DAY_MILLISECONDS
        touched = 1
        while touched:
            touched = await self._store.inbox.prune(ids_before, bodies_before)
            touched += await self._store.outbox.prune(bodies_before)
            touched += await self._store.cooldowns.prune(now)
            touched += await self._store.flows.prune(ids_before)
            await asyncio.sleep(PRUNE_PAUSE_SECONDS)

    async def _least_now(self) -> int:
        """Return what time it is at least: what a clock says that has jumped ahead deletes nothing for a day."""
        if self._cautious is None:
            self._cautious = CautiousClock(self._clock, await self._store.inbox.newest(), self._monotonic)
        return self._cautious.now()

    async def compile_words(self) -> None:
        """Compile all bots' words, one bot at a time, so that it is hardly ever a text that waits for it."""
        for bot in list(self._bots.values()):
            bot.router.compile()
            await asyncio.sleep(COMPILE_PAUSE_SECONDS)
