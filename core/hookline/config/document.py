"""Read one YAML file strictly, keeping the place of everything.

A plain scalar keeps its text: the type of the field that it lands in decides what it means. So ``no``,
``22:22``, ``0123`` and ``10.50`` in a reply are what was written. Anchors, tags, duplicate keys, deep nesting and
huge files are refused before anything is made of them.

Each bot and each pack is a part of its own, which is read when it is needed, and only its own marks are kept for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import syntax
from .diagnostics import Place, Problems
from .listing import Listing
from .marks import Marks, YamlPath
from .surrogates import SurrogatePairs
from .tree import TreeBuilder

MAX_BYTES = 1 << 24
"""Room for some 5,000 bots: more was hardly written by a person, and would hold up the host for seconds."""

Read = Callable[[Path], bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one bot or pack of a file, which stands at ``path``: its data, and the marks of it alone."""

    path: YamlPath
    data: Any
    marks: Marks


@dataclass(frozen=True, slots=True)
class Document:
    """Hold one file: plain data whose scalars are :class:`Text`, and the marks of it all."""

    file: str
    folder: Path
    data: dict[str, Any]
    marks: Marks


def read_text(path: Path, file: str, problems: Problems, read: Read = Path.read_bytes) -> str | None:
    """Return the text of the file at *path*, or None after reporting to *problems* why there is none."""
    start = Place(file, 1, 1)
    try:
        raw = read(path)
    except OSError as error:
        problems.error(start, f"can't read the file: {error.strerror or error}")
        return None
    if len(raw) > MAX_BYTES:
        problems.error(start, f"the file has {len(raw)} bytes, at most {MAX_BYTES}")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        problems.error(Place(file, line, column), "the file is not UTF-8", "save it as UTF-8")
        return None


def read_document(
    path: Path, problems: Problems, name: str | None = None, read: Read = Path.read_bytes
) -> Document | None:
    """Read *path*; report what is wrong to *problems* and return None when nothing can be made of it."""
    file = name or str(path)
    text = read_text(path, file, problems, read)
    return None if text is None else parse_document(text, file, path.parent, problems)


def parse_document(text: str, file: str, folder: Path, problems: Problems) -> Document | None:
    """Return what *text* says, which stands in *file*; report what is wrong and return None when it is nothing."""
    problems.listings[file] = Listing(text)
    text, pairs = SurrogatePairs.taken_from(text)
    builder = TreeBuilder(file, problems, pairs)
    try:
        if not builder.build(syntax.events(text)):
            return None
    except (yaml.YAMLError, ValueError) as error:
        syntax.report(error, text, file, problems)
        return None
    if not isinstance(builder.data, dict):
        problems.error(Place(file, 1, 1), "the file must be a mapping, beginning with `version: 1`")
        return None
    return Document(file, folder, builder.data, Marks(file, builder.spot))
