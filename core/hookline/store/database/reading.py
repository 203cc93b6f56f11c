"""Look into a store without changing it; a SQLite file is opened read-only, so that its host needn't stop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from ...errors import SchemaError, StoreError
from ...sqlite import driver
from . import schema, tables
from .sqlite import ensure_regular, file_of

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


class Transactions(Protocol):
    """Run transactions one by one: all that a look into a store needs."""

    async def run(
        self,
        work: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run *work* in a transaction and return what it returned."""
        ...


class SqliteReader:
    """Own a read-only connection to a SQLite file, which another process may be writing to. Open with :meth:`open`.

    It blocks the event loop while it reads: it is for commands, not for hosts.
    """

    def __init__(self, path: Path) -> None:
        ensure_regular(path)
        library = driver()  # the one that writes here, too: two SQLite libraries in one process break their locks
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        self._path = path
        self._engine = create_engine(
            "sqlite://",
            creator=lambda: library.connect(uri, uri=True, timeout=5.0, check_same_thread=False),
            poolclass=StaticPool,
            module=library,
            isolation_level="AUTOCOMMIT",  # transactions are begun and ended by `snapshot` alone
        )

    @classmethod
    async def open(cls, url: str) -> SqliteReader:
        """Open the file that *url* names; raise StoreError when there is none, or none that this version can read."""
        path = file_of(url)
        if not path.exists():
            raise StoreError(f"there is no store {path} yet: `hookline run` makes it")
        reader = cls(path)
        try:
            await reader.run(check_schema)
        except BaseException:
            await reader.close()
            raise
        return reader

    async def run(
        self,
        work: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run *work* and return what it returned."""
        try:
            with self.snapshot() as connection:
                return work(connection, *args, **kwargs)
        except SQLAlchemyError as error:
            reason = f"{getattr(error, 'orig', error)}{_hint(self._path)}"
            raise StoreError(f"can't read the store {self._path}: {reason}") from error

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection that sees one moment of the store."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    async def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _hint(path: Path) -> str:
    """Return the likely reason why *path* can't be read: even a reader makes files beside a file with a WAL."""
    is_writable = os.access(path.parent, os.W_OK)
    return "" if is_writable else "; a WAL file needs a writable folder: copy it first"


def check_schema(connection: Connection) -> None:
    """Raise SchemaError unless this version can use the store as it is."""
    version = schema.current(connection)
    if version is None:
        raise SchemaError("the store is empty: `hookline run` or `hookline db upgrade` makes its tables")
    if version < tables.HEAD:
        raise SchemaError(
            f"the store has schema {version}, and this version needs {tables.HEAD}: run `hookline db upgrade`"
        )
    schema.upgrade(connection)  # of a newer one it only asks whether this version may run on it
