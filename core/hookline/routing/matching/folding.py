"""Make texts alike that mean the same, however a keyboard wrote them: for comparing only, nobody ever sees it.

What is made alike: NFKC (full width, half width, ligatures), typographic quotes, dashes, wave dashes, dots and blanks,
digits of all scripts, the orders in which Thai and Lao keyboards write marks; keycaps, skin tones and format characters
are left out. Each is a fact about keyboards, so a text may be folded twice and is the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from .scripts import is_word

_APOSTROPHES = "`´ʹʻʼʽˈˊˋ‘’‚‛′‵‹›\uff07׳"
_QUOTES = '"“”„‟″‶«»「」『』〝〞〟״'
_DASHES = "֊־᐀‐‑‒–—―⁃⁻₋−⸺⸻゠"
_WAVES = "˜∼∽∿⁓〜〰"
_DOTS = "·‧•∙⋅・"
_LINES = "\x85\u2028\u2029"
_BLANKS = "\x0b\x1c\x1d\x1e\x1f\u1680"
_MEANT = {
    ord(written): meant
    for signs, meant in (
        (_APOSTROPHES, "'"),
        (_QUOTES, '"'),
        (_DASHES, "-"),
        (_WAVES, "~"),
        (_DOTS, "·"),
        (_LINES, "\n"),
        (_BLANKS, " "),
    )
    for written in signs
}
_ALIKE = re.compile(f"[{re.escape(''.join(map(chr, _MEANT)))}]")
_ALIKE_ASCII = re.compile("[`\x0b\x1c-\x1f]")
_FOREIGN_DIGITS = re.compile(r"(?![0-9])\d")
LONG_VOWEL = "ー"
_DASH_OF_KANA = re.compile(f"(?<=[0-9A-Za-z]){LONG_VOWEL}(?=[0-9A-Za-z])")
"""Where there is no kana that it could lengthen, it is a Japanese keyboard's dash."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_SHOWN_OTHERWISE = re.compile("\u200d[\u2640\u2642]|[\ufe00-\ufe0f\U000e0100-\U000e01ef\u20e3\U0001f3fb-\U0001f3ff]")
"""Variation selectors, the frame of a keycap, skin tones, and the sign of a woman or a man joined to an emoji."""

_FRAME = "\u20e3"
_FRAMED = re.compile(rf"{_FRAME}(?=([^\W\d_]))")

_THAI_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_LAO_MARKS = "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
_HAS_SYLLABLES = re.compile("[\u0e31-\u0ecd]")
_MARKS = re.compile(f"[{_THAI_MARKS}{_LAO_MARKS}]{{2,}}")
_TONE_BEHIND = re.compile("([\u0e4d\u0ecd]?[\u0e32\u0eb2])([\u0e48-\u0e4b\u0ec8-\u0ecb]+)")
_NIKHAHIT = "\u0e4d\u0ecd"
_LATE_MARKS = "\u0e48\u0e49\u0e4a\u0e4b\u0ec8\u0ec9\u0eca\u0ecb", _NIKHAHIT, "\u0e4c\u0ecc\u0e4e"
"""What stands behind the vowels of a syllable, in this order: tones, nikhahit, what silences."""
_DOUBLED_VOWELS = {"\u0e40\u0e40": "\u0e41", "\u0ec0\u0ec0": "\u0ec1"}
_HELD = re.compile(f"[{_THAI_MARKS}{_LAO_MARKS}\u20e3\U0001f3fb-\U0001f3ff\u2640\u2642]")
"""What may belong to the character before, besides what Unicode calls combining."""


def clean(text: str) -> str:
    """Return *text* as patterns search it: made alike, upper and lower case, line breaks and runs of blanks kept."""
    if text.isascii():
        return text.translate(_MEANT) if _ALIKE_ASCII.search(text) else text
    return in_context(_alike(text))


def fold(text: str) -> str:
    """Return *text* as all else is compared: cleaned, casefolded, each run of blanks and line breaks one blank."""
    return casefolded(clean(text))


def casefolded(cleaned: str) -> str:
    """Return a *cleaned* text folded."""
    folded = cleaned.casefold()
    return " ".join((folded if folded == cleaned else clean(folded)).split())


def in_context(text: str) -> str:
    """Return *text* with each character that means another beside its neighbours; its length is the same."""
    return _DASH_OF_KANA.sub("-", text) if LONG_VOWEL in text else text


