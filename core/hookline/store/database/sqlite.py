"""Run transactions on SQLite: one writer thread, one connection, many callers to a commit.

The thread takes whatever waits and commits it at once, so a lone caller waits for nobody. Under load it takes the next
turn only when the event loop has dealt with the results of the last: what those lead to is then in the same commit, and
the two don't fight over Python's lock. Each function runs in a SAVEPOINT: one that fails takes nobody with it.
"""

from __future__ import annotations

import asyncio
import os
import queue
import re
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from ...errors import StoreBusyError, StoreClosedError, StoreError
from ...filesystem import Exposure, kind_of, narrow, narrow_open
from ...sqlite import driver
from . import schema
from .tables import dead_letters, inbox, outbox
from .transactions import Batch, Numbers

Item = TypeVar("Item")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

MAX_JOBS = 512
_NUMBER = re.compile(rb"\d{0,20}\n?")
NUMBERED = {
    "inbox": (inbox.c.seq, outbox.c.seq, dead_letters.c.ref),
    "outbox": (outbox.c.id, dead_letters.c.ref),
}
"""Where numbers stand that must not be given again, even when their own row has been pruned."""
PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
)


@dataclass(slots=True)
class _Job:
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    is_batch: bool
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class _Counter:
    following: dict[str, int] = field(default_factory=dict)

    def draw(self, table: str, count: int) -> int:
        first = self.following[table]
        self.following[table] = first + count
        return first


