"""Read one YAML file strictly, keeping the place of everything.

A plain scalar keeps its text: the type of the field that it lands in decides what it means. So ``no``,
``22:22``, ``0123`` and ``10.50`` in a reply are what was written. Anchors, tags, duplicate keys, deep nesting and
huge files are refused before anything is made of them.

Each bot and each pack is a part of its own, which is read when it is needed, and only its own marks are kept for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ...errors import HooklineError
from ...findings.findings import Findings, Place
from . import syntax
from .blocks import SECTIONS, Block, Cut, cut
from .disk import MAX_BYTES
from .marks import Marks, YamlPath, line_of, position
from .surrogates import SurrogatePairs
from .tree import TreeBuilder

Read = Callable[[Path], bytes]


class UncutError(HooklineError):
    """Say that a file, or one of them, can't be read in parts after all; read whole it shows what is wrong."""


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one bot or pack of a file, which stands at ``path``: its data, and the marks of it alone.

    ``digest`` is that of its text, if it was read by itself.
    """

    path: YamlPath
    data: Any
    marks: Marks
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Hold one file: plain data whose scalars are :class:`Text`, and the marks of it all.

    Where it is read in parts, ``data`` and ``marks`` know of each bot and pack only that it is there, and ``blocks``
    are their texts until they are taken. Of one that ``is_unchanged``, since an earlier load read it, there is but the
    ``text`` until then.
    """

    file: str
    folder: Path
    data: dict[str, Any]
    marks: Marks
    blocks: dict[YamlPath, Block] = field(default_factory=dict)
    text: str = ""
    is_unchanged: bool = False

    def take(self, path: YamlPath) -> Part:
        """Read the part at *path*, once; raises UncutError when there is anything wrong with its YAML."""
        if self.is_unchanged and not self.blocks:
            self.blocks.update(self._cut_again())
        if path in self.blocks:
            return _read(self.blocks.pop(path), path, self.file)
        section, name = path
        return Part(path, self.data[str(section)][name], self.marks)

    def outline(self) -> Document:
        """Return it without what its parts say, to be kept for the next load."""
        return replace(self, blocks={}, text="", is_unchanged=True)

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


def read_text(path: Path, file: str, findings: Findings, read: Read, missing: str | None = None) -> str | None:
    """Return the text of the file at *path*, which *read* reads, or None after reporting why there is none.

    *missing* is the hint when there is no such file.
    """
    start = Place(file, 1, 1)
    try:
        return decoded(read(path), file, findings)
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        findings.error(start, f"can't read the file: {error.strerror or error}", missing if is_missing else None)
        return None


def decoded(raw: bytes, file: str, findings: Findings) -> str | None:
    """Return the text of *file*, or None after reporting that it is none or too long."""
    if len(raw) > MAX_BYTES:
        findings.error(Place(file, 1, 1), f"the file has more than {MAX_BYTES} bytes")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        findings.error(Place(file, line, column), "the file is not UTF-8", "save it as UTF-8")
        return None


def read_document(path: Path, file: str, findings: Findings, read: Read) -> Document | None:
    """Read *path*, which findings call *file*; report what is wrong and return None when nothing can be made of it."""
    text = read_text(path, file, findings, read)
    return None if text is None else parse_document(text, file, path.parent, findings)


def parse_in_parts(text: str, file: str, folder: Path, findings: Findings) -> Document | None:
    """Return what *text* says as :func:`parse_document` does, each bot and pack as a part that is to be taken.

    None where that can't be done, and where there is anything wrong in the rest of the file.
    """
    pieces, found = cut(text), Findings()
    rest = parse_document(pieces.rest, file, folder, found) if pieces else None
    if pieces is None or rest is None or not found.is_empty or not _are_sections(pieces, rest):
        return None
    document = replace(rest, blocks={})
    for block in pieces.blocks:
        path = (block.section, block.name)
        if not block.name or path in document.blocks:
            return None
        _add(document, path, block)
    findings.take(file, text)
    return document


def parse_document(text: str, file: str, folder: Path, findings: Findings) -> Document | None:
    """Return what *text* says, which stands in *file*; report what is wrong and return None when it is nothing."""
    findings.take(file, text)
    text, pairs = SurrogatePairs.taken_from(text)
    builder = TreeBuilder(text, file, findings, pairs)
    try:
        if not builder.build(syntax.events(text)):
            return None
    except (yaml.YAMLError, ValueError) as error:
        syntax.report(error, text, file, findings)
        return None
    if not isinstance(builder.data, dict):
        findings.error(Place(file, 1, 1), "the file must be a mapping, beginning with `version: 1`")
        return None
    return Document(file, folder, builder.data, Marks(file, builder.spot, builder.odd))


def _are_sections(pieces: Cut, rest: Document) -> bool:
    """Say whether what was taken for the sections are keys at the top of the file, with nothing else below them."""
    tops = [(rest.data.get(name, ""), rest.marks.at((name,)), line) for name, line in pieces.lines.items()]
    return all(data is None and spot is not None and spot[1] == position(line, 0) for data, spot, line in tops)


def _add(document: Document, path: YamlPath, block: Block) -> None:
    """Let *document* know that there is a part at *path*."""
    section, name = path
    key = position(block.first_line, block.indent)
    tops = document.marks.root[2]
    if document.data[str(section)] is None:
        document.data[str(section)] = {}
        tops[section] = (key, tops[section][1], {})
    tops[section][2][name] = (key, key, None)
    document.data[str(section)][name] = {}
    document.blocks[path] = block


def _read(block: Block, path: YamlPath, file: str) -> Part:
    text, pairs = SurrogatePairs.taken_from(block.text)
    findings = Findings()
    builder = TreeBuilder(text, file, findings, pairs, block.first_line, depth=1)
    try:
        is_fine = builder.build(syntax.events(text)) and findings.is_empty
    except (yaml.YAMLError, ValueError) as error:
        raise UncutError(file) from error
    if not is_fine or not isinstance(builder.data, dict) or set(builder.data) != {block.name}:
        raise UncutError(file)
    odd = {(block.section, *path): oddity for path, oddity in builder.odd.items()}
    marks = Marks(file, (builder.spot[0], -1, {block.section: builder.spot}), odd)
    return Part(path, builder.data[block.name], marks, block.digest)
