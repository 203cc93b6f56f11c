"""Write files where they are kept: into a folder of this machine, or behind any URL that fsspec knows.

A file is there whole or not at all, and writing it once more is the same as having written it once.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar
from urllib.parse import urlsplit

from ..errors import HooklineError, MissingExtraError, SaveError
from ..threads import in_daemon_thread
from ..tracebacks import summary_of

EXTRA = "fsspec"
BLOCK = 1 << 20
CLEAN_SECONDS = 5.0
"""How long whoever gives up waits for the disk to take a half file away."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stored:
    """Hold what was written: ``where`` is its path, or its URL."""

    where: str
    size: int


class Folder(Protocol):
    """Be a place for files."""

    async def store(self, name: str, parts: AsyncIterator[bytes], tag: str) -> Stored:
        """Write *parts* as the file *name*, in the place of one that is there.

        *tag* sets what is being written apart from other files of that name. Raises SaveError; what *parts* raises
        comes through. Then nothing of it is left behind, and a file that was there before is as it was.
        """
        ...


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """Keep files in a folder of this machine."""

    path: Path

    async def store(self, name: str, parts: AsyncIterator[bytes], tag: str) -> Stored:
        """Write beside the file, and put that in its place once it is whole and on the disk."""
        where = self.path / name
        draft = _Draft(self.path / f".{_digest(tag, name)}.part")
        try:
            size = await _written(draft, parts, str(where))
            await _in_thread(partial(draft.keep, where), str(where))
        finally:
            await _discarded(draft)
        return Stored(str(where), size)


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """Keep files behind a URL. Each is gathered on this machine first, so that no half of it goes out."""

    url: str

    async def store(self, name: str, parts: AsyncIterator[bytes], tag: str) -> Stored:
        """Gather the file, and upload it in one go."""
        where = f"{self.url.rstrip('/')}/{name}"
        with tempfile.TemporaryDirectory(prefix="hookline-", ignore_cleanup_errors=True) as folder:
            draft = _Draft(Path(folder) / "part")
            try:
                size = await _written(draft, parts, where)
                await _in_thread(partial(_upload, draft, where), where)
            finally:
                await _discarded(draft)
        return Stored(where, size)

    def ensure_usable(self) -> None:
        """Raise MissingExtraError when a package is missing, and ValueError when nobody knows such URLs."""
        scheme = urlsplit(self.url).scheme
        try:
            from fsspec import get_filesystem_class  # lazy: only for those who keep files elsewhere
        except ImportError as error:
            raise MissingExtraError(f"what saves to `{scheme}://`", EXTRA) from error
        try:
            get_filesystem_class(scheme)
        except ImportError as error:  # its text says which package, as in "Install s3fs to access S3"
            raise ValueError(f"saving to `{scheme}://` needs another package: {error}") from error


class _Draft:
    """Hold a file while it is written: by one thread after the other, the last of which takes it away or keeps it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._turn = threading.Lock()
        self._is_over = False

    def write(self, block: bytes) -> None:
        """Append *block*; the first time the file is begun anew, whatever a run that was killed has left of it."""
        with self._turn:
            if self._is_over:
                return  # given up while this thread waited for the disk
            if self._file is None:
                self._file = self.path.open("wb")
            self._file.write(block)

    def close(self) -> None:
        """Write out what is left."""
        self.write(b"")
        with self._turn:
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()

    def keep(self, where: Path) -> None:
        """Put the file at *where*, so that it is still there after a loss of power."""
        self.close()
        with self._turn:
            if not self._is_over:
                self.path.replace(where)
        with suppress(OSError):  # not every system can open a folder
            folder = os.open(where.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def discard(self) -> None:
        """Leave nothing behind that isn't kept."""
        with self._turn:
            self._is_over = True
            with suppress(OSError):  # a full disk may refuse even this, and the file goes all the same
                if self._file is not None:
                    self._file.close()
            self.path.unlink(missing_ok=True)


async def _written(draft: _Draft, parts: AsyncIterator[bytes], where: str) -> int:
    """Write *parts* in blocks, and return their size."""
    block, size = bytearray(), 0
    async for part in parts:
        block += part
        size += len(part)
        if len(block) >= BLOCK:
            await _in_thread(partial(draft.write, bytes(block)), where)
            block.clear()
    await _in_thread(partial(draft.write, bytes(block)), where)
    return size


async def _in_thread(work: Callable[[], Result], where: str) -> Result:
    """Return what *work* does off the event loop; raise SaveError where it fails."""
    try:
        result: Result = await in_daemon_thread("saving a file", work)
    except HooklineError:
        raise
    except OSError as error:
        raise SaveError(f"can't write {where}: {error.strerror or error or type(error).__name__}") from error
    except Exception as error:  # whatever a package for some kind of URL raises
        raise SaveError(f"can't write {where}: {summary_of(error)}") from error
    return result


async def _discarded(draft: _Draft) -> None:
    """Take *draft* away; a disk that hangs is not waited for long."""
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(CLEAN_SECONDS):
            await in_daemon_thread("discarding a file", draft.discard)


def _upload(draft: _Draft, where: str) -> None:
    from fsspec import url_to_fs  # lazy: only for those who keep files elsewhere

    draft.close()
    files, path = url_to_fs(where)
    files.put_file(str(draft.path), path)


def _digest(tag: str, name: str) -> str:
    return hashlib.sha256(f"{tag}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:24]
