"""Send what may be new on the platform: the simulated one takes it by the word of the bot or of the message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from hookline import Context, Handler, hookimpl
from hookline.plugins.installed import Installed
from hookline.testing import running_bot
from hookline.testing.events import user_id

HOLOGRAM = {"type": "hologram", "model": "https://x/a"}
ANSWERS: Mapping[str, Any] = {
    "new": HOLOGRAM,
    "alone": {**HOLOGRAM, "unchecked": True},
    "wrong": {"type": "text", "text": ""},
    "wrong alone": {"type": "text", "text": "", "unchecked": True},
    "beside": [{**HOLOGRAM, "unchecked": True}, {"type": "text", "text": ""}],
    "not asked": {"type": "text", "text": "hi", "unchecked": False},
    "key": {"type": "text", "text": "hi", "quickReply": {"items": [{"type": "action", "action": {"type": "share"}}]}},
}
NOVEL = Installed("novel", "tests.e2e.test_unknown_messages")


async def say(context: Context[Any]) -> Any:
    return ANSWERS[str(context.event.text)]


async def push(context: Context[Any]) -> None:
    context.push(user_id("tom"), ANSWERS[str(context.event.text).removeprefix("push ")])


async def call(context: Context[Any]) -> str:
    body = {"to": user_id("tom"), "messages": [HOLOGRAM]}
    answer = await context.line.call("POST", "/v2/bot/message/push", body)
    return str(answer.status)


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    return {"say": say, "push": push, "call": call}


def shop(policy: str = "") -> str:
    return f"""
version: 1
bots:
  shop:
    adapter: line
    plugins: {{novel: }}
    {policy}
    routes:
      - {{name: yaml, exact: yaml, reply: {{type: hologram, model: 'https://x/{{sender.name}}', unchecked: true}}}}
      - {{name: file, exact: file, reply: {{json: new.json}}}}
      - {{name: call, exact: call, run: novel.call}}
      - {{name: push, prefix: push, run: novel.push}}
      - {{name: all, otherwise: true, run: novel.say}}
"""


FILES = {"new.json": json.dumps({**HOLOGRAM, "unchecked": True})}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("new", []),
        ("alone", [HOLOGRAM]),
        ("wrong", []),
        ("wrong alone", [{"type": "text", "text": ""}]),
        ("beside", [HOLOGRAM]),
        ("not asked", [{"type": "text", "text": "hi"}]),
        ("key", []),
        ("yaml", [{"type": "hologram", "model": "https://x/mei"}]),
        ("file", [HOLOGRAM]),
        ("call", [{"type": "text", "text": "400"}]),
    ],
)
async def test_platform_takes_what_it_knows_and_what_asks_to_be_left_alone(text: str, sent: list[Any]) -> None:
    async with running_bot(shop(), files=FILES, plugins=[NOVEL]) as bot:
        exchange = await bot.says(text)

        assert [dict(message) for message in exchange.messages] == sent
        assert [message for one in bot.line.sent for message in one.messages] == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("new", [HOLOGRAM]),
        ("alone", [HOLOGRAM]),
        ("wrong", []),
        ("wrong alone", [{"type": "text", "text": ""}]),
        ("key", [ANSWERS["key"]]),
        ("call", [HOLOGRAM, {"type": "text", "text": "200"}]),
    ],
)
async def test_platform_takes_what_it_does_not_know_by_the_bots_word(text: str, sent: list[Any]) -> None:
    async with running_bot(shop("messages: {unknown: warn}"), files=FILES, plugins=[NOVEL]) as bot:
        await bot.says(text)

        assert [message for one in bot.line.sent for message in one.messages] == sent


async def test_push_is_left_alone_too() -> None:
    async with running_bot(shop(), files=FILES, plugins=[NOVEL]) as bot:
        taken = await bot.says("push alone")
        refused = await bot.says("push new")

        assert [(to, list(messages)) for to, messages in taken.pushed] == [(user_id("tom"), [HOLOGRAM])]
        assert refused.pushed == []
        assert [list(one.messages) for one in bot.line.sent] == [[HOLOGRAM]]


async def test_word_of_one_bot_does_not_count_for_another() -> None:
    strict = shop().partition("bots:\n")[2].replace("  shop:", "  strict:", 1)
    async with running_bot(shop("messages: {unknown: warn}") + strict, files=FILES, plugins=[NOVEL]) as bot:
        taken = await bot.playground.says("shop", "new")
        refused = await bot.playground.says("strict", "new")

        assert (list(taken.messages), list(refused.messages)) == ([HOLOGRAM], [])
