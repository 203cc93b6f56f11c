"""``hookline web``: take webhooks and store their events, for workers to run."""

from __future__ import annotations

from typing import Any

import click

from ...telling.settings import Settings
from .run import Options, launch, options


@click.command()
@options(port=8000)
@click.pass_obj
def command(settings: Settings, /, **given: Any) -> None:
    """Take webhooks only; `hookline worker` runs their events. Needs a store that processes can share."""
    launch(settings.source(is_strict=given["strict"]), Options("web", **given))
