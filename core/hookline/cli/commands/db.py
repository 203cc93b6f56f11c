"""``hookline db``: look after the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from ...config.store_url import address_fault
from ...errors import StoreBusyError
from ...store.database.urls import is_shared
from ...telling.settings import Settings
from ..terminal.asking import agree

if TYPE_CHECKING:
    from ...config.configuration import Stores
    from ...store.database.reading import SqliteReader
    from ...store.database.sqlite import SqliteDatabase
    from ...store.people.copying import Copied


@click.group()
def command() -> None:
    """Look after the store."""


@command.command(short_help="Bring the store's schema up to date.")
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the store's schema up to date; `run` does it by itself at its start."""
    from ...store.database.tables import HEAD
    from ...store.store import Store
    from ...telling.stores import place_of, reading, schema_of

    configuration = settings.source().stores()

    async def upgraded() -> str | None:
        version = await schema_of(configuration)
        if version is None or version < HEAD or is_shared(configuration.store):
            store = await Store.open(configuration.store, lambda _bot, raw: raw, configuration.listen_url)
            await store.close()
            return await schema_of(configuration)
        async with reading(configuration):  # which refuses a newer one that this version can't use
            return version  # nothing to do, so a host may hold the file

    version = asyncio.run(upgraded()) or HEAD
    note = ", newer than this hookline, which can still run on it" if version > HEAD else ""
    click.echo(f"{place_of(configuration.store)}: schema {version}{note}")


@command.command(short_help="Copy a SQLite store into an empty PostgreSQL database.")
@click.option("--to", "url", required=True, metavar="URL", help="An empty PostgreSQL database: postgresql://…")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_obj
def copy(settings: Settings, url: str, yes: bool) -> None:
    """Copy the SQLite store into an empty PostgreSQL database, all of it or nothing. The host must be stopped."""
    from ...telling.stores import ensure_made, has_password, place_of
    from ..terminal.printing import Column, print_table

    configuration = settings.source().stores()
    if is_shared(configuration.store):
        raise click.UsageError("`store:` is PostgreSQL already; only a SQLite file can be copied")
    if not is_shared(url):
        raise click.UsageError("--to must be PostgreSQL: postgresql://user@host/database")
    if fault := address_fault(url):
        raise click.ClickException(f"--to: {fault}")
    ensure_made(configuration)
    if not yes:
        sizes = asyncio.run(_counted(configuration))
        rows = sum(sizes.values())
        question = f"copy {rows:,} rows of {place_of(configuration.store)} to {place_of(url)}?"
        agree(question, is_agreed=False)
    copied = asyncio.run(_copied(configuration, url))
    print_table([Column("table"), Column("rows")], [(one.table, f"{one.rows:,}") for one in copied])
    password = ", with its password as ${VAR}," if has_password(url) else ""
    click.echo(
        f"copied and compared. Now set `store:` to {place_of(url)}{password} and start the host; "
        f"{place_of(configuration.store)} was left as it is: don't run a host on it any more"
    )


async def _counted(configuration: Stores) -> Mapping[str, int]:
    from ...store.people import copying

    async with _held(configuration) as source:
        return await copying.sizes(source)


async def _copied(configuration: Stores, url: str) -> Sequence[Copied]:
    from ...store.people import copying
    from ..terminal.printing import bars

    async with _held(configuration) as source:
        with bars(await copying.sizes(source)) as report:
            return await copying.copy(source, url, report)


@asynccontextmanager
async def _held(configuration: Stores) -> AsyncIterator[SqliteReader]:
    """Yield the SQLite store, to read it, while no host can start on it; its schema is the newest then."""
    from ...store.database.reading import SqliteReader
    from ...store.database.sqlite import SqliteDatabase, file_of

    try:
        database = await SqliteDatabase.open(configuration.store)
    except StoreBusyError as error:
        file = file_of(configuration.store)
        raise StoreBusyError(f"a host writes to {file}: stop it first, so that nothing comes after the copy") from error
    try:
        await _ensure_taken_in(configuration.store, database)
        source = await SqliteReader.open(configuration.store)
        try:
            yield source
        finally:
            await source.close()
    finally:
        await database.close()


async def _ensure_taken_in(store: str, database: SqliteDatabase) -> None:
    """Raise StoreBusyError where mailboxes hold what was answered and isn't in the store."""
    from ...mailbox.boxes import Boxes, folder_beside
    from ...store.database.sqlite import file_of
    from ...store.mailboxes import Mailboxes

    folder = folder_beside(file_of(store))
    boxes = Boxes(folder, time.monotonic_ns, dict(await Mailboxes(database).taken()))
    try:
        waiting = boxes.waiting()
    finally:
        boxes.close()
    if waiting or boxes.unreadable:
        raise StoreBusyError(
            f"{folder} holds requests that were answered and are not in the store: start the host once more, and stop "
            "it when `hookline status` says that nothing waits"
        )
