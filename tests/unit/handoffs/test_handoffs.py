"""A chat that people have: it is handed over once, the bot keeps quiet, and it comes back in one of many ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hookline.dispatch.handoffs import by_operator
from hookline.dispatch.own_events import fired
from hookline.testing import ManualClock, RunningBot, running_bot
from hookline.testing.events import group_id
from tests.store.worlds import values

NOON = 1_796_097_600_000  # 2026-12-01 12:00 in Taipei
MINUTE, HOUR, DAY = 60, 3_600, 86_400
STAFF = group_id("staff")
BOT = f"""
version: 1
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}"}}
    timezone: Asia/Taipei
    lists: {{staff: [{STAFF}]}}
    budget: 1000
    handoff:
      tell: lists.staff
      reply: 真人客服馬上來。
      ends: {{idle: 30m, at_most: 8h}}
    flows:
      order:
        remind: {{after: 10m, reply: 還在嗎？}}
        steps:
          - {{ask: drink, choices: [tea, coffee], say: Which drink?}}
          - {{reply: Done., when: {{flow: {{drink: tea}}}}}}
          - {{handoff: 沒有咖啡, when: {{flow: {{drink: coffee}}}}}}
    routes:
      - {{name: human, keyword: 真人, interrupts: true, handoff: 客人要求}}
      - {{name: urgent, exact: urgent, when: {{handoff: true}}, reply: we know}}
      - {{name: order, exact: order, begin: order}}
      - {{name: again, exact: again, reply: ok, later: {{name: x, after: 5m, begin: order}}}}
      - {{name: soon, exact: soon, reply: ok, later: {{name: y, after: 5m, reply: a plain word}}}}
      - {{name: other, otherwise: true, reply: what?}}
