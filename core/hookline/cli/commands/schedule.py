"""``hookline schedule``: what happens by the clock, and when next; let an entry happen now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from ...config.configuration import BotConfiguration, Configuration
from ...dispatch.schedules import SCHEDULED, by_hand
from ...routing.schedules import Scheduled
from ...store.database.sqlite import file_of
from ...store.database.urls import is_shared
from ...store.memory.timers import waiting_timers
from ...telling.hosts import served
from ...telling.phrases import json_text, plain
from ...telling.settings import Settings
from ...telling.stores import reading, stored
from ...telling.wording import action_of
from ..terminal import filters
from ..terminal.asking import agree
from ..terminal.printing import Column, print_table
from ..terminal.timers import happen

COLUMNS = (
    Column("bot"),
    Column("entry"),
    Column("when", rank=2, shows="begin"),
    Column("next"),
    Column("to", rank=1, shows="begin"),
    Column("does", shows="begin"),
)


@click.group()
def command() -> None:
    """Say what happens by the clock, and when next; let an entry happen now."""


@command.command("list", short_help="List what happens by the clock.")
@filters.options(filters.BOT, filters.AS_JSON)
@click.pass_obj
def list_(settings: Settings, bot: str | None, as_json: bool) -> None:
    """List what happens by the clock, with the next time of each as the store has it."""
    configuration = served(settings)
    if bot is not None and bot not in configuration.bots:
        raise click.ClickException(f"there is no bot {plain(bot)}")
    chosen = [one for name, one in configuration.bots.items() if bot in (None, name)]
    planted = asyncio.run(_planted(settings, chosen))
    each = [(one, entry) for one in chosen for entry in one.schedule.values()]
    if as_json:
        click.echo(json_text([_as_json(one, entry, planted) for one, entry in each]))
    elif each:
        print_table(COLUMNS, (_row(one, entry, planted) for one, entry in each))
    else:
        click.echo("nothing happens by the clock")


@command.command(short_help="Let an entry happen now.")
@click.argument("bot")
@click.argument("entry")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_obj
def run(settings: Settings, bot: str, entry: str, yes: bool) -> None:
    """Let ENTRY of BOT happen now, whatever its times are; those stay as they are."""
    found = _entry(served(settings), bot, entry)
    agree(f"{action_of(found.action)}, to {found.targets}, now?", is_agreed=yes)
    asyncio.run(happen(stored(settings), by_hand(bot, entry, time.time_ns() // 1_000_000)))
    click.echo(f"{plain(entry)} of {plain(bot)} happens now")


def _entry(configuration: Configuration, bot: str, name: str) -> Scheduled:
    schedule = configuration.bots[bot].schedule if bot in configuration.bots else {}
    if name not in schedule:
        known = ", ".join(schedule) or "none"
        raise click.ClickException(f"bot {plain(bot)} has no entry {plain(name)} in its schedule: it has {known}")
    return schedule[name]


async def _planted(settings: Settings, bots: list[BotConfiguration]) -> Mapping[tuple[str, str], int]:
    """Return when each entry happens next, by bot and name, as the store has it."""
    found: dict[tuple[str, str], int] = {}
    stores = stored(settings)
    if not is_shared(stores.store) and not file_of(stores.store).exists():
        return found  # no host has run yet
    async with reading(stores) as database:
        for bot in bots:
            for timer in await database.run(waiting_timers, bot.name, SCHEDULED):
                found[bot.name, timer.id.removeprefix(SCHEDULED)] = timer.due_at
    return found


def _next(bot: BotConfiguration, entry: Scheduled, planted: Mapping[tuple[str, str], int]) -> datetime | None:
    """Return the next time where the bot is: as the store has it, or as the next host will."""
    at = planted.get((bot.name, entry.name))
    moment = datetime.fromtimestamp(at / 1000, UTC) if at is not None else None
    if moment is None and entry.times is not None:
        moment = entry.times.after(datetime.now(UTC))
    return None if moment is None else moment.astimezone(bot.timezone)


def _row(bot: BotConfiguration, entry: Scheduled, planted: Mapping[tuple[str, str], int]) -> tuple[object, ...]:
    following = _next(bot, entry, planted)
    return (
        bot.name,
        entry.name,
        entry.times or "by hand",
        "-" if following is None else f"{following:%a %Y-%m-%d %H:%M}",
        entry.targets,
        action_of(entry.action),
    )


def _as_json(bot: BotConfiguration, entry: Scheduled, planted: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    following = _next(bot, entry, planted)
    return {
        "bot": bot.name,
        "name": entry.name,
        "when": None if entry.times is None else str(entry.times),
        "next": None if following is None else following.isoformat(),
        "is_planted": (bot.name, entry.name) in planted,
        "to": str(entry.targets),
        "does": action_of(entry.action),
        "place": entry.place,
    }
