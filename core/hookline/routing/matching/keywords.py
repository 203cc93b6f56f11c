"""Find every keyword in a text in one pass, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick_rs

from .folding import fold
from .scripts import (
    common,
    has_simplified_only,
    is_simplified_only,
    is_traditional_only,
    is_word,
    merged,
    simplified,
    traditional,
)
from .text import MatchText

MAX_KEYWORD = 100
_SMALL = ahocorasick_rs.Implementation.ContiguousNFA
"""For few keywords the default would be a table of 150 KiB, and hardly faster: texts are short."""
WINDOW = 1000
"""So many characters are searched at a time: all hits in them are in memory at once, up to a hundred a character."""


class Word:
    """Hold a literal as it was written, and know where in a text it stands.

    It is looked for in the forms in which both Chinese scripts are one (``key``). Where it is found, each character
    must be what was meant: another form of it, but no other word of the same form. 麵 is 面 in simplified characters
    only, so not in 裡面.
    """

    __slots__ = ("_folded", "_full", "_is_simplified", "_written", "key")

    def __init__(self, word: str) -> None:
        folded = self._folded = fold(word)
        self.key = merged(folded)
        self._written = common(folded)
        full = common(fold(traditional(folded)))
        self._full = full if len(full) == len(self.key) else self._written
        self._is_simplified = has_simplified_only(folded)

    def stands_at(self, text: MatchText, start: int) -> bool:
        """Say whether it is this word that stands in ``text.key`` from *start* on, which has its key there."""
        end = start + len(self.key)
        found = text.forms[start:end]
        if found == self._written:
            return True
        each = zip(found, self._written, self._full, text.folded[start:end], self._folded, strict=True)
        return all(
            form in (written, full) or self._is_another_form(typed, own, text)
            for form, written, full, typed, own in each
        )

    def _is_another_form(self, typed: str, own: str, text: MatchText) -> bool:
        """Say whether *typed* is *own* in the other script, rather than another word that has its form there."""
        if is_simplified_only(typed) or is_simplified_only(own):
            return True
        return self._is_simplified if is_traditional_only(typed) else not text.is_traditional


@lru_cache(maxsize=4096)
def word_of(word: str) -> Word:
    """Return *word*, read once: many bots have the same words."""
    return Word(word)


@lru_cache(maxsize=4096)
def forms_of(word: str) -> tuple[str, ...]:
    """Return how *word* may be written: as it is, in simplified and in traditional Chinese, each once."""
    own = fold(word)
    forms = {common(own): own}
    for form in (fold(simplified(common(own))), fold(traditional(own))):
        forms.setdefault(common(form), form)
    return tuple(forms.values())


@dataclass(frozen=True, slots=True)
class _Claim:
    """Say that route *owner* wants a text for *text*, which is read as *word*."""

    owner: int
    text: str
    word: Word


class _Keyword:
    """Hold a key, whether its edges are parts of words, and who wants it."""

    __slots__ = ("begins_with_word", "claims", "ends_with_word")

    def __init__(self, key: str, claims: tuple[_Claim, ...]) -> None:
        self.begins_with_word = is_word(key[0])
        self.ends_with_word = is_word(key[-1])
        self.claims = claims

    def stands_free(self, text: str, start: int, end: int) -> bool:
        if self.begins_with_word and start > 0 and is_word(text[start - 1]):
            return False
        return not (self.ends_with_word and end < len(text) and is_word(text[end]))

    def claimed(self, text: MatchText, start: int) -> Iterator[_Claim]:
        """Yield those who want what stands at *start*."""
        return (claim for claim in self.claims if claim.word.stands_at(text, start))


class Keywords:
    """Find which of many keywords a text contains.

    Time is linear in the text, whatever the keywords: at most one hit for each place and length of a keyword.
    """

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        claims = _claims(words)
        self._keywords = [_Keyword(key, claimed) for key, claimed in claims.items()]
        self._overlap = max(map(len, claims), default=1) - 1
        self._automaton = (
            ahocorasick_rs.AhoCorasick(claims, implementation=_SMALL, store_patterns=False) if claims else None
        )

    def contained(self, text: MatchText) -> dict[int, str]:
        """Return the owners of keywords that *text* contains, each with the first of its keywords."""
        found: dict[int, str] = {}
        seen: set[int] = set()
        for index, start, end in self._hits(text.key):
            keyword = self._keywords[index]
            if index in seen or not keyword.stands_free(text.key, start, end):
                continue
            claims = list(keyword.claimed(text, start))
            if len(claims) == len(keyword.claims):
                seen.add(index)  # wherever else it stands, nobody is left to want it
            for claim in claims:
                found.setdefault(claim.owner, claim.text)
        return found

    def spans(self, text: MatchText) -> Iterator[tuple[int, int, int]]:
        """Yield owner, start and end (in ``folded``) of every keyword, wherever it stands."""
        for index, start, end in self._hits(text.key):
            keyword = self._keywords[index]
            if keyword.stands_free(text.key, start, end):
                yield from ((claim.owner, start, end) for claim in keyword.claimed(text, start))

    def _hits(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield the index, start and end of every keyword; those across a window's end come twice."""
        if self._automaton is None:
            return
        for offset in range(0, len(key), WINDOW):
            window = key[offset : offset + WINDOW + self._overlap]
            for index, start, end in self._automaton.find_matches_as_indexes(window, overlapping=True):
                yield index, offset + start, offset + end


class Prefixes:
    """Find which of many literals a text begins with."""

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        self._prefixes = {key: _Keyword(key, claimed) for key, claimed in _claims(words).items()}
        self._lengths = sorted({len(key) for key in self._prefixes})

    def leading(self, text: MatchText) -> dict[int, int]:
        """Return the owners of literals that *text* begins with, each with the length of the longest."""
        found: dict[int, int] = {}
        for length in self._lengths:
            prefix = self._prefixes.get(text.key[:length])
            if prefix is not None and prefix.stands_free(text.key, 0, length):
                for claim in prefix.claimed(text, 0):
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
        claims: Sequence[_Claim] = self._claims.get(text.key, ())
        return {claim.owner for claim in claims if claim.word.stands_at(text, 0)}


def _claims(words: Iterable[tuple[int, str]]) -> dict[str, tuple[_Claim, ...]]:
    claims: dict[str, list[_Claim]] = {}
    for owner, text in words:
        word = word_of(text)
        if word.key:
            claims.setdefault(word.key, []).append(_Claim(owner, text, word))
    return {key: tuple(claimed) for key, claimed in claims.items()}
