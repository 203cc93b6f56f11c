"""``hookline check``: say everything that is wrong with the configuration, and what it would change."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence

import click

from ...config.configuration import Configuration
from ...errors import ConfigError
from ...findings.findings import Finding, as_json
from ...telling.phrases import counted, json_text
from ...telling.settings import Settings
from ..terminal.report import report

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
@click.option("--as-run", is_flag=True, hidden=True, help="Say which bots `run` would leave out.")
@click.pass_obj
def command(settings: Settings, form: str, limit: int | None, as_run: bool) -> None:
    """Check bot.yaml and say everything that is wrong with it. Exits 1 when there are errors."""
    try:
        if as_run:
            _print_as_run(settings)
            return
        with contextlib.redirect_stdout(sys.stderr):  # a plugin that prints must not get into the findings
            configuration = settings.load(is_thorough=True)
    except ConfigError as error:
        if form == "json":
            _print_json(error.findings, None if limit is None else {"history": None})
        else:
            click.echo(report(error.findings), err=True)
        raise click.exceptions.Exit(1) from error
    if form == "json":
        _print_json(configuration.warnings, None if limit is None else {"history": _history(configuration, limit)})
    else:
        _print(configuration, limit)


def _print_as_run(settings: Settings) -> None:
    with contextlib.redirect_stdout(sys.stderr):
        configuration = settings.source(is_strict=False).load()
    out = sorted(configuration.amiss - configuration.bots.keys())
    click.echo(json_text({"findings": as_json(configuration.problems), "out": out}))


def _print_json(findings: Sequence[Finding], beside: Mapping[str, object] | None) -> None:
    """Print *findings* as a list, or as part of an object with what stands *beside* them."""
    listed = as_json(findings)
    click.echo(json_text(listed if beside is None else {"findings": listed, **beside}))


def _history(configuration: Configuration, limit: int) -> Mapping[str, object]:
    from ...telling import rehearsal  # lazy: a store is opened, and texts may be understood
    from ..terminal.training import reader_of

    with contextlib.redirect_stdout(sys.stderr):
        return rehearsal.as_json(rehearsal.compared(configuration, limit, reader_of))


def _print(configuration: Configuration, limit: int | None) -> None:
    if configuration.warnings:
        click.echo(report(configuration.warnings), err=True)
    routes = sum(len(bot.routes) for bot in configuration.bots.values())
    click.echo(f"fine: {counted(len(configuration.bots), 'bot')}, {counted(routes, 'route')}")
    if limit is not None:
        from ...telling import rehearsal  # lazy, as above
        from ..terminal.training import reader_of

        click.echo("\n".join(rehearsal.lines(rehearsal.compared(configuration, limit, reader_of))))
