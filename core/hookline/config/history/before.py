"""Look up what files and bots were when they were last right, in the versions that were kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..bots.reuse import Made
from ..yaml.disk import absolute
from .versions import Version

MOST_LOADS = 10
"""So many versions are loaded to find bots: more would take long, and be of long ago."""

Load = Callable[[Version], Mapping[str, Made]]
"""Return the bots that are right in a version."""


class Before:
    """Know what was right before: files as *good* has them, all else from *versions*, which come newest first.

    They are looked for, and loaded, when they are first asked for.
    """

    def __init__(self, good: Mapping[Path, bytes], versions: Callable[[], Sequence[Version]], load: Load) -> None:
        self._good = good
        self._find = versions
        self._load = load
        self._versions: Sequence[Version] | None = None
        self._loaded: dict[int, Mapping[str, Made]] = {}

    def text(self, path: Path) -> bytes | None:
        """Return what the file *path* said when it was last right as a whole, or None."""
        name = absolute(path)
        texts = (files[name] for files in (self._good, *(one.files for one in self._all())) if name in files)
        return next(texts, None)

    def bot(self, name: str) -> Made | None:
        """Return the bot *name* as it was when it was last right, or None; one that was taken out since is None."""
        version = next((one for one in self._all() if name not in one.amiss), None)
        if version is None:
            return None
        if version.number not in self._loaded:
            if len(self._loaded) == MOST_LOADS:
                return None
            self._loaded[version.number] = self._load(version)
        return self._loaded[version.number].get(name)

    def _all(self) -> Sequence[Version]:
        if self._versions is None:
            self._versions = self._find()
        return self._versions
