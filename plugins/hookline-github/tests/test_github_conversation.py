"""A bot on GitHub, from the webhook to the comment."""

from __future__ import annotations

import logging

import pytest

from hookline.adapters.simulated import Button, SimulatedPlatform
from hookline.testing import Fault, RunningBot, running_bot
from hookline_github.simulated import SimulatedGithub

BOT_YAML = """
version: 1
bots:
  helper:
    adapter: github
    github:
      webhook_secret: ${GITHUB_WEBHOOK_SECRET}
      token: ${GITHUB_TOKEN}
    routes:
      - name: thanks
        on: issues.opened
        reply: 'Thank you, @{event.sender_login}, for #{event.number}: {event.title}'
      - name: help
        on: issue_comment.created
        keyword: /help
        reply:
          - card: {title: Help, text: Say /open or /close.}
            buttons: [{label: Handbook, url: 'https://example.com/help'}]
      - name: rest
        on: "*"
        reply: I have seen it.
"""
RED = """
      - name: red
        on: workflow_run.completed
        push: [{to: acme/shop#9, say: '{event.title} on {event.branch}: {event.conclusion}'}]
"""
MARKER = "\n\n<!-- hookline:helper -->"


def github_of(bot: RunningBot) -> SimulatedGithub:
    platform: SimulatedPlatform = bot.platform
    assert isinstance(platform, SimulatedGithub)
    return platform


def written(bot: RunningBot) -> list[tuple[str, str]]:
    return [(sent.to, sent.messages[0]["body"].removesuffix(MARKER)) for sent in bot.platform.sent]


async def test_an_issue_is_opened_and_talked_about() -> None:
    async with running_bot(BOT_YAML) as bot:
        opened = await bot.sends("issues.opened", issue={"number": 7, "title": "It burns"})
        helped = await bot.says("/help, please", user="ann", group="acme/shop#7")

        assert (opened.route, opened.via, helped.route) == ("thanks", "comment", "help")
        assert written(bot) == [
            ("acme/shop#7", "Thank you, @mei, for #7: It burns"),
            ("acme/shop#7", "**Help**\n\nSay /open or /close.\n\n- [Handbook](https://example.com/help)"),
        ]


async def test_what_the_bot_writes_comes_back_and_is_not_heard() -> None:
    async with running_bot(BOT_YAML) as bot:
        await bot.says("hello")
        body = bot.platform.sent[0].messages[0]["body"]
        again = await bot.sends("issue_comment.created", user="the-tokens-owner", comment={"body": body})

        assert (again.status, again.happened, len(bot.platform.sent)) == (200, None, 1)


async def test_a_redelivery_is_stored_once() -> None:
    async with running_bot(BOT_YAML) as bot:
        raw = bot.platform.text("helper", "hello")
        first, second = [await bot.playground.send("helper", raw) for _ in range(2)]

        assert (first.status, second.status, len(bot.platform.sent)) == (200, 200, 1)


async def test_nobody_is_answered_where_there_is_nothing_to_comment_on() -> None:
    async with running_bot(BOT_YAML) as bot:
        exchanges = [await bot.sends(kind) for kind in ("ping", "push", "star.created", "discussion.created")]

        assert [(one.status, one.route, one.error, one.messages) for one in exchanges] == [(200, "rest", None, [])] * 4


async def test_what_nobody_can_answer_is_told_elsewhere() -> None:
    async with running_bot(BOT_YAML.replace("    routes:\n", f"    routes:{RED}")) as bot:
        await bot.sends("workflow_run.completed")

        assert written(bot) == [("acme/shop#9", "tests on main: success")]


async def test_a_webhook_may_be_large() -> None:
    async with running_bot(BOT_YAML) as bot:
        exchange = await bot.sends("issues.opened", more="x" * 1_000_000)

        assert (exchange.status, exchange.route) == (200, "thanks")


async def test_a_tap_is_a_comment() -> None:
    async with running_bot(BOT_YAML) as bot:
        assert (await bot.taps("/help")).route == "help"


async def test_a_repository_stands_for_a_group() -> None:
    async with running_bot(BOT_YAML) as bot:
        await bot.says("hello", group="blog")

        assert written(bot) == [("acme/blog#1", "I have seen it.")]


async def test_a_comment_that_was_limited_is_written_later() -> None:
    async with running_bot(BOT_YAML) as bot:
        bot.platform.faults.append(Fault("rate_limit"))
        exchange = await bot.says("hello")

        assert (exchange.texts, exchange.failures) == (["I have seen it."], [])


async def test_a_comment_that_may_be_there_is_not_written_twice() -> None:
    async with running_bot(BOT_YAML) as bot:
        bot.platform.faults.append(Fault("error_after_accepting"))
        exchange = await bot.says("hello")

        assert len(bot.platform.sent) == 1
        assert [failure.partition(":")[0] for failure in exchange.failures] == ["uncertain"]


async def test_a_long_answer_becomes_several_comments() -> None:
    long = ("word " * 12_000).strip()

    async with running_bot(BOT_YAML.replace("I have seen it.", f"'{long} {{event.text}} {{event.text}}'")) as bot:
        await bot.says("more " * 999 + "more")

        assert [body.split()[-1] for _, body in written(bot)] == ["more", "more"]
        assert sum(len(body.split()) for _, body in written(bot)) == 14_000


async def test_a_mention_of_its_login_calls_a_bot() -> None:
    called = BOT_YAML.replace("      token:", "      login: acme-bot\n      token:").replace(
        'on: "*"', "on: issue_comment.*\n        when: {mentioned: true}"
    )

    async with running_bot(called) as bot:
        exchanges = [await bot.says("hello"), await bot.says("hello", mention=True), await bot.says("@helper hello")]

        assert [one.route for one in exchanges] == [None, "rest", None]


async def test_no_log_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "hookline")

    async with running_bot(BOT_YAML) as bot:
        github_of(bot).tokens.clear()
        await bot.says("hello")

        assert "simulated-token" not in caplog.text


async def test_a_comment_is_drawn_without_its_marker() -> None:
    async with running_bot(BOT_YAML) as bot:
        await bot.says("/help")
        drawing = bot.platform.draw(bot.platform.sent[0].messages[0])

        assert drawing.lines == ["**Help**", "Say /open or /close."]
        assert drawing.buttons == [Button("Handbook", url="https://example.com/help")]
