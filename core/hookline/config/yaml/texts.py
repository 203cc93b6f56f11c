"""Read the files of a configuration, once each, and remember what they said."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from errno import ENOENT
from functools import partial
from hashlib import blake2b
from pathlib import Path

from .disk import Content, Disk
from .named import files_of, is_many, kept_files


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

    def __init__(self, kept: Mapping[Path, bytes] | None = None, disk: Disk | None = None) -> None:
        self._places: dict[Path, Path] = {}
        self._names: dict[Path, Path] = {}
        self._kept = kept
        self.disk = disk or Disk()
        self._is_late = False
        self._seen: dict[Path, bytes | OSError] = {}
        self._live: dict[Path, bytes | OSError] = {}
        self._notes = Notes()
        self._instead: dict[Path, bytes | None] = {}
        self.listings: dict[Path, Sequence[Path]] = {}

    @property
    def seen(self) -> Mapping[Path, bytes]:
        """Return what the configuration itself says: YAML files and the JSON files that it names.

        It never has a ``.env``, a secret's file, or what a plugin ships; as ``kept`` it makes the same load again.
        """
        read = {path: text for path, text in self._seen.items() if isinstance(text, bytes)}
        return {path: text for path, text in {**read, **self._instead}.items() if text is not None}

    @property
    def stamps(self) -> Mapping[Path, bytes | None]:
        """Return the digest of every file that was looked for, as it was read, and None for one that couldn't be.

        A load may turn out otherwise when one of them changes, or comes.
        """
        texts = {**self._live, **self._seen}
        return {path: digest(text) if isinstance(text, bytes) else None for path, text in texts.items()}

    def read(self, path: Path, *, may_be_pipe: bool = False) -> bytes:
        """Return what a file of the configuration says; raises OSError, also for what is no regular file.

        One that a person has named on the command line *may_be_pipe*.
        """
        name = self._name(path)
        read = partial(self._text, path, name, may_be_pipe=may_be_pipe)
        return self._noted(self._notes.kept, name, lambda: self._instead.get(name) or _once(self._seen, name, read))

    def replace(self, path: Path, text: bytes | None) -> None:
        """Let *path* say *text* from now on, whatever was read; with None it isn't among those that are ``seen``."""
        self._instead[self._name(path)] = text

    def read_live(self, path: Path) -> bytes:
        """Return what stands in *path* on disk, whatever was kept: for secrets, and for plugins' files."""
        name = self._name(path)
        return self._noted(self._notes.live, name, lambda: _once(self._live, name, lambda: self._content(path).text))

    def files(self, paths: Sequence[Path]) -> Sequence[Path]:
        """Return the files that *paths* name, each once; raise OSError.

        ``listings`` are those of folders and patterns: a load may turn out otherwise when one of them changes.
        """
        if self._kept is not None:
            return list(dict.fromkeys(kept_files(paths, self._kept)))
        return list(dict.fromkeys(one for path in paths for one in self.listing(path)))

    def listing(self, path: Path) -> Sequence[Path]:
        """Return the files on disk that *path* names."""
        if path in self.listings or self.disk.ask(path, partial(is_many, path)):
            if path not in self.listings:
                self.listings[path] = self.disk.ask(path, partial(files_of, path))
            return self.listings[path]
        return [path]

    def stamp(self, path: Path) -> bytes | None:
        """Return the digest of what stands in *path* on disk, None when it can't be read."""
        return _digest_of(self.read_live, path)

    def place(self, path: Path) -> Path | None:
        """Return where the file *path* is, all links followed; None unless it was read from disk."""
        return self._places.get(self._name(path))

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

    def _name(self, path: Path) -> Path:
        if path not in self._names:
            self._names[path] = self.disk.absolute(path)
        return self._names[path]

    def _text(self, path: Path, name: Path, *, may_be_pipe: bool) -> bytes:
        if self._kept is not None:
            return self._recalled(name)
        content = self._content(path, may_be_pipe=may_be_pipe)
        self._places[name] = content.where
        return content.text

    def _content(self, path: Path, *, may_be_pipe: bool = False) -> Content:
        try:
            return self.disk.read(path, may_be_pipe=may_be_pipe, is_late=self._is_late)
        except TimeoutError:
            self._is_late = True
            raise

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
