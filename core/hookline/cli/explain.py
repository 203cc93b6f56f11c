"""``hookline explain``: say which routes were tried for a text, and why each failed or won."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from ..adapters.line import parse
from ..config.configuration import BotConfiguration
from ..events import Event
from ..routing.router import Router, Tried
from ..routing.routes import Run
from .settings import Settings, chosen


@click.command()
@click.argument("bot")
@click.argument("text")
@click.option("--user", default="mei", help="Who writes.")
@click.option("--group", help="The group it is written in; default: alone with the bot.")
@click.option("--state", "state", default="{}", help="The conversation's state, as JSON.")
@click.option("--at", "at", help="The time, as in 2026-11-24T09:30; default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    settings: Settings, bot: str, text: str, user: str, group: str | None, state: str, at: str | None, as_json: bool
) -> None:
    """Say which routes of BOT were tried for TEXT, in order, and why each failed or won."""
    configuration = chosen(settings.load(is_simulated=True), bot)
    tried = explain(configuration, text, user, group, _state(state), _time(at))
    if as_json:
        click.echo(json.dumps(_as_json(tried), ensure_ascii=False, indent=2))
    else:
        _print(tried)


def explain(
    configuration: BotConfiguration,
    text: str,
    user: str,
    group: str | None,
    state: dict[str, object],
    now: datetime,
) -> list[Tried]:
    """Return how each route fares with a text message."""
    return Router(configuration.routes, configuration.call_names).explain(
        _event(configuration.name, text, user, group), state, now
    )


def _event(bot: str, text: str, user: str, group: str | None) -> Event:
    source = {"type": "group", "groupId": group, "userId": user} if group else {"type": "user", "userId": user}
    raw = {"type": "message", "source": source, "message": {"type": "text", "id": "1", "text": text}}
    return parse.read(bot, raw, 0)


def _state(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--state") from error
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--state")
    return value


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    return moment if moment.tzinfo else moment.astimezone()


def _as_json(tried: list[Tried]) -> dict[str, object]:
    winner = tried[-1] if tried and tried[-1].failure is None else None
    return {
        "route": winner.route.name if winner else None,
        "captures": dict(winner.match.captures) if winner and winner.match else {},
        "tried": [
            {"route": item.route.name, "place": item.route.place, "won": item.failure is None, "why": item.failure}
            for item in tried
        ],
    }


def _print(tried: list[Tried]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "route", "why", "where"):
        table.add_column(name, overflow="fold")
    for item in tried:
        won = item.failure is None
        mark = Text("✓", "bold green") if won else Text("·", "dim")
        table.add_row(
            mark, Text(item.route.name, "bold" if won else ""), Text(_why(item)), Text(item.route.place, "dim")
        )
    console = Console()
    console.print(table)
    if not tried or tried[-1].failure is not None:
        console.print("no route answers this text")


def _why(item: Tried) -> str:
    if item.failure is not None:
        return item.failure
    captures = {name: value for name, value in (item.match.captures if item.match else {}).items() if name != "text"}
    action = item.route.action
    what = f"runs {action.plugin}.{action.handler}" if isinstance(action, Run) else "replies"
    return f"{what}{', with ' + ', '.join(f'{name}={value!r}' for name, value in captures.items()) if captures else ''}"
