"""Work alone on a store: hold all lanes for good, and notice by itself what no bot of this process can run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from ...clock import Clock
from ...errors import StoreError
from ...events import LANES
from ...store.lanes import Tenure
from ...store.store import Store

ORPHANS_SECONDS = (2.0, 8.0, 20.0, 60.0)
"""The last is when a handler that keeps failing has been given up, by the deadlines of a host."""

log = structlog.stdlib.get_logger("hookline.worker")


class Alone:
    """Keep all lanes for one process, as :class:`~.sharing.Sharing` keeps some. *bots* may change.

    *resume* takes up the deliveries that were left. ``orphaned`` are the bots whose work waits and that aren't there;
    no other process could run them, so that none is ``elsewhere``.
    """

    def __init__(
        self,
        store: Store,
        tenure: Tenure,
        name: str,
        bots: Collection[str],
        clock: Clock,
        resume: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._tenure = tenure
        self._name = name
        self._bots = bots
        self._clock = clock
        self._resume = resume
        self.orphaned: frozenset[str] = frozenset()
        self.elsewhere: frozenset[str] = frozenset()

    async def begin(self, predecessor: str | None) -> list[Coroutine[Any, Any, None]]:
        """Take all lanes, whoever had them, and what was left in them; nothing must run to keep them."""
        self._tenure.epochs = await self._store.lanes.take_all(self._name, self._clock.now())
        self._tenure.until = float("inf")
        await self._resume()  # before anything new is written
        await self._look()
        return []

    async def begin_timekeeping(self) -> list[Coroutine[Any, Any, None]]:
        """Go by this process's own clock: nothing must run for that."""
        return []

    async def bots_removed(self) -> list[Coroutine[Any, Any, None]]:
        """Find what removed bots leave behind, and return what goes on looking for it."""
        if not self._tenure.epochs:
            return []
        await self._look()
        return [self._look_again()]

    async def leave_idle(self) -> None:
        """Keep all lanes: nobody waits for them."""

    async def leave(self) -> None:
        """Keep all lanes: whoever is next takes them."""

    async def _look_again(self) -> None:
        """Look a few times more: what removed bots were at ends later.

        Not for ever: it takes the store longer the more there is.
        """
        for seconds in ORPHANS_SECONDS:
            await asyncio.sleep(seconds)
            await self._look()

    async def _look(self) -> None:
        before = self.orphaned
        with suppress(StoreError):  # it is looked for again
            self.orphaned = frozenset(await self._store.foreign(range(LANES), self._bots))
        if self.orphaned - before:
            log.warning("inbox.orphaned", bots=sorted(self.orphaned))
