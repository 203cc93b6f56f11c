"""Find every keyword in a text in one pass, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick_rs

from .folding import fold
from .scripts import common, has_simplified_only, is_word, simplified, traditional
from .text import MatchText

MAX_KEYWORD = 100
_SMALL = ahocorasick_rs.Implementation.ContiguousNFA
"""For few keywords the default would be a table of 150 KiB, and hardly faster: texts are short."""
WINDOW = 1000
"""So many characters are searched at a time: all hits in them are in memory at once, up to a hundred a character."""


@dataclass(frozen=True, slots=True)
class Form:
    """Hold one way to write a keyword; ``is_shy`` forms count only in a text without traditional-only characters."""

    text: str
    is_shy: bool = False


@dataclass(frozen=True, slots=True)
class _Claim:
    """Say that route *owner* wants a text for *word*."""

    owner: int
    word: str
    is_shy: bool


class _Keyword:
    """Hold a form, whether its edges are parts of words, and who wants it."""

    __slots__ = ("begins_with_word", "claims", "ends_with_word")

    def __init__(self, form: str, claims: tuple[_Claim, ...]) -> None:
        self.begins_with_word = is_word(form[0])
        self.ends_with_word = is_word(form[-1])
        self.claims = claims

    def stands_free(self, text: str, start: int, end: int) -> bool:
        if self.begins_with_word and start > 0 and is_word(text[start - 1]):
            return False
        return not (self.ends_with_word and end < len(text) and is_word(text[end]))


@lru_cache(maxsize=4096)
def forms_of(word: str) -> tuple[Form, ...]:
    """Return how *word* may be written: as it is, in simplified and in traditional Chinese.

    A simplified form that holds no simplified-only character (麵 → 面) would fire on traditional texts
    that mean something else (裡面), so it is shy.
    """
    own = fold(word)
    simple, full = fold(simplified(own)), fold(traditional(own))
    forms = {common(own): Form(own)}
    forms.setdefault(common(simple), Form(simple, is_shy=not has_simplified_only(simple)))
    forms.setdefault(common(full), Form(full))
    return tuple(forms.values())


class Keywords:
    """Find which of many keywords a text contains.

    Time is linear in the text, whatever the keywords: at most one hit for each place and length of a keyword.
    """

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        claims = _claims(words)
        self._keywords = [_Keyword(form, claimed) for form, claimed in claims.items()]
        self._overlap = max(map(len, claims), default=1) - 1
        self._automaton = (
            ahocorasick_rs.AhoCorasick(claims, implementation=_SMALL, store_patterns=False) if claims else None
        )

    def contained(self, text: MatchText) -> dict[int, str]:
        """Return the owners of keywords that *text* contains, each with the first of its keywords."""
        found: dict[int, str] = {}
        for keyword in self._free(text):
            for claim in _valid(keyword.claims, text):
                found.setdefault(claim.owner, claim.word)
        return found

    def spans(self, text: MatchText) -> Iterator[tuple[int, int, int]]:
        """Yield owner, start and end (in ``folded``) of every keyword, wherever it stands."""
        for index, start, end in self._hits(text.key):
            keyword = self._keywords[index]
            if keyword.stands_free(text.key, start, end):
                yield from ((claim.owner, start, end) for claim in _valid(keyword.claims, text))

    def _free(self, text: MatchText) -> Iterator[_Keyword]:
        """Yield each keyword that stands free somewhere, once."""
        key = text.key
        seen: set[int] = set()
        for index, start, end in self._hits(key):
            if index not in seen and self._keywords[index].stands_free(key, start, end):
                seen.add(index)
                yield self._keywords[index]

    def _hits(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield the index, start and end of every form; those across a window's end come twice."""
        if self._automaton is None:
            return
        for offset in range(0, len(key), WINDOW):
            window = key[offset : offset + WINDOW + self._overlap]
            for index, start, end in self._automaton.find_matches_as_indexes(window, overlapping=True):
                yield index, offset + start, offset + end


class Prefixes:
    """Find which of many literals a text begins with."""

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        self._prefixes = {form: _Keyword(form, claimed) for form, claimed in _claims(words).items()}
        self._lengths = sorted({len(form) for form in self._prefixes})

    def leading(self, text: MatchText) -> dict[int, int]:
        """Return the owners of literals that *text* begins with, each with the length of the longest."""
        found: dict[int, int] = {}
        for length in self._lengths:
            prefix = self._prefixes.get(text.key[:length])
            if prefix is not None and prefix.stands_free(text.key, 0, length):
                for claim in _valid(prefix.claims, text):
                    found[claim.owner] = length
        return found


class Exacts:
    """Look a whole text up among many."""

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        self._claims = _claims(words)

    def equal(self, text: MatchText) -> set[int]:
        """Return the owners of literals that *text* is."""
        if not self._claims:
            return set()
        return {claim.owner for claim in _valid(self._claims.get(text.key, ()), text)}


def _claims(words: Iterable[tuple[int, str]]) -> dict[str, tuple[_Claim, ...]]:
    claims: dict[str, list[_Claim]] = {}
    for owner, word in words:
        for form in forms_of(word):
            if form.text:
                claims.setdefault(common(form.text), []).append(_Claim(owner, word, form.is_shy))
    return {form: tuple(claimed) for form, claimed in claims.items()}


def _valid(claims: Iterable[_Claim], text: MatchText) -> Iterator[_Claim]:
    return (claim for claim in claims if not (claim.is_shy and text.is_traditional))
