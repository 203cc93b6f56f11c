"""Tell Discord of a bot's slash commands: ``hookline discord commands diff`` and ``apply``.

https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from hookline import PlatformError
from hookline.adapters.http import HttpClient
from hookline.adapters.payloads import objects
from hookline.clock import SystemClock
from hookline.telling.settings import Settings, chosen

from .api import DiscordApi
from .settings import DiscordSettings

Found = Sequence[Mapping[str, Any]]
Result = TypeVar("Result")

_SLASH = 1
_KEPT = (
    "id",
    "type",
    "name",
    "name_localizations",
    "description",
    "default_member_permissions",
    "nsfw",
    "integration_types",
    "contexts",
    "handler",
)
"""What is said again of a command that isn't bot.yaml's: to overwrite is to overwrite all."""


def changes(settings: DiscordSettings, found: Found) -> list[str]:
    """Return what `apply` would change of the slash commands that were *found*, a line each."""
    wanted = {one.name: one.payload() for one in settings.commands}
    there = {str(one.get("name")): _known(one) for one in found if _is_slash(one)}
    new = [f"+ /{name}" for name in wanted.keys() - there.keys()]
    gone = [f"- /{name}" for name in there.keys() - wanted.keys()]
    both = wanted.keys() & there.keys()
    other = [f"~ /{name}: {_differing(wanted[name], there[name])}" for name in both if wanted[name] != there[name]]
    return sorted([*new, *gone, *other], key=lambda line: (line[2:], line))


def overwriting(settings: DiscordSettings, found: Found) -> list[Mapping[str, Any]]:
    """Return all commands as they shall be: bot.yaml's, and those *found* that are no slash commands."""
    others = [{key: one[key] for key in _KEPT if one.get(key) is not None} for one in found if not _is_slash(one)]
    return [*({"type": _SLASH, **one.payload()} for one in settings.commands), *others]


async def fetched(api: DiscordApi, settings: DiscordSettings) -> Found:
    """Return the commands that the application has everywhere; raise PlatformError."""
    found = await api.call("GET", _path(settings))
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


async def applied(api: DiscordApi, settings: DiscordSettings) -> list[str]:
    """Make the slash commands those of bot.yaml, and return what was changed; raise PlatformError."""
    found = await fetched(api, settings)
    changed = changes(settings, found)
    if changed:
        await api.call("PUT", _path(settings), overwriting(settings, found))
    return changed


def _path(settings: DiscordSettings) -> str:
    return f"/applications/{settings.application_id}/commands"


def _is_slash(command: Mapping[str, Any]) -> bool:
    return bool(command.get("type", _SLASH) == _SLASH)


def _known(command: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what bot.yaml could say of a command that was found."""
    options = [
        {
            **{key: one.get(key) for key in ("type", "name", "description")},
            **({"required": True} if one.get("required") is True else {}),
            **(
                {"choices": [{"name": each.get("name"), "value": each.get("value")} for each in choices]}
                if (choices := objects(one, "choices"))
                else {}
            ),
        }
        for one in objects(command, "options")
    ]
    kept = {key: command.get(key) for key in ("name", "description")}
    return {**kept, **({"options": options} if options else {})}


def _differing(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    return ", ".join(key for key in ("description", "options") if wanted.get(key) != there.get(key))


@click.group("discord")
def command() -> None:
    """Manage what Discord knows of a bot."""


@command.group("commands")
def commands() -> None:
    """Compare and apply a bot's slash commands."""


@commands.command("diff")
@click.argument("bot", required=False)
@click.pass_obj
def diff(settings: Settings, bot: str | None) -> None:
    """Show what `apply` would change."""
    lines = _with_api(settings, bot, _compared)
    click.echo("\n".join(lines) if lines else "Discord has the commands of bot.yaml.")


@commands.command("apply")
@click.argument("bot", required=False)
@click.pass_obj
def apply(settings: Settings, bot: str | None) -> None:
    """Make the slash commands those of bot.yaml."""
    lines = _with_api(settings, bot, applied)
    click.echo("\n".join(lines) if lines else "Discord has the commands of bot.yaml; nothing was changed.")


async def _compared(api: DiscordApi, settings: DiscordSettings) -> list[str]:
    return changes(settings, await fetched(api, settings))


def _with_api(
    settings: Settings, bot: str | None, act: Callable[[DiscordApi, DiscordSettings], Awaitable[Result]]
) -> Result:
    """Return what *act* does by the API of the bot that was named; failures are told in a line."""
    configured = chosen(settings.load(), bot)
    own = configured.adapter_settings
    if not isinstance(own, DiscordSettings):
        raise click.ClickException(f"bot `{configured.name}` isn't on Discord, but on {configured.adapter.name}")

    async def acting() -> Result:
        http = HttpClient()
        try:
            return await act(DiscordApi(own, http, SystemClock()), own)
        finally:
            await http.close()

    try:
        return asyncio.run(acting())
    except PlatformError as error:
        raise click.ClickException(str(error)) from None