def pieces(text: str) -> Iterator[str]:
    """Yield *text* in pieces that are made alike each for itself, as far as that can be."""
    for start, end in pairwise([*_cuts(text), len(text)]):
        yield text[start:end]


def alike_pieces(text: str) -> tuple[list[tuple[int, int, int]], str]:
    """Return for each piece that is left of *text* where it begins in the copy, and where it starts and ends in *text*.

    With them, the copy: the cleaned text. What is left out belongs to the piece before it.
    """
    places: list[tuple[int, int, int]] = []
    joined: list[str] = []
    start = length = 0
    for piece in pieces(text):
        cleaned = _alike(piece)
        if cleaned:
            places.append((length, start, start + len(piece)))
        elif places and _SHOWN_OTHERWISE.match(piece):
            places[-1] = (*places[-1][:2], start + len(piece))
        joined.append(cleaned)
        length += len(cleaned)
        start += len(piece)
    return places, in_context("".join(joined))


def end_of_folded(text: str, length: int) -> int:
    """Return where in *text* that ends of which ``fold(text)[:length]`` is made."""
    done = end = 0
    is_after_blank = True
    for piece in pieces(text):
        folded = _casefolded_piece(piece)
        if done >= length and folded:
            break  # what is left out belongs to what stands before it
        if is_after_blank:
            folded = folded.lstrip()
        end += len(piece)
        if folded:
            done += len(folded)
            is_after_blank = folded[-1] == " "
    return end


def _casefolded_piece(piece: str) -> str:
    folded = clean(clean(piece).casefold())
    return re.sub(r"\s+", " ", folded)


def _alike(text: str) -> str:
    """Return *text* made alike, but for what depends on the characters around it."""
    if _FRAME in text:
        text = _FRAMED.sub(lambda found: " " if is_word(found[1]) else "", text)  # 1️⃣menu is not 1menu
    if not text.isprintable() or _SHOWN_OTHERWISE.search(text):  # format characters aren't printable
        text = _SHOWN_OTHERWISE.sub("", _SURROGATES.sub("\ufffd", text))
        text = "".join(character for character in text if not _is_format(character))
    if _ALIKE.search(text):  # before NFKC, which takes some of them apart
        text = text.translate(_MEANT)
    text = unicodedata.normalize("NFKC", text)
    if _ALIKE.search(text):
        text = text.translate(_MEANT)
    if _FOREIGN_DIGITS.search(text):
        text = _FOREIGN_DIGITS.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    return _syllables(text)


def _syllables(text: str) -> str:
    """Return *text* with the marks of Thai and Lao syllables in one order, each once; vowels of two signs are one."""
    if not _HAS_SYLLABLES.search(text):
        return text
    for doubled, vowel in _DOUBLED_VOWELS.items():
        text = text.replace(doubled, vowel)
    while (ordered := _ordered(text)) != text:  # a mark that moves may come to stand before another vowel
        text = ordered
    return text


def _ordered(text: str) -> str:
    text = _TONE_BEHIND.sub(r"\2\1", text)
    text = _MARKS.sub(lambda found: "".join(sorted(dict.fromkeys(found[0]), key=_rank)), text)
    return unicodedata.normalize("NFC", text)  # it may have come to stand behind another script's accent


def _rank(mark: str) -> tuple[int, int]:
    late = next((place for place, marks in enumerate(_LATE_MARKS, 1) if mark in marks), 0)
    return late, unicodedata.combining(mark)


@lru_cache(maxsize=8192)
def _is_format(character: str) -> bool:
    """Say whether *character* only says how others are shown."""
    return unicodedata.category(character) == "Cf"


def _cuts(text: str) -> Iterable[int]:
    """Yield the offsets where *text* may be cut: both sides, made alike, join to the whole made alike."""
    start = 0
    for place, character in enumerate(text):
        if place == 0:
            yield 0
            continue
        if unicodedata.combining(character) or _HELD.match(character):
            continue
        before = text[place - 1]
        if before in _NIKHAHIT or (before == _FRAME and is_word(character)):
            continue
        if before + character in _DOUBLED_VOWELS and (place - start) % 2:
            continue
        earlier = text[start:place][:1] if place - start > 64 else text[start:place]
        if unicodedata.normalize("NFKC", earlier + character) == unicodedata.normalize(
            "NFKC", earlier
        ) + unicodedata.normalize("NFKC", character):
            yield place
            start = place
