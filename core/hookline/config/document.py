"""Read one YAML file strictly, keeping the place of everything.

A plain scalar keeps its text: the type of the field that it lands in decides what it means. So ``no``,
``22:22``, ``0123`` and ``10.50`` in a reply are what was written. Anchors, tags, duplicate keys, deep nesting and
huge files are refused before anything is built from them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .diagnostics import Place, Problems
from .interpolation import Text

MAX_BYTES = 1 << 20
MAX_DEPTH = 50
MAX_NODES = 100_000

YamlPath = tuple[str | int, ...]

_STANDARD_TAG = "tag:yaml.org,2002:"
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_QUOTES = "put the whole value in single quotes: '…'"
_RISKY = ("{", "$", "@", "*", "!", "%", "`", "&", "[", "|", ">")


@dataclass(frozen=True, slots=True)
class Marks:
    """Hold where every key and every value stands."""

    keys: dict[YamlPath, Place]
    values: dict[YamlPath, Place]

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


@dataclass(frozen=True, slots=True)
class Document:
    """Hold one file: plain data whose scalars are :class:`Text`, and the marks of it all."""

    file: str
    folder: Path
    data: dict[str, Any]
    marks: Marks


def read_document(path: Path, problems: Problems, name: str | None = None) -> Document | None:
    """Read *path*; report what is wrong to *problems* and return None when nothing can be made of it."""
    file = name or str(path)
    text = _read_text(path, file, problems)
    if text is None:
        return None
    problems.sources[file] = text.split("\n")
    try:
        if not _guard(text, file, problems):
            return None
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        _report_syntax(error, file, problems)
        return None
    except (yaml.YAMLError, ValueError) as error:
        problems.error(_odd_character(error, text, file), f"not YAML: {_first_line(error)}")
        return None
    if not isinstance(node, yaml.MappingNode):
        problems.error(Place(file, 1, 1), "the file must be a mapping, beginning with `version: 1`")
        return None
    builder = _Builder(file, problems)
    data = builder.build(node, ())
    return Document(file, path.parent, data, builder.marks)


def _read_text(path: Path, file: str, problems: Problems) -> str | None:
    start = Place(file, 1, 1)
    try:
        raw = path.read_bytes()
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


def _guard(text: str, file: str, problems: Problems) -> bool:
    """Refuse what could hurt, without recursion and before a tree is built."""
    depth = nodes = documents = 0
    fine = True
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        mark = event.start_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                problems.error(place, "a second document: one file is one document", "remove the `---`")
                return False
        elif isinstance(event, yaml.AliasEvent):
            problems.error(place, "aliases (`*name`) are not supported", f"if it is text, {_QUOTES}; or use `packs:`")
            fine = False
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            fine = _check_node(event, place, problems) and fine
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            problems.error(place, f"nested deeper than {MAX_DEPTH}")
            return False
        if nodes > MAX_NODES:
            problems.error(place, f"more than {MAX_NODES} values in one file")
            return False
    return fine


def _check_node(event: yaml.NodeEvent, place: Place, problems: Problems) -> bool:
    if event.anchor is not None:
        problems.error(place, "anchors (`&name`) are not supported", f"if it is text, {_QUOTES}; or use `packs:`")
        return False
    tag = getattr(event, "tag", None)
    if tag is not None:
        problems.error(place, f"tags (`{_short_tag(tag)}`) are not supported", f"if it is text, {_QUOTES}")
        return False
    return True


class _Builder:
    def __init__(self, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self.marks = Marks({}, {})

    def build(self, node: yaml.Node, path: YamlPath) -> Any:
        self.marks.values[path] = self._place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        is_plain = not getattr(node, "style", None)  # None or "" in the C loader
        if is_plain and node.value == "":
            return None
        return Text(_SURROGATE_PAIR.sub(_joined, node.value), is_plain=is_plain)

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._problems.error(place, "a key must be plain text", f"if this is a placeholder, {_QUOTES}")
                continue
            key = str(key_node.value)
            if key in result:
                self._problems.error(
                    place, f"`{key}` stands here twice", f"the first is in line {self.marks.keys[(*path, key)].line}"
                )
                continue
            self.marks.keys[(*path, key)] = place
            result[key] = self.build(value_node, (*path, key))
        return result

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)


def _report_syntax(error: yaml.MarkedYAMLError, file: str, problems: Problems) -> None:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    lines = problems.sources[file]
    hint = _syntax_hint(error, lines, place)
    problems.error(place, f"not YAML: {_plain_problem(error)}", hint)


def _plain_problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "it can't be parsed"
    return f"{error.context}, {problem}" if error.context and "did not find" in problem else problem


def _syntax_hint(error: yaml.MarkedYAMLError, lines: Sequence[str], place: Place) -> str | None:
    problem = error.problem or ""
    numbers = [place.line, (error.context_mark.line + 1) if error.context_mark else place.line, place.line - 1]
    for number in dict.fromkeys(numbers):
        line = lines[number - 1] if 1 <= number <= len(lines) else ""
        if "\t" in line[: len(line) - len(line.lstrip())]:
            return "indent with spaces: YAML takes no tabs"
        _, colon, value = line.partition(":")
        value = value.strip() if colon else line.strip().removeprefix("-").strip()
        if "escape" in problem or (value.startswith('"') and "\\" in value):
            return f"a backslash needs single quotes: {_QUOTES}"
        if value.startswith(_RISKY) or "${" in value or line.strip().removeprefix("-").strip().startswith(_RISKY):
            return f"a value that begins with or holds such a character needs quotes: {_QUOTES}"
        if ": " in value or value.endswith(":"):
            return f"a value with a colon needs quotes: {_QUOTES}"
    return None


def _odd_character(error: Exception, text: str, file: str) -> Place:
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return Place(file, 1, 1)
    found = re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    before = text[: found.start()] if found else ""
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _first_line(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error).split("\n", 1)[0]


def _short_tag(tag: str) -> str:
    return tag.replace(_STANDARD_TAG, "!!")


def _joined(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16", "surrogatepass").decode("utf-16")
