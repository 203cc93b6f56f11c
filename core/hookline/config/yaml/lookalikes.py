"""Find signs that look like YAML's own and are none: what web pages, phones and input methods put in their place.

This is asked only of a text that can't be parsed, or has a key that begins with a blank.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from .oddities import DASHES

_BLANKS = "\t\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff"
_NAMES = {"\t": "a tab", "\u00a0": "a no-break space (U+00A0)", "\u3000": "an ideographic space (U+3000)"}
_CLOSING = "］】〕｝"
_KEY = r"[\"']?[A-Za-z_][\w.-]*[\"']?"
_ENTRY = r"^ *(?:- +)*"
_ODD = re.compile(rf"[{_BLANKS}]")
_INDENT = re.compile(rf"^ *(?P<sign>[{_BLANKS}])")
_STRUCTURE = re.compile(rf"[{_BLANKS} ]*(?:{_KEY}\s*[:：]|[{DASHES}-]\s|[{{\[])")
_BLOCK = re.compile(r"(?:^|[:\-] +)[|>][-+1-9]{0,2}\s*(?: #.*)?$")

_SIGNS = (
    (re.compile(rf"^ *(?:- *)*-(?P<sign>[{_BLANKS}])"), "{name} behind the dash", "write `- `, with a space"),
    (re.compile(rf"{_ENTRY}{_KEY}:(?P<sign>(?!\t)[{_BLANKS}])"), "{name} behind the colon", "write `: `, with a space"),
    (
        re.compile(r"^(?P<sign>(?=-*[－–—−―])[－–—−―-]{1,3})\s*$"),
        "`{sign}` is no `---`",
        "write three hyphens, or leave the line out",
    ),
    (
        re.compile(rf"^ *(?P<sign>[{DASHES}])(?=\s|$)"),
        "`{sign}` begins no entry of a list",
        "write `- `, a hyphen and a space",
    ),
    (re.compile(r"^\s*(?P<sign>＃)"), "`{sign}` begins no comment", "write `#` instead"),
    (
        re.compile(rf"{_ENTRY}{_KEY}\s*(?P<sign>[：﹕])"),
        "`{sign}` is a full-width colon",
        "write `: ` instead, with a space",
    ),
    (
        re.compile(rf"{_ENTRY}(?:{_KEY}: +)?(?P<sign>[｛［【])"),
        "`{sign}` opens nothing",
        "write half-width brackets, colons and commas",
    ),
)
"""Signs at the places in a line where they stand for YAML's own, what each is, and what to write."""

_MOST = 1000
"""So many lines in a row are looked through for the first of them."""
_SPACES = "indent with spaces: YAML takes no other blanks"
_TABS = "indent with spaces: YAML takes no tabs"


@dataclass(frozen=True, slots=True)
class Lookalike:
    """Hold one such sign, where it stands, counted from 1, and what to write instead."""

    line: int
    column: int
    message: str
    hint: str


def lookalike_near(lines: Sequence[str], *numbers: int) -> Lookalike | None:
    """Return what is in the first of the lines with these *numbers* that has one, or in those right above it."""
    for number in numbers:
        found = _in_line(lines, number)
        if found is None:
            continue
        for _ in range(_MOST):
            above = _in_line(lines, _above(lines, found.line))
            if above is None:
                break
            found = above
        return found
    return None


def named(sign: str) -> str:
    """Return what people call a blank."""
    name = unicodedata.name(sign, "control character").lower()
    return _NAMES.get(sign, f"{'an' if name[0] in 'aeiou' else 'a'} {name} (U+{ord(sign):04X})")


def indented_by(sign: str) -> tuple[str, str]:
    """Return what is said of a *sign* that stands where a line begins, and what to do about it."""
    return f"not YAML: {named(sign)} in the indentation", _TABS if sign == "\t" else _SPACES


def odd_ends(key: str) -> tuple[str, str]:
    """Return the blank or invisible sign that *key* begins with and the one that it ends with, or nothing."""
    return (key[:1] if _ODD.match(key[:1]) else ""), (key[-1:] if _ODD.match(key[-1:]) else "")


def bare(key: str) -> str:
    """Return *key* without what :func:`odd_ends` finds."""
    return re.sub(rf"^[{_BLANKS}]+|[{_BLANKS}]+$", "", key)


def in_braces(line: str, number: int, start: int, end: int) -> Lookalike | None:
    """Return what separates or closes nothing between two columns, from 0, of a *line* with an open bracket."""
    part = line[start:end]
    begin = start + max(part.rfind(sign) for sign in "[{,") + 1
    if found := re.search("[，、]", line[begin:end]):
        column, message, hint = begin + found.start(), f"`{found.group()}` separates nothing", "write `, ` instead"
    elif found := re.search(f"[{_CLOSING}]", part):
        column, message, hint = start + found.start(), f"`{found.group()}` closes nothing", "write a half-width bracket"
    else:
        return None
    return Lookalike(number, column + 1, f"not YAML: {message}", hint)


def _in_line(lines: Sequence[str], number: int) -> Lookalike | None:
    line = lines[number - 1] if 1 <= number <= len(lines) else ""
    if line.isascii() and "\t" not in line:
        return None
    if _is_in_block(lines, number):
        return None
    if found := _INDENT.match(line):
        is_text = _is_text(lines, number) and not _STRUCTURE.match(line)
        return None if is_text else Lookalike(number, found.start("sign") + 1, *indented_by(found["sign"]))
    for pattern, message, hint in _SIGNS:
        if found := pattern.match(line):
            said = message.format(sign=found["sign"], name=named(found["sign"][0]))
            return Lookalike(number, found.start("sign") + 1, f"not YAML: {said}", hint)
    return None


def _above(lines: Sequence[str], number: int) -> int:
    """Return the number of the last line above that is neither blank nor a comment, or 0."""
    numbers = range(number - 1, 0, -1)
    return next((one for one in numbers if lines[one - 1].strip() and not _is_comment(lines[one - 1])), 0)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_text(lines: Sequence[str], number: int) -> bool:
    """Say whether the line is further in than the key or entry above it, so that it may go on with its text."""
    above = next((lines[one - 1] for one in range(number - 1, 0, -1) if _STRUCTURE.match(lines[one - 1])), None)
    return above is not None and _indent(lines[number - 1]) > _indent(above)


def _is_in_block(lines: Sequence[str], number: int) -> bool:
    """Say whether the line belongs to a text that a `|` or `>` further up begins."""
    indent = _indent(lines[number - 1])
    for line in (lines[one - 1] for one in range(number - 1, 0, -1)):
        if line.strip() and _indent(line) < indent:
            indent = _indent(line)
            if _BLOCK.search(line):
                return True
        if indent == 0:
            return False
    return False
