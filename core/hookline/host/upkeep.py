"""Do what a host needs now and then, beside all events: forget what is old, compile what will be asked for."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ..bots.bot import Bots
from ..clock import Clock
from ..store.store import Store
from .reloading import Reloader

PRUNE_EVERY_SECONDS = 600.0
PRUNE_PAUSE_SECONDS = 0.05
COMPILE_PAUSE_SECONDS = 0.005
DAY_MILLISECONDS = 86_400_000


class Upkeep:
    """Look after the store and the bots of a host, for as long as its configuration says."""

    def __init__(self, store: Store, bots: Bots, reloader: Reloader, clock: Clock) -> None:
        self._store = store
        self._bots = bots
        self._reloader = reloader
        self._clock = clock

    async def prune(self) -> None:
        """Delete what is older than the configuration wants it kept, in small turns, until cancelled."""
        while True:
            retention, now = self._reloader.configuration, self._clock.now()
            ids_before = now - retention.ids_days * DAY_MILLISECONDS
            bodies_before = now - retention.bodies_days * DAY_MILLISECONDS
            with suppress(Exception):  # tried again in ten minutes
                touched = 1
                while touched:
                    touched = await self._store.inbox.prune(ids_before, bodies_before)
                    touched += await self._store.outbox.prune(bodies_before)
                    touched += await self._store.cooldowns.prune(now)
                    await asyncio.sleep(PRUNE_PAUSE_SECONDS)
            await asyncio.sleep(PRUNE_EVERY_SECONDS)

    async def compile_words(self) -> None:
        """Compile all bots' words, one bot at a time, so that it is hardly ever a text that waits for it."""
        for bot in list(self._bots.values()):
            bot.router.compile()
            await asyncio.sleep(COMPILE_PAUSE_SECONDS)
