"""Search many regular expressions at once, in linear time whatever they are: RE2.

RE2 knows no look-around and no back-references. What else it reads in another way than people is in
:mod:`.expressions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import re2

from ...errors import HooklineError
from .expressions import Expression, written_for_re2
from .prices import price_of
from .scripts import EDGE, common, with_edges
from .text import MatchText

MAX_PATTERN = 1000
MAX_PROGRAM = 5000
MAX_PROGRAMS = 100_000
"""The steps of all patterns of one bot: each takes memory, and time to compile."""
MAX_PRICE, MAX_PRICE_TOGETHER = 100, 200
"""Milliseconds that a text of 5,000 letters may take all patterns of one bot, and so any of them, at most."""
MAX_MEMORY = 1 << 20
"""Bytes for one compiled pattern and its automaton; where they don't suffice RE2 searches in a slower way."""

Spans = Sequence[tuple[int, int]]
"""Where the whole of a match and each of its groups begin and end; -1 and -1 for a group that took no part."""


class PatternError(HooklineError):
    """Say why RE2 refuses a pattern."""


class DearPatternError(PatternError):
    """Say what a pattern may cost."""


class Variant:
    """Hold one expression that RE2 takes; an ``is_shy`` one counts only in a text without traditional-only characters.

    One that ``has_edges`` is searched for in a text whose edges of words are marked. ``steps`` is the size of the
    compiled program. That takes 5 KiB or more, so it is kept from when it is first asked for: most patterns of most
    bots are only ever looked for, all at once (:class:`PatternSet`).
    """

    __slots__ = ("_regex", "expression", "has_edges", "is_shy", "steps")

    def __init__(self, expression: str, steps: int, *, is_shy: bool = False, has_edges: bool = False) -> None:
        self.expression = expression
        self.steps = steps
        self.is_shy = is_shy
        self.has_edges = has_edges
        self._regex: Any = None

    def find(self, text: MatchText) -> Spans | None:
        """Return where it is first in ``text.cleaned``."""
        if not self.may_match(text):
            return None
        found = self.regex.search(text.edged if self.has_edges else text.searched)
        return None if found is None else self._spans(found)

    def find_all(self, copy: str) -> Iterator[tuple[int, int]]:
        """Yield where it is in *copy*, a cleaned or folded text."""
        searched = common(copy)
        for found in self.regex.finditer(with_edges(searched) if self.has_edges else searched):
            yield self._spans(found)[0]

    @property
    def regex(self) -> Any:
        """Return the compiled program."""
        if self._regex is None:
            self._regex = _compile(self.expression)
        return self._regex

    def may_match(self, text: MatchText) -> bool:
        """Say whether it counts in *text*."""
        return not (self.is_shy and text.is_traditional)

    def _spans(self, found: Any) -> Spans:
        spans = [found.span(group) for group in range(self.regex.groups + 1)]
        if not self.has_edges:
            return spans
        return [(_unmarked(found.string, start), _unmarked(found.string, end)) for start, end in spans]


