"""A bot talks by Discord: over real HTTP, with a store, against the simulated platform."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, cast

import pytest

from hookline.adapters.simulated import Fault, FaultKind
from hookline.testing import ManualClock, RunningBot, running_bot
from hookline_discord.simulated import SimulatedDiscord

README = Path(__file__).parents[1] / "README.md"
UNSET = """
version: 1
bots:
  shop:
    adapter: discord
    discord: {public_key: "${NO_KEY}", application_id: "${NO_ID}", bot_token: "${NO_TOKEN}"}
    routes: [{name: hello, keyword: hi, reply: Hello!}]
"""
BOT = """
version: 1
bots:
  shop:
    adapter: discord
    discord:
      public_key: {key}
      application_id: 1234567890
      bot_token: ${{DISCORD_TOKEN}}
      commands:
        - {{name: order, description: Order, options: [{{name: count, description: How many, type: integer}}]}}
{more}
    routes:
{routes}
"""
ROUTES = """
      - {name: order, prefix: /order, reply: 'Right, {event.raw.options.count} it is'}
      - {name: hello, keyword: hello, reply: [one, {text: two, buttons: [{label: Menu, postback: menu}]}]}
      - {name: menu, postback: menu, reply: Beef noodles}
      - {name: pick, postback: pick, reply: 'You took {event.picked} of {match.values}'}
      - {name: form, on: modal, reply: 'Thanks, {sender.name}: {event.text}'}
      - {name: secret, exact: secret, reply: [{text: no, discord: {content: psst, flags: 64}}]}
      - {name: about, on: user_command, reply: 'This is {event.target}'}
