"""Slash commands: what bot.yaml may say of them, and how Discord hears of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from hookline.telling.settings import Settings
from hookline_discord.commands import changes, command, overwriting
from hookline_discord.settings import DiscordSettings
from hookline_discord.simulated import SimulatedDiscord

Object = dict[str, Any]
BASE: Object = {"public_key": "ab" * 32, "application_id": "42", "bot_token": "token-of-shop"}
HELP: Object = {"name": "help", "description": "Help"}
COUNT: Object = {"name": "count", "description": "How many", "type": "integer", "required": True}
SIZE: Object = {"name": "size", "description": "Size", "choices": [{"name": "Large", "value": "L"}]}
ORDER: Object = {"name": "order", "description": "Order", "options": [COUNT, SIZE]}
ORDER_AT_DISCORD: Object = {
    "name": "order",
    "description": "Order",
    "options": [
        {"type": 4, "name": "count", "description": "How many", "required": True},
        {"type": 3, "name": "size", "description": "Size", "choices": [{"name": "Large", "value": "L"}]},
    ],
}


def settings(*commands: Object, **more: Any) -> DiscordSettings:
    return DiscordSettings.model_validate({**BASE, "commands": list(commands), **more})


def option(**more: Any) -> Object:
    return {**HELP, "options": [{"name": "a", "description": "A", **more}]}


@pytest.mark.parametrize("name", ["help", "點餐", "a-b_c", "l'heure", "สั่ง", "ऑर्डर", "x" * 32, "2"])
def test_name_that_discord_takes_is_taken(name: str) -> None:
    assert settings({**HELP, "name": name}).commands[0].name == name


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({**HELP, "name": "Help"}, "a name is in lower case: help"),
        ({**HELP, "name": "Ünder"}, "a name is in lower case: ünder"),
        ({**HELP, "name": ""}, "a name has 1 to 32 letters"),
        ({**HELP, "name": "x" * 33}, "a name has 1 to 32 letters"),
        ({**HELP, "name": "two words"}, "and no blanks"),
        ({**HELP, "name": "/help"}, "a name has 1 to 32 letters"),
        ({**HELP, "name": "help!"}, "a name has 1 to 32 letters"),
        ({**HELP, "name": "🍜"}, "a name has 1 to 32 letters"),
        ({**HELP, "description": ""}, "at least 1 character"),
        ({**HELP, "description": "x" * 101}, "at most 100 characters"),
        ({**HELP, "hidden": True}, "Extra inputs are not permitted"),
        ({"name": "help"}, "Field required"),
        (option(type="text"), "Input should be 'string'"),
        (option(name="A"), "a name is in lower case: a"),
        (option(type="user", choices=[{"name": "x", "value": "y"}]), "only string, integer, number have choices"),
        (option(type="integer", choices=[{"name": "x", "value": "y"}]), "the value of each choice is integer"),
        (option(choices=[{"name": str(n), "value": str(n)} for n in range(26)]), "at most 25 items"),
        ({**HELP, "options": [SIZE, COUNT]}, "options that are required stand before"),
        ({**HELP, "options": [SIZE, SIZE]}, "has two options `size`"),
        ({**HELP, "options": [{**SIZE, "name": f"a{n}"} for n in range(26)]}, "at most 25 items"),
    ],
)
def test_what_discord_would_refuse_of_a_command_is_found(wrong: Object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        settings(wrong)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"public_key": "ab"}, "a public key is 64 digits"),
        ({"public_key": "zz" * 32}, "a public key is 64 digits"),
        ({"application_id": "shop"}, "an application's id is digits"),
        ({"bot_token": "two words"}, "a bot's token has letters"),
        ({"api_base": "discord.com"}, "should match pattern"),
        ({"commands": [HELP, HELP]}, "there are two commands `help`"),
        ({"commands": [{**HELP, "name": f"a{n}"} for n in range(101)]}, "at most 100 items"),
        ({"intents": 5}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_found(wrong: Object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        DiscordSettings.model_validate({**BASE, **wrong})


def test_values_of_choices_are_of_the_options_type() -> None:
    given = settings(option(type="number", choices=[{"name": "half", "value": 0.5}]))

    assert given.commands[0].payload()["options"][0]["choices"] == [{"name": "half", "value": 0.5}]


def test_command_is_written_as_discord_has_it() -> None:
    assert settings(ORDER).commands[0].payload() == ORDER_AT_DISCORD


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([], ["+ /help", "+ /order"]),
        ([{**HELP, "type": 1, "id": "1", "nsfw": False}, {**ORDER_AT_DISCORD, "type": 1, "contexts": None}], []),
        ([{**HELP, "description": "Old"}, ORDER_AT_DISCORD], ["~ /help: description"]),
        ([HELP, {**ORDER_AT_DISCORD, "options": []}], ["~ /order: options"]),
        ([HELP, ORDER_AT_DISCORD, {"name": "about", "description": "x"}], ["- /about"]),
        ([HELP, ORDER_AT_DISCORD, {"name": "About", "type": 2, "description": ""}], []),
    ],
)
def test_what_would_change_is_told(found: list[Object], lines: list[str]) -> None:
    assert changes(settings(HELP, ORDER), found) == lines


def test_commands_of_context_menus_stay() -> None:
    about = {"id": "9", "type": 2, "name": "About", "description": "", "version": "1", "contexts": [0]}

    written = overwriting(settings(HELP), [{**HELP, "name": "old"}, about])

    assert written == [{"type": 1, **HELP}, {key: about[key] for key in about if key != "version"}]


@pytest.fixture
def platform() -> Iterator[SimulatedDiscord]:
    """Return a platform that answers in a loop of its own, since a command has one, too."""
    loop, simulated = asyncio.new_event_loop(), SimulatedDiscord()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(simulated.start(), loop).result(10)
    yield simulated
    asyncio.run_coroutine_threadsafe(simulated.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


YAML = """
version: 1
bots:
  shop:
    adapter: discord
    discord:
      public_key: {key}
      application_id: 42
      bot_token: ${{DISCORD_BOT_TOKEN}}
      api_base: {url}
      commands: [{{name: help, description: Help}}]
    routes: [{{name: all, otherwise: true, reply: hi}}]
