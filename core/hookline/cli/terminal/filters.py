"""Read filters from the command line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime

import click

_AGE = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

Command = Callable[..., None]


class Moment(click.ParamType[int]):
    """Read a time as milliseconds since 1970: an age (`2h`, `3d`) or a date (`2026-11-24T09:30`)."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return *value* as milliseconds since 1970."""
        text = str(value)
        if age := _AGE.fullmatch(text):
            return time.time_ns() // 1_000_000 - int(age[1]) * _UNITS[age[2]] * 1000
        try:
            return max(0, round(datetime.fromisoformat(text).astimezone().timestamp() * 1000))
        except (ValueError, OverflowError):
            self.fail(
                f"`{text}` is neither an age, as in 30m, 2h or 3d, nor a time, as in 2026-11-24T09:30", param, ctx
            )


class Id(click.ParamType[int]):
    """Read the id of a dead letter."""

    name = "id"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return *value* as a number."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) < 2**63):
            self.fail(f"`{text}` is no id: an id is a number, as in `hookline dead list`", param, ctx)
        return int(text)


SINCE = click.option("--since", type=Moment(), help="Not older than: 30m, 2h, 3d, or 2026-11-24T09:30.")
UNTIL = click.option("--until", type=Moment(), help="Older than, written like --since.")
BOT = click.option("--bot", help="Of this bot.")
ROUTE = click.option("--route", help="Of events that this route won.")
CONVERSATION = click.option("--conversation", help="Of this chat.")
LIMIT = click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
BODY = click.option("--body", is_flag=True, help="Show what people wrote, and what was answered, too.")


def options(*each: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Add *each* option to a command, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(each):
            command = option(command)
        return command

    return add
