"""What one person writes, or is called, is never a template: it brings nobody a secret, or another's conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hookline.routing.templates import MAX_VALUE
from hookline.testing import Profile, RunningBot, running_bot
from hookline.testing.events import user_id

TRIAL = Path(__file__).parents[2] / "trial"
BOT = """
version: 1
bots:
  bot:
    adapter: line
    settings: {token: kept-to-itself}
    plugins: {trial: {to: kept-to-itself}}
    on_error: '{event.text}'
    routes:
      - {name: remember, exact: remember, run: trial.remember}
      - {name: fails, prefix: poison, run: trial.chorus, retries: []}
      - {name: handled, prefix: echo, run: trial.chorus}
      - {name: of_plugin, pattern: 'say (?P<words>(?s:.*))', reply: '{match.words}'}
      - {name: tapped, postback: {action: say}, reply: '{match.words}'}
      - {name: any, otherwise: true, reply: '{sender.name} says {event.text}, {state.count|nothing} is known'}
"""
SECRET = "{settings.token}{settings.to}{state.count}{event.raw.replyToken}{sender.id}"
WORDS = (
    SECRET, f"{{{SECRET}}}", "{{settings.token}}", "{state.x|{settings.token}}", "{match.words}", "{event.text}",
    "{settings.token!r:>9}", "{settings.__class__.__mro__}", "{0}", "%(token)s", "${TOKEN}", "{{", "}}", "{",
    '{"a": {"b": 1}}', "line\nbreak\r\n\u2028", "\u202eright to left\u2066", "\u200b\ufeff", "🍎" * 40,
)  # fmt: skip


@asynccontextmanager
async def talking() -> AsyncIterator[RunningBot]:
    """Run a bot that knows something of Ann, and has a secret in its settings."""
    async with running_bot(BOT, folder=TRIAL) as bot:
        assert (await bot.says("remember", user="ann")).texts == ["1"]
        yield bot


async def test_words_and_names_are_shown_as_they_are() -> None:
    async with talking() as bot:
        for words in WORDS:
            bot.line.profiles[user_id(words)] = Profile(words)

            assert (await bot.says(words, user=words)).texts == [f"{words} says {words}, nothing is known"]


@pytest.mark.parametrize("begin", ["echo ", "poison "])
async def test_words_that_a_handler_says_or_fails_of_are_filled_by_nobody(begin: str) -> None:
    async with talking() as bot:
        for words in WORDS:
            assert (await bot.says(f"{begin}{words}", user="ben")).texts == [f"{begin}{words}"]


async def test_captures_and_fields_of_a_postback_are_shown_as_they_are() -> None:
    async with talking() as bot:
        said = await bot.says(f"say {SECRET}", user="ben")
        tapped = await bot.sends("postback", user="ben", postback={"data": f"action=say&words={SECRET}"})

        assert (said.texts, tapped.texts) == ([SECRET], [SECRET])


async def test_what_is_known_of_one_person_is_filled_in_for_nobody_else() -> None:
    async with talking() as bot:
        bot.line.profiles.update({user_id(name): Profile(name) for name in ("ann", "ben")})
        own = await bot.says("hi", user="ann")
        of_another = await bot.says("hi", user="ben")
        elsewhere = await bot.says("hi", user="ann", group="family", mention=True)

        assert own.texts == ["ann says hi, 1 is known"]
        assert of_another.texts == ["ben says hi, nothing is known"]
        assert [text.endswith("nothing is known") for text in elsewhere.texts] == [True]


async def test_text_of_a_hundred_kilobytes_is_filled_in_up_to_its_limit() -> None:
    async with talking() as bot:
        answer = await bot.says("say " + SECRET * 1400, user="ben")

        assert "".join(answer.texts) == (SECRET * 1400)[:MAX_VALUE]
