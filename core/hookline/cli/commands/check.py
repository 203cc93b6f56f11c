"""``hookline check``: say everything that is wrong with the configuration, and what it would change."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

import click

from ...errors import ConfigError
from ...telling.checked import remember, remembered
from ...telling.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...config.configuration import Configuration
    from ...findings.findings import Finding

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
@click.option("--open-flows", is_flag=True, help="Say who is asked something in a flow that is there no more.")
@click.option("--as-run", is_flag=True, hidden=True, help="Say which bots `run` would leave out.")
@click.pass_obj
def command(settings: Settings, form: str, limit: int | None, open_flows: bool, as_run: bool) -> None:
    """Check bot.yaml and say everything that is wrong with it. Exits 1 when there are errors."""
    is_plain = form == "text" and limit is None and not as_run and not open_flows
    if is_plain and (said := remembered(settings.files)) is not None:
        click.echo(said)
        return
    from ...config.yaml.texts import Texts  # lazy, as all below: what is remembered needs none of it

    since, texts = time.time_ns(), Texts()
    try:
        if as_run:
            _print_as_run(settings)
            return
        with contextlib.redirect_stdout(sys.stderr):  # a plugin that prints must not get into the findings
            configuration = settings.load(is_thorough=True, texts=texts)
    except ConfigError as error:
        _print_errors(error, form, limit)
        raise click.exceptions.Exit(1) from error
    if form == "json":
        beside: dict[str, object] = {} if limit is None else {"history": _history(configuration, limit)}
        if open_flows:
            beside["open_flows"] = _open_flows(configuration)
        _print_json(configuration.warnings, beside or None)
    else:
        said = _print(configuration, limit)
        if open_flows:
            _print_open_flows(configuration)
        if is_plain and not configuration.warnings and _is_told_by_files(configuration):
            remember(settings.files, said, texts.stamps, texts.listings, since)


def _is_told_by_files(configuration: Configuration) -> bool:
    """Say whether nothing but files and the environment was asked: no plugin's own check, which may ask anything."""
    from ...config.bots.bots import OUR_ADAPTERS
    from ...config.values.annotations import has_own_checks

    ours = ("hookline.", *(f"hookline_{name}." for name in OUR_ADAPTERS))
    models = [bot.adapter.settings for bot in configuration.bots.values()]
    models += [type(use.settings) for bot in configuration.bots.values() for use in bot.plugins.values()]
    return not any(has_own_checks(model) for model in set(models) if not f"{model.__module__}.".startswith(ours))


def _print_errors(error: ConfigError, form: str, limit: int | None) -> None:
    from ..terminal.report import report

    if form == "json":
        _print_json(error.findings, None if limit is None else {"history": None})
    else:
        click.echo(report(error.findings), err=True)


def _print_as_run(settings: Settings) -> None:
    from ...findings.findings import as_json
    from ...telling.phrases import json_text

    with contextlib.redirect_stdout(sys.stderr):
        configuration = settings.source(is_strict=False).load()
    out = sorted(configuration.amiss - configuration.bots.keys())
    click.echo(json_text({"findings": as_json(configuration.problems), "out": out}))


def _print_json(findings: Sequence[Finding], beside: Mapping[str, object] | None) -> None:
    """Print *findings* as a list, or as part of an object with what stands *beside* them."""
    from ...findings.findings import as_json
    from ...telling.phrases import json_text

    listed = as_json(findings)
    click.echo(json_text(listed if beside is None else {"findings": listed, **beside}))


def _open_flows(configuration: Configuration) -> Sequence[Mapping[str, object]]:
    from dataclasses import asdict

    from ...telling import moving  # a store is opened

    return [asdict(one) for one in moving.open_flows(configuration)]


def _print_open_flows(configuration: Configuration) -> None:
    from ...telling.moving import lines, open_flows
    from ...telling.phrases import plain

    found = [plain(line) for line in lines(open_flows(configuration))]
    click.echo("\n".join(found) or "open flows: all that is asked is still there")


def _history(configuration: Configuration, limit: int) -> Mapping[str, object]:
    from ...telling import rehearsal  # a store is opened, and texts may be understood
    from ..terminal.training import reader_of

    with contextlib.redirect_stdout(sys.stderr):
        return rehearsal.as_json(rehearsal.compared(configuration, limit, reader_of))


def _print(configuration: Configuration, limit: int | None) -> str:
    """Print what was found, and return the line that says that all is fine."""
    from ...telling.phrases import counted
    from ..terminal.report import report

    if configuration.warnings:
        click.echo(report(configuration.warnings), err=True)
    routes = sum(len(bot.routes) for bot in configuration.bots.values())
    said = f"fine: {counted(len(configuration.bots), 'bot')}, {counted(routes, 'route')}"
    click.echo(said)
    if limit is not None:
        from ...telling import rehearsal
        from ..terminal.training import reader_of

        click.echo("\n".join(rehearsal.lines(rehearsal.compared(configuration, limit, reader_of))))
    return said
