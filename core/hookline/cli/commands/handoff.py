"""``hookline handoff``: which chats people have; hand one over, or take it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict

import click

from ...config.configuration import Stores
from ...dispatch.handoffs import by_operator
from ...store.people.handed import HandedChat, handed_chats
from ...telling.phrases import json_text, moment, plain
from ...telling.settings import Settings
from ...telling.stores import reading, stored
from ..terminal import filters
from ..terminal.choosing import say_unknown_bot
from ..terminal.printing import Column, print_table
from ..terminal.timers import happen

COLUMNS = (
    Column("bot"),
    Column("conversation", shows="ends"),
    Column("since"),
    Column("why", shows="begin"),
    Column("person", rank=1, shows="ends"),
)


@click.group()
def command() -> None:
    """Say which chats people have; hand one over to them, or take it back."""


@command.command("list", short_help="List the chats that people have.")
@filters.options(filters.BOT, filters.LIMIT, filters.AS_JSON)
@click.pass_obj
def list_(settings: Settings, bot: str | None, limit: int, as_json: bool) -> None:
    """List the chats that people have, those first that they have the longest."""
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, bot)
    each = asyncio.run(_listed(configuration, bot, limit))
    if as_json:
        click.echo(json_text(list(map(asdict, each))))
    elif each:
        print_table(COLUMNS, map(_row, each))
    else:
        click.echo("the bots have all chats")


@command.command(short_help="Hand a chat over to people.")
@click.argument("bot")
@click.argument("chat")
@click.option("--why", default="operator", show_default=True, help="What people are told.")
@click.pass_obj
def begin(settings: Settings, bot: str, chat: str, why: str) -> None:
    """Hand CHAT of BOT over to people, as `handoff:` of a route does: whoever is in it is told, and so are staff."""
    _operate(settings, bot, chat, "begin", why=why)
    click.echo(f"{plain(chat)} of {plain(bot)} is handed over, in its turn")


@command.command(short_help="Take a chat back.")
@click.argument("bot")
@click.argument("chat")
@click.pass_obj
def end(settings: Settings, bot: str, chat: str) -> None:
    """Let BOT have CHAT again; whoever is in it is told."""
    _operate(settings, bot, chat, "end")
    click.echo(f"{plain(chat)} of {plain(bot)} is taken back, in its turn")


def _row(one: HandedChat) -> Sequence[object]:
    return one.bot, one.conversation, moment(one.since), one.why, one.person or "-"


def _operate(settings: Settings, bot: str, chat: str, kind: str, **facts: str) -> None:
    configuration = stored(settings)
    say_unknown_bot(settings, configuration, bot)
    timer = by_operator(bot, chat, kind, time.time_ns() // 1_000_000, **facts)
    asyncio.run(happen(configuration, timer))


async def _listed(configuration: Stores, bot: str | None, limit: int) -> Sequence[HandedChat]:
    async with reading(configuration) as database:
        return await handed_chats(database, bot, limit)
