"""Prepare a text for matching, and cut captures out of what was really written.

Matching happens on a copy: NFKC, format characters stripped, the bot's own mention cut out, and (for
keywords) casefolded. The original is kept for captures.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from operator import itemgetter

MAX_TEXT = 10_000
"""Longer texts are matched by their first ten thousand characters; LINE sends 5,000 at most."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
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
    (0x3100, 0x312F),  # Bopomofo
    (0x3130, 0x318F),  # Hangul compatibility Jamo
    (0x31A0, 0x31BF),  # Bopomofo extended
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
_PAUSES = " \t\n\u00a0\u3000,，、:：;；"
_CALL_SEPARATORS = re.compile(rf"[!！.。~～-]*[{_PAUSES}]*")
"""What stands between a call and what is said. A sign after a space is said: ``@shop !help``."""


def clean(text: str) -> str:
    """Return *text* in NFKC, without format characters, and without lone surrogates."""
    if text.isascii():
        return text
    if not text.isprintable() or _VARIATION_SELECTORS.search(text):  # format characters aren't printable
        text = "".join(character for character in _SURROGATES.sub("\ufffd", text) if not _is_format(character))
    return unicodedata.normalize("NFKC", text)


def fold(text: str) -> str:
    """Return *text* as keywords are compared: cleaned and casefolded."""
    return _casefolded(clean(text))


def _casefolded(cleaned: str) -> str:
    folded = cleaned.casefold()
    return folded if folded == cleaned else clean(folded)


@cache
def _converter(name: str) -> Callable[[str], str]:
    """Return OpenCC's conversion *name*; its tables take 60 ms to load, which only Chinese texts need pay."""
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC(name).convert
    return convert


def _to_simplified(text: str) -> str:
    return _converter("t2s")(text)


def _to_traditional(text: str) -> str:
    return _converter("s2t")(text)


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
    category = unicodedata.category(character)
    if category[0] not in "LNM" or category == "Me":  # Me: the frame of a keycap emoji
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
        return _casefolded(self.cleaned).strip()

    @cached_property
    def is_traditional(self) -> bool:
        """Say whether it holds a character that only traditional Chinese uses."""
        return has_traditional_only(self.folded)

    def original(self, start: int, end: int) -> str:
        """Return what was written where ``cleaned[start:end]`` is, full-width ASCII made ASCII."""
        return self._cut(start, end).translate(_FULL_WIDTH)

    def original_rest(self, length: int) -> str:
        """Return what was written after ``folded[:length]``, trimmed, full-width ASCII made ASCII."""
        return self.after(length).strip().translate(_FULL_WIDTH)

    def after(self, length: int) -> str:
        """Return what was written after ``folded[:length]``."""
        return self.spoken[self._end_of_folded(length) :]

    def _cut(self, start: int, end: int) -> str:
        if self.cleaned == self.spoken:
            return self.spoken[start:end]
        places = self._places
        if places is None or start == end:
            return self.cleaned[start:end]
        first = bisect_right(places, start, key=itemgetter(0)) - 1
        last = bisect_left(places, end, key=itemgetter(0)) - 1
        return self.spoken[places[first][1] : places[last][2]]

    @cached_property
    def _places(self) -> list[tuple[int, int, int]] | None:
        """Return each piece's offset in cleaned, its start and its end in spoken; None if the pieces don't join."""
        places: list[tuple[int, int, int]] = []
        joined: list[str] = []
        start = length = 0
        for piece in pieces(self.spoken):
            cleaned = clean(piece)
            if cleaned:
                places.append((length, start, start + len(piece)))
            elif places and _VARIATION_SELECTORS.match(piece):
                places[-1] = (*places[-1][:2], start + len(piece))
            joined.append(cleaned)
            length += len(cleaned)
            start += len(piece)
        return places if "".join(joined) == self.cleaned else None

    def _end_of_folded(self, length: int) -> int:
        if self.spoken.isascii():
            return length
        done = end = 0
        for piece in pieces(self.spoken):
            if done >= length:
                break
            folded = fold(piece)
            done += len(folded if done else folded.lstrip())
            end += len(piece)
        return end


def prepare(text: str, calls: Sequence[tuple[int, int]], call_names: Iterable[str]) -> MatchText:
    """Return *text* ready for matching: the bot's mentions (*calls*) and a leading call name cut out.

    *call_names* are folded already.
    """
    for start, end in sorted(calls, reverse=True):
        text = _joined(text[:start], text[end:])
    whole = MatchText(text[:MAX_TEXT].strip(), bool(calls))
    for name in call_names:
        if whole.folded.startswith(name) and stands_free(whole.folded, 0, len(name)):
            return MatchText(_without_separator(whole.after(len(name))), is_called=True)
    return whole


def _joined(before: str, after: str) -> str:
    """Return what is left around a mention, without what separated it."""
    if not clean(before).strip():
        return _without_separator(after)
    return before + after if after.strip() else before.rstrip(_PAUSES)


def _without_separator(text: str) -> str:
    return _CALL_SEPARATORS.sub("", text, count=1)


@lru_cache(maxsize=8192)
def _is_format(character: str) -> bool:
    """Say whether *character* only says how others are shown: category Cf, and variation selectors."""
    return unicodedata.category(character) == "Cf" or _VARIATION_SELECTORS.match(character) is not None


def pieces(text: str) -> Iterator[str]:
    """Yield *text* in pieces whose NFKC forms join to that of the whole."""
    for start, end in pairwise([*_cuts(text), len(text)]):
        yield text[start:end]


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
