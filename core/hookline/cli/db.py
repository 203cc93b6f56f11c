"""``hookline db``: look after the store."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ..config.configuration import Configuration
from ..errors import StoreBusyError
from .settings import Settings

if TYPE_CHECKING:
    from ..store.copying import Copied


@click.group()
def command() -> None:
    """Look after the store."""


@command.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the store's schema up to date; `run` does it by itself at its start."""
    from ..store.schema import HEAD
    from ..store.store import Store
    from .store_access import configured, place_of

    configuration = configured(settings)

    async def open_and_close() -> None:
        store = await Store.open(configuration.store, lambda _bot, raw: raw, configuration.listen_url)
        await store.close()

    asyncio.run(open_and_close())
    click.echo(f"{place_of(configuration.store)}: schema {HEAD}")


@command.command()
@click.option("--to", "url", required=True, metavar="URL", help="An empty PostgreSQL database: postgresql://…")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_obj
def copy(settings: Settings, url: str, yes: bool) -> None:
    """Copy the SQLite store into an empty PostgreSQL database, all of it or nothing. The host must be stopped."""
    from ..store.store import is_shared
    from .printing import add_row, console, table
    from .store_access import configured, ensure_made, place_of

    configuration = configured(settings)
    if is_shared(configuration.store):
        raise click.UsageError("`store:` is PostgreSQL already; only a SQLite file can be copied")
    if not is_shared(url):
        raise click.UsageError("--to must be PostgreSQL: postgresql://user@host/database")
    ensure_made(configuration)
    copied = asyncio.run(_copied(configuration, url, is_agreed=yes))
    shown = table("table", "rows")
    for one in copied:
        add_row(shown, one.table, f"{one.rows:,}")
    console().print(shown)
    click.echo(
        f"copied and compared. Now set `store:` to {place_of(url)}, with its password as ${{VAR}}, and start the host; "
        f"{place_of(configuration.store)} was left as it is: don't run a host on it any more"
    )


async def _copied(configuration: Configuration, url: str, *, is_agreed: bool) -> Sequence[Copied]:
    from ..store import copying
    from ..store.reading import SqliteReader
    from ..store.sqlite import SqliteDatabase, file_of
    from .printing import bars

    try:
        database = await SqliteDatabase.open(configuration.store)  # no host can start now, and its schema is the newest
    except StoreBusyError as error:
        file = file_of(configuration.store)
        raise StoreBusyError(f"a host writes to {file}: stop it first, so that nothing comes after the copy") from error
    try:
        source = await SqliteReader.open(configuration.store)
        try:
            sizes = await copying.sizes(source)
            _agree(configuration, url, sizes, is_agreed=is_agreed)
            with bars(sizes) as report:
                return await copying.copy(source, url, report)
        finally:
            await source.close()
    finally:
        await database.close()


def _agree(configuration: Configuration, url: str, sizes: Mapping[str, int], *, is_agreed: bool) -> None:
    from .store_access import place_of

    rows = sum(sizes.values())
    question = f"copy {rows:,} rows of {place_of(configuration.store)} to {place_of(url)}?"
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to answer at: say --yes")
    click.confirm(question, abort=True)
