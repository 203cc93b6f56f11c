"""Cut the text of a file into the entries below ``bots:`` and ``packs:`` and the rest, without understanding it.

A cut is only a guess by indentation. It holds when the rest and every entry are fine YAML by themselves, with the keys
that were expected: what is open at an entry's end (a quote, a bracket) makes that entry no YAML at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .texts import digest

SECTIONS = ("bots", "packs")

_SECTION = re.compile(r"\n(bots|packs):[ \t]*(?:#.*)?\r?(?=\n|\Z)")
_TOP = re.compile(r"\n(?=[^\s#])")
_NAME = re.compile(r"([A-Za-z][\w\-]*):[ \t\r\n]", re.ASCII)
_TAB = re.compile(r"^ *\t", re.MULTILINE)
_CONTENT = re.compile(r"\n( +)(?=[^\s#])")


@dataclass(frozen=True, slots=True)
class Block:
    """Hold the text of one entry; it begins in line ``first_line`` (from 0) of the file, indented by ``indent``.

    ``name`` is empty when it isn't a plain word.
    """

    section: str
    name: str
    text: str
    first_line: int
    indent: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """Hold the blocks of a file, and the *rest*: blank lines where they were. ``lines`` are those of the sections."""

    rest: str
    blocks: Sequence[Block]
    lines: Mapping[str, int]


def cut(text: str) -> Cut | None:
    """Return the blocks of *text*; None where there is nothing to cut, or it is written in an unusual way."""
    if not _has_usual_breaks(text) or _TAB.search(text):
        return None
    text = f"\n{text}"  # so that each line has one before it
    found = list(_SECTION.finditer(text))
    if not found or len({one[1] for one in found}) < len(found):
        return None
    rest: list[str] = []
    blocks: list[Block] = []
    lines: dict[str, int] = {}
    done = line = 0
    for section in found:
        lines[section[1]] = line + text.count("\n", done, section.start())
        top = _TOP.search(text, section.end())
        end = top.start() if top else len(text)
        body = text[section.end() : end]
        if not _begins_usually(body):
            return None
        blocks += _blocks(section[1], body, lines[section[1]])
        height = body.count("\n")
        rest += [text[done : section.end()], "\n" * height]
        done, line = end, lines[section[1]] + height + 1
    return Cut("".join([*rest, text[done:]])[1:], blocks, lines)


def _has_usual_breaks(text: str) -> bool:
    is_usual = text.count("\r") == text.count("\r\n")
    return is_usual and not any(character in text for character in "\x85\u2028\u2029")


def _begins_usually(body: str) -> bool:
    """Say whether nothing but comments stands before the first entry of a section, or in one without any."""
    first = _CONTENT.search(body)
    lead = body[: first.start()] if first else body
    return all(not line.strip(" \r") or line.lstrip(" ").startswith("#") for line in lead.split("\n"))


def _blocks(section: str, body: str, line: int) -> Iterator[Block]:
    """Yield the blocks of a section whose key stands in *line*; *body* begins at the end of that line."""
    first = _CONTENT.search(body)
    if first is None:
        return
    indent = len(first[1])
    starts = [entry.start() + 1 for entry in re.finditer(rf"\n {{{indent}}}(?=[^\s#])", body)]
    done = 0
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        line += body.count("\n", done, start)
        done = start
        text = body[start:end]
        found = _NAME.match(text, indent)
        name = found[1] if found else ""
        yield Block(section, name, text, line, indent, digest(f"{section}\n{text}".encode()))
