"""``hookline reload``: let the running host read its configuration anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ..findings.findings import Finding, told_finding
from ..telling.hosts import Asked
from ..telling.phrases import plain
from ..telling.settings import Settings
from .hosts import ask, end
from .report import report


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Let the host that runs here read its configuration anew. Exits 1, and the old goes on, when it can't be used."""
    tell(ask(settings, "reload"))


def tell(asked: Asked) -> None:
    """Print what hosts answered to a reload, and exit 1 when any of them goes on with the old configuration."""
    for answer in asked.answers:
        _tell(answer)
    end(asked, is_fine=all(answer["good"] or answer["restarts"] for answer in asked.answers))


def _tell(answer: Mapping[str, Any]) -> None:
    problems: list[Finding] = [told_finding(problem) for problem in answer["problems"]]
    if problems:
        click.echo(report(problems), err=True)
        click.echo("the old configuration goes on", err=True)
        return
    if answer["restarts"]:
        click.echo(f"new processes take over ({plain(answer['why'].partition(': ')[2])})")
        return
    parts = [f"{verb} {', '.join(answer[verb])}" for verb in ("changed", "added", "removed") if answer[verb]]
    said = "; ".join(parts) or "nothing has changed"
    kept = f", version {answer['version']}" if answer["version"] is not None else ""
    click.echo(plain(f"reloaded in {answer['took']:.2f} s{kept}: {said}"))
