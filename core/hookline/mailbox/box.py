"""Keep requests in a file until a worker has taken them in: one thread, one connection, many callers to a commit.

A file takes so many requests, or is so old, and is then left to the worker, which deletes it once it has all of it.
Nothing is ever deleted inside one: a full disk would keep it from that.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from ..errors import StoreError
from ..sqlite import driver
from .posted import COLUMNS, FORM, PRAGMAS, TABLE, Posted

PREFIX, SUFFIX, LOCK = "box-", ".db", ".lock"
MAX_JOBS = 256
MAX_ROWS = 20_000
MAX_SECONDS = 30.0
"""So many requests, and for so long, go into one file: what people wrote shall not lie about beside the store."""
MAX_BYTES = 512 << 20
"""So many bytes may wait in all mailboxes of a host."""
LOOK_SECONDS = 1.0

_Job = tuple[Posted, "asyncio.Future[None]"]


class Box:
    """Own the mailbox of one front, below *folder*.

    *ring* tells the worker that there is something. Open it in a running event loop. While nothing can be written, at
    its beginning or later, whoever puts something is told, and the next one tries anew.
    """

    def __init__(
        self, folder: Path, ring: Callable[[], object], *, rows: int = MAX_ROWS, most_bytes: int = MAX_BYTES
    ) -> None:
        self._folder = folder
        self._ring = ring
        self._rows = rows
        self._most_bytes = most_bytes
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop = asyncio.get_running_loop()
        self._turn = threading.Semaphore(1)
        self._file: File | None = None
        self._is_full = False
        self._looked_at = 0.0

    def open(self) -> None:
        """Make a file, and the folder for it, if that can be done now."""
        with suppress(Exception):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._file = File(self._folder)
        self._thread = threading.Thread(target=self._write, name="hookline mailbox", daemon=True)
        self._thread.start()

    def put(self, posted: Posted) -> asyncio.Future[None]:
        """Keep *posted*; the future ends once it is durable."""
        kept: asyncio.Future[None] = self._loop.create_future()
        if self._thread is None or self._is_full:
            kept.set_exception(StoreError("the mailbox is full: no worker takes in what is in it"))
        else:
            self._jobs.put((posted, kept))
        return kept

    async def close(self) -> None:
        """Keep what was put, and leave the file to the worker."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    def _write(self) -> None:
        while True:
            jobs = self._taken()
            rows = [job for job in jobs if job is not None]
            if rows:
                self._settle(rows, self._insert([posted for posted, _ in rows]))
            self._look_after()
            if len(rows) < len(jobs):
                self._leave()
                return

    def _taken(self) -> list[_Job | None]:
        jobs: list[_Job | None] = []
        with suppress(queue.Empty):
            jobs.append(self._jobs.get(timeout=LOOK_SECONDS))
            self._turn.acquire()
            while len(jobs) < MAX_JOBS and jobs[-1] is not None:
                jobs.append(self._jobs.get_nowait())
        return jobs

    def _insert(self, rows: Sequence[Posted]) -> Exception | None:
        try:
            if self._file is None:
                self._file = File(self._folder)
            self._file.insert(rows)
        except Exception as error:  # a disk that is full or gone; the next turn tries a new file
            self._leave()
            return StoreError(f"the mailbox can't keep that now: {error}")
        self._ring()
        return None

    def _look_after(self) -> None:
        """Begin a new file where this one has enough, and see how much waits in all of them."""
        if self._file is not None and self._file.rows and self._file.is_over(self._rows):
            self._leave()
            with suppress(Exception):  # else whoever comes next is told
                self._file = File(self._folder)
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            with suppress(OSError):
                self._is_full = sum(entry.stat().st_size for entry in os.scandir(self._folder)) > self._most_bytes

    def _leave(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
            self._ring()

    def _settle(self, jobs: Sequence[_Job], error: Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._resolve, jobs, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._turn.release()

    def _resolve(self, jobs: Sequence[_Job], error: Exception | None) -> None:
        for _, kept in jobs:
            if kept.done():
                continue
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)
        self._loop.call_soon(self._turn.release)  # after all that now wakes up


class File:
    """Own one file of a mailbox, of a new name; whoever has its lock may write to it."""

    def __init__(self, folder: Path, prefix: str = PREFIX) -> None:
        self.path = folder / f"{prefix}{secrets.token_hex(8)}{SUFFIX}"
        self.rows = 0
        self._made_at = time.monotonic()
        self._lock = os.open(f"{self.path}{LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with ExitStack() as undoing:
            undoing.callback(os.close, self._lock)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            self._connection = driver().connect(self.path, isolation_level=None, check_same_thread=False)
            undoing.callback(self._connection.close)
            for statement in (*PRAGMAS, TABLE, f"PRAGMA user_version = {FORM}"):
                self._connection.execute(statement).close()
            _sync(folder)
            undoing.pop_all()

    def insert(self, rows: Sequence[Posted]) -> None:
        """Add *rows*, durably: in one statement, and so all of them or none."""
        values = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(rows))
        statement = f"INSERT INTO box ({COLUMNS}) VALUES {values}"  # noqa: S608  our own names
        self._connection.execute(statement, [value for row in rows for value in row]).close()
        self.rows += len(rows)

    def is_over(self, most: int) -> bool:
        """Say whether it has *most* rows, or is so old that it is to be left."""
        return self.rows >= most or time.monotonic() - self._made_at >= MAX_SECONDS

    def close(self) -> None:
        """Let go of it."""
        with suppress(Exception):  # what is in it is durable, whatever closing says
            self._connection.close()
        os.close(self._lock)


def _sync(folder: Path) -> None:
    """Make the names in *folder* durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
