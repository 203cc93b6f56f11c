"""Six platforms and LINE in one host, by one bot.yaml: each is heard and answered, and tells the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hookline.testing import RunningBot, running_bot

STAFF = "U0123456789abcdef0123456789abcdef"
BOTS = """
version: 1
bots:
  tg:
    adapter: telegram
    telegram: {token: '${TG}', secret_token: '${TGS}'}
    routes: [{name: menu, keyword: 菜單, reply: 牛肉麵}, {name: buy, postback: {action: buy}, reply: 買了}]
  gh:
    adapter: github
    github: {webhook_secret: '${GHS}', token: '${GH}'}
    routes: [{name: opened, on: issues.opened, reply: 'thanks for issue {event.raw.issue.number}'}]
  pay:
    adapter: stripe
    stripe: {webhook_secret: '${ST}'}
    routes:
      - name: paid
        on: invoice.paid
        push: {bot: shop, to: lists.staff, say: '收到 {event.raw.data.object.amount_paid}'}
  sl:
    adapter: slack
    slack: {signing_secret: '${SLS}', bot_token: '${SL}'}
    routes: [{name: hi, keyword: hello, when: {mentioned: false}, reply: hi there}]
  dc:
    adapter: discord
    discord: {public_key: '${DCK}', application_id: '99', bot_token: '${DC}'}
    routes: [{name: any, on: '*', reply: pong from hookline}]
  shop:
    adapter: line
    line: {channel_secret: '${LS}', access_token: '${LT}'}
    lists: {staff: [U0123456789abcdef0123456789abcdef]}
    routes: [{name: hi, keyword: hello, reply: hello from the shop}]
  any:
    adapter: webhook
    webhook: {preset: shopify, verify: {secrets: '${WS}'}}
    routes: [{name: order, on: orders/create, push: {bot: tg, to: '42', say: 'order {event.raw.body.name}'}}]
"""


@asynccontextmanager
async def all_of_them() -> AsyncIterator[RunningBot]:
    async with running_bot(BOTS) as bot:
        yield bot


@pytest.mark.parametrize(
    ("name", "says", "texts", "via"),
    [
        ("tg", "菜單", ["牛肉麵"], "send"),
        ("sl", "hello", ["hi there"], "post"),
        ("dc", "anything", ["pong from hookline"], "original"),
        ("shop", "hello", ["hello from the shop"], "reply"),
    ],
)
async def test_text_is_answered_on_each_platform_that_has_texts(
    name: str, says: str, texts: list[str], via: str
) -> None:
    async with all_of_them() as bot:
        exchange = await bot.playground.says(name, says)

        assert (exchange.texts, exchange.via, exchange.status) == (texts, via, 200)


async def test_tap_event_and_payment_are_heard() -> None:
    async with all_of_them() as bot:
        played = bot.playground
        bought = await played.taps("tg", "action=buy")
        opened = await played.happens("gh", "issues.opened", issue={"number": 7})
        paid = await played.happens("pay", "invoice.paid", amount_paid=18000)
        ordered = await played.happens("any", "orders/create", name="#1001")

        assert (bought.texts, bought.via) == (["買了"], "callback")
        assert (opened.texts[0].splitlines()[0], opened.via) == ("thanks for issue 7", "comment")
        assert [(to, [one["text"] for one in messages]) for to, messages in paid.pushed] == [(STAFF, ["收到 18000"])]
        assert [(to, [one["text"] for one in messages]) for to, messages in ordered.pushed] == [("42", ["order #1001"])]


async def test_redelivery_is_nothing_new_anywhere() -> None:
    async with all_of_them() as bot:
        played = bot.playground
        for name, text in (("tg", "菜單"), ("sl", "hello"), ("dc", "hi"), ("shop", "hello")):
            first = await played.says(name, text)
            sent = len(played.platform(name).sent)
            again = await played.send(name, first.event)

            assert (again.status, len(played.platform(name).sent)) == (200, sent)


@pytest.mark.parametrize("plugin", ["echo", "tickets"])
@pytest.mark.parametrize("adapter", ["line", "telegram", "slack", "discord"])
async def test_plugin_runs_unchanged_on_every_platform_that_people_write_to(plugin: str, adapter: str) -> None:
    routes = {"echo": "[{name: say, prefix: say, run: echo.say}]", "tickets": "[{include: tickets}]"}
    async with running_bot(adapter=adapter, plugin=plugin, routes=routes[plugin]) as bot:
        said = await bot.says("say hello" if plugin == "echo" else "ticket")

        assert (said.error, said.failures) == (None, [])
        assert said.texts[0] == "hello" if plugin == "echo" else said.texts
