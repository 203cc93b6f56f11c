"""How a running host ends quiet hours by itself, and what people see of them meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hookline.clock import StoreClock
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
