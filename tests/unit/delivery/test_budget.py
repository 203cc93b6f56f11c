"""How many pushes a bot may send in a month: counted in the store, for all its processes, and asked before each."""

from __future__ import annotations

import pytest

from hookline.testing import ManualClock, RunningBot, running_bot
from tests.store.worlds import values

NOON = 1_798_688_400_000  # 2026-12-31 11:40 in Taipei
DAY = 86_400
ANN = "U" + "a" * 32
BOT = f"""
version: 1
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}"}}
    timezone: Asia/Taipei
    budget: 5
    routes:
      - {{name: tell, exact: tell, push: {{to: {ANN}, say: told}}}}
      - {{name: hi, exact: hi, reply: hello}}
"""


def told(bot: RunningBot) -> int:
    return sum(one.form == "push" for one in bot.platform.sent)


async def test_pushes_beyond_the_budget_are_dead_letters_and_replies_go_on() -> None:
    async with running_bot(BOT, clock=ManualClock(NOON)) as bot:
        for _ in range(7):
            await bot.says("tell")

        assert told(bot) == 5
        assert (await bot.says("hi")).texts == ["hello"]
        errors = await values(bot.playground.host.store, "SELECT error FROM dead_letters")
        assert errors == ["not_sent: the budget of 5 pushes for 2026-12 is used up"] * 2


async def test_next_month_has_a_budget_of_its_own() -> None:
    async with running_bot(BOT, clock=ManualClock(NOON)) as bot:
        for _ in range(6):
            await bot.says("tell")
        await bot.passes(DAY)
        await bot.says("tell")

        assert told(bot) == 6


async def test_restart_forgets_nothing_of_it() -> None:
    async with running_bot(BOT, clock=ManualClock(NOON)) as bot:
        for _ in range(3):
            await bot.says("tell")
        await bot.playground.restart()
        for _ in range(4):
            await bot.says("tell")

        assert told(bot) == 5


async def test_budget_of_nothing_pushes_nothing() -> None:
    async with running_bot(BOT.replace("budget: 5", "budget: 0"), clock=ManualClock(NOON)) as bot:
        await bot.says("tell")

        assert told(bot) == 0


@pytest.mark.parametrize("times", [3, 4], ids=["not yet", "now"])
async def test_four_fifths_are_told_once(times: int, caplog: pytest.LogCaptureFixture) -> None:
    async with running_bot(BOT, clock=ManualClock(NOON)) as bot:
        for _ in range(times):
            await bot.says("tell")

    assert sum("budget.low" in record.getMessage() for record in caplog.records) == (times == 4)
