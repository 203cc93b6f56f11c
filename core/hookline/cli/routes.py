"""``hookline routes``: list the routes in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ..routing.conditions import Conditions
from ..routing.routes import Route, Run
from .settings import Settings, chosen


@click.command()
@click.argument("bot", required=False)
@click.pass_obj
def command(settings: Settings, bot: str | None) -> None:
    """List the routes of BOT (default: of all bots) in the order in which they are tried."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    configuration = settings.load(is_simulated=True)
    bots = [chosen(configuration, bot)] if bot else list(configuration.bots.values())
    console = Console()
    for one in bots:
        table = Table(title=one.name, title_justify="left", box=None, pad_edge=False, header_style="dim")
        for name in ("route", "on", "matches", "does", "where"):
            table.add_column(name, overflow="fold")
        for route in one.routes:
            does = _does(route) if route.overlap is None else f"{_does(route)}; {route.overlap}"
            table.add_row(*(Text(cell) for cell in (route.name, _on(route), _matches(route), does, route.place)))
        console.print(table)


def _on(route: Route) -> str:
    return ", ".join(sorted(route.on))


def _matches(route: Route) -> str:
    parts = [
        f"{name} {', '.join(words)}"
        for name, words in (
            ("keyword", route.keywords),
            ("exact", route.exacts),
            ("prefix", route.prefixes),
            ("pattern", [pattern.source for pattern in route.patterns]),
        )
        if words
    ]
    if route.intents:
        parts.append(f"intent {', '.join(route.intents)}")
    if route.is_unsure:
        parts.append("unsure of two intents")
    if route.postback is not None:
        fields = "&".join(f"{name}={value}" for name, value in route.postback.fields.items())
        parts.append(f"postback {route.postback.data if route.postback.data is not None else fields}")
    parts += _when(route.when)
    return "; ".join(parts) or "everything"


def _when(when: Conditions) -> Iterator[str]:
    for name, values in (("chat", when.chat), ("users", when.users), ("groups", when.groups), ("days", when.days)):
        if values:
            yield f"{name} {', '.join(sorted(values))}"
    if when.mentioned is not None:
        yield f"mentioned {str(when.mentioned).lower()}"
    if when.windows:
        yield f"time {', '.join(str(window) for window in when.windows)} ({when.timezone})"
    for name, value in when.state.items():
        yield f"state {name}={value!r}"


def _does(route: Route) -> str:
    action = route.action
    if isinstance(action, Run):
        return f"run {action.plugin}.{action.handler}"
    first = action.messages[0].body if action.messages else {}
    shown = str(first.get("text") or first.get("altText") or first.get("type", ""))
    more = f" (+{len(action.messages) - 1})" if len(action.messages) > 1 else ""
    return f"reply {shown[:40]}{'…' if len(shown) > 40 else ''}{more}"
