"""Get at the hosts that run on this machine with the configuration files that were named."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bots.switching import check_switch
from ..config.configuration import Configuration
from ..config.history.files import ConfigurationFiles
from ..control.client import NoHostError, call
from ..control.sockets import name_of, socket_of
from ..errors import ConfigError, StoreError
from ..store.database.urls import is_shared
from ..store.memory.switches import Switch, Switches
from .settings import Settings
from .stores import configured, ensure_made, writing


def served(settings: Settings) -> Configuration:
    """Return the configuration as hosts have it: of the files, or of what was right in them when those are broken.

    Secrets may be made up. Raises ConfigError when there is neither.
    """
    try:
        return configured(settings)
    except ConfigError:
        return settings.source(is_simulated=True, is_strict=False).load()


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what each process answered, and why others could not."""

    answers: Sequence[Mapping[str, Any]]
    failures: Sequence[StoreError]


async def ask_hosts(settings: Settings, name: str, arguments: Mapping[str, object] | None = None) -> Asked:
    """Ask all hosts on this machine at once; one has one process on SQLite, else it may have several."""
    answers = await asyncio.gather(*(_answer(path, name, arguments or {}) for path in _sockets(settings)))
    return Asked(
        [answer for answer in answers if answer is not None and not isinstance(answer, StoreError)],
        [answer for answer in answers if isinstance(answer, StoreError)],
    )


async def _answer(path: Path, name: str, arguments: Mapping[str, object]) -> Mapping[str, Any] | StoreError | None:
    try:
        return await call(path, name, arguments)
    except NoHostError:
        return None  # it has stopped, and its socket was left behind
    except StoreError as error:
        return error


def no_host(settings: Settings) -> NoHostError:
    """Return the error that says that no host runs."""
    files = ", ".join(map(str, settings.files))
    return NoHostError(f"no host runs here with {files}: `hookline run` starts one")


async def turn(settings: Settings, switch: Switch, *, is_on: bool) -> bool:
    """Switch on or off, through a running host or, without one, in the store; False when it stood so already."""
    arguments = {"kind": switch.kind, "bot": switch.bot, "name": switch.name, "on": is_on}
    failures: list[StoreError] = []
    for path in _sockets(settings):
        try:
            return bool((await call(path, "switch", arguments))["changed"])
        except NoHostError:
            continue
        except StoreError as error:  # another process of the host may do it
            failures.append(error)
    if failures:
        raise failures[0]
    configuration = served(settings)
    ensure_made(configuration)
    async with writing(configuration) as (database, clock):
        switches = Switches(database)
        check_switch(switch, configuration.bots, await switches.off())
        return await switches.turn(switch, is_on=is_on, who=name_of(os.geteuid()), now=clock.now())


def _sockets(settings: Settings) -> Sequence[Path]:
    """Return where hosts may listen: beside their store, or in their folder when that is no file."""
    files = settings.source()
    beside = [socket_of(store) for store in _stores(files) if not is_shared(store)]
    return list(dict.fromkeys([*beside, *sorted(files.state.glob("*.sock"))]))


def _stores(files: ConfigurationFiles) -> Sequence[str]:
    """Return the store of the last good version, which a running host keeps whatever the files say, and theirs."""
    last, kept = files.versions.newest(), list[str]()
    if last is not None:
        with suppress(ConfigError):
            kept.append(files.stores(last).store)
    try:
        return [*kept, files.stores().store]
    except ConfigError:
        if not kept:
            raise
        return kept
