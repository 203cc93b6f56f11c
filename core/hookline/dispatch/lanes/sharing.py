"""Work beside other processes on one store: hold a share of the lanes, hear from the others, go by one clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from ...clock import Clock, StoreClock
from ...errors import StoreError
from ...store.lanes import Tenure
from ...store.store import Store
from .heartbeat import Heartbeat, Party

if TYPE_CHECKING:
    from ...store.database.signals import Signals

HEARD_SECONDS = 2.0
POLL_SECONDS = 0.2
KEEP_TIME_SECONDS = 5.0

log = structlog.stdlib.get_logger("hookline.worker")


class Sharing:
    """Keep one process in step with the others. *signals* are the store's; *bots* may change."""

    def __init__(
        self,
        store: Store,
        signals: Signals,
        tenure: Tenure,
        name: str,
        bots: Collection[str],
        worker: Party,
        courier: Party,
        clock: Clock,
        on_switch: Callable[[], object],
    ) -> None:
        self._store = store
        self._signals = signals
        self._tenure = tenure
        self._name = name
        self._worker = worker
        self._courier = courier
        self._clock = clock
        self._on_switch = on_switch
        self._wakers = {"inbox": worker.wake, "outbox": courier.wake, "timers": store.timers.changed.set}
        self._heartbeat = Heartbeat(store, tenure, name, bots, (worker, courier), self._tell_time)

    @property
    def orphaned(self) -> frozenset[str]:
        """Return the bots whose work waits here and that nobody can run."""
        return self._heartbeat.orphaned

    @property
    def elsewhere(self) -> frozenset[str]:
        """Return the bots whose work waits here and that only another process can run."""
        return self._heartbeat.elsewhere

    async def begin(self, predecessor: str | None) -> list[Coroutine[Any, Any, None]]:
        """Take the first lanes, and return what must run for as long as the process works."""
        await self._heartbeat.begin(predecessor)
        return [self._heartbeat.run(), self._signals.run(self._signalled), self._poll()]

    async def begin_timekeeping(self) -> list[Coroutine[Any, Any, None]]:
        """Do only what a process needs that holds no lanes: go by the store's clock."""
        await self._read_time()
        return [self._keep_time()]

    async def bots_removed(self) -> list[Coroutine[Any, Any, None]]:
        """Do nothing more: each heartbeat looks for what this process can't run."""
        return []

    async def leave_idle(self) -> None:
        """Let others have the lanes at once in which nothing is under way; take none any more."""
        if self._tenure.epochs:
            with suppress(StoreError):
                await self._store.lanes.release(self._name, dict.fromkeys(self._heartbeat.leave_idle()))

    async def leave(self) -> None:
        """Let others have all lanes."""
        with suppress(StoreError):
            await self._store.lanes.leave(self._name)

    def _signalled(self, room: str, lanes: Collection[int]) -> None:
        """Take note that another process left something for *lanes*."""
        if room == "lanes":
            self._heartbeat.hurry()
        elif room == "switches":
            self._on_switch()
        elif not self._tenure.epochs.keys().isdisjoint(lanes):
            self._wakers.get(room, self._courier.wake)()

    async def _poll(self) -> None:
        """Look by the clock for as long as signals don't get through."""
        await asyncio.sleep(HEARD_SECONDS)
        has_warned = False
        while True:
            if not self._signals.is_heard:
                if not has_warned:
                    has_warned = True
                    log.warning("store.polled", every=POLL_SECONDS)
                self._worker.wake()
                self._courier.wake()
            await asyncio.sleep(POLL_SECONDS)

    def _tell_time(self, now: int, asked_at: float) -> None:
        if isinstance(self._clock, StoreClock):
            self._clock.set(now, asked_at)

    async def _read_time(self) -> None:
        asked_at = time.monotonic()
        self._tell_time(await self._store.lanes.now(), asked_at)

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(KEEP_TIME_SECONDS)
            with suppress(StoreError):
                await self._read_time()
