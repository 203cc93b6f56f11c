"""Get at the store that the configuration names, for commands: to read it, or to change it beside a running host."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ..clock import Clock, StoreClock, SystemClock
from ..config.configuration import Configuration, Stores
from ..control.sockets import socket_of
from ..errors import ConfigError, StoreBusyError, StoreError
from ..findings.findings import did_you_mean
from ..store.database import schema
from ..store.database.dialects import now_of
from ..store.database.reading import SqliteReader, Transactions, check_schema
from ..store.database.sqlite import SqliteDatabase, file_of
from ..store.database.urls import is_shared
from .settings import Settings

if TYPE_CHECKING:
    from ..store.database.postgres import PostgresDatabase

Located = Configuration | Stores

_PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^@/]*@|(?<=[?&]password=)[^&]*")


def stored(settings: Settings) -> Stores:
    """Return where the store is: as the files say, or while that can't be read, as the last good ones said.

    Raises ConfigError when there is neither.
    """
    source = settings.source()
    try:
        return source.stores()
    except ConfigError:
        last = source.versions.newest()
        if last is None:
            raise
        return source.stores(last)


def configured(settings: Settings) -> Configuration:
    """Return the configuration, for commands that need the store and no secret of a bot: those may be made up.

    Raises ConfigError when a variable in the store's URL isn't set: another store would be looked at instead.
    """
    configuration = settings.load(is_simulated=True)
    settings.source().stores()
    return configuration


def unknown_bot(settings: Settings, configuration: Located, name: str | None) -> str | None:
    """Say that the configuration has no bot *name*, if so; no error: a bot that was removed may have left rows."""
    if name is None or name in configuration.bots:
        return None
    files = ", ".join(map(str, settings.files))
    hint = did_you_mean(name, configuration.bots)
    verb = "has" if len(settings.files) == 1 else "have"
    return f"{files} {verb} no bot `{name}`" + (f"; {hint}" if hint else "")


@asynccontextmanager
async def reading(configuration: Located) -> AsyncIterator[Transactions]:
    """Yield the store, to look into it; a SQLite file is opened read-only, whoever writes to it."""
    database: SqliteReader | PostgresDatabase
    if is_shared(configuration.store):
        database = await _postgres(configuration)
    else:
        database = await SqliteReader.open(configuration.store)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def writing(configuration: Located) -> AsyncIterator[tuple[Transactions, Clock]]:
    """Yield the store, to change it, and its clock; raise StoreBusyError when a host holds the SQLite file."""
    if is_shared(configuration.store):
        shared = await _postgres(configuration)
        try:
            clock = StoreClock()
            clock.set(await shared.run(now_of))
            yield shared, clock
        finally:
            await shared.close()
        return
    try:
        database = await SqliteDatabase.open(configuration.store)
    except StoreBusyError as error:
        raise StoreBusyError(
            f"a host holds {file_of(configuration.store)} and doesn't answer at {socket_of(configuration.store)}. "
            "If it has just started or is stopping, try again; else stop it first"
        ) from error
    try:
        yield database, SystemClock()
    finally:
        await database.close()


async def by_host(
    configuration: Located, name: str, arguments: Mapping[str, object], on_progress: Callable[[int], object]
) -> int | None:
    """Let the host that holds a SQLite file do *name*, and return with how many rows it did.

    None says that there is no such host, or that the store is shared: then it may be done beside whoever runs.
    """
    if is_shared(configuration.store):
        return None
    from ..control.client import NoHostError, call  # lazy: asyncio's sockets, for those who change something

    try:
        return int((await call(socket_of(configuration.store), name, arguments, on_progress))["done"])
    except NoHostError:
        return None


async def schema_of(configuration: Located) -> str | None:
    """Return the schema of the store, None when there is none yet; who else uses it makes no difference."""
    database: SqliteReader | PostgresDatabase
    if is_shared(configuration.store):
        from ..store.database.postgres import PostgresDatabase  # lazy: only for those who use it

        database = PostgresDatabase(configuration.store, is_pooled=configuration.listen_url is not None)
    elif file_of(configuration.store).exists():
        database = SqliteReader(file_of(configuration.store))
    else:
        return None
    try:
        return await database.run(schema.current)
    finally:
        await database.close()


async def _postgres(configuration: Located) -> PostgresDatabase:
    from ..store.database.postgres import PostgresDatabase  # lazy: only for those who use it

    database = PostgresDatabase(configuration.store, is_pooled=configuration.listen_url is not None)
    try:
        await database.run(check_schema)
    except BaseException:
        await database.close()
        raise
    return database


def ensure_made(configuration: Located) -> None:
    """Raise StoreError when there is no such SQLite file: a command shall not make one by looking for it."""
    if not is_shared(configuration.store) and not file_of(configuration.store).exists():
        raise StoreError(f"there is no store {file_of(configuration.store)} yet: `hookline run` makes it")


def has_password(url: str) -> bool:
    """Say whether a password stands in the URL of a PostgreSQL database."""
    return _PASSWORD.search(url) is not None


def place_of(url: str) -> str:
    """Return where the store at *url* is, without its password."""
    if not is_shared(url):
        return str(file_of(url))
    return _PASSWORD.sub(lambda found: f"{found[1]}@" if found[1] is not None else "•••", url)
