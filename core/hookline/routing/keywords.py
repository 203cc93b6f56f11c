"""Find every keyword in a text in one pass, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import ahocorasick_rs

from .text import MatchText, fold, has_simplified_only, simplified, stands_free, traditional

MAX_KEYWORD = 100
MAX_HITS = 10_000


@dataclass(frozen=True, slots=True)
class Form:
    """Hold one way to write a keyword; ``is_shy`` forms count only in a text without traditional-only characters."""

    text: str
    is_shy: bool = False


def forms_of(word: str) -> list[Form]:
    """Return how *word* may be written: as it is, in simplified and in traditional Chinese.

    A simplified form that holds no simplified-only character (麵 → 面) would fire on traditional texts
    that mean something else (裡面), so it is shy.
    """
    own = fold(word).strip()
    forms = [Form(own)]
    simple = fold(simplified(own))
    if simple != own:
        forms.append(Form(simple, is_shy=not has_simplified_only(simple)))
    full = fold(traditional(own))
    if full not in (own, simple):
        forms.append(Form(full))
    return forms


class Literals:
    """Hold literals of many routes and find those that occur in a text, at an edge or anywhere."""

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        self._forms: list[tuple[int, Form, str]] = [
            (owner, form, word) for owner, word in words for form in forms_of(word)
        ]
        self._automaton = ahocorasick_rs.AhoCorasick(
            [form.text for _, form, _ in self._forms], matchkind=ahocorasick_rs.MatchKind.Standard
        )

    def __len__(self) -> int:
        return len(self._forms)

    def contained(self, text: MatchText) -> Iterator[tuple[int, str]]:
        """Yield ``(owner, word)`` for each keyword that *text* contains."""
        folded = text.folded
        for index, start, end in self._hits(folded):
            owner, form, word = self._forms[index]
            if stands_free(folded, start, end) and not (form.is_shy and text.is_traditional):
                yield owner, word

    def leading(self, text: MatchText) -> Iterator[tuple[int, str, int]]:
        """Yield ``(owner, word, length)`` for each literal that *text* begins with."""
        folded = text.folded
        for index, start, end in self._hits(folded[: MAX_KEYWORD + 1]):
            owner, form, word = self._forms[index]
            if start == 0 and stands_free(folded, 0, end) and not (form.is_shy and text.is_traditional):
                yield owner, word, end

    def _hits(self, folded: str) -> Sequence[tuple[int, int, int]]:
        if not self._forms:
            return ()
        hits = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        return hits[:MAX_HITS]


class Exact:
    """Look a whole text up among many."""

    def __init__(self, words: Iterable[tuple[int, str]]) -> None:
        self._owners: dict[str, list[tuple[int, Form]]] = {}
        for owner, word in words:
            for form in forms_of(word):
                self._owners.setdefault(form.text, []).append((owner, form))

    def equal(self, text: MatchText) -> Iterator[int]:
        """Yield the owners of the literals that *text* is."""
        for owner, form in self._owners.get(text.folded, ()):
            if not (form.is_shy and text.is_traditional):
                yield owner
