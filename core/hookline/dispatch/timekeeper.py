"""Let happen what was put off until now: turn timers that are due into events of their conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

import structlog

from ..bots.bot import Bots
from ..clock import Clock
from ..errors import StoreClosedError, StoreError
from ..pace import STORE_RETRY_SECONDS, Trouble, pause
from ..routing.schedules import Scheduled
from ..store.lanes import Tenure
from ..store.memory.timers import BATCH, Timers
from .own_events import fired
from .schedules import SCHEDULED, planted, rules_of

LOOK_SECONDS = 15.0
"""So often at least it is looked what is due: lanes, and timers in them, come from other hosts, too."""

PLANT_SECONDS = 60.0
"""So often at least it is looked whether each entry of a schedule has its next time."""

log = structlog.stdlib.get_logger("hookline.worker")


class Timekeeper:
    """Fire the timers of this process's lanes; *resume* lets the events of some bots be leased that come of them.

    ``fired`` counts the events. A timer of a bot that isn't there waits until it is.
    """

    def __init__(
        self, timers: Timers, bots: Bots, tenure: Tenure, clock: Clock, resume: Callable[[Iterable[str]], object]
    ) -> None:
        self._timers = timers
        self._bots = bots
        self._tenure = tenure
        self._clock = clock
        self._resume = resume
        self._stopping = asyncio.Event()
        self._trouble = Trouble(log, "timers.failed")
        self._planted_at = 0
        self._planted: dict[str, Mapping[str, Scheduled]] = {}
        self.fired = 0

    def wake(self) -> None:
        """Look whether something is due."""
        self._timers.changed.set()

    def stop(self) -> None:
        """Fire no more."""
        self._stopping.set()
        self._timers.changed.set()

    async def run(self) -> None:
        """Fire what is due, again and again, until :meth:`stop`."""
        while not self._stopping.is_set():
            self._timers.changed.clear()
            self._timers.looked_at = self._clock.now() + LOOK_SECONDS * 1000
            try:
                seconds = await self.look()
            except StoreClosedError:
                return
            except StoreError as error:
                self._trouble.report(error)
                await pause(STORE_RETRY_SECONDS, self._stopping)
                continue
            self._timers.looked_at = self._clock.now() + seconds * 1000
            await self._wait(seconds)

    async def look(self) -> float:
        """Fire what is due, and return after how many seconds to look again."""
        await self._plant()
        lanes, bots, now = list(self._tenure.epochs), list(self._bots), self._clock.now()
        if not lanes or not bots:
            return LOOK_SECONDS
        due = await self._timers.due(lanes, bots, now)
        if due:
            self.fired += await self._timers.fire(due, [fired(timer, now) for timer in due])
            self._resume({timer.bot for timer in due})
        if len(due) == BATCH:
            return 0.0
        following = await self.next_at()
        return LOOK_SECONDS if following is None else min(LOOK_SECONDS, max(0.001, (following - now) / 1000))

    async def _plant(self) -> None:
        """Let the timers of schedules be as the bots' files say, where that has changed, and now and then anyway.

        An entry whose event has come to nothing is not planted by it.
        """
        now = self._clock.now()
        if not 0 <= now - self._planted_at < PLANT_SECONDS * 1000:
            self._planted_at = now
            self._planted = {name: dict(before) for name, before in self._planted.items()}  # others, so written anew
        for name, bot in [*self._bots.items()]:
            schedule, before = bot.configuration.schedule, self._planted.get(name, {})
            if schedule is not before and (schedule or before):
                await self._timers.plant(name, SCHEDULED, rules_of(bot), planted(bot, self._clock.now()))
            self._planted[name] = schedule

    async def next_at(self) -> int | None:
        """Return when the next timer is due, in milliseconds since 1970; None when there is none."""
        await self._plant()
        return await self._timers.next_at(list(self._tenure.epochs), list(self._bots))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._timers.changed.wait()
        except TimeoutError:
            pass
