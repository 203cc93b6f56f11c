"""Let something happen in a conversation, in its turn: by the host that runs, or beside it."""

from __future__ import annotations

from dataclasses import asdict

import click

from ...config.configuration import Stores
from ...store.database.urls import is_shared
from ...store.memory.timers import set_timers
from ...store.records import Timer
from ...telling.stores import by_host, writing


async def happen(configuration: Stores, timer: Timer) -> None:
    """Set *timer*, and say so where no host is there to let it happen."""
    told = await by_host(configuration, "timers.set", {"timer": asdict(timer)}, lambda done: None)
    if told is not None:
        return
    if not is_shared(configuration.store):
        click.echo("no host runs: it happens when the next one does", err=True)
    async with writing(configuration) as (database, _):
        await database.run(set_timers, [timer])