"""


def a_bot(more: str = "", clock: ManualClock | None = None) -> AbstractAsyncContextManager[RunningBot]:
    return running_bot(BOT.format(key="ab" * 32, routes=ROUTES, more=more), clock=clock)


def discord(bot: RunningBot) -> SimulatedDiscord:
    return cast("SimulatedDiscord", bot.platform)


async def test_command_is_answered_in_the_place_of_thinking() -> None:
    async with a_bot() as bot:
        answer = await bot.says("/order 2")

        assert (answer.response, answer.via, answer.texts) == (b'{"type":5}', "original", ["Right, 2 it is"])
        assert discord(bot).thinking == []


async def test_second_message_is_a_followup() -> None:
    async with a_bot() as bot:
        answer = await bot.says("hello", group="den")

        assert answer.texts == ["one", "two"]
        assert [sent.form for sent in bot.platform.sent] == ["original", "followup"]


async def test_button_is_answered_by_a_followup() -> None:
    async with a_bot() as bot:
        answer = await bot.taps("menu", group="den")

    assert (answer.response, answer.via, answer.texts) == (b'{"type":6}', "followup", ["Beef noodles"])


async def test_button_that_says_something_is_what_it_says() -> None:
    async with a_bot() as bot:
        answer = await bot.taps("say=hello")

    assert (answer.route, answer.via) == ("hello", "followup")


async def test_menu_tells_what_was_picked() -> None:
    async with a_bot() as bot:
        answer = await bot.sends("postback", data="pick", values=["tea", "cake"])

    assert answer.texts == ["You took tea of tea,cake"]


async def test_form_is_answered_to_whom_filled_it_in() -> None:
    field = {"type": 18, "component": {"type": 4, "custom_id": "story", "value": "It broke"}}
    async with a_bot() as bot:
        answer = await bot.sends("modal", components=[field])

    assert (answer.via, answer.texts) == ("original", ["Thanks, mei: It broke"])


async def test_context_menu_is_answered() -> None:
    async with a_bot() as bot:
        answer = await bot.sends("user_command", group="den", target_id="42")

    assert answer.texts == ["This is 42"]


async def test_plain_text_of_a_test_is_what_was_typed() -> None:
    async with a_bot() as bot:
        answer = await bot.says("well, hello  there")

    assert answer.happened is not None
    assert (answer.happened.text, answer.route) == ("well, hello  there", "hello")


async def test_thinking_goes_away_when_there_is_no_answer() -> None:
    async with a_bot() as bot:
        answer = await bot.says("/nobody knows")

        assert (answer.outcome, discord(bot).thinking) == ("unrouted", [])
        assert bot.platform.requests == [("DELETE /webhooks/@original", 204)]


async def test_button_without_an_answer_leaves_nothing_to_take_away() -> None:
    async with a_bot() as bot:
        await bot.taps("nothing")

        assert bot.platform.requests == []


@pytest.mark.parametrize("body", [{"type": 1}, {"type": 4, "data": {"name": "order"}}])
async def test_ping_and_completion_bring_no_event(body: dict[str, Any]) -> None:
    async with a_bot() as bot:
        answer = await bot.playground.send("shop", {"id": "1", **body})

    assert (answer.status, answer.happened, answer.outcome) == (200, None, None)


async def test_message_for_one_takes_the_public_thinking_away_first() -> None:
    async with a_bot() as bot:
        answer = await bot.says("secret", group="den")

        assert (answer.via, answer.messages) == ("followup", [{"content": "psst", "flags": 64}])
        assert [call for call, _ in bot.platform.requests] == ["DELETE /webhooks/@original", "POST /webhooks"]


async def test_private_bot_thinks_and_answers_in_private() -> None:
    async with a_bot("      ephemeral: true") as bot:
        answer = await bot.says("hello", group="den")

        assert answer.response == b'{"type":5,"data":{"flags":64}}'
        assert [sent.messages[0].get("flags") for sent in bot.platform.sent] == [None, 64]
        assert answer.happened is not None
        assert [way.name for way in answer.happened.ways] == ["original", "followup"]


async def test_bot_that_does_not_defer_answers_by_a_call() -> None:
    async with a_bot("      defer: false") as bot:
        answer = await bot.says("hello")

        assert (answer.status, answer.response, answer.texts) == (202, b"", ["one", "two"])
        assert [sent.form for sent in bot.platform.sent] == ["callback", "followup"]


async def test_redelivered_interaction_is_stored_once() -> None:
    async with a_bot() as bot:
        raw = bot.platform.text("shop", "/order 2")
        first = await bot.playground.send("shop", raw)
        again = await bot.playground.send("shop", raw)

        assert (first.status, again.status, len(bot.platform.sent)) == (200, 200, 1)


@pytest.mark.parametrize("fault", ["error", "error_after_accepting", "reset", "rate_limit"])
async def test_first_answer_arrives_once_whatever_fails(fault: FaultKind) -> None:
    async with a_bot() as bot:
        bot.platform.faults.append(Fault(fault))
        answer = await bot.says("/order 2")

        assert answer.failures == []
        assert [sent.messages for sent in bot.platform.sent] == [[{"content": "Right, 2 it is"}]]


@pytest.mark.parametrize(("fault", "outcome"), [("error_after_accepting", "uncertain"), ("refuse", "refused")])
async def test_followup_is_not_sent_twice(fault: FaultKind, outcome: str) -> None:
    async with a_bot() as bot:
        bot.platform.faults.append(Fault(fault))
        answer = await bot.taps("menu")

    assert [failure.partition(":")[0] for failure in answer.failures] == [outcome]


async def test_push_goes_to_a_channel_and_pings_no_everyone() -> None:
    async with a_bot() as bot:
        adapter = bot.playground.host.bots["shop"].adapter
        way = adapter.push_way("555")

        assert way is not None
        assert (way.name, way.to, way.is_push, way.is_repeatable) == ("channel", "555", True, True)
        assert adapter.push_way("somebody") is None


async def test_server_is_told_apart_from_the_chat_with_one_person() -> None:
    async with a_bot() as bot:
        alone, together = await bot.says("hello"), await bot.says("hello", group="den")

    assert alone.happened is not None
    assert together.happened is not None
    assert (alone.happened.chat.kind, together.happened.chat.kind) == ("user", "group")
    assert alone.happened.user == together.happened.user


async def test_readme_example_answers() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)
    keyed = example.replace("${DISCORD_PUBLIC_KEY}", "ab" * 32).replace("${DISCORD_APPLICATION_ID}", "42")
    async with running_bot(keyed) as bot:
        order, hello, menu = await bot.says("/order 2"), await bot.says("hi"), await bot.taps("menu")

    assert [*order.texts, *hello.texts, *menu.texts] == ["Right, 2 it is!", "Hello!", "Beef noodles"]


async def test_nothing_need_be_set_to_try_a_bot() -> None:
    async with running_bot(UNSET) as bot:
        assert (await bot.says("hi")).texts == ["Hello!"]
