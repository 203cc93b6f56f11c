"""Ask the hosts that run here, and leave the command when there are none, or when one can't answer."""

from __future__ import annotations

import asyncio

import click

from ..telling.hosts import Asked, ask_hosts, no_host
from ..telling.settings import Settings


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