def _unmarked(text: str, place: int) -> int:
    return place if place < 0 else place - text.count(EDGE, 0, place)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Hold one compiled pattern: as written, and with its Han characters in the other script.

    ``price`` is how many milliseconds the worst text of 5,000 letters takes it, about.
    """

    source: str
    variants: tuple[Variant, ...]
    groups: Mapping[str, int]
    price: float = 0.0

    def captures(self, text: MatchText) -> Mapping[str, str]:
        """Return the named groups that took part, cut from what was written; none without a match."""
        if self.groups:
            for variant in self.variants:
                found = variant.find(text)
                if found:
                    spans = {name: found[index] for name, index in self.groups.items()}
                    return {name: text.original(*span) for name, span in spans.items() if span != (-1, -1)}
        return {}

    @property
    def names(self) -> frozenset[str]:
        """Return the names of its groups."""
        return frozenset(self.groups)


def compile_pattern(source: str) -> Pattern:
    """Compile *source*, or raise PatternError saying what RE2 has against it.

    Like that of a keyword, a variant in simplified characters that are traditional ones as well (麵 → 面) is shy.
    """
    if len(source) > MAX_PATTERN:
        raise PatternError(f"a pattern of {len(source)} characters, at most {MAX_PATTERN}")
    pattern = compile_expression(source, source)
    price = price_of(source, [variant.steps for variant in pattern.variants])
    if price > MAX_PRICE:
        raise DearPatternError(f"a text of 5,000 letters may take {price:.0f} ms, at most {MAX_PRICE}")
    return replace(pattern, price=price)


def compile_expression(source: str, expression: str, edge: str = "") -> Pattern:
    """Compile *expression*, which was made from what *source* says; it may be longer than a pattern of a person.

    With an *edge* the whole text must fit it, but for what fits the edge on both sides.
    """
    if any("\ud800" <= character <= "\udfff" for character in expression):
        raise PatternError("it holds half a surrogate pair")
    around = _steps_of(edge)
    (own, *others) = written_for_re2(expression)
    try:
        compiled = _checked(own.text, around)
    except PatternError:
        _compile(expression)  # what RE2 has against it says more in the words of whoever wrote it
        raise
    variants = [_variant(own, compiled, edge)]
    for other in others:
        with suppress(PatternError):  # a class range may run backwards in the other script
            variants.append(_variant(other, _checked(other.text, around), edge))
    return Pattern(source, tuple(variants), compiled.groupindex)


def _variant(expression: Expression, compiled: Any, edge: str) -> Variant:
    steps = compiled.programsize + _steps_of(edge)
    return Variant(_between(edge, expression.text), steps, is_shy=expression.is_shy, has_edges=expression.has_edges)


def _between(edge: str, expression: str) -> str:
    return f"^{edge}{expression}{edge}$" if edge else expression


@cache
def _steps_of(edge: str) -> int:
    """Return what *edge* adds to a program on both sides: a class of many characters may be most of it."""
    return int(_compile(_between(edge, "x")).programsize - _compile("x").programsize)


def _checked(expression: str, around: int) -> Any:
    """Compile *expression*, and nothing *around* it, of which the size is known: that is for when it is needed."""
    compiled = _compile(expression)
    steps = compiled.programsize + around
    if steps > MAX_PROGRAM:
        raise PatternError(f"it compiles to {steps} steps, at most {MAX_PROGRAM}; make it simpler")
    return compiled


class PatternSet:
    """Find which of many patterns occur in a text.

    RE2 looks in one pass for the literals that the patterns can't do without, and runs only those patterns
    whose literals are there. So a gap (``退.*款``) costs the other patterns nothing, as it would in one big automaton.
    """

    def __init__(self, patterns: Iterable[tuple[int, Pattern]]) -> None:
        owned = [(owner, variant) for owner, pattern in patterns for variant in pattern.variants]
        self._plain = list(_filters([one for one in owned if not one[1].has_edges]))
        self._edged = list(_filters([one for one in owned if one[1].has_edges]))

    def found(self, text: MatchText) -> set[int]:
        """Return the owners of the patterns that occur in *text*."""
        found = {owner for filter_ in self._plain for owner in filter_.found(text, text.searched)}
        if self._edged:
            found.update(owner for filter_ in self._edged for owner in filter_.found(text, text.edged))
        return found


@dataclass(frozen=True, slots=True)
class _Filter:
    """Hold some variants, each with its owner, compiled together."""

    search: Any
    owned: Sequence[tuple[int, Variant]]

    def found(self, text: MatchText, searched: str) -> Iterator[int]:
        for index in self.search.Match(searched) or ():  # None when nothing fits
            owner, variant = self.owned[index]
            if variant.may_match(text):
                yield owner


def _filters(owned: Sequence[tuple[int, Variant]]) -> Iterator[_Filter]:
    """Yield filters for *owned*: one, or several where their literals are too much for one."""
    if not owned:
        return
    search = re2.Filter()
    options = _options()
    for _, variant in owned:
        search.Add(variant.expression, options)
    try:
        search.Compile()
    except re2.error:
        half = len(owned) // 2
        if not half:
            raise  # one pattern's literals always fit: they are no longer than its program
        yield from _filters(owned[:half])
        yield from _filters(owned[half:])
    else:
        yield _Filter(search, owned)


def _compile(source: str) -> Any:
    try:
        return re2.compile(source, _options())
    except re2.error as error:
        reason = error.args[0] if error.args else "invalid"
        raise PatternError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from error
    except UnicodeEncodeError as error:
        raise PatternError("it holds half a surrogate pair") from error


def _options() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    return options
