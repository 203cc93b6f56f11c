"""Get at the hosts that run on this machine with the configuration files that were named."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..config.configuration import Configuration
from ..config.source import ConfigurationFiles
from ..control.client import NoHostError, call
from ..control.sockets import name_of, socket_of
from ..control.switching import check_switch
from ..errors import ConfigError
from ..store.switches import Switch, Switches
from ..store.urls import is_shared
from .settings import Settings
from .store_access import configured, ensure_made, writing


def served(settings: Settings) -> Configuration:
    """Return the configuration as hosts have it: of the files, or while those are broken the last good one.

    Secrets may be made up. Raises ConfigError when there is neither.
    """
    try:
        return configured(settings)
    except ConfigError:
        files = settings.source(is_simulated=True)
        last = files.versions.newest()
        if last is None:
            raise
        return files.load_version(last)


async def ask_hosts(
    configuration: Configuration, files: ConfigurationFiles, name: str, arguments: Mapping[str, object] | None = None
) -> list[Mapping[str, Any]]:
    """Return what each host on this machine answers; a host has one process on SQLite, else it may have several."""
    answers = []
    for path in _sockets(configuration, files):
        try:
            answers.append(await call(path, name, arguments or {}))
        except NoHostError:
            continue  # it has stopped, and its socket was left behind
    return answers


def no_host(settings: Settings) -> click.ClickException:
    """Return the error that says that no host runs."""
    files = ", ".join(map(str, settings.files))
    return click.ClickException(f"no host runs here with {files}: `hookline run` starts one")


async def turn(settings: Settings, switch: Switch, *, is_on: bool) -> bool:
    """Switch on or off, through a running host or, without one, in the store; False when it stood so already."""
    configuration, files = served(settings), settings.source()
    arguments = {"kind": switch.kind, "bot": switch.bot, "name": switch.name, "on": is_on}
    for path in _sockets(configuration, files):
        try:
            return bool((await call(path, "switch", arguments))["changed"])
        except NoHostError:
            continue
    ensure_made(configuration)
    async with writing(configuration) as (database, clock):
        switches = Switches(database)
        check_switch(switch, configuration.bots, await switches.off())
        return await switches.turn(switch, is_on=is_on, who=name_of(os.geteuid()), now=clock.now())


def _sockets(configuration: Configuration, files: ConfigurationFiles) -> Sequence[Path]:
    if not is_shared(configuration.store):
        return [socket_of(configuration.store)]
    return sorted(files.state.glob("*.sock"))
