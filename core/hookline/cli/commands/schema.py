"""``hookline schema``: print the JSON Schema of bot.yaml, for editors."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click

from ...adapters.adapter import AdapterKind
from ...config.keys.schema import dump, schema
from ...errors import PluginError
from ...plugins.platforms import AdapterRegistry
from ...plugins.registry import Plugin, PluginRegistry


@click.command()
@click.option("--plain", is_flag=True, help="Leave out what the installed plugins bring.")
def command(plain: bool) -> None:
    """Print the JSON Schema of bot.yaml, with the settings and names of the installed plugins.

    Write it beside the file: hookline schema > bot.schema.json. Editors find it by the first line of bot.yaml:

    # yaml-language-server: $schema=bot.schema.json
    """
    with contextlib.redirect_stdout(sys.stderr):  # a plugin that prints must not get into the schema
        registry = PluginRegistry(platforms=AdapterRegistry.discover()) if plain else PluginRegistry.discover()
        plugins = list(_loaded(registry))
        document = schema(dict(_kinds(registry)), plugins, _say)
    click.echo(dump(document), nl=False)


def _loaded(registry: PluginRegistry) -> Iterator[Plugin]:
    for name in sorted(registry.installed):
        try:
            yield registry.load(name)
        except PluginError as error:
            _say(error)


def _kinds(registry: PluginRegistry) -> Iterator[tuple[str, AdapterKind]]:
    for name in sorted(registry.platforms.names):
        try:
            yield name, registry.platforms.load(name)
        except PluginError as error:
            _say(error)


def _say(error: PluginError) -> None:
    click.echo(f"{error}; the schema takes anything for it", err=True)
