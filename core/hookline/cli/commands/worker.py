"""``hookline worker``: run the events that ``hookline web`` has stored, and send the answers."""

from __future__ import annotations

from typing import Any

import click

from ...telling.settings import Settings
from .run import Options, launch, options


@click.command()
@options(port=None)
@click.pass_obj
def command(settings: Settings, /, **given: Any) -> None:
    """Run events and send answers; with --port it says how it is at /healthz and /readyz."""
    launch(settings.source(is_strict=given["strict"]), Options("worker", **given))
