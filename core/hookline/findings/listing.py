"""Quote a line of a file to the person who wrote it, and never a secret that may stand in it.

A line is shown whole only where no secret belongs (see :class:`OpenKeys`) and when none of its keys tells of one.
Of any other line the values are hidden, unless they are nothing but ``${VAR}`` or ``{file: …}``. Comments are cut.
This looks at the text alone, since a file that can't be parsed is quoted too; what it doesn't understand it hides.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

HIDDEN = "•••"
_SECRET_LIKE = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{32}(?![0-9A-Za-z])|[0-9A-Za-z+/]{80,}=|eyJ[\w-]{10,}\.[\w-]{20,}(?:\.[\w-]+)?)",
    re.ASCII,
)
"""What a channel secret of LINE looks like, and an access token: base64 or a JWT. No word, id or path is so."""

_WIDTH = 200
_BRACES = "{"  # stands in a path for keys in braces that a line further up has opened
_TELLING = re.compile(r"secret|token|passw(?:or)?d|passphrase|credential|private|api_?-?key|auth", re.I)
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_LEAD = re.compile(
    r"""(?P<indent>\ *)(?P<dashes>(?:-\s+)*)(?P<key>["'][\w.\-]+["']\s*:|[\w.\-]+\s*:(?=\s|["'$]|\Z))?""", re.X
)
_KEY_IN_BRACES = re.compile(r"""(?P<before>[{,]\s*)(?P<key>"[^"]*"|'[^']*'|[^\s'"{}\[\],:]+)\s*:""")
_REFERENCE = re.compile(r"""\$\{\w+\}|\{\s*file\s*:[^{},]*\}""")
_NO_COMMENT = re.compile(
    r"""(?: (?<![^\s{\[,:])"(?:\\.|[^"\\])*" | (?<![^\s{\[,:])'(?:[^']|'')*' | [^\#] | (?<=\S)\# )*""", re.X
)


ANY_NAME = "*"
"""Stands in a path of keys for any name that an owner gives."""


@dataclass(frozen=True, slots=True)
class OpenKeys:
    """Say where in a file no secret belongs: in the ``sections`` and all below them, and in the ``values`` of keys.

    Each is a path of keys. What is named nowhere is hidden, so that a new key is, until somebody says otherwise.
    """

    sections: frozenset[tuple[str, ...]] = frozenset()
    values: frozenset[tuple[str, ...]] = frozenset()

    def have(self, path: Sequence[str], *, is_empty: bool) -> bool:
        """Say whether a line at *path* is open; one that *is_empty* has its key only, and is where it leads there."""
        if is_empty and any(_leads(path, section) for section in self.sections):
            return True
        if any(_fits(path, value) for value in self.values):
            return True
        return any(_fits(path[: len(section)], section) for section in self.sections)


ALL_HIDDEN = OpenKeys()


