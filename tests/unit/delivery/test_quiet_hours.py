"""How a running host ends quiet hours by itself, and what people see of them meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import cast

from hookline.clock import StoreClock
from hookline.delivery.quiet_hours import RELEASE_SECONDS, QuietHours
from hookline.store.outbox import Outbox
from hookline.testing import ManualClock, running_bot
from hookline.testing.events import user_id
from tests.support import NOW

TRIAL = Path(__file__).parents[2] / "trial"
NINE = NOW + 3_600_000
BOT = f"""
version: 1
bots:
  bot:
    adapter: line
    quiet: {{time: '07:00-09:00', timezone: UTC}}
    plugins: {{trial: {{to: {user_id("tom")}}}}}
    routes:
      - {{name: tell, prefix: tell, run: trial.tell}}
      - {{name: all, otherwise: true, reply: '{{event.text}}'}}
"""


async def test_host_sends_what_waited_as_soon_as_the_quiet_time_ends() -> None:
    clock = StoreClock()
    clock.set(NOW)
    arrived = asyncio.Event()
    async with running_bot(BOT, folder=TRIAL, clock=clock) as bot:
        bot.line.on_sent = lambda _: arrived.set()
        await bot.says("tell tom")
        before = bot.received("tom")
        clock.set(NINE - 300)
        bot.playground.host.courier.wake()  # it can't know that time was moved
        async with asyncio.timeout(10):
            await arrived.wait()

        assert (before, len(bot.received("tom"))) == ([], 1)
        assert NINE <= clock.now() < NINE + 10_000


async def test_withheld_push_is_said_to_wait_and_replies_go_out() -> None:
    async with running_bot(BOT, folder=TRIAL, clock=ManualClock(NOW)) as bot:
        told, answered = await bot.says("tell tom"), await bot.says("hi")

        assert (told.outcome, told.failures) == ("handled", ["withheld: quiet hours until 2027-01-15 09:00 UTC"])
        assert (answered.texts, answered.via) == (["hi"], "reply")


class HeldOutbox:
    """An outbox whose releases end when they are let."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_end = asyncio.Event()

    async def release(self, lanes: Mapping[int, int], bots: Collection[str]) -> int:
        self.asked += 1
        await self.may_end.wait()
        return 0


async def test_push_that_is_made_to_wait_behind_others_while_they_are_released_is_looked_for_at_once() -> None:
    outbox = HeldOutbox()
    quiet = QuietHours(cast("Outbox", outbox), {}, ManualClock(NOW))
    releasing = asyncio.create_task(quiet.release({}))
    while not outbox.asked:
        await asyncio.sleep(0)
    quiet.look_soon()
    outbox.may_end.set()
    await releasing

    assert quiet.seconds_left() == 0
    await quiet.release({})
    assert (outbox.asked, quiet.seconds_left()) == (2, RELEASE_SECONDS)
