"""``hookline check``: say everything that is wrong with the configuration, and what it would change."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..config.configuration import Configuration
from ..config.diagnostics import Diagnostic, as_json
from ..errors import ConfigError
from .printing import counted, json_text
from .report import report
from .settings import Settings

MOST = 100_000


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How findings are printed.")
@click.option(
    "--against-history",
    "limit",
    type=click.IntRange(1, MOST),
    metavar="N",
    help="Say which of the last N events would go to another route now. Shows what people wrote.",
)
@click.pass_obj
def command(settings: Settings, form: str, limit: int | None) -> None:
    """Check bot.yaml and say everything that is wrong with it. Exits 1 when there are errors."""
    try:
        configuration = settings.load(is_thorough=True)
    except ConfigError as error:
        _print(form, error.diagnostics, None)
        raise click.exceptions.Exit(1) from error
    if limit is None:
        _print(form, configuration.warnings, configuration)
    else:
        _print_compared(form, configuration, limit)


def _print(form: str, findings: Sequence[Diagnostic], configuration: Configuration | None) -> None:
    if form == "json":
        click.echo(json_text(as_json(findings)))
        return
    if findings:
        click.echo(report(findings), err=True)
    if configuration is not None:
        routes = sum(len(bot.routes) for bot in configuration.bots.values())
        click.echo(f"fine: {counted(len(configuration.bots), 'bot')}, {counted(routes, 'route')}")


def _print_compared(form: str, configuration: Configuration, limit: int) -> None:
    from . import against  # lazy: a store is opened, and texts may be understood

    if form == "json":
        found = against.compared(configuration, limit)
        click.echo(json_text({"findings": as_json(configuration.warnings), "history": against.as_json(found)}))
        return
    _print(form, configuration.warnings, configuration)
    click.echo("\n".join(against.lines(against.compared(configuration, limit))))
