"""``hookline bots``: list the bots, pause and resume them, and see who switched what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

import click

from ...config.configuration import Configuration
from ...errors import StoreError
from ...store.memory.switches import AuditEntry, Off, Switches
from ...telling.hosts import served
from ...telling.phrases import json_text, moment
from ...telling.settings import Settings
from ...telling.stores import reading
from ..terminal.choosing import say_unknown_bot
from ..terminal.groups import ListingGroup
from ..terminal.printing import Column, print_table
from ..terminal.switching import say_switched_off, switching

COLUMNS = (
    Column("bot"),
    Column("state"),
    Column("routes", rank=2),
    Column("plugins", shows="begin", rank=3),
)
AUDIT = (Column("at"), Column("who"), Column("did"), Column("bot"), Column("what", shows="begin"))


@click.group(cls=ListingGroup)
def command() -> None:
    """List the bots; pause and resume them, also in a running host."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_bots(settings: Settings, as_json: bool) -> None:
    """List the bots, and what of them is switched off."""
    configuration = served(settings)
    off = asyncio.run(_off(configuration))
    if as_json:
        click.echo(json_text([_bot(configuration, name, off) for name in configuration.bots]))
        return
    print_table(COLUMNS, [_row(configuration, name, off) for name in configuration.bots])
    say_switched_off((name, _off_of(name, off)) for name in configuration.bots)


@command.command()
@click.argument("bot", required=False)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def audit(settings: Settings, bot: str | None, limit: int, as_json: bool) -> None:
    """Say who paused, resumed, disabled and enabled what, of BOT or of all, newest first."""
    configuration = served(settings)
    entries = asyncio.run(_audit(configuration, bot, limit))
    if as_json:
        click.echo(json_text([asdict(entry) for entry in entries]))
    elif entries:
        print_table(AUDIT, [(moment(each.at), each.who, each.action, each.bot, each.target) for each in entries])
    else:
        click.echo("nothing was ever switched" + (f" of bot {bot}" if bot else ""))
    say_unknown_bot(settings, configuration, bot)


switching(command, "bot", "pause", "paused", is_on=False)
switching(command, "bot", "resume", "running", is_on=True)


async def _off(configuration: Configuration) -> Sequence[Off]:
    try:
        async with reading(configuration) as database:
            return await Switches(database).off()
    except StoreError:
        return ()  # there is no store yet, so nothing was switched off


async def _audit(configuration: Configuration, bot: str | None, limit: int) -> Sequence[AuditEntry]:
    async with reading(configuration) as database:
        return await Switches(database).audit(bot, limit)


def _bot(configuration: Configuration, name: str, off: Sequence[Off]) -> dict[str, object]:
    bot = configuration.bots[name]
    mine = _off_of(name, off)
    return {
        "name": name,
        "adapter": bot.adapter.name,
        "paused": any(each["kind"] == "bot" for each in mine),
        "routes": len(bot.routes),
        "plugins": list(bot.plugins),
        "off": mine,
    }


def _off_of(name: str, off: Sequence[Off]) -> list[dict[str, object]]:
    mine = (each for each in off if each.switch.bot == name)
    return [{"kind": each.switch.kind, "name": each.switch.name, "since": each.since, "by": each.by} for each in mine]


def _row(configuration: Configuration, name: str, off: Sequence[Off]) -> tuple[object, ...]:
    bot = configuration.bots[name]
    paused = next((each for each in off if each.switch.bot == name and each.switch.kind == "bot"), None)
    state = "on" if paused is None else f"paused since {moment(paused.since)} by {paused.by}"
    return name, state, len(bot.routes), ", ".join(bot.plugins) or "-"
