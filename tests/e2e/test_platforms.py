"""Six platforms and LINE in one host, by one bot.yaml: each is heard and answered, and tells the others."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from hookline.store.people.history import EventFilter
from hookline.testing import ManualClock, RunningBot, running_bot

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


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{}", {"content-type": "application/json"}),
        (b"x" * 400_000, {}),
        (b'{"a":' * 200 + b"1" + b"}" * 200, {}),
        (
            b'{"update_id": 1, "message": {"text": "hi", "chat": {"id": 5, "type": "private"}}}',
            {"x-telegram-bot-api-secret-token": "wrong"},
        ),
        (b"payload=%7B%7D", {"content-type": "application/x-www-form-urlencoded", "x-slack-signature": "v0=00"}),
        (b"{}", {"x-hub-signature-256": f"sha256={'0' * 64}", "x-github-event": "ping", "x-github-delivery": "1"}),
        (b"{}", {"stripe-signature": f"t=1,v1={'0' * 64}"}),
        (b'{"type": 1}', {"x-signature-ed25519": "0" * 128, "x-signature-timestamp": "1"}),
        (b'{"events": []}', {"x-line-signature": "AAAA"}),
        (b"{}", {"x-shopify-hmac-sha256": "AAAA", "x-shopify-topic": "orders/create"}),
    ],
)
async def test_who_can_not_sign_learns_nothing_and_leaves_nothing(body: bytes, headers: dict[str, str]) -> None:
    async with all_of_them() as bot, aiohttp.ClientSession() as session:
        base = bot.platform.webhooks["tg"].removesuffix("/tg")
        answers = set()
        for name in ("tg", "gh", "pay", "sl", "dc", "shop", "any", "nobody", "tg/x"):
            async with session.post(f"{base}/{name}", data=io.BytesIO(body), headers=headers) as response:
                kept = {key: value for key, value in response.headers.items() if key.lower() != "date"}
                answers.add((response.status, tuple(sorted(kept.items())), await response.read()))

        assert [(status, text) for status, _, text in answers] == [(401, b"Unauthorized")]
        assert await bot.playground.host.store.history.list(EventFilter(), 10) == []


async def test_clock_that_is_ten_minutes_off_lets_in_who_sends_no_time_and_nobody_else() -> None:
    clock = ManualClock()
    async with running_bot(BOTS, clock=clock) as bot:
        raws = {name: bot.playground.platform(name).text(name, "hello") for name in ("tg", "sl", "dc", "shop")}
        requests = {name: bot.playground.platform(name).request(name, raw) for name, raw in raws.items()}
        clock.advance(600)
        statuses = {}
        for name, request in requests.items():
            platform = bot.playground.platform(name)
            statuses[name], _ = await platform.post(platform.webhooks[name], request)
        await bot.playground.settle()

        assert statuses == {"tg": 200, "sl": 401, "dc": 401, "shop": 200}
