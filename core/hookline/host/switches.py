"""Switch bots, plugins and routes off and on while they run, here and in all processes that share the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog

from ..bots.roster import Roster
from ..bots.switching import check_switch
from ..clock import Clock
from ..errors import StoreError
from ..store.memory.switches import Switch, Switches
from .reloading import Reloader

SWITCHES_SECONDS = 5.0

log = structlog.stdlib.get_logger("hookline.host")


class Switchboard:
    """Keep *roster* in step with *switches*, the store's; *resume* hears which bots run again."""

    def __init__(
        self,
        switches: Switches,
        roster: Roster,
        reloader: Reloader,
        clock: Clock,
        resume: Callable[[Iterable[str]], object],
    ) -> None:
        self._switches = switches
        self._roster = roster
        self._reloader = reloader
        self._clock = clock
        self._resume = resume
        self._switched = asyncio.Event()
        self._turn = asyncio.Lock()

    def hurry(self) -> None:
        """Look at once: another process has switched something."""
        self._switched.set()

    async def look(self) -> None:
        """Go by what the store says is switched off."""
        async with self._turn:  # what was read last is what counts
            before = set(self._roster.paused)
            self._roster.switch(await self._switches.off())
        if resumed := before - self._roster.paused:
            self._resume(resumed)

    async def turn(self, switch: Switch, *, is_on: bool, who: str) -> bool:
        """Switch on or off, for good; False when it stood so already. Raises SwitchError when there's no such thing."""
        check_switch(switch, self._reloader.configuration.bots, self._roster.off)
        is_changed = await self._switches.turn(switch, is_on=is_on, who=who, now=self._clock.now())
        await self.look()
        if is_changed:
            log.warning("switch.turned", bot=switch.bot, kind=switch.kind, name=switch.name, on=is_on, by=who)
        return is_changed

    async def follow(self) -> None:
        """Go by what other processes switch: at once when they say so, else within some seconds."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SWITCHES_SECONDS):
                    await self._switched.wait()
            self._switched.clear()
            with suppress(StoreError):  # asked again soon
                await self.look()
