"""Ask the hosts that run here, and leave the command when there are none, or when one can't answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from ...bots.moving import Moved
from ...findings.findings import Finding, told_finding
from ...telling.hosts import Asked, ask_hosts, no_host
from ...telling.moving import lines as moves
from ...telling.phrases import plain
from ...telling.settings import Settings
from .report import report


def ask(settings: Settings, name: str) -> Asked:
    """Return what all hosts on this machine answer."""
    asked = asyncio.run(ask_hosts(settings, name))
    if not asked.answers and not asked.failures:
        raise click.ClickException(str(no_host(settings)))
    return asked


def end(asked: Asked, *, is_fine: bool = True) -> None:
    """Say which could not answer, and exit 1 if there are any, or unless all *is_fine*."""
    for failure in asked.failures:
        click.echo(f"hookline: {failure}", err=True)
    if asked.failures or not is_fine:
        raise click.exceptions.Exit(1)


def say_reloaded(asked: Asked) -> None:
    """Print what hosts answered to a reload, and exit 1 when any of them goes on with the old configuration."""
    for answer in asked.answers:
        _say_reloaded(answer)
    end(asked, is_fine=all(answer["good"] or answer["restarts"] for answer in asked.answers))


def _say_reloaded(answer: Mapping[str, Any]) -> None:
    problems: list[Finding] = [told_finding(problem) for problem in answer["problems"]]
    if problems:
        click.echo(report(problems), err=True)
        changes = _changes(answer)
        rest = f"the rest is served: {'; '.join(changes)}" if changes else "the old configuration goes on"
        click.echo(plain(rest), err=True)
        return
    if answer["restarts"]:
        click.echo(f"new processes take over ({plain(answer['why'].partition(': ')[2])})")
        return
    said = "; ".join(_changes(answer)) or "nothing has changed"
    kept = f", version {answer['version']}" if answer["version"] is not None else ""
    click.echo(plain(f"reloaded in {answer['took']:.2f} s{kept}: {said}"))
    for line in moves(Moved(**one) for one in answer.get("moved", ())):
        click.echo(plain(line))


def _changes(answer: Mapping[str, Any]) -> list[str]:
    return [f"{verb} {', '.join(answer[verb])}" for verb in ("changed", "added", "removed") if answer[verb]]
