"""Warn of files that get into answers and stand outside the folder of the file that names them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...findings.findings import Findings
from ..yaml.disk import Disk
from ..yaml.json_files import JsonFiles, Named


def check_outside(allowed: Mapping[str, Sequence[str]], json_files: JsonFiles, findings: Findings) -> None:
    """Warn of *json_files* that are neither in their file's folder nor in what that file has *allowed* by its name."""
    roots: dict[tuple[str, Path], Sequence[Path]] = {}
    for place, named in json_files.named.items():
        written = allowed.get(place.file, ())
        key = (place.file, named.folder)
        if key not in roots:
            roots[key] = [_resolved(named.folder / path, json_files.texts.disk) for path in ("", *written)]
        where = json_files.texts.place(named.folder / named.written)
        if where is not None and not any(where.is_relative_to(root) for root in roots[key]):
            message = f"`{named.written}` is outside the folder of this file: it leads to {where}"
            findings.warning(place, message, _remedy(named, is_ours=place.file in allowed))


def _resolved(path: Path, disk: Disk) -> Path:
    try:
        return disk.ask(path, lambda: Path(os.path.realpath(path)))
    except (OSError, ValueError):  # nothing can be there
        return path


def _remedy(named: Named, *, is_ours: bool) -> str:
    move = f"move it into {named.folder}"
    return f"{move}, or list it or its folder under `allow_outside:` at the top of this file" if is_ours else move
