"""``hookline routes``: list the routes in the order in which they are tried, draw them, switch one off and on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from ...config.configuration import BotConfiguration
from ...telling.graph import Graph, graphs_of
from ...telling.mermaid import mermaid
from ...telling.phrases import plain
from ...telling.settings import Settings
from ...telling.svg import svg
from ...telling.wording import actions_of, events_of, matchers_of
from ..terminal.choosing import chosen
from ..terminal.groups import ListingGroup
from ..terminal.switching import switching

_FORMS: Mapping[str, Callable[[Sequence[Graph]], str]] = {".mmd": mermaid, ".mermaid": mermaid, ".svg": svg}


@click.group(cls=ListingGroup)
def command() -> None:
    """List the routes in the order in which they are tried, draw them, switch one off and on in a running host."""


switching(command, "route", "disable", "disabled", is_on=False)
switching(command, "route", "enable", "enabled", is_on=True)


@command.command(name="list")
@click.argument("bot", required=False)
@click.option(
    "--graph",
    "target",
    metavar="FILE",
    help="Draw them into FILE: Mermaid when it ends in .mmd, SVG when in .svg; - is Mermaid on standard output.",
)
@click.pass_obj
def list_routes(settings: Settings, bot: str | None, target: str | None) -> None:
    """List the routes of BOT (default: of all bots) in the order in which they are tried; a graph has flows, too."""
    configuration = settings.load(is_simulated=True)
    bots = [chosen(configuration, bot)] if bot else list(configuration.bots.values())
    if target is None:
        _print(bots)
    elif target == "-":
        click.echo(mermaid(_graphs(bots)), nl=False)
    else:
        _draw(bots, target)


def _draw(bots: Sequence[BotConfiguration], target: str) -> None:
    form = _FORMS.get(Path(target).suffix.lower())
    if form is None:
        message = f"`{target}`: expected a file that ends in .mmd or .svg, or - for Mermaid on standard output"
        raise click.BadParameter(message, param_hint="--graph")
    try:
        Path(target).write_text(form(_graphs(bots)), "utf-8")
    except OSError as error:
        raise click.ClickException(f"can't write {target}: {error.strerror or error}") from error
    click.echo(f"wrote {target}")


def _graphs(bots: Sequence[BotConfiguration]) -> list[Graph]:
    return [graph for bot in bots for graph in graphs_of(bot)]


def _print(bots: Sequence[BotConfiguration]) -> None:
    from rich.console import Console  # lazy: a graph needs none of it
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for one in bots:
        table = Table(title=one.name, title_justify="left", box=None, pad_edge=False, header_style="dim")
        for name in ("route", "on", "matches", "does", "where"):
            table.add_column(name, overflow="fold")
        for route in one.routes:
            matches = "; ".join(matchers_of(route)) or "everything"
            cells = (route.name, events_of(route), matches, "; ".join(actions_of(route)), route.place)
            table.add_row(*(Text(plain(cell)) for cell in cells))
        console.print(table)
