"""``hookline plugins``: list what is installed, and which bots use it; switch a plugin off and on for one."""

from __future__ import annotations

import click

from ...errors import ConfigError, PluginError
from ...plugins.registry import PluginRegistry
from ...telling.settings import Settings
from ..terminal.groups import ListingGroup
from ..terminal.switching import switching


@click.group(cls=ListingGroup)
def command() -> None:
    """List the installed plugins; switch one off and on for a bot, also in a running host."""


switching(command, "plugin", "disable", "disabled", is_on=False)
switching(command, "plugin", "enable", "enabled", is_on=True)


@command.command(name="list")
@click.pass_obj
def list_plugins(settings: Settings) -> None:
    """List the installed plugins, and which bots use them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    registry = PluginRegistry.discover()
    users = _users(settings)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("plugin", "version", "handlers", "settings", "used by"):
        table.add_column(name, overflow="fold")
    for name, installed in sorted(registry.installed.items()):
        try:
            plugin = registry.load(name)
            handlers, fields = ", ".join(plugin.handlers), ", ".join(plugin.settings.model_fields)
        except PluginError as error:
            handlers, fields = str(error), ""
        used = ", ".join(users.get(name, []))
        cells = (name, f"{installed.distribution} {installed.version}", handlers, fields, used)
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table if registry.installed else "no plugins are installed; `hookline new plugin NAME` writes one")


def _users(settings: Settings) -> dict[str, list[str]]:
    if not all(path.exists() for path in settings.paths()):
        return {}
    users: dict[str, list[str]] = {}
    try:
        bots = settings.load(is_simulated=True).bots.values()
    except ConfigError:
        return {}  # what is installed is wanted most when a name is wrong
    for bot in bots:
        for name in bot.plugins:
            users.setdefault(name, []).append(bot.name)
    return users
