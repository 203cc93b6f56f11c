"""Count texts as LINE does: https://developers.line.biz/en/docs/messaging-api/text-character-count/."""

from __future__ import annotations

import json
import unicodedata


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
        is_extending = (
            unicodedata.category(character) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= character <= "\U0001f3ff"
        )
        count += not (is_extending or is_joined)
        is_joined = character == "\u200d"
    return count


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
