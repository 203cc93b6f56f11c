"""What becomes of answers that the platform would refuse: mended, or answered with on_error; nothing is silent."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.pace import Pace
from hookline.store.people.letters import LetterFilter
from hookline.testing import Fault, RunningBot, running_bot
from tests.unit.dispatch import saying

QUICK = Pace(handler_retries=(0.0, 0.0), delivery_retries=(0.0,))
BOT = """
version: 1
bots:
  bot:
    adapter: line
    on_error: 抱歉，請再試一次
    plugins: {saying: }
    routes:
      - {name: say, prefix: [say, push], run: saying.say}
      - {name: thrice, prefix: thrice, reply: '{match.rest}{match.rest}{match.rest}'}
      - name: many
        prefix: many
        reply: [1, '{match.rest}{match.rest}{match.rest}', '{match.rest}{match.rest}{match.rest}']
      - {name: repeat, prefix: repeat, cooldown: 1h, reply: '{match.rest}'}
      - name: card
        prefix: card
        reply:
          type: template
          altText: '{match.rest}'
          template:
            type: buttons
            text: '{match.rest|nothing}'
            actions:
              - {type: uri, label: '{match.rest|go}', uri: 'https://example.com/?q={match.rest}'}
              - {type: postback, label: buy, data: 'action=buy&item={match.rest}'}
      - {name: any, on: '*', reply: hello}
"""


@asynccontextmanager
async def shop() -> AsyncIterator[RunningBot]:
    async with running_bot(BOT, pace=QUICK, plugins=[saying.INSTALLED]) as bot:
        yield bot


async def letters_of(bot: RunningBot) -> list[str]:
    return [letter.error for letter in await bot.playground.host.store.letters.list(LetterFilter(), 10)]


async def test_text_that_is_too_long_once_it_is_filled_arrives_in_parts() -> None:
    async with shop() as bot:
        answer = await bot.says(f"thrice {'好吃。' * 1000}")

        assert "".join(answer.texts) == "好吃。" * 3000
        assert [len(text) <= 5000 for text in answer.texts] == [True, True]
        assert bot.playground.host.worker.mends == {"bot": 1}


async def test_parts_beyond_one_call_are_pushed_behind_it() -> None:
    async with shop() as bot:
        await bot.says(f"many {'x' * 4900}")

        assert [(sent.form, len(sent.messages)) for sent in bot.line.sent] == [("reply", 5), ("push", 2)]
        assert "".join(bot.received("mei")[1:]) == "x" * 4900 * 6


async def test_parts_of_a_refused_answer_are_not_sent_alone() -> None:
    async with shop() as bot:
        bot.line.faults.append(Fault("refuse"))
        answer = await bot.says(f"many {'x' * 4900}")

        assert answer.texts == ["抱歉，請再試一次"]
        assert answer.failures == [
            "refused: 400 The request body has 1 error(s); messages[0]: May not be sent",
            "not_sent: an earlier part of the answer was not sent",
        ]


async def test_card_with_signs_in_its_values_arrives() -> None:
    async with shop() as bot:
        answer = await bot.says("card C&A 50% 茶=水")

        (message,) = answer.messages
        link, button = message["template"]["actions"]
        assert link["uri"] == "https://example.com/?q=C%26A%2050%25%20%E8%8C%B6%3D%E6%B0%B4"
        assert button["data"] == "action=buy&item=C%26A 50%25 茶%3D水"


@pytest.mark.parametrize("text", ["repeat", "repeat \u3000 "])
async def test_empty_answer_is_on_error_at_once_and_no_rest(text: str) -> None:
    async with shop() as bot:
        answers = [await bot.says(text), await bot.says(text)]

        assert [(one.route, one.via, one.texts) for one in answers] == [("repeat", "reply", ["抱歉，請再試一次"])] * 2
        assert {one.outcome for one in answers} == {"buried"}
        reason = "AnswerError: line would refuse the answer: `messages[0].text`: may not be empty in a `text` message"
        assert [re.sub(r"/.*/", "", letter) for letter in await letters_of(bot)] == [
            f"{reason} (route `repeat` at bot.yaml:14:10)"
        ] * 2


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "text", "text": ""},
        {"type": "text", "text": {"a": 1}},
        {"type": "poll", "question": "?"},
        {"type": "image", "originalContentUrl": "http://x", "previewImageUrl": "http://x"},
        [{"type": "text", "text": "hi"}, {"type": "sticker"}],
        {"type": "flex", "altText": "a", "contents": {"type": "bubble"}},
        {"type": "text", "text": "hi", "quickReply": {"items": [1]}},
        {"type": "template", "altText": "a", "template": {"type": "buttons", "text": "x" * 161, "actions": []}},
        {"type": "location", "title": "t", "address": "a", "latitude": 99, "longitude": 0},
        {"type": "text", "text": "x" * 200_000},
        ["x"] * 101,
    ],
)
@pytest.mark.parametrize("word", ["say", "push"])
async def test_message_of_a_handler_that_would_be_refused_fails_its_run_once(word: str, answer: Any) -> None:
    async with shop() as bot:
        exchange = await bot.says(f"{word} {json.dumps(answer)}"[:9000])

        assert (exchange.outcome, exchange.texts) == ("buried", ["抱歉，請再試一次"])
        assert [status for _, status in bot.line.requests] == [200]


async def test_message_of_a_handler_is_mended() -> None:
    async with shop() as bot:
        answer = await bot.says(
            'say {"type": "sticker", "packageId": 446, "stickerId": 1988, "quickReply": {"items": []}}'
        )

        assert answer.messages == [{"type": "sticker", "packageId": "446", "stickerId": "1988"}]


async def test_event_that_nobody_can_answer_is_no_failure() -> None:
    async with shop() as bot:
        left = await bot.sends("unfollow")
        unknown = await bot.sends("somethingNew", user=None)
        after = await bot.says("hi")

        assert [(one.outcome, one.texts) for one in (left, after)] == [("handled", []), ("answered", ["hello"])]
        assert unknown.outcome in ("handled", "answered")
        assert await letters_of(bot) == []


async def test_any_text_is_answered_or_apologised_for() -> None:
    async with shop() as bot:

        @settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
        @given(
            st.sampled_from(["repeat", "card", "thrice"]),
            st.text(max_size=200) | st.text("a菜🍎{}$ %&=\n", max_size=60),
        )
        def collect(word: str, rest: str) -> None:
            texts.append(f"{word} {rest}")

        texts: list[str] = []
        collect()
        for text in texts:
            exchange = await bot.says(text, user=f"user{len(bot.line.requests)}")

            assert exchange.messages, text
        assert {status for _, status in bot.line.requests} == {200}
