"""Look up what files and bots were when they were last right, in the newest version that was kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..bots.reuse import Made
from ..yaml.disk import absolute
from .versions import Version

Load = Callable[[Version], Mapping[str, Made]]
"""Return the bots that are right in a version."""


class Before:
    """Know what was right before: files as *good* has them, all else from the version that *newest* finds.

    It is looked for, and loaded, when it is first asked for.
    """

    def __init__(self, good: Mapping[Path, bytes], newest: Callable[[], Version | None], load: Load) -> None:
        self._good = good
        self._newest = newest
        self._load = load
        self._version: Version | None = None
        self._bots: Mapping[str, Made] | None = None

    def text(self, path: Path) -> bytes | None:
        """Return what the file *path* said when it was last right as a whole, or None."""
        name = absolute(path)
        if name in self._good:
            return self._good[name]
        version = self._found()
        return None if version is None else version.files.get(name)

    def bot(self, name: str) -> Made | None:
        """Return the bot *name* as it was when it was last right, or None."""
        if self._bots is None:
            version = self._found()
            self._bots = {} if version is None else self._load(version)
        return self._bots.get(name)

    def _found(self) -> Version | None:
        self._version = self._version or self._newest()
        return self._version
