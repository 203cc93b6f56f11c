"""Read the files of a configuration, once each, and remember what they said."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import ENOENT
from hashlib import blake2b
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Notes:
    """Hold digests of the files that were read for one thing; None for a file that couldn't be read."""

    kept: dict[Path, bytes | None] = field(default_factory=dict)
    live: dict[Path, bytes | None] = field(default_factory=dict)


class Texts:
    """Serve the files of one load: from disk, or from what was *kept* of an earlier one.

    A file is read once, so that a load sees one version of it. Paths are absolute in what this tells.
    """

    def __init__(self, kept: Mapping[Path, bytes] | None = None) -> None:
        self._kept = kept
        self._seen: dict[Path, bytes] = {}
        self._watched: set[Path] = set()
        self._notes = Notes()

    @property
    def seen(self) -> Mapping[Path, bytes]:
        """Return what the configuration itself says: YAML files and the JSON files that it names.

        It never has a ``.env``, a secret's file, or what a plugin ships; as ``kept`` it makes the same load again.
        """
        return self._seen

    @property
    def watched(self) -> frozenset[Path]:
        """Return every file that was looked for, there or not: a load may turn out otherwise when one changes."""
        return frozenset(self._watched)

    def read(self, path: Path) -> bytes:
        """Return what a file of the configuration says; raises OSError."""
        name = _absolute(path)
        self._watched.add(name)
        return self._noted(self._notes.kept, name, lambda: self._read(path, name))

    def read_live(self, path: Path) -> bytes:
        """Return what stands in *path* on disk now, and keep nothing of it: for secrets, and for plugins' files."""
        name = _absolute(path)
        self._watched.add(name)
        return self._noted(self._notes.live, name, path.read_bytes)

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

    def _read(self, path: Path, name: Path) -> bytes:
        if name not in self._seen:
            self._seen[name] = path.read_bytes() if self._kept is None else self._recalled(name)
        return self._seen[name]

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


def _digest_of(read: Callable[[Path], bytes], path: Path) -> bytes | None:
    try:
        return digest(read(path))
    except OSError:
        return None


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))
