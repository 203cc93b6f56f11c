r"""Let pasted JSON write a character outside the first plane as ``\ud83d\ude0a``, which YAML itself doesn't know.

Before parsing each such pair becomes an equally long escape of a character that the file doesn't use, so that all
places stay right; afterwards it is what it means between double quotes, and what was written anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Self

_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_PAIR_OR_ESCAPE = re.compile(rf"(?P<pair>{_HIGH}{_LOW})|\\.")
_STAND_IN_MEANT = re.compile("([\ue000-\uf8ff])\\1")
_STAND_IN_WRITTEN = re.compile(r"(\\u[ef][0-9a-f]{3})\1")
_PRIVATE = range(0xE000, 0xF900)


class SurrogatePairs:
    """Hold the pairs that one file uses, if there ``are_any``, and what stands for each while it is parsed."""

    def __init__(self, text: str) -> None:
        self.are_any = False
        self._stand_ins: dict[str, str] = {}
        self._pairs: dict[str, str] = {}
        self._free = _free_characters(text)

    @classmethod
    def taken_from(cls, text: str) -> tuple[str, Self]:
        """Return *text* with its pairs replaced, and the pairs."""
        pairs = cls(text)
        if "\\ud" not in text and "\\uD" not in text:
            return text, pairs
        return _PAIR_OR_ESCAPE.sub(pairs._replaced, text), pairs

    def restored(self, value: str, *, is_escaped: bool) -> str:
        """Return a scalar's *value* with its pairs back; *is_escaped* between double quotes."""
        stand_in = _STAND_IN_MEANT if is_escaped else _STAND_IN_WRITTEN
        return stand_in.sub(lambda found: self._pairs.get(found.group(), found.group()), value)

    def _replaced(self, found: re.Match[str]) -> str:
        pair = found["pair"]
        if pair and pair not in self._stand_ins:
            character = next(self._free, None)
            if character is None:
                return found.group()  # more than 6,000 different ones; the parser will refuse it
            self.are_any = True
            escape = f"\\u{ord(character):04x}"
            self._stand_ins[pair] = escape * 2
            self._pairs[escape * 2] = pair
            self._pairs[character * 2] = _meant(pair)
        return self._stand_ins[pair] if pair else found.group()


def _free_characters(text: str) -> Iterator[str]:
    lower = text.lower()
    yield from (chr(code) for code in _PRIVATE if chr(code) not in lower and f"\\u{code:04x}" not in lower)


def _meant(pair: str) -> str:
    return bytes.fromhex(pair.replace("\\u", "")).decode("utf-16-be")
