"""Read the files of a configuration, once each, and remember what they said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from errno import ENOENT
from pathlib import Path


class Texts:
    """Serve the files of one load: from disk, or from what was *kept* of an earlier one.

    A file is read once, so that a load sees one version of it. Paths are absolute in what this tells.
    """

    def __init__(self, kept: Mapping[Path, bytes] | None = None) -> None:
        self._kept = kept
        self._seen: dict[Path, bytes] = {}
        self._watched: set[Path] = set()

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
        if name not in self._seen:
            self._seen[name] = path.read_bytes() if self._kept is None else self._recalled(name)
        return self._seen[name]

    def read_live(self, path: Path) -> bytes:
        """Return what stands in *path* on disk now, and keep nothing of it: for secrets, and for plugins' files."""
        self._watched.add(_absolute(path))
        return path.read_bytes()

    def _recalled(self, name: Path) -> bytes:
        assert self._kept is not None
        if name not in self._kept:
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(name))
        return self._kept[name]


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))
