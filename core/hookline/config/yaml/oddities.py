"""Notice values without quotes that may mean something else than YAML takes them for.

What the value is for decides whether that is so: this only notes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["cut", "emptied", "quoted", "dashed", "barred", "joined"]

CUT_HINT = "if it belongs to the text, put the whole value in single quotes: '…'; if not, write two blanks before `#`"

_DOUBLE, _SINGLE = "“”„‟＂〝〞", "‘’‚‛＇"
_CLOSING = {
    **dict.fromkeys(_DOUBLE, f'{_DOUBLE}"'),
    **dict.fromkeys(_SINGLE, f"{_SINGLE}'"),
    "「": "」",
    "『": "』",
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
}
DASHES = "－–—−‐‑‒―﹣•・●"
"""What phones and input methods put for the `-` of a list."""
_BARS = "｜＞"
_FREE = "\u3000-\u30ff\u3400-\u9fff\uff00-\uff60"
_JOINED = re.compile(rf"[{_FREE}][ \t]*\r?\n[ \t]*[{_FREE}]")
OPENING_QUOTES = frozenset(_CLOSING)
FIRSTS = frozenset((*OPENING_QUOTES, *DASHES, *_BARS, "-"))
"""Unless a value begins with one of these, or a comment ends it, there is nothing to notice."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """Say what is odd about a value.

    ``cut``: a comment ends it that looks like a part of it; ``emptied``: nothing is left before that. ``quoted``: it
    stands between quotes that YAML doesn't know. ``dashed`` and ``barred``: it begins with what looks like the ``-`` of
    a list, or the ``|`` of a block. ``joined``: blanks come between its lines, in a script without them. ``sign`` is
    what misleads.
    """

    kind: Kind
    sign: str


def oddity_of(value: str, text: str, end: int) -> Oddity | None:
    """Return what is odd about a *value* without quotes that ends at *end* of *text*, or None."""
    if _is_cut(text, end):
        return Oddity("cut" if value else "emptied", "#")
    first = value[:1]
    if first in _CLOSING:
        is_around = len(value) > 2 and value[-1] in _CLOSING[first]
        is_whole = is_around and not any(sign == first or sign in _CLOSING[first] for sign in value[1:-1])
        return Oddity("quoted", f"{first}…{value[-1]}") if is_whole else None
    if first in DASHES and value[1:2].isspace():
        return Oddity("dashed", first)
    if first == "-" and value[1:2].isalpha() and " -" in value:
        return Oddity("dashed", first)
    if first in _BARS and value[1:2] == " ":
        return Oddity("barred", first)
    return None


def are_joined(text: str, start: int, end: int) -> bool:
    """Say whether blanks come into a script without them when the lines between two places of *text* are joined."""
    return _JOINED.search(text, start, end) is not None


def _is_cut(text: str, end: int) -> bool:
    """Say whether a comment at *end* is hardly one: one blank before it, and none, or nothing at all, behind it."""
    if not text.startswith(" #", end):
        return False
    rest = text[end + 1 : end + 80].lstrip("#")
    return not rest[:1].isspace() or rest[:1] in "\r\n"
