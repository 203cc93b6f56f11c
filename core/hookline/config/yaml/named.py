"""Find the files that a person names: one by its path, all of a folder, or all that fit a pattern."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from glob import has_magic
from pathlib import Path

SUFFIXES = (".yaml", ".yml")
"""What the names of files end with that a folder is read for."""


def is_many(path: Path) -> bool:
    """Say whether *path* may name any number of files."""
    return _is_pattern(path) or path.is_dir()


def files_of(path: Path) -> Sequence[Path]:
    """Return the files that *path* names, sorted: itself, unless it is a folder or a pattern; raise OSError.

    Of a folder those count whose names end as YAML's do; none of them is hidden.
    """
    if _is_pattern(path):
        root, pattern = _cut(path)
        return sorted(one for one in root.glob(pattern) if one.is_file() and not _is_hidden(one, root))
    if path.is_dir():
        return sorted(one for one in path.iterdir() if one.suffix in SUFFIXES and not one.name.startswith("."))
    return [path]


def kept_files(paths: Sequence[Path], kept: Collection[Path]) -> Iterator[Path]:
    """Yield the files that *paths* named when those *kept*, which have absolute names, were read."""
    alone = [path for path in paths if not is_many(path)]
    yield from alone
    if len(alone) < len(paths):
        known = {path.absolute() for path in alone}
        yield from sorted(path for path in kept if path.suffix in SUFFIXES and path not in known)


def base_of(path: Path) -> Path:
    """Return the folder that *path*, which a person names, is in whatever files it names."""
    if _is_pattern(path):
        return _cut(path)[0]
    return path if path.is_dir() else path.parent


def _is_pattern(path: Path) -> bool:
    return has_magic(str(path)) and not path.exists()


def _cut(path: Path) -> tuple[Path, str]:
    """Return the folder in front of the first part of *path* that is a pattern, and the rest."""
    first = next(index for index, part in enumerate(path.parts) if has_magic(part))
    return Path(*path.parts[:first]), str(Path(*path.parts[first:]))


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)