"""


def world() -> Any:
    return running_bot(BOT, clock=ManualClock(NOON))


async def heard_after(bot: RunningBot, seconds: float) -> Sequence[str]:
    """Return what mei is sent while *seconds* pass."""
    before = len(bot.received("mei"))
    await bot.passes(seconds)
    return bot.received("mei")[before:]


def told(bot: RunningBot) -> list[Any]:
    """Return the messages that staff were sent."""
    return [message for one in bot.platform.sent if one.to == STAFF for message in one.messages]


async def test_staff_are_told_and_the_bot_keeps_quiet_until_somebody_says_the_word() -> None:
    async with world() as bot:
        first = await bot.says("我要真人")
        assert (first.texts, first.route) == (["真人客服馬上來。"], "human")
        (note,) = told(bot)
        assert note["text"] == "客人要求 · mei\n我要真人"

        meanwhile = await bot.says("hello?")
        assert (meanwhile.texts, meanwhile.outcome) == ([], "handed")
        assert (await bot.says("真人")).outcome == "handed"
        assert len(told(bot)) == 1
        assert (await bot.says("結束")).texts == ["小幫手回來了。"]
        assert (await bot.says("hello?")).texts == ["what?"]


async def test_others_are_answered_as_before() -> None:
    async with world() as bot:
        await bot.says("真人")

        assert (await bot.says("hello?", user="bob")).texts == ["what?"]


async def test_it_ends_by_itself_once_nobody_has_written_for_so_long() -> None:
    async with world() as bot:
        await bot.says("真人")
        await bot.passes(29 * MINUTE)
        await bot.says("still there?")
        assert await heard_after(bot, 29 * MINUTE) == []
        assert await heard_after(bot, 2 * MINUTE) == ["小幫手回來了。"]
        assert (await bot.says("hello?")).texts == ["what?"]


async def test_it_ends_after_eight_hours_however_much_is_written() -> None:
    async with world() as bot:
        await bot.says("真人")
        for _ in range(20):
            await bot.passes(25 * MINUTE)
            await bot.says("hello?")
        assert (await bot.says("hello?")).outcome == "answered"


async def test_staff_give_a_chat_back_by_their_button_and_others_can_not() -> None:
    async with world() as bot:
        await bot.says("真人")
        data = told(bot)[0]["quickReply"]["items"][0]["action"]["data"]
        assert (await bot.taps(data, user="mei")).outcome == "repeated"
        assert (await bot.says("hello?")).outcome == "handed"
        await bot.taps(data, user="eve", group="staff")
        assert bot.received("mei")[-1] == "小幫手回來了。"
        assert (await bot.taps(data, user="eve", group="staff")).outcome == "repeated"
        assert (await bot.says("hello?")).texts == ["what?"]


async def test_route_that_says_so_answers_meanwhile() -> None:
    async with world() as bot:
        assert (await bot.says("urgent")).texts == ["what?"]
        await bot.says("真人")
        assert (await bot.says("urgent")).texts == ["we know"]


async def test_flow_waits_meanwhile_and_nobody_is_reminded() -> None:
    async with world() as bot:
        await bot.says("order")
        await bot.says("我要真人")
        assert (await bot.says("tea")).outcome == "handed"
        assert await heard_after(bot, 15 * MINUTE) == []
        await bot.says("結束")
        assert (await bot.says("tea")).texts == ["Done."]


async def test_last_step_of_a_flow_hands_over() -> None:
    async with world() as bot:
        await bot.says("order")
        assert (await bot.says("coffee")).texts == ["真人客服馬上來。"]
        assert (await bot.says("hello?")).outcome == "handed"
        assert told(bot)[0]["text"].startswith("沒有咖啡 · mei")


async def test_flow_that_is_put_off_begins_afterwards_and_plain_words_come_meanwhile() -> None:
    async with world() as bot:
        await bot.says("again")
        await bot.says("soon")
        await bot.says("真人")
        assert await heard_after(bot, 10 * MINUTE) == ["a plain word"]
        await bot.says("結束")
        await bot.passes(1)
        assert bot.received("mei")[-1] == "Which drink?"


async def test_operator_hands_over_and_takes_back_in_the_order_of_the_chat() -> None:
    async with world() as bot:
        await bot.says("hello")
        chat = bot.id_of("mei")
        await _operator(bot, chat, "begin", why="a complaint")
        assert bot.received("mei")[-1] == "真人客服馬上來。"
        assert (await bot.says("hello?")).outcome == "handed"
        await _operator(bot, chat, "end")
        assert bot.received("mei")[-1] == "小幫手回來了。"
        assert (await bot.says("hello?")).texts == ["what?"]


async def test_restart_changes_nothing() -> None:
    async with world() as bot:
        await bot.says("真人")
        await bot.playground.restart()
        assert (await bot.says("hello?")).outcome == "handed"
        assert await heard_after(bot, 31 * MINUTE) == ["小幫手回來了。"]


async def test_whoever_leaves_is_with_the_bot_when_they_come_back() -> None:
    async with world() as bot:
        await bot.says("真人")
        await bot.sends("unfollow")
        assert await heard_after(bot, 9 * HOUR) == []
        assert (await bot.says("hello?")).texts == ["what?"]
        kept = await values(bot.playground.host.store, "SELECT value FROM plugin_state WHERE plugin = '@handoff'")
        assert kept == [None]


@pytest.mark.parametrize("text", ["真人", "我要真人"])
async def test_same_event_run_again_hands_over_once(text: str) -> None:
    async with world() as bot:
        await bot.says(text)
        await bot.says(text)

        assert len(told(bot)) == 1


async def _operator(bot: RunningBot, chat: str, kind: str, **facts: Any) -> None:
    """Do what an operator does: write the row that a command writes."""
    host = bot.playground.host
    timer = by_operator("shop", chat, kind, host.clock.now(), **facts)
    await host.store.timers.fire([timer], [fired(timer, host.clock.now())])
    host.worker.resume(host.bots)
    await bot.passes(1)
