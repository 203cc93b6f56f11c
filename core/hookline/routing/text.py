"""Prepare a text for matching, and cut captures out of what was really written.

Matching happens on a copy: NFKC, format characters stripped, the bot's own mention cut out, and (for
keywords) casefolded. The original is kept for captures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import opencc

MAX_TEXT = 10_000
"""Longer texts are matched by their first ten thousand characters; LINE sends 5,000 at most."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_FREE_RANGES = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # 々〆〇
    (0x3021, 0x3029),
    (0x3040, 0x30FF),  # kana
    (0x3130, 0x318F),  # Hangul compatibility Jamo
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xA9E0, 0xA9FF),  # Myanmar extended
    (0xAA60, 0xAA7F),
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),  # Han compatibility
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),  # Han extensions
)
_CALL_SEPARATORS = " \t\n,，、:：;；!！.。~～-"

_to_simplified: Callable[[str], str] = opencc.OpenCC("t2s").convert
_to_traditional: Callable[[str], str] = opencc.OpenCC("s2t").convert


def clean(text: str) -> str:
    """Return *text* in NFKC, without format characters, and without lone surrogates."""
    if text.isascii():
        return text
    if _SURROGATES.search(text):
        text = _SURROGATES.sub("\ufffd", text)
    return _strip_format(unicodedata.normalize("NFKC", text))


def fold(text: str) -> str:
    """Return *text* as keywords are compared: cleaned and casefolded."""
    cleaned = clean(text)
    return cleaned.lower() if cleaned.isascii() else clean(cleaned.casefold())


def simplified(text: str) -> str:
    """Return *text* with traditional characters made simplified."""
    return text if text.isascii() else _to_simplified(text)


def traditional(text: str) -> str:
    """Return *text* with simplified characters made traditional."""
    return text if text.isascii() else _to_traditional(text)


@lru_cache(maxsize=4096)
def other_character(character: str) -> str:
    """Return the one character that stands for *character* in the other Chinese script, or itself."""
    for convert in (_to_simplified, _to_traditional):
        other = convert(character)
        if other != character and len(other) == 1:
            return other
    return character


def has_traditional_only(text: str) -> bool:
    """Say whether *text* holds a character that only traditional Chinese uses."""
    return not text.isascii() and any(_is_traditional_only(character) for character in text)


def has_simplified_only(text: str) -> bool:
    """Say whether *text* holds a character that only simplified Chinese uses."""
    return not text.isascii() and any(_is_simplified_only(character) for character in text)


@lru_cache(maxsize=8192)
def _is_traditional_only(character: str) -> bool:
    return _to_simplified(character) != character


@lru_cache(maxsize=8192)
def _is_simplified_only(character: str) -> bool:
    return _to_traditional(character) != character


@lru_cache(maxsize=8192)
def is_word(character: str) -> bool:
    """Say whether *character* is a letter, digit or mark of a script that puts spaces between words."""
    if character.isascii():
        return character.isalnum()
    if unicodedata.category(character)[0] not in "LNM":
        return False
    code = ord(character)
    return not any(first <= code <= last for first, last in _FREE_RANGES)


def stands_free(text: str, start: int, end: int) -> bool:
    """Say whether ``text[start:end]`` touches no word that it would be only a part of."""
    if start > 0 and is_word(text[start]) and is_word(text[start - 1]):
        return False
    return not (end < len(text) and is_word(text[end - 1]) and is_word(text[end]))


@dataclass(frozen=True)
class MatchText:
    """Hold one text in the forms that matchers need.

    ``spoken`` is what the person wrote to the bot: mention and call name cut out, trimmed.
    ``is_called`` says whether the bot was mentioned or called by name.
    """

    spoken: str
    is_called: bool

    @cached_property
    def cleaned(self) -> str:
        """Return the copy that patterns see."""
        return clean(self.spoken)

    @cached_property
    def folded(self) -> str:
        """Return the copy that keywords see."""
        return fold(self.spoken).strip()

    @cached_property
    def is_traditional(self) -> bool:
        """Say whether it holds a character that only traditional Chinese uses."""
        return has_traditional_only(self.folded)

    def original(self, start: int, end: int) -> str:
        """Return what was written where ``cleaned[start:end]`` is, full-width ASCII made ASCII."""
        return self._cut(start, end).translate(_FULL_WIDTH)

    def original_rest(self, length: int) -> str:
        """Return what was written after the first *length* characters, trimmed, full-width ASCII made ASCII."""
        return self.spoken[length:].strip().translate(_FULL_WIDTH)

    def _cut(self, start: int, end: int) -> str:
        if self.cleaned == self.spoken:
            return self.spoken[start:end]
        pieces = self._pieces
        if pieces is None or start == end:
            return self.cleaned[start:end]
        first = max((here for here, _ in pieces if here <= start), default=0)
        place = dict(pieces)
        last = min(here for here, _ in pieces if here >= end)
        return self.spoken[place[first] : place[last]]

    @cached_property
    def _pieces(self) -> list[tuple[int, int]] | None:
        """Return ``(offset in cleaned, offset in spoken)`` of every cut, or None when the pieces don't join."""
        cuts = [*_cuts(self.spoken), len(self.spoken)]
        offsets = [(0, 0)]
        joined = []
        for start, end in pairwise(cuts):
            piece = clean(self.spoken[start:end])
            joined.append(piece)
            if piece:
                offsets.append((offsets[-1][0] + len(piece), end))
            else:  # a format character alone: it belongs to the piece before it
                offsets[-1] = (offsets[-1][0], end)
        return offsets if "".join(joined) == self.cleaned else None


def prepare(text: str, calls: Sequence[tuple[int, int]], call_names: Iterable[str]) -> MatchText:
    """Return *text* ready for matching: the bot's mentions (*calls*) and a leading call name cut out.

    *call_names* are folded already.
    """
    is_called = bool(calls)
    if calls:
        for start, end in sorted(calls, reverse=True):
            text = text[:start] + text[end:]
    spoken = text[:MAX_TEXT].strip()
    for name in call_names:
        rest = _after_call(spoken, name)
        if rest is not None:
            return MatchText(rest, is_called=True)
    return MatchText(spoken, is_called)


def _after_call(spoken: str, name: str) -> str | None:
    folded = fold(spoken)
    if not folded.startswith(name) or not stands_free(folded, 0, len(name)):
        return None
    for end in range(1, len(spoken) + 1):  # the shortest original prefix that folds to the name
        if fold(spoken[:end]) == name:
            return spoken[end:].lstrip(_CALL_SEPARATORS)
        if end > 4 * len(name) + 8:
            break
    return None


def _strip_format(text: str) -> str:
    if text.isascii():
        return text
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def _cuts(text: str) -> Iterable[int]:
    """Yield the offsets where *text* may be cut: NFKC of both sides joins to NFKC of the whole."""
    start = 0
    for place, character in enumerate(text):
        if place == 0:
            yield 0
            continue
        if unicodedata.combining(character):
            continue
        before = text[start:place][:1] if place - start > 64 else text[start:place]
        if unicodedata.normalize("NFKC", before + character) == unicodedata.normalize(
            "NFKC", before
        ) + unicodedata.normalize("NFKC", character):
            yield place
            start = place
