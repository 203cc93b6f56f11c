"""How answers travel on a platform that has no reply token: nothing is lost, nothing doubled, nobody held up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from hookline.testing import Fault, ManualClock, RunningBot, running_bot
from tests.store.worlds import errors_of
from tests.unit.dispatch.worlds import TRIAL
from tests.unit.doors.pigeon import PIGEON, SimulatedPigeons

World = tuple[RunningBot, SimulatedPigeons]
ECHO = "[{name: any, on: '*', reply: hi}]"


@asynccontextmanager
async def pigeons(routes: str = ECHO, more: str = "", **options: Any) -> AsyncIterator[World]:
    text = f"version: 1\nbots:\n  bot:\n    adapter: pigeon\n    routes: {routes}\n{more}"
    async with running_bot(text, adapter=PIGEON, **options) as bot:
        yield bot, cast("SimulatedPigeons", bot.platform)


async def test_answer_by_a_way_that_is_no_push_goes_out_in_quiet_hours_and_without_push_fallback() -> None:
    more = "    quiet: {time: ['00:00-12:00', '12:00-23:59']}\n    push_fallback: false\n"
    async with pigeons(more=more) as (bot, _):
        exchange = await bot.says("hello")

        assert (exchange.texts, exchange.via, exchange.failures) == (["hi"], "send", [])
        assert bot.playground.host.courier.counts == {("bot", "sent"): 1}


async def test_what_may_have_arrived_is_not_sent_again_where_nobody_notices() -> None:
    async with pigeons() as (bot, platform):
        platform.faults.append(Fault("error_after_accepting"))
        exchange = await bot.says("hello")

        assert len(platform.sent) == 1
        assert exchange.failures == ["uncertain: 500"]
        assert await errors_of(bot.playground.host.store) == ["uncertain: 500"]


async def test_what_may_have_arrived_is_sent_again_where_the_platform_notices() -> None:
    async with pigeons() as (bot, platform):
        platform.ways = [{"name": "send", "to": "mei", "is_repeatable": True}]
        platform.faults.append(Fault("error"))
        exchange = await bot.says("hello")

        assert (len(platform.sent), exchange.texts) == (1, ["hi"])


async def test_way_that_dies_between_routing_and_sending_gives_way_to_the_next() -> None:
    async with pigeons() as (bot, platform):
        platform.ways = [{"name": "first", "to": "a"}, {"name": "second", "to": "b"}, {"name": "third", "to": "c"}]
        platform.closed = {"first", "second"}
        exchange = await bot.says("hello")

        assert (exchange.texts, exchange.via) == (["hi"], "third")
        assert [(sent.form, sent.to) for sent in platform.sent] == [("third", "c")]


async def test_way_that_is_over_is_not_tried() -> None:
    clock = ManualClock()
    async with pigeons(clock=clock) as (bot, platform):
        platform.ways = [{"name": "first", "to": "a", "until": clock.now()}, {"name": "second", "to": "b"}]

        assert (await bot.says("hello")).via == "second"


async def test_answer_without_any_way_left_is_a_dead_letter() -> None:
    async with pigeons() as (bot, platform):
        platform.ways = [{"name": "only", "to": "a"}]
        platform.closed = {"only"}
        exchange = await bot.says("hello")

        assert exchange.failures == ["not_sent: `only` was refused (409 no), and there is no other way"]


async def test_way_serves_as_many_calls_as_it_lasts_for() -> None:
    async with pigeons("[{name: any, on: '*', reply: [a, b, c]}]") as (bot, platform):
        platform.ways = [{"name": "twice", "to": "x", "uses": 2}, {"name": "rest", "to": "y"}]
        await bot.says("hello")

        assert [(sent.form, sent.messages[0]["text"]) for sent in platform.sent] == [
            ("twice", "a"),
            ("twice", "b"),
            ("rest", "c"),
        ]


async def test_address_of_two_kibibytes_reaches_the_platform_whole() -> None:
    address = "台" * 600 + "x" * 248
    async with pigeons() as (bot, platform):
        platform.ways = [{"name": "send", "to": address}]
        await bot.says("hello")

        assert platform.sent[0].to == address


async def test_long_id_of_a_chat_is_what_is_sent_to() -> None:
    chat = "群" * 300
    async with pigeons("[{name: any, on: '*', push: {to: '{event.chat}', say: hi}}]") as (bot, platform):
        exchange = await bot.sends("paid.now", group=chat)

        assert (exchange.texts, [sent.to for sent in platform.sent], exchange.failures) == (["hi"], [chat], [])


@pytest.mark.parametrize("kind", ["message.text", "paid.late", "brand.new"])
async def test_reply_to_what_nobody_can_answer_is_no_failure_and_holds_up_nobody(kind: str) -> None:
    async with pigeons() as (bot, platform):
        platform.ways = []
        first = await bot.sends(kind)
        platform.ways = [{"name": "send", "to": "mei"}]
        second = await bot.says("hello")

        assert (first.outcome, first.error, second.texts) == ("handled", None, ["hi"])
        assert await errors_of(bot.playground.host.store) == []


async def test_event_in_a_group_that_nobody_has_said_needs_no_call() -> None:
    async with pigeons("[{name: paid, on: paid.*, reply: thanks}, {name: rest, on: message, reply: what}]") as (bot, _):
        paid = await bot.sends("paid.now", group="shop", text="Paid 7")
        said = await bot.says("hello", group="shop")

        assert (paid.texts, said.outcome) == (["thanks"], "unrouted")


async def test_person_who_writes_too_much_is_told_so_by_a_way_that_is_no_push() -> None:
    more = "    limits: {per_user: {messages: 1, within: 1m, reply: slowly}}\n"
    async with pigeons(more=more) as (bot, _):
        first, second = await bot.says("one"), await bot.says("two")

        assert (first.texts, second.texts) == (["hi"], ["slowly"])


async def test_way_that_is_owed_is_used_once_by_an_answer() -> None:
    async with pigeons() as (bot, platform):
        platform.ways = [{"name": "owed", "to": "7", "uses": 1, "is_owed": True}, {"name": "send", "to": "mei"}]
        await bot.says("hello")

        assert [(sent.form, len(sent.messages)) for sent in platform.sent] == [("owed", 1)]


@pytest.mark.parametrize("routes", ["[{name: other, keyword: other, reply: hi}]", "[{name: a, keyword: a, reply: a}]"])
async def test_way_that_is_owed_is_used_though_there_is_nothing_to_say(routes: str) -> None:
    async with pigeons(routes) as (bot, platform):
        platform.ways = [{"name": "owed", "to": "7", "uses": 1, "is_owed": True}, {"name": "send", "to": "mei"}]
        exchange = await bot.says("hello")

        assert (exchange.outcome, exchange.texts) == ("unrouted", [])
        assert [(sent.form, list(sent.messages)) for sent in platform.sent] == [("owed", [])]


async def test_nothing_that_was_said_by_nobody_becomes_a_dead_letter() -> None:
    async with pigeons("[{name: other, keyword: other, reply: hi}]") as (bot, platform):
        platform.ways = [{"name": "owed", "to": "7", "uses": 1, "is_owed": True}]
        platform.closed = {"owed"}
        await bot.says("hello")

        assert platform.sent == []
        assert await errors_of(bot.playground.host.store) == []


async def test_way_that_is_owed_is_used_when_the_answer_is_refused_and_nobody_apologises() -> None:
    async with pigeons() as (bot, platform):
        platform.ways = [{"name": "owed", "to": "7", "uses": 1, "is_owed": True}]
        platform.faults.append(Fault("refuse"))
        exchange = await bot.says("hello")

        assert exchange.failures == ["refused: 400"]
        assert [(sent.form, list(sent.messages)) for sent in platform.sent] == [("owed", [])]


async def test_handler_that_failed_for_good_is_apologised_for_by_a_way_that_is_no_push() -> None:
    more = "    on_error: sorry\n    plugins: {trial: {}}\n"
    routes = "[{name: any, on: '*', run: trial.nonsense, retries: []}]"
    async with pigeons(routes, more, folder=TRIAL) as (bot, platform):
        await bot.says("hello")

        assert [sent.messages[0]["text"] for sent in platform.sent] == ["sorry"]


async def test_handler_has_the_platforms_own_api_and_pushes_by_another_bot() -> None:
    text = """
version: 1
bots:
  bot: {adapter: pigeon, plugins: {trial: {}}, routes: [{name: any, on: '*', run: trial.tell_shop}]}
  shop:
    adapter: line
    line: {channel_secret: '${S}', access_token: '${T}'}
    routes: [{name: hi, keyword: hi, reply: hi}]
"""
    async with running_bot(text, adapter=PIGEON, folder=TRIAL) as bot:
        exchange = await bot.says("hello")

        assert (exchange.texts, exchange.error) == (["told as PigeonAdapter"], None)
        assert [to for to, _ in exchange.pushed] == ["U" + "1" * 32]
