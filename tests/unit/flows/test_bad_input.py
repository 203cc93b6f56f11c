"""What people and strangers may send into a flow: it answers or is silent, and goes on."""

from __future__ import annotations

import asyncio

import pytest

from hookline.testing import ManualClock, running_bot
from tests.unit.flows.test_bots import BOT, TUESDAY, data_of

FREE = """
version: 1
bots:
  desk:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    flows:
      ticket:
        steps:
          - {ask: topic, choices: [退貨, "瑕\\u200b疵", "\\u202eother"]}
          - {ask: text, say: text?}
          - {ask: number, type: number, say: number?}
          - reply: '{flow.topic}/{flow.number}'
    routes:
      - {name: ticket, exact: ticket, begin: ticket}
"""
LONG = "長" * 5000
TEXTS = [
    LONG,
    "\u200b",
    "\u202e\u202d",
    "🏳️‍🌈" * 300,
    "{flow.topic}",
    "\x00",
    "%s %(x)s",
    "'; DROP TABLE flows; --",
]


@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text)[:20] for text in TEXTS])
async def test_whatever_is_written_is_answered_and_the_flow_goes_on(text: str) -> None:
    async with running_bot(FREE, clock=ManualClock(TUESDAY)) as bot:
        await bot.says("ticket")
        for asked in ("topic", "text", "number"):
            answer = await bot.says(text)
            assert answer.outcome in ("answered", "handled"), answer
            assert answer.route is not None
            assert answer.route.startswith("flow:ticket.")
            await bot.says({"topic": "1", "text": "broken", "number": "7"}[asked])
        assert (await bot.says("ticket")).texts != []


@pytest.mark.parametrize("text", ["瑕疵", "other", "2", "３", " 退貨 "])
async def test_choices_are_found_whatever_cannot_be_seen_in_them(text: str) -> None:
    async with running_bot(FREE, clock=ManualClock(TUESDAY)) as bot:
        await bot.says("ticket")
        assert (await bot.says(text)).texts == ["text?"]


MADE_UP = [
    "~", "~||", "~nothing|day|x", "~{id}|none|x", "~{id}|day|", "~{id}|!cancel|x", "~{id}|phone|0912345678",
    "~{id}|day|2020-01-01", "~{id}|confirm|yes", "~{id}|!none|", "~{id}", "~{id}|day|day|day", "~{id}|day|" + "9" * 250,
]  # fmt: skip


@pytest.mark.parametrize("data", MADE_UP)
async def test_button_that_was_made_up_skips_no_question(data: str) -> None:
    async with running_bot(BOT, clock=ManualClock(TUESDAY)) as bot:
        await bot.says("預約")
        asked = await bot.says("下週三")
        instance = data_of(asked.messages, "下午")[1:].split("|")[0]
        await bot.taps(data.replace("{id}", instance)[:300])

        told = await bot.says("下午")
        assert told.route in ("flow:booking.time", "other", "flow:booking.day"), told
        assert all("完成" not in text for text in told.texts)


async def test_many_taps_at_once_are_one_answer() -> None:
    async with running_bot(BOT, clock=ManualClock(TUESDAY)) as bot:
        await bot.says("預約")
        asked = await bot.says("下週三")
        data = data_of(asked.messages, "下午")
        answers = await asyncio.gather(*(bot.taps(data) for _ in range(300)))

        assert [answer.outcome for answer in answers].count("answered") == 1
        assert {answer.outcome for answer in answers} <= {"answered", "repeated"}
        assert (await bot.says("0912-345-678")).texts == ["預約 12月9日（三） 下午，電話 0912345678"]