class SqliteDatabase:
    """Own one SQLite file: its lock, its only connection and the thread that writes.

    Open it with :meth:`open`; raises StoreBusyError when another process writes to the file, and
    SchemaError when a newer hookline made it. ``exposures`` are the files of it that others could get at.
    """

    def __init__(self, path: Path) -> None:
        self.exposures: Sequence[Exposure] = ()
        self._path = path
        self._lock = _FileLock(path)
        self._engine = _engine(path)
        self._numbers = _Counter()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = threading.Semaphore(1)

    @classmethod
    async def open(cls, url: str) -> SqliteDatabase:
        """Lock, migrate and open the file that *url* (``sqlite:///path``) names."""
        database = cls(file_of(url))
        database._lock.take()
        try:
            database.exposures = [found for found in _kept_from_others(database._path) if found is not None]
            await asyncio.to_thread(database._prepare)
        except BaseException as error:
            database._engine.dispose()
            database._lock.release()
            if isinstance(error, SQLAlchemyError | OSError):
                raise StoreError(
                    f"{database._path} can't be used as a store: {getattr(error, 'orig', error)}"
                ) from error
            raise
        database._loop = asyncio.get_running_loop()
        database._thread = threading.Thread(target=database._write, name="hookline store", daemon=True)
        database._thread.start()
        return database

    async def run(
        self,
        work: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run *work* in a transaction and return what it returned, once that is durable."""
        return cast("Result", await self._submit(work, args, kwargs, is_batch=False))

    async def batch(self, work: Batch[Item, Result], item: Item) -> Result:
        """Run *work* for *item* together with the other items that wait for it."""
        return await self.submit(work, item)

    def submit(self, work: Batch[Item, Result], item: Item) -> asyncio.Future[Result]:
        """Begin what :meth:`batch` does and return the future of its result."""
        return self._submit(work, (item,), {}, is_batch=True)

    @property
    def numbers(self) -> Numbers:
        """Return what gives rows their numbers: there is one process, so counting is enough."""
        return self._numbers

    async def close(self) -> None:
        """Finish what was submitted, checkpoint and release the file."""
        thread, self._thread = self._thread, None  # from now on nothing more is taken
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)
        self._engine.dispose()
        self._lock.release()

    def _submit(
        self, work: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any], *, is_batch: bool
    ) -> asyncio.Future[Any]:
        if self._loop is None or self._thread is None:
            raise StoreClosedError("the store is closed")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._jobs.put(_Job(work, arguments, keywords, is_batch, future))
        return future

    def _prepare(self) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            schema.upgrade(connection)
            connection.exec_driver_sql("COMMIT")
            self._numbers.following = {
                name: max(connection.execute(select(func.max(column))).scalar() or 0 for column in columns) + 1
                for name, columns in NUMBERED.items()
            }

    def _write(self) -> None:
        with self._engine.connect() as connection:
            while True:
                jobs = self._take()
                open_jobs = [job for job in jobs if job is not None]
                if open_jobs:
                    _commit(connection, open_jobs)
                    self._settle(open_jobs)
                if len(open_jobs) < len(jobs):
                    with suppress(Exception):  # a checkpoint only tidies up
                        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                    return

    def _take(self) -> list[_Job | None]:
        jobs = [self._jobs.get()]
        self._turn.acquire()
        with suppress(queue.Empty):
            while len(jobs) < MAX_JOBS and jobs[-1] is not None:
                jobs.append(self._jobs.get_nowait())
        return jobs

    def _settle(self, jobs: Sequence[_Job]) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._resolve, jobs)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._turn.release()

    def _resolve(self, jobs: Sequence[_Job]) -> None:
        try:
            for job in jobs:
                if job.future.done():
                    continue
                if job.error is not None:
                    job.future.set_exception(job.error)
                else:
                    job.future.set_result(job.result)
        finally:
            asyncio.get_running_loop().call_soon(self._turn.release)  # after all that now wakes up


def file_of(url: str) -> Path:
    """Return the file of a ``sqlite:///path`` URL; raise StoreError when it names none."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise StoreError(f"the store must be a file, as in sqlite:///hookline.db, not {parsed.render_as_string()}")
    return Path(parsed.database)


def ensure_regular(path: Path) -> None:
    """Raise StoreError unless *path* is a regular file, a link to one, or not there: SQLite would wait for a pipe."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # whoever opens it says why
    if not stat.S_ISREG(mode):
        raise StoreError(f"{path} can't be used as a store: it is {kind_of(mode, path)}, expected a regular file")


def _kept_from_others(path: Path) -> Iterator[Exposure | None]:
    """Make the file *path* if there is none, and keep people's messages in it and beside it to its owner."""
    ensure_regular(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        yield narrow_open(descriptor, path)
    finally:
        os.close(descriptor)
    real = os.path.realpath(path)  # SQLite puts the others beside the file that a link leads to
    yield from (narrow(Path(f"{real}{suffix}")) for suffix in ("-wal", "-shm", "-journal"))
    yield narrow(Path(f"{path}.lock"))


def _commit(connection: Connection, jobs: Sequence[_Job]) -> None:
    """Run *jobs* in one transaction; a group that fails is undone alone."""
    cursor = connection.connection.cursor()  # the driver's own: these five words need no SQLAlchemy
    try:
        cursor.execute("BEGIN IMMEDIATE")
        for group in _grouped(jobs):
            _run_group(connection, cursor, group)
        cursor.execute("COMMIT")
    except Exception as error:  # a disk that is full or gone: nothing of this turn is durable
        with suppress(Exception):
            cursor.execute("ROLLBACK")
        for job in jobs:
            job.error = job.error or _translated(error)
    finally:
        cursor.close()


def _grouped(jobs: Sequence[_Job]) -> list[list[_Job]]:
    groups: list[list[_Job]] = []
    batches: dict[Callable[..., Any], list[_Job]] = {}
    for job in jobs:
        if job.is_batch and job.work in batches:
            batches[job.work].append(job)
            continue
        groups.append([job])
        if job.is_batch:
            batches[job.work] = groups[-1]
        else:
            batches.clear()  # what was asked for after this job must not be done before it
    return groups


def _run_group(connection: Connection, cursor: Any, group: list[_Job]) -> None:
    cursor.execute("SAVEPOINT work")
    try:
        if group[0].is_batch:
            results = group[0].work(connection, [job.arguments[0] for job in group])
            for job, result in zip(group, results, strict=True):
                job.result = result
        else:
            (job,) = group
            job.result = job.work(connection, *job.arguments, **job.keywords)
        cursor.execute("RELEASE work")
    except Exception as error:
        cursor.execute("ROLLBACK TO work")
        cursor.execute("RELEASE work")
        if len(group) == 1:
            group[0].error = _translated(error)
        else:
            for job in group:  # one strange item must not fail its neighbours
                _run_group(connection, cursor, [job])


def _translated(error: Exception) -> Exception:
    """Return a StoreError for trouble of the store itself, and any other error as it is: it is the caller's."""
    original = getattr(error, "orig", error)
    if type(original).__name__ in ("OperationalError", "DatabaseError", "InterfaceError"):
        trouble = StoreError(f"the store can't do that now: {original}")
        trouble.__cause__ = error
        return trouble
    return error


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        module=driver(),
        isolation_level="AUTOCOMMIT",  # transactions are begun and ended by _commit alone
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for pragma in PRAGMAS:
            connection.execute(pragma).close()

    return engine


class _FileLock:
    """Hold ``FILE.lock`` for as long as this process writes to FILE."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock, or raise StoreBusyError naming who holds it."""
        descriptor = self._opened()
        with ExitStack() as stack:
            stack.callback(os.close, descriptor)
            self._lock(descriptor)
            stack.pop_all()
        self._descriptor = descriptor

    def _opened(self) -> int:
        """Open the lock's file, never through a link, nor waiting for what is no file."""
        path = Path(f"{self._path}.lock")
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        except OSError as error:
            with suppress(OSError):
                self._ensure_ours(path.lstat().st_mode)
            raise StoreError(f"can't write beside the store {self._path}: {error.strerror}") from error

    def _lock(self, descriptor: int) -> None:
        import fcntl

        self._ensure_ours(os.fstat(descriptor).st_mode)
        said = os.read(descriptor, 32)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = said.decode("ascii", "replace").strip() or "unknown"
            raise StoreBusyError(
                f"another hookline (process {holder}) writes to {self._path}: SQLite means one host per file. "
                "Stop that one, or give this host a `store:` of its own"
            ) from None
        if not _NUMBER.fullmatch(said):
            raise self._in_the_way("holds something else than the number of a process")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def _ensure_ours(self, mode: int) -> None:
        if not stat.S_ISREG(mode):
            raise self._in_the_way(f"is {kind_of(mode, self._path)}")

    def _in_the_way(self, reason: str) -> StoreError:
        message = f"{self._path}.lock {reason}, expected the lock of the store {self._path}"
        return StoreError(f"{message}: move it away, if nobody needs it")

    def release(self) -> None:
        """Let the lock go; the empty file stays, so that nobody locks an unlinked one."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
