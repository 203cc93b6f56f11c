"""Tell Telegram where a bot's webhooks go, and ask how that works out: ``hookline telegram webhook set|info``.

https://core.telegram.org/bots/api#setwebhook
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from hookline import PlatformError
from hookline.adapters.http import HttpClient
from hookline.adapters.payloads import mapping, number, text
from hookline.telling.settings import Settings, chosen

from .adapter import TelegramSettings, signing
from .api import TelegramApi
from .parse import UPDATES


@click.group()
def command() -> None:
    """Look after bots on Telegram."""


@command.group()
def webhook() -> None:
    """Say where Telegram sends what happens."""


@webhook.command("set")
@click.argument("bot")
@click.option("--url", required=True, help="Where hookline hears the bot: https://HOST/webhooks/BOT.")
@click.option("--drop-pending", is_flag=True, help="Forget what Telegram still holds for the bot.")
@click.option(
    "--max-connections", type=click.IntRange(1, 100), default=40, show_default=True, help="How many at the same time."
)
@click.pass_obj
def set_(settings: Settings, bot: str, url: str, drop_pending: bool, max_connections: int) -> None:
    """Have Telegram send all that happens to BOT, signed with its newest secret token."""
    found = _settings_of(settings, bot)
    parameters = {
        "url": url,
        "secret_token": signing(found)[0],
        "allowed_updates": [*UPDATES],  # by itself Telegram leaves reactions and other members out
        "drop_pending_updates": drop_pending,
        "max_connections": max_connections,
    }
    _called(found, "setWebhook", parameters)
    click.echo(f"{bot}: Telegram sends what happens to {url}")
    name = text(_called(found, "getMe", {}), "username")
    if name is not None and name.casefold() != (found.username or "").removeprefix("@").casefold():
        click.echo(f"hint: write `username: {name}` below `telegram:`, or nobody can call {bot} by name in groups")


@webhook.command()
@click.argument("bot")
@click.pass_obj
def info(settings: Settings, bot: str) -> None:
    """Say where Telegram sends what happens to BOT, how much still waits, and what went wrong last."""
    found = _called(_settings_of(settings, bot), "getWebhookInfo", {})
    click.echo(f"url      {text(found, 'url') or 'none is set'}")
    click.echo(f"pending  {number(found, 'pending_update_count') or 0}")
    when, what = number(found, "last_error_date"), text(found, "last_error_message")
    click.echo(f"error    {'none' if what is None else what if when is None else f'{_shown(when)}: {what}'}")


def _settings_of(settings: Settings, bot: str) -> TelegramSettings:
    found = chosen(settings.load(), bot).adapter_settings
    if not isinstance(found, TelegramSettings):
        raise click.ClickException(f"bot `{bot}` is not on Telegram")
    return found


def _called(settings: TelegramSettings, method: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return mapping({"result": asyncio.run(_call(settings, method, parameters))}, "result")
    except PlatformError as error:
        raise click.ClickException(str(error)) from None


async def _call(settings: TelegramSettings, method: str, parameters: Mapping[str, Any]) -> Any:
    http = HttpClient()
    try:
        return await TelegramApi(settings.api_base, settings.token.get_secret_value(), http).call(method, **parameters)
    finally:
        await http.close()


def _shown(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="seconds")
