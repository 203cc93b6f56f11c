"""Cut the text of a file into the entries below ``bots:`` and ``packs:`` and the rest, without understanding it.

A cut is only a guess by indentation. It holds when the rest and every entry are fine YAML by themselves, with the keys
that were expected: what is open at an entry's end (a quote, a bracket) makes that entry no YAML at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

SECTIONS = ("bots", "packs")

_ODD_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_SECTION = re.compile(r"^(bots|packs):[ \t]*(?:#.*)?\r?$", re.M)
_TOP = re.compile(r"^[^\s#]", re.M)
_CONTENT = re.compile(r"^( +)[^\s#]", re.M)


@dataclass(frozen=True, slots=True)
class Block:
    """Hold the text of one entry; it begins in line *first_line* (from 0) of the file, indented by *indent*."""

    section: str
    text: str
    first_line: int
    indent: int

    @property
    def digest(self) -> bytes:
        """Return what tells it from blocks with another text."""
        return blake2b(f"{self.section}\n{self.text}".encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Cut:
    """Hold the blocks of a file, and the *rest*: blank lines where they were. ``lines`` are those of the sections."""

    rest: str
    blocks: Sequence[Block]
    lines: Mapping[str, int]


def cut(text: str) -> Cut | None:
    """Return the blocks of *text*; None where there is nothing to cut, or it is written in an unusual way."""
    found = list(_SECTION.finditer(text))
    if not found or len({one[1] for one in found}) < len(found) or _ODD_BREAK.search(text):
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
        blocks += _blocks(section[1], body, lines[section[1]])
        height = body.count("\n")
        rest += [text[done : section.end()], "\n" * height]
        done, line = end, lines[section[1]] + height
    return Cut("".join([*rest, text[done:]]), blocks, lines)


def _blocks(section: str, body: str, line: int) -> Iterator[Block]:
    first = _CONTENT.search(body)
    if first is None:
        return
    indent = len(first[1])
    starts = [entry.start() for entry in re.finditer(rf"^ {{{indent}}}(?=[^\s#])", body, re.M)]
    done = 0
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        line += body.count("\n", done, start)
        done = start
        yield Block(section, body[start:end], line, indent)
