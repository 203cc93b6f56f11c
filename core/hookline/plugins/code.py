"""Notice that code on disk is no longer what this process has loaded."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

SUFFIXES = (".dist-info", ".egg-info")

Told = Mapping[str, Mapping[str, Sequence[int] | None]]
"""What is loaded and what is installed, as JSON has it: when each was changed last, by itself and in its folder, and
its size: the second can't be set, so that no change is missed."""


def loaded(since: int) -> Told | None:
    """Return what is loaded and installed now; None if any of it was changed after *since*, nanoseconds since 1970."""
    told = {"modules": {path: _exact(path) for _, path in _modules()}, "packages": _exact_packages()}
    stamps = [stamp for each in told.values() for stamp in each.values()]
    return None if any(stamp is None or max(stamp[:2]) >= since for stamp in stamps) else told


def is_current(told: Told) -> bool:
    """Say whether what was *told* is loaded and installed as it was."""
    if _exact_packages() != told["packages"]:
        return False
    return all(_exact(path) == stamp for path, stamp in told["modules"].items())


class LoadedCode:
    """Remember the code that is loaded when this is made: modules with their files, and the installed packages.

    Of modules that are imported later it is asked whether they were changed since.
    """

    def __init__(self) -> None:
        self._made_at = time.time_ns()
        self._modules = dict(_modules())
        self._files = {path: _stamp(path) for path in self._modules.values()}
        self._packages = _packages()

    def changes(self) -> Mapping[str, tuple[int, int] | None]:
        """Return what is another now, as a person reads it, each with what tells its state from any other."""
        packages, was = _packages(), self._packages
        others = sorted(path for path in packages.keys() | was.keys() if packages.get(path) != was.get(path))
        others.sort(key=lambda path: path in packages and path in was)  # what came or went is told first
        found = {f"the package {Path(path).stem} has changed": packages.get(path) for path in others}
        changed = ((name, path) for name, path in _modules() if self._is_changed(path))
        return found | {f"the module `{name}` has changed": _stamp(path) for name, path in changed}

    def folders(self, modules: Iterable[str]) -> set[Path]:
        """Return the folders that the code of the top *modules* is in."""
        wanted = set(modules)
        return {Path(path).parent for name, path in _modules() if name.partition(".")[0] in wanted}

    def _is_changed(self, path: str) -> bool:
        stamp = _stamp(path)
        if path in self._files:
            return stamp != self._files[path]
        return stamp is not None and stamp[0] > self._made_at


def _modules() -> Iterator[tuple[str, str]]:
    """Yield the name and the file of every loaded module that has a source file."""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.endswith((".py", ".so")) and name != "__main__":
            yield name, path


def _packages() -> Mapping[str, tuple[int, int] | None]:
    found: dict[str, tuple[int, int] | None] = {}
    for folder in sys.path:
        try:
            paths = [path for path in Path(folder).iterdir() if path.suffix in SUFFIXES]
        except OSError:  # no folder: an archive, or not there
            continue
        found |= {str(path): _stamp(str(path)) for path in paths}
    return found


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _exact_packages() -> Mapping[str, Sequence[int] | None]:
    return {path: _exact(path) for path in _packages()}


def _exact(path: str) -> Sequence[int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_ctime_ns, found.st_size]
