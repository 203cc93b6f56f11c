"""``hookline schema``: print the JSON Schema of bot.yaml."""

from __future__ import annotations

import click

from ..config.schema import dump, schema
from ..plugins.registry import PluginRegistry


@click.command()
def command() -> None:
    """Print the JSON Schema of bot.yaml: hookline schema > config/bot.schema.json."""
    click.echo(dump(schema(PluginRegistry().adapters())), nl=False)
