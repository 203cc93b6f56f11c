"""Make the commands that switch something on or off in a running host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from ...store.memory.switches import Switch, SwitchKind
from ...telling.hosts import turn
from ...telling.phrases import plain
from ...telling.settings import Settings

LATER = "It holds through restarts, until it is undone, and is kept in the audit: `hookline bots audit`."


def switching(group: click.Group, kind: SwitchKind, verb: str, said: str, *, is_on: bool) -> None:
    """Add to *group* the command *verb*, which switches one of *kind* and then says *said* of it."""

    def run(settings: Settings, bot: str, name: str = "") -> None:
        is_changed = asyncio.run(turn(settings, Switch(bot, kind, name), is_on=is_on))
        what = f"bot `{bot}`" if kind == "bot" else f"{kind} `{name}` of bot `{bot}`"
        click.echo(f"{what} is {said}" if is_changed else f"{what} was {said} already")

    run.__doc__ = _described(kind, is_on=is_on)
    command: Callable[..., Any] = click.pass_obj(run)
    if kind != "bot":
        command = click.argument("name", metavar=kind.upper())(command)
    group.command(verb)(click.argument("bot")(command))


def say_switched_off(bots: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> None:
    """Print what is switched off of each of *bots*, which is not paused by that, on lines of their own."""
    for bot, off in bots:
        parts = [f"{each['kind']} {plain(each['name'])}, by {plain(each['by'])}" for each in off if each["name"]]
        if parts:
            click.echo(f"switched off of {bot}: {'; '.join(parts)}")


def _described(kind: SwitchKind, *, is_on: bool) -> str:
    if kind == "bot":
        first = "Let BOT run its events again." if is_on else "Let BOT take events and run none: they wait."
    elif kind == "plugin":
        first = (
            "Let PLUGIN work for BOT again." if is_on else "Let no route of BOT run PLUGIN: the next that fits does."
        )
    else:
        first = (
            "Let ROUTE of BOT answer again." if is_on else "Let ROUTE of BOT answer nothing: the next that fits does."
        )
    return first if is_on else f"{first}\n\n{LATER}"
