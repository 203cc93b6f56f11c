"""Read files from disk, and wait neither for what is no file nor for one that doesn't come."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from errno import EAGAIN, EFBIG, EINVAL, EISDIR, ETIMEDOUT
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ...filesystem import kind_of
from ...threads import begin

Result = TypeVar("Result")

MAX_BYTES = 1 << 24
"""Room for some 5,000 bots: more was hardly written by a person, and would hold up the host for seconds."""
READ_SECONDS = 10.0
"""So long a file may take; the next ones of a load that has waited for one so long have a tenth of it."""

_FLAGS = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))
"""What the system has of them: Windows knows the last one only."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """Hold what a file says, and where it is when all links are followed."""

    text: bytes
    where: Path


class Reading(Protocol):
    """Be what reads one file, as :func:`read_file` does."""

    def __call__(self, path: Path, *, may_be_pipe: bool = False, most: int = MAX_BYTES) -> Content:
        """Return what stands in *path*; raise OSError."""
        ...


def read_file(path: Path, *, may_be_pipe: bool = False, most: int = MAX_BYTES) -> Content:
    """Return what stands in the regular file *path*, at most *most* bytes; raise OSError for all else.

    With *may_be_pipe* it may be a pipe that the process was given open, as a shell's ``<(…)`` is.
    """
    lets_pipe = may_be_pipe and _is_given(path)
    _ensure_regular(path.stat(), path, lets_pipe=lets_pipe)  # before it is opened: a device may do something then
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        _ensure_regular(status, path, lets_pipe=lets_pipe)
        if stat.S_ISFIFO(status.st_mode):
            os.set_blocking(descriptor, True)
        return Content(_all_of(descriptor, path, most), Path(os.path.realpath(path)))
    finally:
        os.close(descriptor)


class Disk:
    """Read files, each in *seconds* at most.

    The thread that a file keeps waiting is left to it. Until it comes back no other thread waits for that file: one
    that is looked at every second holds up one thread, however long its file system is away.
    """

    def __init__(self, seconds: float = READ_SECONDS, read: Reading = read_file) -> None:
        self._seconds = seconds
        self._read = read
        self._hanging: dict[Path, Future[Any]] = {}

    def read(self, path: Path, *, may_be_pipe: bool = False, most: int = MAX_BYTES, is_late: bool = False) -> Content:
        """Return what :func:`read_file` does; raise TimeoutError, an OSError, when it takes too long.

        One that *is_late*, after another took too long, has less time.
        """
        work = partial(self._read, path, may_be_pipe=may_be_pipe, most=most)
        return self.ask(path, work, is_late=is_late)

    def absolute(self, path: Path) -> Path:
        """Return what :func:`absolute` does; raise TimeoutError when it takes too long."""
        return self.ask(path, partial(absolute, path)) if ".." in path.parts else path.absolute()

    def ask(self, path: Path, work: Callable[[], Result], *, is_late: bool = False) -> Result:
        """Return what *work* finds out about *path*; raise TimeoutError when it takes too long."""
        before = self._hanging.get(path)
        if before is not None and not _has_ended(before, self._seconds / 10):
            raise _late(path, self._seconds / 10)
        self._hanging.pop(path, None)  # what it has brought by now may be old
        begun = begin(f"reading {path}", work)
        seconds = self._seconds / 10 if is_late else self._seconds
        if not _has_ended(begun, seconds):
            self._hanging[path] = begun
            raise _late(path, seconds)
        return begun.result()


def absolute(path: Path) -> Path:
    """Return *path* from the root and without ``..``, so that a file has one name however it was written."""
    name = path.absolute()
    if ".." not in name.parts:
        return name
    plain = Path(os.path.normpath(name))
    if os.path.realpath(plain.parent) == os.path.realpath(name.parent):
        return plain
    return Path(os.path.realpath(name.parent), name.name)  # what stands before the `..` is a link


def _is_given(path: Path) -> bool:
    """Say whether *path* names what is open in this process already."""
    return path == Path("/dev/stdin") or path.parent == Path("/dev/fd") or path.match("/proc/*/fd/*")


def _ensure_regular(status: os.stat_result, path: Path, *, lets_pipe: bool) -> None:
    mode = status.st_mode
    if stat.S_ISREG(mode) or (lets_pipe and stat.S_ISFIFO(mode)):
        return
    number = EISDIR if stat.S_ISDIR(mode) else EINVAL  # of which Python makes an IsADirectoryError
    raise OSError(number, f"it is {kind_of(mode, path)}, expected a regular file", str(path))


def _all_of(descriptor: int, path: Path, most: int) -> bytes:
    """Return all that *descriptor* has; what is too long need not be read whole to be refused."""
    text = bytearray()
    try:
        while part := os.read(descriptor, _CHUNK):
            text += part
            if len(text) > most:
                raise OSError(EFBIG, f"it has more than {most} bytes", str(path))
    except BlockingIOError:  # there are such in /proc
        raise OSError(EAGAIN, "it lets readers wait, expected a regular file", str(path)) from None
    return bytes(text)


def _has_ended(begun: Future[Result], seconds: float) -> bool:
    return bool(wait([begun], seconds).done)


def _late(path: Path, seconds: float) -> OSError:
    return OSError(ETIMEDOUT, f"it couldn't be read within {seconds:g} seconds", str(path))
