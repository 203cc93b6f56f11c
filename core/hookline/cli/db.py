"""``hookline db``: look after the store."""

from __future__ import annotations

import asyncio

import click

from .settings import Settings


@click.group()
def command() -> None:
    """Look after the store."""


@command.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the store's schema up to date; `run` does it by itself at its start."""
    from ..store.schema import HEAD
    from ..store.sqlite import SqliteDatabase, file_of

    configuration = settings.load(is_simulated=True)

    async def open_and_close() -> None:
        database = await SqliteDatabase.open(configuration.store)
        await database.close()

    asyncio.run(open_and_close())
    click.echo(f"{file_of(configuration.store)}: schema {HEAD}")