class Listing:
    """Hold the lines of a file, numbered from 1 as YAML counts them; with *is_open* no secret belongs in it.

    Otherwise *open_keys* say where none does.
    """

    def __init__(self, text: str, open_keys: OpenKeys = ALL_HIDDEN, *, is_open: bool = False) -> None:
        self._text = text
        self._open_keys = open_keys
        self._is_open = is_open

    @cached_property
    def lines(self) -> Sequence[str]:
        """Return the lines."""
        return _BREAK.split(self._text)

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self._text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of what stands at *offset* of the text."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def is_open(self, number: int) -> bool:
        """Say whether line *number* stands where no secret belongs, and whether nothing on it tells of one."""
        if self._is_open:
            return True
        line = self._without_comment(number)
        path, keys = self._paths[number - 1], list(_keys_in_braces(line))
        is_empty = _lead(line).end() == len(line)
        return self._open_keys.have(path, is_empty=is_empty) and not any(
            _TELLING.search(key) for key in (*path[2:], *keys)
        )

    def quote(self, number: int, *, hide: bool = False) -> str:
        """Return line *number* as it may be shown; with *hide* its values aren't, wherever it stands."""
        if not 1 <= number <= len(self.lines):
            return ""
        line = self._without_comment(number)
        if (hide or not self.is_open(number)) and not _holds_references_only(line):
            line = _without_values(line)
        line = _dotted(line)
        return "".join(character if _is_visible(character) else "�" for character in line)[:_WIDTH]

    def shown(self, number: int) -> str:
        """Return line *number* as :meth:`quote` does, but whole, with its comment, where neither can hold a secret.

        A comment on a line of its own is shown where it stands in a part of the file where no secret belongs, and the
        line above it, too: it may be a secret that was taken out of use.
        """
        line = self.lines[number - 1]
        if not line.lstrip().startswith("#"):
            return _dotted(line) if self.is_open(number) and not _TELLING.search(line) else self.quote(number)
        if self._is_comment_open(number) and not _TELLING.search(line):
            return _dotted(line)
        return f"{_lead(line)['indent']}# {HIDDEN}"

    def _is_comment_open(self, number: int) -> bool:
        if self._is_open:
            return True
        above, path = self._above[number - 1], self._paths[number - 1]
        is_inside = self._open_keys.have(path, is_empty=False) and not any(_TELLING.search(key) for key in path[2:])
        return is_inside and above > 0 and self.is_open(above)

    @cached_property
    def _above(self) -> Sequence[int]:
        """Return for each line the number of the last one above it that is neither blank nor a comment, or 0."""
        found, last = [], 0
        for number, line in enumerate(self.lines, 1):
            found.append(last)
            if line.strip() and not line.lstrip().startswith("#"):
                last = number
        return found

    def _without_comment(self, number: int) -> str:
        found = _NO_COMMENT.match(self.lines[number - 1][: 2 * _WIDTH])
        return found.group().rstrip() if found else ""

    @cached_property
    def _paths(self) -> Sequence[tuple[str, ...]]:
        """Return for each line the keys that it stands under, its own (or "") at the end; found by indentation."""
        paths: list[tuple[str, ...]] = []
        around: list[tuple[int, tuple[str, ...]]] = []  # columns, and the keys that begin there
        for line in self.lines:
            lead = _lead(line)
            if not lead["key"] and lead.end() == len(line):
                paths.append(())
                continue
            if not lead["key"] and line[lead.end()] == "#":
                paths.append((*(key for column, keys in around if column < lead.end() for key in keys), ""))
                continue
            column, start = len(lead["indent"]) + len(lead["dashes"]), len(lead["indent"])
            while around and around[-1][0] >= start + bool(lead["dashes"]):
                around.pop()
            own = (_bare(lead["key"]),) if lead["key"] else ()
            above = tuple(key for _, keys in around for key in keys)
            paths.append((*above, *(own or ("",))))
            opened = (*own, _BRACES) if _KEY_IN_BRACES.search(line, lead.end()) else own
            if opened:
                around.append((column, opened))
        return paths


def _fits(path: Sequence[str], pattern: Sequence[str]) -> bool:
    return len(path) == len(pattern) and all(
        key == wanted or (wanted == ANY_NAME and key != _BRACES) for key, wanted in zip(path, pattern, strict=True)
    )


def _leads(path: Sequence[str], section: Sequence[str]) -> bool:
    return 0 < len(path) < len(section) and _fits(path, section[: len(path)])


def _lead(line: str) -> re.Match[str]:
    found = _LEAD.match(line)
    assert found is not None  # every part of it may be missing
    return found


def _bare(key: str) -> str:
    return key.rstrip(": \t").strip("'\"")


def _keys_in_braces(line: str) -> Iterator[str]:
    return (found["key"].strip("'\"") for found in _KEY_IN_BRACES.finditer(line, _lead(line).end()))


def _holds_references_only(line: str) -> bool:
    rest, references = _REFERENCE.subn("", line[_lead(line).end() :])
    rest, keys = _KEY_IN_BRACES.subn(lambda found: found["before"], rest)
    return keys <= references and not rest.strip(" \t{}[],'\"")


def _without_values(line: str) -> str:
    lead = _lead(line)
    return f"{lead.group()}{' ' if lead['key'] else ''}{HIDDEN}"


def _is_visible(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _dotted(line: str) -> str:
    """Return *line* with what looks like a secret hidden, and every column where it was."""
    return _SECRET_LIKE.sub(lambda found: "•" * len(found.group()), line)


def without_secret_like(text: str) -> str:
    """Return *text* with what looks like a secret hidden: people paste one wherever it isn't asked for."""
    return _SECRET_LIKE.sub(HIDDEN, text)


def padding(source: str, column: int) -> str | None:
    """Return blanks as wide as what stands before *column* on a terminal; None when that isn't shown as written."""
    before = source[: column - 1]
    if len(before) < column - 1 or HIDDEN in before:
        return None
    return " " * sum(map(_columns, before))


def _columns(character: str) -> int:
    """Return how many columns of a terminal *character* takes: a mark stands above the letter before it."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
