"""Count texts as LINE does: https://developers.line.biz/en/docs/messaging-api/text-character-count/."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import chain, pairwise

_JOINER = "\u200d"
_PAUSES = [re.compile(pause) for pause in (r"\n\s*\n", r"\n", r"[。！？!?…]+[」』”’)）]*\s*|\.\s+", r"\s+|[，、,；;]")]


def units(text: str) -> int:
    """Count *text* in UTF-16 units, so that 🍎 is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """Count *text* in what a reader takes for one character, or a few less: marks and joined emoji add nothing.

    LINE counts labels and the texts of templates so.
    """
    count = 0
    is_joined = False
    for character in text:
        count += not (_extends(character) or is_joined)
        is_joined = character == _JOINER
    return count


def cut(text: str, most: int, count: Callable[[str], int]) -> str:
    """Return as much of *text* as *most* characters can hold, by *count*, with … behind it; no character is cut."""
    kept, left = 0, most - 1
    for start, end in pairwise(chain(_boundaries(text), [len(text)])):
        left -= count(text[start:end])
        if left < 0:
            break
        kept = end
    return f"{text[:kept].rstrip()}…"


def split(text: str, most: int, whole: re.Pattern[str] | None = None) -> list[str]:
    """Return *text* in parts of *most* UTF-16 units, parted where a reader would, and never within what *whole* finds.

    They join to the text again. It is in one part when it can't be parted so.
    """
    parts = []
    while units(text) > most:
        at = _parting(text[: _fitting(text, most)])
        if whole is not None:
            at = next((found.start() for found in whole.finditer(text) if found.start() < at < found.end()), at)
        if at <= 0:
            break
        parts.append(text[:at])
        text = text[at:]
    return [*parts, text]


def _fitting(text: str, most: int) -> int:
    """Return how much of *text* fits into *most* units, to the end of a character."""
    count = last = 0
    for boundary in chain(_boundaries(text), [len(text)]):
        count += units(text[last:boundary])
        if count > most:
            return last
        last = boundary
    return last


def _parting(window: str) -> int:
    """Return where in the second half of *window* a reader would best make a pause, or its end."""
    for pause in _PAUSES:
        ends = [found.end() for found in pause.finditer(window, len(window) // 2)]
        if ends:
            return ends[-1]
    return len(window)


def _boundaries(text: str) -> Iterator[int]:
    """Yield where characters begin, as a reader sees them."""
    flags = 0
    for place, character in enumerate(text):
        before = text[place - 1] if place else ""
        is_flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        flags = flags + 1 if is_flag else 0
        is_inside = _extends(character) or before == _JOINER or (is_flag and flags % 2 == 0)
        is_syllable = "\u1160" <= character <= "\u11ff" and "\u1100" <= before <= "\u11ff"
        if not place or not (is_inside or is_syllable or unicodedata.category(character) == "Mc"):
            yield place


def _extends(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= character <= "\U0001f3ff"


def size(value: object) -> int:
    """Return how many bytes *value* has as JSON; 0 when a number in it is too long to be written."""
    try:
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
    except ValueError:
        return 0


def depth(value: object, limit: int) -> int:
    """Return how deep *value* is nested, or *limit* when it is that deep or deeper."""
    level, inside = 0, [value]
    while inside and level < limit:
        level += 1
        inside = [
            item
            for outer in inside
            if isinstance(outer, dict | list)
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, dict | list)
        ]
    return level
