"""Read what lies in all mailboxes of a host, in the order in which it was answered."""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from ..sqlite import driver
from .box import LOCK, PREFIX, SUFFIX, File
from .posted import COLUMNS, FORM, Posted

ASIDE = "aside-"
BATCH = 256
_SELECT = f"SELECT id, {COLUMNS} FROM box WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608  our own names

log = structlog.stdlib.get_logger("hookline.mailbox")


def folder_beside(store: Path) -> Path:
    """Return the folder of the mailboxes whose requests go into the file *store*."""
    return Path(f"{store}-mailboxes")


@dataclass(frozen=True, slots=True)
class Found:
    """Hold one request, and where it lies."""

    box: str
    id: int
    posted: Posted


@dataclass
class Boxes:
    """Read the mailboxes below *folder*, and delete what was taken in.

    ``taken`` has, for each file, the number of a request of it: that and all before are in the store. *clock* is that
    of the stamps. What can't be read is set aside and named in ``unreadable``; it stops nobody else.
    """

    folder: Path
    clock: Callable[[], int]
    taken: dict[str, int]
    unreadable: dict[str, str] = field(default_factory=dict)
    _open: dict[str, Any] = field(default_factory=dict)
    _read: dict[str, int] = field(default_factory=dict)
    _left: dict[str, deque[int]] = field(default_factory=dict)
    _ahead: dict[str, set[int]] = field(default_factory=dict)

    def pull(self) -> list[Found]:
        """Return requests that were not returned yet, in the order of their stamps.

        Each was stamped before this call, and so was none that another file may still be about to get: whatever was
        answered before a request was stamped was in its file by then, and is read here. Where one file has more than
        can be read at once, nothing that is later than its last is returned.
        """
        until = self.clock()
        found: list[Found] = []
        for name in sorted(self._names()):
            rows = self._rows(name, max(self._read.get(name, 0), self.taken.get(name, 0)))
            found += rows
            if len(rows) == BATCH:
                until = min(until, rows[-1].posted.stamp)
        found = [one for one in found if one.posted.stamp <= until]
        for one in found:
            self._read[one.box] = one.id
            self._left.setdefault(one.box, deque()).append(one.id)
        return sorted(
            (one for one in found if one.id not in self._ahead.get(one.box, ())),
            key=lambda one: (one.posted.stamp, one.box),
        )

    def taken_with(self, found: Sequence[Found]) -> Mapping[str, int]:
        """Return how far each file will be in the store once *found* is, whatever of it came ahead of others."""
        done: dict[str, set[int]] = {}
        for one in found:
            done.setdefault(one.box, set()).add(one.id)
        last: dict[str, int] = {}
        for box, ids in done.items():
            ids |= self._ahead.get(box, set())
            for number in self._left[box]:
                if number not in ids:
                    break
                last[box] = number
        return last

    def have_taken(self, found: Sequence[Found]) -> None:
        """Note that *found* is in the store by now."""
        last = self.taken_with(found)
        for one in found:
            self._ahead.setdefault(one.box, set()).add(one.id)
        for box, until in last.items():
            left = self._left[box]
            while left and left[0] <= until:
                self._ahead[box].discard(left.popleft())
        self.taken.update(last)

    def rewind(self) -> None:
        """Let all be returned again that is not in the store."""
        self._read.clear()
        self._left.clear()

    def are_before(self, until: int) -> bool:
        """Say whether anything is not in the store that was stamped at *until*, or earlier."""
        firsts = (row.posted.stamp for name in self._names() for row in self._waiting(name, 1))
        return any(stamp <= until for stamp in firsts)

    def sweep(self) -> Sequence[str]:
        """Delete the files that are in the store as a whole and that no front writes to; return their names."""
        gone = [name for name in list(self._open) if self._is_left(name) and not self._waiting(name)]
        for name in gone:
            self._close(name)
            for suffix in ("", "-wal", "-shm", LOCK):
                with suppress(FileNotFoundError):
                    (self.folder / f"{name}{suffix}").unlink()
        if gone:
            self._sync()
        return gone

    def forget(self, names: Sequence[str]) -> None:
        """Know nothing more of files that are gone."""
        for name in names:
            for known in (self.taken, self._read, self._left, self._ahead):
                known.pop(name, None)

    def missing(self) -> Sequence[str]:
        """Return what is known of files that are no longer there."""
        there = set(self._names())
        return [name for name in self.taken if name not in there]

    def set_aside(self, posted: Posted) -> str:
        """Keep, durably, what can't be taken in now, and return the name of its file."""
        file = File(self.folder, ASIDE)
        try:
            file.insert([posted])
        finally:
            file.close()
        return file.path.name

    def bring_back(self) -> None:
        """Let what was set aside be read again."""
        for name in [entry.name for entry in self._entries() if entry.name.startswith(ASIDE)]:
            if name.endswith(SUFFIX):
                back = f"{PREFIX}{name.removeprefix(ASIDE)}"
                with suppress(OSError):
                    for suffix in (LOCK, "-wal", "-shm", ""):
                        with suppress(FileNotFoundError):
                            (self.folder / f"{name}{suffix}").rename(self.folder / f"{back}{suffix}")

    def close(self) -> None:
        """Let all files go."""
        for name in list(self._open):
            self._close(name)

    def held(self) -> tuple[int, int, int | None]:
        """Return how many files there are, their bytes, and when the oldest request not taken in was received."""
        entries = [entry for entry in self._entries() if entry.name.startswith((PREFIX, ASIDE))]
        sizes = 0
        for entry in entries:
            with suppress(OSError):
                sizes += entry.stat().st_size
        oldest = [row.posted.received for name in self._names() for row in self._waiting(name, 1)]
        return sum(entry.name.endswith(SUFFIX) for entry in entries), sizes, min(oldest, default=None)

    def latest(self) -> int:
        """Return the latest stamp in any file, 0 where there is none."""
        latest = 0
        for name in self._names():
            with suppress(Exception):  # whoever reads it says what is wrong
                (stamp,) = self._opened(name).execute("SELECT max(stamp) FROM box").fetchone()
                latest = max(latest, stamp or 0)
        return latest

    def waiting(self) -> int:
        """Return whether, and about how many, requests wait to be taken in; those set aside count, too."""
        aside = sum(entry.name.startswith(ASIDE) and entry.name.endswith(SUFFIX) for entry in self._entries())
        return aside + sum(len(self._waiting(name)) for name in self._names())

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            yield from entries

    def _names(self) -> Iterator[str]:
        for entry in self._entries():
            if entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX) and entry.name not in self.unreadable:
                yield entry.name

    def _waiting(self, name: str, most: int = BATCH) -> list[Found]:
        """Return the first of the file *name* that are not in the store, or came there ahead of others."""
        return self._rows(name, self.taken.get(name, 0), most)

    def _rows(self, name: str, after: int, most: int = BATCH) -> list[Found]:
        try:
            connection = self._opened(name)
            rows = connection.execute(_SELECT, (after, most)).fetchall()
            return [Found(name, row[0], Posted(*row[1:])) for row in rows]
        except Exception as error:
            if "locked" in str(error) or "no such table" in str(error):  # it is being made, or repaired
                return []
            self._close(name)
            self.unreadable[name] = str(error)
            log.error("mailbox.unreadable", file=str(self.folder / name), reason=str(error))  # noqa: TRY400  in words
            return []

    def _opened(self, name: str) -> Any:
        if name not in self._open:
            connection = driver().connect(self.folder / name, isolation_level=None, check_same_thread=False)
            self._open[name] = connection
            connection.execute("PRAGMA busy_timeout = 1000").close()
            connection.execute("PRAGMA query_only = 1").close()
            (form,) = connection.execute("PRAGMA user_version").fetchone()
            if form not in (0, FORM):
                raise ValueError(f"it has the form {form}, and this version of hookline reads {FORM}")
        return self._open[name]

    def _close(self, name: str) -> None:
        connection = self._open.pop(name, None)
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _is_left(self, name: str) -> bool:
        """Say whether no front writes to the file *name* any more."""
        try:
            descriptor = os.open(self.folder / f"{name}{LOCK}", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _sync(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
