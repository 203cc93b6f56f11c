"""Find out what a pattern is about: texts that it was written for.

Patterns are RE2's; Python's own parser reads what the two have in common. Where it doesn't, nothing is known of a
pattern. Whoever asks for texts must try them: RE2 may see some of them in another way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from re import _constants, _parser  # type: ignore[attr-defined]  # no public parser is left in Python
from typing import Any

MAX_SPELLINGS = 24
MAX_LISTED = 8
"""A class of so many single characters, as in ``[退換]貨``, spells out alternatives; a larger one is any of many."""

_MAX_REPEATED = 100
_UNLIKE_PYTHON = re.compile(r"\[:|\[\[|--|&&|~~|\|\|")
_ANY = ("x", "某")
_CATEGORIES = {
    _constants.CATEGORY_DIGIT: ("0", "7"),
    _constants.CATEGORY_WORD: ("a", "z"),
    _constants.CATEGORY_SPACE: (" ", " "),
    _constants.CATEGORY_NOT_DIGIT: _ANY,
    _constants.CATEGORY_NOT_WORD: (".", "某"),
    _constants.CATEGORY_NOT_SPACE: _ANY,
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """Hold one way to read a pattern: which alternatives are taken. What it leaves open is filled in two ways."""

    short: str
    long: str

    @property
    def texts(self) -> Sequence[str]:
        """Return the texts that stand for it."""
        return [self.short] if self.short == self.long else [self.short, self.long]


_NOTHING = Spelling("", "")


class _UnknownError(Exception):
    """Say that a pattern has something that isn't understood here."""


def spellings(source: str) -> list[Spelling]:
    """Return what the pattern *source* spells out, its first alternatives first; empty when that isn't known."""
    try:
        return _spelled(_parsed(source))
    except _UnknownError:
        return []


def _parsed(source: str) -> Sequence[Any]:
    if _UNLIKE_PYTHON.search(source):
        raise _UnknownError
    try:
        parsed: Sequence[Any] = _parser.parse(re.sub(r"\(\?<(?=\w)", "(?P<", source))
    except (re.error, OverflowError, RecursionError) as error:
        raise _UnknownError from error
    return parsed


def _spelled(items: Sequence[Any]) -> list[Spelling]:
    found = [_NOTHING]
    for item in items:
        each = _item(item)
        found = [Spelling(one.short + two.short, one.long + two.long) for one in found for two in each]
        del found[MAX_SPELLINGS:]
    return found


def _item(item: Any) -> list[Spelling]:
    kind, value = item
    match str(kind):
        case "LITERAL":
            return [Spelling(chr(value), chr(value))]
        case "ANY":
            return [Spelling(*_ANY)]
        case "NOT_LITERAL":
            return [_unlike([(_constants.LITERAL, value)])]
        case "IN":
            return _class(value)
        case "AT":
            return [_NOTHING]
        case "SUBPATTERN":
            return _spelled(value[-1])
        case "BRANCH":
            return [spelling for alternative in value[1] for spelling in _spelled(alternative)]
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(*value)
    raise _UnknownError


def _repeated(least: int, most: int, items: Sequence[Any]) -> list[Spelling]:
    if least > _MAX_REPEATED:
        raise _UnknownError
    often = min(max(least + 1, 2) if least else 1, int(most))
    each = [Spelling(one.short * least, one.long * often) for one in _spelled(items)]
    return each if least else each[:1]


def _class(members: Sequence[Any]) -> list[Spelling]:
    if str(members[0][0]) == "NEGATE":
        return [_unlike(members[1:])]
    if _is_listed(members):
        return [Spelling(chr(value), chr(value)) for _, value in members]
    return [Spelling(_ends(members[0])[0], _ends(members[-1])[1])]


def _is_listed(members: Sequence[Any]) -> bool:
    """Say whether a class is one of single characters that spell out alternatives."""
    return len(members) <= MAX_LISTED and all(str(kind) == "LITERAL" for kind, _ in members)


def _ends(member: Any) -> tuple[str, str]:
    kind, value = member
    match str(kind):
        case "LITERAL":
            return chr(value), chr(value)
        case "RANGE":
            return chr(value[0]), chr(value[1])
        case "CATEGORY" if value in _CATEGORIES:
            return _CATEGORIES[value]
    raise _UnknownError


def _unlike(members: Sequence[Any]) -> Spelling:
    fitting = [sign for sign in "x某0 -" if not any(_has(member, sign) for member in members)]
    if not fitting:
        raise _UnknownError
    return Spelling(fitting[0], fitting[-1])


def _has(member: Any, sign: str) -> bool:
    kind, value = member
    if str(kind) == "CATEGORY":
        is_space, is_digit = sign.isspace(), sign.isdigit()
        is_word = unicodedata.category(sign)[0] in "LN"
        found = {"DIGIT": is_digit, "SPACE": is_space, "WORD": is_word}[str(value).rpartition("_")[2]]
        return found is not ("_NOT_" in str(value))
    first, last = _ends(member)
    return first <= sign <= last
