"""Run transactions on PostgreSQL: the same functions as on SQLite, over a small pool of asyncpg connections.

What waits for the same work goes into one transaction. While that is under way the next gathers, so that a lone caller
waits for nobody and a crowd shares one commit. Each kind of work has one transaction at a time, in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ...errors import StoreClosedError, StoreError
from . import schema, tables
from .transactions import Batch, is_one_statement

Item = TypeVar("Item")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

MAX_JOBS = 512
MAX_CONNECTIONS = 8
CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 10.0
MAX_TRIES = 8
LOCK_TIMEOUT = "8s"
"""A statement that waits for somebody's lock ends so before its own time is over: then the log can say what it was."""
IDLE_IN_TRANSACTION = "2s"
"""A process that stands still in mid-transaction holds row locks; after this the server ends its transaction."""

_TRY_AGAIN = ("40001", "40P01")
"""Serialization failure and deadlock: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_DATA_CLASSES = ("22", "23")
"""Data exception and integrity constraint violation: the caller's own trouble."""
_SIGNS_OF_A_POOLER = ("unsupported startup parameter", "prepared statement")


@dataclass(slots=True)
class _Job:
    item: Any
    future: asyncio.Future[Any]


class PostgresDatabase:
    """Own a pool of connections to one database. Open it with :meth:`open`.

    With *is_pooled* the URL leads to a transaction pooler: nothing is kept in a session then, no prepared statements
    and no settings.
    """

    def __init__(self, url: str, *, is_pooled: bool = False, seconds: float | None = COMMAND_SECONDS) -> None:
        self._engine = _engine(url, is_pooled=is_pooled, seconds=seconds)
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._waiting: dict[Callable[..., Any], deque[_Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @classmethod
    async def open(cls, url: str, *, is_pooled: bool = False) -> PostgresDatabase:
        """Connect to *url* (``postgresql://…``, all that libpq understands) and bring the schema up to date."""
        database = cls(url, is_pooled=is_pooled)
        try:
            if await database.run(schema.current) != tables.HEAD:
                await _upgrade(url, is_pooled=is_pooled)
            await database.run(check_durability)
        except BaseException:
            await database.close()
            raise
        return database

    async def run(
        self,
        work: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run *work* in a transaction and return what it returned, once that is durable."""
        return await self._transact(work, *args, **kwargs)

    async def batch(self, work: Batch[Item, Result], item: Item) -> Result:
        """Run *work* for *item* together with the other items that wait for it."""
        return await self.submit(work, item)

    def submit(self, work: Batch[Item, Result], item: Item) -> asyncio.Future[Result]:
        """Begin what :meth:`batch` does and return the future of its result."""
        if self._is_closed:
            raise StoreClosedError("the store is closed")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(work)
        if waiting is None:
            waiting = self._waiting[work] = deque()
            task = asyncio.create_task(self._flush(work, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        waiting.append(_Job(item, future))
        return future

    @property
    def numbers(self) -> None:
        """Return None: other processes number rows, too, so the server does, in the statement that inserts."""

    async def close(self) -> None:
        """Finish what was submitted and close the connections."""
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=COMMAND_SECONDS)
        await self._engine.dispose()

    async def _flush(self, work: Callable[..., Any], waiting: deque[_Job]) -> None:
        try:
            while waiting:
                jobs = [waiting.popleft() for _ in range(min(len(waiting), MAX_JOBS))]
                await self._run_group(work, jobs)
        finally:
            del self._waiting[work]

    async def _run_group(self, work: Callable[..., Any], jobs: Sequence[_Job]) -> None:
        try:
            results = await self._transact(work, [job.item for job in jobs])
        except Exception as error:
            if len(jobs) > 1 and not isinstance(error, StoreError):
                for job in jobs:  # one strange item must not fail its neighbours
                    await self._run_group(work, [job])
                return
            for job in jobs:
                if not job.future.done():
                    job.future.set_exception(error)
        else:
            for job, result in zip(jobs, results, strict=True):
                if not job.future.done():
                    job.future.set_result(result)

    async def _transact(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        if self._is_closed:
            raise StoreClosedError("the store is closed")
        tries = 0
        while True:
            tries += 1
            try:
                return await self._once(work, *args, **kwargs)
            except Exception as error:
                code = _code_of(error)
                if code in _TRY_AGAIN and tries < MAX_TRIES:
                    continue
                # Of one statement nobody knows what was committed, unless the server said that nothing was.
                is_known = code[:2] in _DATA_CLASSES or not (code or is_one_statement(work) or _is_of_store(error))
                if is_known or isinstance(error, StoreError):
                    raise
                raise StoreError(f"the store can't do that now: {_reason(error)}") from error

    async def _once(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        if is_one_statement(work):
            async with self._autocommit.connect() as connection:
                return await connection.run_sync(work, *args, **kwargs)
        async with self._engine.begin() as connection:
            return await connection.run_sync(work, *args, **kwargs)


def _is_of_store(error: Exception) -> bool:
    """Say whether *error* comes from the database or the way to it, not from the work itself."""
    return isinstance(error, OSError | SQLAlchemyError | asyncpg.PostgresError | asyncpg.InterfaceError)


def _code_of(error: Exception) -> str:
    """Return the SQLSTATE that the server gave, or nothing."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


def _reason(error: object) -> str:
    original = getattr(error, "orig", None) or error
    reason = str(original) or type(original).__name__
    if any(sign in reason for sign in _SIGNS_OF_A_POOLER):
        reason += "; does the URL lead to a transaction pooler? Then `listen_url:` must say how to get past it"
    if "lock timeout" in reason:
        reason += "; another session holds a lock on the store's tables, and pg_blocking_pids() tells which"
    return reason


async def _upgrade(url: str, *, is_pooled: bool) -> None:
    """Bring the schema up to date, however long that takes."""
    database = PostgresDatabase(url, is_pooled=is_pooled, seconds=None)
    try:
        await database.run(schema.upgrade)
    finally:
        await database.close()


def _engine(url: str, *, is_pooled: bool, seconds: float | None) -> AsyncEngine:
    settings = {"application_name": "hookline"}
    if seconds is not None and not is_pooled:
        settings |= {"idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION, "lock_timeout": LOCK_TIMEOUT}

    async def connect() -> Any:
        try:
            return await asyncpg.connect(
                url,
                timeout=CONNECT_SECONDS,
                command_timeout=seconds,
                server_settings=settings,
                statement_cache_size=0 if is_pooled else 100,
            )
        except ValueError as error:
            raise StoreError(f"the store's URL can't be used: {error}") from error

    def create() -> Any:
        nameless = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str} if is_pooled else {}
        return engine.sync_engine.dialect.dbapi.connect(async_creator_fn=connect, **nameless)  # type: ignore[union-attr]  # asyncpg's

    engine = create_async_engine(
        "postgresql+asyncpg://",
        creator=create,
        pool_size=MAX_CONNECTIONS,
        max_overflow=0,
        pool_timeout=COMMAND_SECONDS,
        pool_use_lifo=True,
    )
    return engine


def check_durability(connection: Connection) -> None:
    """Refuse a database that says yes before it has written: a webhook would be answered too early."""
    if connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "off":
        raise StoreError(
            "the database has `synchronous_commit = off`, so that a crash may lose what was acknowledged. "
            "Set it to on: ALTER ROLE … SET synchronous_commit = on"
        )
