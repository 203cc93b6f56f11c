"""``hookline reload``: let the running host read its configuration anew."""

from __future__ import annotations

import click

from ...telling.settings import Settings
from ..terminal.hosts import ask, say_reloaded


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Let the host that runs here read its configuration anew. Exits 1, and the old goes on, when it can't be used."""
    say_reloaded(ask(settings, "reload"))
