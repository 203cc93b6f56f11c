"""What the settings, the environment and the simulated platform give a bot under test."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from hookline.testing import RunningBot, running_bot
from tests.unit.testing.lines import TRIAL

ROUTES = "[{name: all, otherwise: true, run: faulty.reveals}]"


def key_of(bot: RunningBot) -> str:
    configuration = bot.playground.host.bots[bot.name].configuration
    settings: BaseModel = configuration.plugins["faulty"].settings
    return str(settings.model_dump()["key"].get_secret_value())


async def test_secret_in_settings_is_what_the_plugin_gets() -> None:
    async with running_bot(plugin="faulty", folder=TRIAL, settings={"key": "mine"}, routes=ROUTES) as bot:
        answer = await bot.says("hi")

    assert (key_of(bot), answer.texts) == ("mine", ["mine"])


async def test_secret_in_the_environment_is_what_the_plugin_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTY_KEY", "set")
    async with running_bot(plugin="faulty", folder=TRIAL, settings={"key": "${FAULTY_KEY}"}, routes=ROUTES) as bot:
        answer = await bot.says("hi")

    assert answer.texts == ["set"]


async def test_secret_that_nobody_gives_is_made_up() -> None:
    async with running_bot(plugin="faulty", folder=TRIAL, settings={"key": "${FAULTY_NOPE:?x}"}, routes=ROUTES) as bot:
        answer = await bot.says("hi")

    assert answer.texts == ["simulated-secret"]


async def test_channel_secret_and_access_token_are_the_simulated_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REAL", "the-real-one")
    text = """
version: 1
bots:
  bot:
    adapter: line
    line: {channel_secret: '${REAL}', access_token: '${REAL}', api_base: 'https://example.com'}
    routes: [{name: all, otherwise: true, reply: hi}]
"""
    async with running_bot(text) as bot:
        answer = await bot.says("hi")
        settings = bot.playground.host.bots["bot"].configuration.adapter_settings

    assert answer.texts == ["hi"]
    assert "the-real-one" not in str([value.get_secret_value() for value in settings.model_dump()["channel_secret"]])
    assert settings.model_dump()["api_base"] == bot.line.url
