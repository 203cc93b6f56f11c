"""Which answers quote what they answer, and what `check` says of ``quote:``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hookline.testing import running_bot
from tests.unit.config.broken import Case, case, differences, error, found_in, route, warning
from tests.unit.dispatch.worlds import club

BROKEN = [
    case(
        "quote that is no bool",
        route("keyword: a", "reply: {type: text, text: b, quote: 'true'}"),
        error(9, 45, "expected true or false, unquoted, for `quote`"),
    ),
    case(
        "quote in what can't",
        route(
            "keyword: a",
            "reply: {type: image, originalContentUrl: https://a/b, previewImageUrl: https://a/b, quote: true}",
        ),
        error(9, 93, "`quote`: line can't quote with a message of this type", "only `sticker`, `text`, `textV2` can"),
    ),
    case(
        "quote of what can't be",
        route("on: follow", "reply: {type: text, text: b, quote: true}"),
        warning(
            9,
            38,
            "`quote`: none of the events of this route can be quoted",
            "these can: `message.image`, `message.sticker`, `message.text`, `message.video`, `messageEdited`",
        ),
    ),
    case(
        "quote twice",
        route("keyword: a", "reply: {type: text, text: b, quote: true, quoteToken: '{event.quote_token}'}"),
        error(9, 38, "`quote` and `quoteToken` say the same twice", "leave one of the two out"),
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_mistake_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("on: message", "when: {event: {sticker_id: 007}}", "reply: {type: text, text: a, quote: true}"),
        ("keyword: a", "reply: {type: text, text: b, quote: false}"),
        ("keyword: a", "reply: {any: [{type: sticker, packageId: '1', stickerId: '2', quote: true}, b]}"),
        ("on: messageEdited", "reply: {type: textV2, text: b, quote: true}"),
    ],
)
def test_what_is_right_is_no_mistake(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert found_in(tmp_path, route(*lines)) == []


@pytest.mark.parametrize(
    ("message", "token"),
    [
        ({"type": "text", "id": "1", "text": "hi", "quoteToken": "q1"}, "q1"),
        ({"type": "sticker", "id": "1", "quoteToken": "q2"}, "q2"),
        ({"type": "image", "id": "1", "quoteToken": "q3"}, "q3"),
        ({"type": "text", "id": "1", "text": "hi"}, None),
        ({"type": "text", "id": "1", "text": "hi", "quoteToken": 7}, None),
        ({"type": "text", "id": "1", "text": "hi", "quoteToken": ""}, None),
        ({"type": "audio", "id": "1", "quoteToken": "q4"}, None),
        ({"type": "poll", "id": "1", "quoteToken": "q5"}, None),
    ],
)
async def test_answer_quotes_what_can_be_quoted(message: dict[str, Any], token: str | None) -> None:
    async with club("{name: a, on: message, reply: [{type: text, text: '{event.type}', quote: true}, b]}") as bot:
        answer = await bot.sends("message", message=message)

        quoted = {"type": "text", "text": f"message.{message['type']}"}
        assert answer.messages[0] == ({**quoted, "quoteToken": token} if token else quoted)
        assert answer.messages[1] == {"type": "text", "text": "b"}


async def test_message_of_a_file_can_quote() -> None:
    text = """
version: 1
bots: {bot: {adapter: line, routes: [{name: a, otherwise: true, reply: {json: a.json}}]}}
"""
    files = {"a.json": '[{"type": "text", "text": "a", "quote": true}, {"type": "text", "text": "b", "quote": false}]'}
    async with running_bot(text, files=files) as bot:
        answer = await bot.says("hi")

        assert ["quoteToken" in message for message in answer.messages] == [True, False]
        assert all("quote" not in message for message in answer.messages)
