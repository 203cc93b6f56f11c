"""What becomes of an answer whose messages the platform refuses, and of those who quote what was sent."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from hookline.pace import Pace
from hookline.store.people.letters import LetterFilter
from hookline.testing import Fault, RunningBot, running_bot

QUICK = Pace(delivery_retries=(0.0,))
REFUSED = "refused: 400 The request body has 1 error(s); messages[0]: May not be sent"
BOT = """
version: 1
bots:
  bot:
    adapter: line
    on_error: 抱歉，{sender.name}
    call_names: [小店]
    routes:
      - {name: rests, keyword: rest, cooldown: 6h, reply: done}
      - {name: sorry, keyword: sorry, reply: 抱歉，mei}
      - {name: thanks, exact: 謝謝, reply: 不客氣}
      - {name: all, otherwise: true, reply: 聽不懂}
"""


def shop() -> AbstractAsyncContextManager[RunningBot]:
    return running_bot(BOT, pace=QUICK)


async def test_refused_answer_is_replaced_by_on_error_with_the_same_token() -> None:
    async with shop() as bot:
        bot.line.faults.append(Fault("refuse"))
        answer = await bot.says("謝謝")

        assert (answer.via, answer.texts, answer.outcome) == ("reply", ["抱歉，mei"], "refused")
        assert answer.failures == [REFUSED]
        assert [status for _, status in bot.line.requests if status != 200] == [400]


async def test_refused_answer_is_a_dead_letter_that_says_what_was_refused() -> None:
    async with shop() as bot:
        bot.line.faults.append(Fault("refuse"))
        await bot.says("謝謝")

        letters = bot.playground.host.store.letters
        (letter,) = await letters.list(LetterFilter(), 10)
        opened = await letters.show(letter.id)
        assert (letter.origin, letter.error) == ("delivery", REFUSED)
        assert opened is not None
        assert [list(one.messages) for one in opened.deliveries] == [
            [{"type": "text", "text": "不客氣"}],
            [{"type": "text", "text": "抱歉，mei"}],
        ]


async def test_refused_apology_is_not_apologised_for() -> None:
    async with shop() as bot:
        bot.line.faults += [Fault("refuse"), Fault("refuse")]
        answer = await bot.says("謝謝")

        assert (answer.texts, answer.failures) == ([], [REFUSED, REFUSED])
        assert bot.line.sent == []


async def test_route_whose_answer_is_the_apology_is_not_repeated() -> None:
    async with shop() as bot:
        bot.line.faults.append(Fault("refuse"))
        answer = await bot.says("sorry")

        assert answer.failures == [REFUSED]
        assert bot.line.sent == []


async def test_route_does_not_rest_whose_answer_was_refused() -> None:
    async with shop() as bot:
        bot.line.faults.append(Fault("refuse"))
        first = await bot.says("rest")
        second = await bot.says("rest")
        third = await bot.says("rest")

        assert [one.route for one in (first, second, third)] == ["rests", "rests", "all"]


async def test_refusal_for_another_reason_brings_no_apology() -> None:
    async with shop() as bot:
        bot.line.faults.append(Fault("monthly_limit"))
        answer = await bot.says("謝謝")

        assert bot.line.sent == []
        assert answer.failures == ["refused: 429 You have reached your monthly limit."]


async def test_quote_of_what_the_bot_said_is_a_call() -> None:
    async with shop() as bot:
        await bot.says("小店 謝謝", group="friends")
        (sent,) = bot.line.sent[0].message_ids
        raw = bot.line.text(bot.name, "謝謝", group="friends")
        raw["message"]["quotedMessageId"] = sent

        answer = await bot.playground.send(bot.name, raw)

        assert (answer.route, answer.texts) == ("thanks", ["不客氣"])


async def test_quote_of_somebody_else_is_no_call() -> None:
    async with shop() as bot:
        await bot.says("小店 謝謝", group="friends")
        for quoted in ("1", "", " ", "%", "5", 7, None, ["1"]):
            raw = bot.line.text(bot.name, "謝謝", group="friends")
            raw["message"]["quotedMessageId"] = quoted
            assert (await bot.playground.send(bot.name, raw)).route is None


async def test_quote_in_another_group_is_no_call() -> None:
    async with shop() as bot:
        await bot.says("小店 謝謝", group="friends")
        (sent,) = bot.line.sent[0].message_ids
        raw = bot.line.text(bot.name, "謝謝", group="family")
        raw["message"]["quotedMessageId"] = sent

        assert (await bot.playground.send(bot.name, raw)).route is None
