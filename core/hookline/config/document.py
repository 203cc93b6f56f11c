"""Read one YAML file strictly, keeping the place of everything.

A plain scalar keeps its text: the type of the field that it lands in decides what it means. So ``no``,
``22:22``, ``0123`` and ``10.50`` in a reply are what was written. Anchors, tags, duplicate keys, deep nesting and
huge files are refused before anything is made of them.

Each bot and each pack is a part of its own, which is read when it is needed, and only its own marks are kept for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from . import syntax
from .blocks import SECTIONS, Block, Cut, cut
from .diagnostics import Place, Problems
from .listing import Listing
from .marks import Marks, YamlPath, line_of, position
from .surrogates import SurrogatePairs
from .tree import MAX_NODES, TreeBuilder

MAX_BYTES = 1 << 24
"""Room for some 5,000 bots: more was hardly written by a person, and would hold up the host for seconds."""

Read = Callable[[Path], bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one bot or pack of a file, which stands at ``path``: its data, and the marks of it alone."""

    path: YamlPath
    data: Any
    marks: Marks
    nodes: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """Hold one file: plain data whose scalars are :class:`Text`, and the marks of it all.

    Where it was read in parts, ``data`` and ``marks`` know of each bot and pack only that it is there; ``blocks`` are
    their texts, and ``parts`` those that were read. Of one that ``is_unchanged``, since it was read by an earlier load,
    nothing is known but its ``text`` until somebody takes a part.
    """

    file: str
    folder: Path
    data: dict[str, Any]
    marks: Marks
    parts: dict[YamlPath, Part] = field(default_factory=dict)
    blocks: dict[YamlPath, Block] = field(default_factory=dict)
    text: str = ""
    is_unchanged: bool = False

    def take(self, path: YamlPath) -> Part:
        """Return the part at *path*, reading it if it wasn't; this doesn't keep it any longer."""
        if path in self.parts:
            return self.parts.pop(path)
        if self.is_unchanged and not self.blocks:
            self.blocks.update(self._cut_again())
        if path in self.blocks:
            part = _part(self.blocks[path], self.file)
            assert part is not None  # it was read before
            return part
        return Part(path, self.data_of(path), self.marks)

    def data_of(self, path: YamlPath) -> Any:
        """Return the data of the part at *path*; it stays."""
        if path in self.parts:
            return self.parts[path].data
        section, name = path
        return self.data[str(section)][name]

    def outline(self) -> Document:
        """Return it without what its parts say, to be kept for the next load."""
        return replace(self, parts={}, blocks={}, text="", is_unchanged=True)

    def filled(self, text: str) -> Document:
        """Return it, which is an outline, with the *text* that it was made of."""
        return replace(self, blocks={}, text=text)

    def _cut_again(self) -> dict[YamlPath, Block]:
        pieces = cut(self.text)
        assert pieces is not None  # as it was then
        places = {(block.first_line, block.section): block for block in pieces.blocks}
        blocks: dict[YamlPath, Block] = {}
        for section in SECTIONS:
            for name in self.marks.names((section,)):
                spot = self.marks.at((section, name))
                assert spot is not None
                blocks[section, name] = places[line_of(spot[1]), section]
        return blocks


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


def parse_in_parts(
    text: str, file: str, folder: Path, problems: Problems, known: Mapping[bytes, YamlPath]
) -> Document | None:
    """Return what *text* says as :func:`parse_document` does, each bot and pack as a part where that can be done.

    *known* are digests of blocks that were fine in an earlier load, with the paths of their parts.
    """
    document = _in_parts(text, file, folder, known)
    if document is None:
        return parse_document(text, file, folder, problems)
    problems.listings[file] = Listing(text)
    return document


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


def _in_parts(text: str, file: str, folder: Path, known: Mapping[bytes, YamlPath]) -> Document | None:
    """Return what *text* says, read in parts; None when that can't be done, or when anything is wrong in it."""
    pieces = cut(text)
    if pieces is None:
        return None
    problems = Problems()
    rest = parse_document(pieces.rest, file, folder, problems)
    if rest is None or not problems.is_empty or not _are_sections(pieces, rest):
        return None
    document = replace(rest, parts={}, blocks={})
    nodes = 0
    for block in pieces.blocks:
        path = known.get(block.digest)
        part = None if path else _part(block, file)
        nodes += part.nodes if part else 0
        if part is not None:
            path = part.path
        if path is None or path in document.blocks or nodes > MAX_NODES:
            return None
        _add(document, path, block, part)
    return document


def _are_sections(pieces: Cut, rest: Document) -> bool:
    """Say whether what was taken for the sections are keys at the top of the file, with nothing else below them."""
    tops = [(rest.data.get(name, ""), rest.marks.at((name,)), line) for name, line in pieces.lines.items()]
    return all(data is None and spot is not None and spot[1] == position(line, 0) for data, spot, line in tops)


def _part(block: Block, file: str) -> Part | None:
    """Return what *block* says; None unless it is one fine entry."""
    problems = Problems()
    text, pairs = SurrogatePairs.taken_from(block.text)
    builder = TreeBuilder(file, problems, pairs, block.first_line, depth=1)
    try:
        is_fine = builder.build(syntax.events(text)) and problems.is_empty
    except (yaml.YAMLError, ValueError):
        return None
    if not is_fine or not isinstance(builder.data, dict) or len(builder.data) != 1:
        return None
    name, data = next(iter(builder.data.items()))
    marks = Marks(file, (builder.spot[0], -1, {block.section: builder.spot}))
    entry = marks.at((block.section, name))
    if entry is None or entry[1] != position(block.first_line, block.indent):
        return None
    return Part((block.section, name), data, marks, builder.nodes)


def _add(document: Document, path: YamlPath, block: Block, part: Part | None) -> None:
    """Let *document* know that there is a part at *path*."""
    section, name = str(path[0]), str(path[1])
    key = position(block.first_line, block.indent)
    tops = document.marks.root[2]
    if document.data[section] is None:
        document.data[section] = {}
        tops[section] = (key, tops[section][1], {})
    spot = part.marks.at(path) if part else None
    tops[section][2][name] = (spot[0] if spot else key, key, None)
    document.data[section][name] = part.data if part and not isinstance(part.data, dict) else {}
    document.blocks[path] = block
    if part is not None:
        document.parts[path] = part
