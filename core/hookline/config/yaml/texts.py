"""Read the files of a configuration, once each, and remember what they said."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from errno import EFBIG, EINVAL, ENOENT
from hashlib import blake2b
from pathlib import Path

MAX_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Notes:
    """Hold digests of the files that were read for one thing; None for a file that couldn't be read."""

    kept: dict[Path, bytes | None] = field(default_factory=dict)
    live: dict[Path, bytes | None] = field(default_factory=dict)


class Texts:
    """Serve the files of one load: from disk, or from what was *kept* of an earlier one.

    A file is read once, so that a load sees one version of it, or that there is none. Paths are absolute in what this
    tells.
    """

    def __init__(self, kept: Mapping[Path, bytes] | None = None) -> None:
        self._kept = kept
        self._seen: dict[Path, bytes | OSError] = {}
        self._live: dict[Path, bytes | OSError] = {}
        self._notes = Notes()

    @property
    def seen(self) -> Mapping[Path, bytes]:
        """Return what the configuration itself says: YAML files and the JSON files that it names.

        It never has a ``.env``, a secret's file, or what a plugin ships; as ``kept`` it makes the same load again.
        """
        return {path: text for path, text in self._seen.items() if isinstance(text, bytes)}

    @property
    def stamps(self) -> Mapping[Path, bytes | None]:
        """Return the digest of every file that was looked for, as it was read, and None for one that couldn't be.

        A load may turn out otherwise when one of them changes, or comes.
        """
        texts = {**self._live, **self._seen}
        return {path: digest(text) if isinstance(text, bytes) else None for path, text in texts.items()}

    def read(self, path: Path) -> bytes:
        """Return what a file of the configuration says; raises OSError."""
        name = absolute(path)
        return self._noted(self._notes.kept, name, lambda: _once(self._seen, name, lambda: self._text(path, name)))

    def read_live(self, path: Path) -> bytes:
        """Return what stands in *path* on disk, whatever was kept: for secrets, and for plugins' files."""
        name = absolute(path)
        return self._noted(self._notes.live, name, lambda: _once(self._live, name, lambda: _read(path)))

    @contextmanager
    def noting(self) -> Iterator[Notes]:
        """Note, for the length of a ``with``, which files are read and what they say."""
        before, self._notes = self._notes, Notes()
        try:
            yield self._notes
        finally:
            self._notes = before

    def are_as_noted(self, notes: Notes) -> bool:
        """Say whether all files of *notes* say the same as then; they are read for that."""
        kept = all(_digest_of(self.read, path) == digest for path, digest in notes.kept.items())
        return kept and all(_digest_of(self.read_live, path) == digest for path, digest in notes.live.items())

    def _text(self, path: Path, name: Path) -> bytes:
        return _read(path) if self._kept is None else self._recalled(name)

    def _recalled(self, name: Path) -> bytes:
        assert self._kept is not None
        if name not in self._kept:
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(name))
        return self._kept[name]

    def _noted(self, notes: dict[Path, bytes | None], name: Path, read: Callable[[], bytes]) -> bytes:
        notes[name] = None
        text = read()
        notes[name] = digest(text)
        return text


def digest(text: bytes) -> bytes:
    """Return what tells *text* from any other."""
    return blake2b(text, digest_size=16).digest()


def stamp(path: Path) -> bytes | None:
    """Return the digest of the file *path* as it is on disk, None when it can't be read."""
    return _digest_of(_read, path)


def absolute(path: Path) -> Path:
    """Return *path* from the root and without ``..``, so that a file has one name however it was written."""
    name = path.absolute()
    if ".." not in name.parts:
        return name
    plain = Path(os.path.normpath(name))
    if os.path.realpath(plain.parent) == os.path.realpath(name.parent):
        return plain
    return Path(os.path.realpath(name.parent), name.name)  # what stands before the `..` is a link


def _read(path: Path) -> bytes:
    """Return what stands in *path*; raises OSError, also for what is too long, or a pipe."""
    if stat.S_ISFIFO(path.stat().st_mode) and path.parts[:2] != ("/", "dev"):  # a shell's <(…) is there
        raise OSError(EINVAL, "it is a pipe", str(path))
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)  # one that is too long need not be read whole to be refused
    if len(text) > MAX_BYTES:
        raise OSError(EFBIG, f"it has more than {MAX_BYTES} bytes", str(path))
    return text


def _once(texts: dict[Path, bytes | OSError], name: Path, read: Callable[[], bytes]) -> bytes:
    if name not in texts:
        try:
            texts[name] = read()
        except OSError as error:
            texts[name] = error.with_traceback(None)  # which holds all that was under way, bots and routes
    text = texts[name]
    if isinstance(text, OSError):
        raise copy(text)
    return text


def _digest_of(read: Callable[[Path], bytes], path: Path) -> bytes | None:
    try:
        return digest(read(path))
    except OSError:
        return None
