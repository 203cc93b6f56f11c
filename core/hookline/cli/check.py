"""``hookline check``: say everything that is wrong with the configuration."""

from __future__ import annotations

import json

import click

from ..config.diagnostics import as_json
from ..errors import ConfigError
from .report import report
from .settings import Settings


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How findings are printed.")
@click.pass_obj
def command(settings: Settings, form: str) -> None:
    """Check bot.yaml and say everything that is wrong with it. Exits 1 when there are errors."""
    try:
        configuration = settings.load(is_thorough=True)
        findings = list(configuration.warnings)
    except ConfigError as error:
        findings = error.diagnostics
        configuration = None
    if form == "json":
        click.echo(json.dumps(as_json(findings), ensure_ascii=False, indent=2))
    elif findings:
        click.echo(report(findings), err=True)
    if configuration is None:
        raise click.exceptions.Exit(1)
    if form == "text":
        routes = sum(len(bot.routes) for bot in configuration.bots.values())
        bots = len(configuration.bots)
        click.echo(f"fine: {bots} bot{'s' if bots != 1 else ''}, {routes} route{'s' if routes != 1 else ''}")