"""


def run(folder: Path, platform: SimulatedDiscord, *arguments: str, token: str = "token-of-shop") -> tuple[int, str]:
    platform.settings("shop", settings())
    (folder / "bot.yaml").write_text(YAML.format(key="ab" * 32, url=platform.url), "utf-8")

    @click.group()
    @click.pass_context
    def hookline(context: click.Context) -> None:
        context.obj = Settings((folder / "bot.yaml",))

    hookline.add_command(command)
    result = CliRunner().invoke(hookline, ["discord", "commands", *arguments], env={"DISCORD_BOT_TOKEN": token})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_diff_tells_and_apply_does_it(tmp_path: Path, platform: SimulatedDiscord) -> None:
    platform.commands["42"] = [{"id": "1", "type": 1, "name": "old", "description": "Old"}]

    told = run(tmp_path, platform, "diff", "shop")
    done = run(tmp_path, platform, "apply", "shop")
    after = run(tmp_path, platform, "diff")
    again = run(tmp_path, platform, "apply")

    assert told == done == (0, "+ /help\n- /old\n")
    assert after == (0, "Discord has the commands of bot.yaml.\n")
    assert again == (0, "Discord has the commands of bot.yaml; nothing was changed.\n")
    assert [one["name"] for one in platform.commands["42"]] == ["help"]


def test_refusal_is_told_in_a_line(tmp_path: Path, platform: SimulatedDiscord) -> None:
    assert run(tmp_path, platform, "apply", token="wrong") == (
        1,
        "Error: GET /applications/42/commands: Discord says 401 401: Unauthorized\n",
    )
