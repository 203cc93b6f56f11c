"""Read one YAML file strictly, keeping the place of everything.

A plain scalar keeps its text: the type of the field that it lands in decides what it means. So ``no``,
``22:22``, ``0123`` and ``10.50`` in a reply are what was written. Anchors, tags, duplicate keys, deep nesting and
huge files are refused before anything is built from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from . import syntax
from .diagnostics import Place, Problems
from .interpolation import Text
from .listing import Listing
from .surrogates import SurrogatePairs

MAX_BYTES = 1 << 20

YamlPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """Hold where every key and every value stands.

    ``made_up`` are the places of texts whose variables needn't be set.
    """

    keys: dict[YamlPath, Place] = field(default_factory=dict)
    values: dict[YamlPath, Place] = field(default_factory=dict)
    made_up: set[Place] = field(default_factory=set)
    _damaged: set[YamlPath] = field(default_factory=set)

    def key(self, path: YamlPath) -> Place:
        """Return the place of the key at *path*, or of the nearest thing around it."""
        while path:
            if path in self.keys:
                return self.keys[path]
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return self.values[()]

    def value(self, path: YamlPath) -> Place:
        """Return the place of the value at *path*, or of the nearest thing around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values[path]

    def damage(self, path: YamlPath) -> None:
        """Note that the value at *path* is wrong, which was reported, and is left out."""
        self._damaged.update(path[:length] for length in range(len(path) + 1))

    def is_damaged(self, path: YamlPath) -> bool:
        """Say whether something at or below *path* was left out, so that what is missing there may be that."""
        return path in self._damaged


@dataclass(frozen=True, slots=True)
class Document:
    """Hold one file: plain data whose scalars are :class:`Text`, and the marks of it all."""

    file: str
    folder: Path
    data: dict[str, Any]
    marks: Marks


Read = Callable[[Path], bytes]


def read_document(
    path: Path, problems: Problems, name: str | None = None, read: Read = Path.read_bytes
) -> Document | None:
    """Read *path*; report what is wrong to *problems* and return None when nothing can be made of it."""
    file = name or str(path)
    text = _read_text(path, file, problems, read)
    return None if text is None else parse_document(text, file, path.parent, problems)


def parse_document(text: str, file: str, folder: Path, problems: Problems) -> Document | None:
    """Return what *text* says, which stands in *file*; report what is wrong and return None, as above."""
    problems.listings[file] = Listing(text)
    text, pairs = SurrogatePairs.taken_from(text)
    try:
        if not syntax.guard(text, file, problems):
            return None
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        syntax.report(error, text, file, problems)
        return None
    if not isinstance(node, yaml.MappingNode):
        problems.error(Place(file, 1, 1), "the file must be a mapping, beginning with `version: 1`")
        return None
    builder = _Builder(file, problems, pairs)
    data = builder.build(node, ())
    return Document(file, folder, data, builder.marks)


def _read_text(path: Path, file: str, problems: Problems, read: Read) -> str | None:
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


class _Builder:
    def __init__(self, file: str, problems: Problems, pairs: SurrogatePairs) -> None:
        self._file = file
        self._problems = problems
        self._pairs = pairs
        self.marks = Marks()

    def build(self, node: yaml.Node, path: YamlPath) -> Any:
        self.marks.values[path] = self._place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        is_plain = not node.style  # None or "" in the C loader
        if is_plain and node.value == "":
            return None
        return Text(self._text(node), is_plain=is_plain)

    def _text(self, node: yaml.ScalarNode) -> str:
        return self._pairs.restored(node.value, is_escaped=node.style == '"')

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._problems.error(place, "a key must be plain text", f"if this is a placeholder, {syntax.QUOTES}")
                continue
            key = self._text(key_node)
            if key in result:
                message = f"`{self._problems.shown_key(key, place)}` stands here twice"
                self._problems.error(place, message, f"the first is in line {self.marks.keys[(*path, key)].line}")
                continue
            self.marks.keys[(*path, key)] = place
            result[key] = self.build(value_node, (*path, key))
        return result

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)
