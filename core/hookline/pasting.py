"""Cut from a text what comes along, unseen, when it is copied from a page or saved by an editor."""

from __future__ import annotations

import unicodedata


def trimmed(text: str) -> str:
    """Return *text* without blanks, line breaks, byte order marks and other invisible characters around it."""
    start, end = 0, len(text)
    while start < end and _is_invisible(text[start]):
        start += 1
    while start < end and _is_invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_invisible(character: str) -> bool:
    return character.isspace() or is_formatting(character)


def is_formatting(character: str) -> bool:
    """Say whether *character* is one that only tells how others are shown: of no width, or a mark of direction."""
    return unicodedata.category(character) == "Cf" or character in _FILLERS


_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\ufe0e\ufe0f\uffa0"
"""What is shown as nothing, though Unicode counts it as a letter or a mark."""
