"""Replace an owner's files by what they are to say, unless somebody else has written to them meanwhile."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...errors import EditError
from ...findings.findings import Finding, Place
from ..yaml.disk import Disk

NEW_MODE = 0o644
"""How a file is made that wasn't there: no secret belongs in it."""

_NOTHING = "nothing was written"


@dataclass(frozen=True, slots=True)
class Replacement:
    """Hold what the file at ``path`` said when it was read, None when there was none, and what it is to say."""

    path: Path
    before: bytes | None
    after: bytes


def replace_files(replacements: Sequence[Replacement]) -> None:
    """Replace each file in one step, through a link, with its mode and owner.

    Raises EditError when one can't be written or isn't what was read any more, and then leaves all as they are: every
    new text is on the disk, and every old one was looked at again, before the first takes its place. Only what another
    program writes between that look and the rename, some microseconds, is lost. Other hard links keep the old text.
    """
    with ExitStack() as stack:
        ready = [(each, *stack.enter_context(_prepared(each))) for each in replacements]
        for each, target, _ in ready:
            with _telling(each.path):
                _ensure_unchanged(each, target)
        done: list[str] = []
        for each, target, temporary in ready:
            with _telling(each.path, f"already written: {', '.join(done)}" if done else _NOTHING):
                temporary.replace(target)
            done.append(str(each.path))


@contextmanager
def _prepared(replacement: Replacement) -> Iterator[tuple[Path, Path]]:
    """Return, for the length of a ``with``, the file that is to be replaced, and one beside it with the new text."""
    with _telling(replacement.path):
        target = replacement.path.resolve(strict=replacement.before is not None)
        if target.exists() and not os.access(target, os.W_OK):
            raise _error(replacement.path, "the file is read-only", "make it writable and try again")
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with _telling(replacement.path):
            _write(handle, replacement.after, target)
        yield target, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(handle: int, content: bytes, target: Path) -> None:
    """Write *content* to the disk, with the mode and the owner of *target*."""
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        if sys.platform != "win32":
            if target.exists():
                status = target.stat()
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
                os.fchmod(file.fileno(), status.st_mode & 0o7777)
            else:
                os.fchmod(file.fileno(), NEW_MODE)
        os.fsync(file.fileno())


def _ensure_unchanged(replacement: Replacement, target: Path) -> None:
    if (Disk().read(target).text if target.exists() else None) != replacement.before:
        raise _error(replacement.path, "the file has changed since it was read", f"{_NOTHING}; try again")


@contextmanager
def _telling(path: Path, hint: str = _NOTHING) -> Iterator[None]:
    """Raise EditError about *path* instead of OSError."""
    try:
        yield
    except OSError as error:
        raise _error(path, f"can't write the file: {error.strerror or error}", hint) from error


def _error(path: Path, message: str, hint: str) -> EditError:
    return EditError(Finding(Place(str(path), 1, 1), message, hint))
