"""Find routes that can never win, and what others of their own never gets to them.

Every text that is named as an example was tried: the router itself says which routes want it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Literal

from ..matching.keywords import forms_of
from ..matching.patterns import Pattern
from ..router import Router
from ..routes import Route
from .regions import Atlas, Region
from .rivals import MAX_RIVALS, Rivals
from .samples import spellings

MAX_EXAMPLES = 1000
"""So many combinations of a prefix, a keyword and what a pattern spells out are tried of one route at most."""

Loss = Literal["all", "words", "text", "type", "intent", "example"]
Meaning = Callable[[str], str | None]
"""Return the intent that a text surely has, without any guess."""

_TRADITIONAL = "龜"  # beside it a shy form doesn't count


@dataclass(frozen=True, slots=True)
class Lost:
    """Say that *earlier* (several only where it takes all of them) answer before *later* does.

    ``loses`` says what never gets to *later*: everything, or ``what``, a text that it names, a type of event, an
    intent, or an example of one. ``text`` is one to try. Without *earlier* it is the route itself that can't win: with
    ``words`` since its matchers allow for no text.
    """

    earlier: tuple[Route, ...]
    later: Route
    loses: Loss
    what: str = ""
    text: str = ""


def losses(
    router: Router, examples: Mapping[str, Sequence[str]] | None = None, meaning: Meaning | None = None
) -> list[Lost]:
    """Return what an owner should know: routes that can never win, and those that lose what they name themselves.

    *examples* are those of the intents, by name.
    """
    return list(_Survey(router, examples or {}, meaning or _unknown).found())


def _unknown(_text: str) -> None:
    """Know of no text what it means."""


class _Survey:
    """Look at one bot's routes, from the first to the last."""

    def __init__(self, router: Router, examples: Mapping[str, Sequence[str]], meaning: Meaning) -> None:
        self._router = router
        self._routes = router.routes
        self._examples = examples
        self._meaning = meaning
        self._atlas = Atlas(self._routes)
        self._regions = [self._atlas.regions(route) for route in self._routes]
        self._rivals = Rivals()
        self._near: list[Sequence[int]] = []
        self._known_hits: dict[str, list[int]] = {}
        self._is_open = [route.when.is_empty for route in self._routes]
        self._by_pattern: dict[str, list[int]] = {}

    def found(self) -> Iterator[Lost]:
        for index, route in enumerate(self._routes):
            self._near.append(self._rivals.of(route))
            if not self._regions[index]:
                yield from _itself(route)
            elif route.exacts and not self._own(index):
                yield Lost((), route, "words")
            elif takers := self._covering(self._regions[index], self._near[index]):
                yield Lost(self._named(takers), route, "all")
            else:
                yield from self._parts(index)
                yield from self._texts(index) if route.has_text_matcher else self._taken_examples(index)
                self._add(index, route)

    def _add(self, index: int, route: Route) -> None:
        if not route.has_text_matcher:
            self._rivals.add(index, route)
        elif route.patterns and not (route.keywords or route.exacts or route.prefixes):
            for pattern in route.patterns:
                self._by_pattern.setdefault(pattern.source, []).append(index)

    def _hits(self, text: str) -> list[int]:
        """Return the routes that *text* fits, in order; many routes have the same words."""
        if text not in self._known_hits:
            self._known_hits[text] = self._router.hits(text)
        return self._known_hits[text]

    def _wins(self, index: int, text: str) -> bool:
        hits = self._hits(text)
        place = bisect_left(hits, index)
        return place < len(hits) and hits[place] == index

    def _own(self, index: int) -> list[str]:
        """Return the exact texts of a route that fit its other matchers."""
        written = (other for form in _forms(self._routes[index].exacts) for other in _in_other_cases(form))
        return [text for text in written if self._wins(index, text)]

    def _before(self, index: int, hits: Sequence[int]) -> list[int]:
        """Return those of *hits* that come before *index*: of many the first, with conditions and without."""
        count = bisect_left(hits, index)
        if count <= MAX_RIVALS:
            return list(hits[:count])
        open_ = (hit for hit in islice(hits, count) if self._is_open[hit])
        return sorted({*hits[:MAX_RIVALS], *islice(open_, MAX_RIVALS)})

    def _named(self, indexes: Iterable[int]) -> tuple[Route, ...]:
        return tuple(self._routes[index] for index in indexes)

    def _covering(self, regions: Sequence[Region], rivals: Iterable[int]) -> list[int]:
        takers = {index: self._regions[index] for index in rivals if self._routes[index].always_answers}
        return self._atlas.covering(regions, takers)

    def _parts(self, index: int) -> Iterator[Lost]:
        """Yield the types of events, and the intents, that *route* lists and others take."""
        route, regions, rivals = self._routes[index], self._regions[index], self._near[index]
        if len(route.on) > 1:
            for kind in sorted(route.on):
                takers = self._covering([self._atlas.of_type(region, kind) for region in regions], rivals)
                if takers:
                    yield Lost(self._named(takers), route, "type", kind)
        if len(route.intents) > 1:
            for intent in route.intents:
                takers = self._covering([self._atlas.meaning(region, intent) for region in regions], rivals)
                if takers:
                    yield Lost(self._named(takers), route, "intent", intent)

    def _texts(self, index: int) -> Iterator[Lost]:
        later = self._routes[index]
        lost = list(self._lost(index))
        if not lost:
            return
        text, takers = lost[0]
        swallowers = self._swallowers(index)
        if swallowers:
            yield Lost(self._named(swallowers), later, "all", text=text)
            return
        for text, takers in lost:
            earlier = self._named(takers)
            if not any(route.exacts for route in earlier):  # an exact text before a rule: so one writes exceptions
                yield Lost(earlier, later, "text", text, text)
                return

    def _lost(self, index: int) -> Iterator[tuple[str, list[int]]]:
        """Yield what the route names and doesn't get: a text, and who takes it."""
        for texts in _named_by(self._routes[index]):
            own = [text for text in texts if self._wins(index, text)]
            taken = [self._takers(index, text) for text in own]
            if own and all(taken):
                yield own[0], taken[0]

    def _takers(self, index: int, text: str, known: str | None = None) -> list[int]:
        """Return the earlier routes that take *text*, which means *known*, from the route, whatever its conditions."""
        hits = self._before(index, self._hits(text))
        rivals, regions = self._near[index], self._regions[index]
        meant = known
        if known is None and self._rivals.are_meant:
            meant = self._meaning(text)
        if meant is not None and (known is not None or self._rivals.meant(meant)):
            regions = [self._atlas.meaning(region, meant) for region in regions]
            rivals = [*rivals, *self._rivals.meant(meant)]
        elif not hits:
            return []
        return self._covering(regions, sorted({*hits, *rivals}))

    def _taken_examples(self, index: int) -> Iterator[Lost]:
        """Yield the examples of the route's intents that earlier routes take for their words."""
        route = self._routes[index]
        for intent in route.intents:
            for text in self._examples.get(intent, ()):
                earlier = self._named(self._takers(index, text, intent))
                if any(one.has_text_matcher for one in earlier) and not any(one.exacts for one in earlier):
                    yield Lost(earlier, route, "example", text, text)

    def _swallowers(self, index: int) -> list[int]:
        """Return the earlier routes without one of which winning some matcher of the route can't hold; or none."""
        later = self._routes[index]
        if later.exacts:
            return _joined(self._takers(index, form) for form in self._own(index))
        words = ((later.keywords, False), (later.prefixes, True))
        each = [
            _joined(self._swallowing(index, form, is_prefix=is_prefix) for form in _forms(listed))
            for listed, is_prefix in words
        ]
        each.append(_joined(self._finding(index, pattern) for pattern in later.patterns))
        return next((takers for takers in each if takers), [])

    def _swallowing(self, index: int, form: str, *, is_prefix: bool) -> list[int]:
        """Return the earlier routes that take not only the bare *form* but every text in which *index* finds it."""
        hits, beside = self._before(index, self._hits(form)), self._hits(f"{form} {_TRADITIONAL}")
        if index in beside:
            hits = [hit for hit in hits if hit in beside]
        return self._taking(index, hits, is_prefix=is_prefix)

    def _finding(self, index: int, pattern: Pattern) -> list[int]:
        """Return the earlier routes that look for the very same *pattern*, and take all that it finds."""
        return self._covering(self._regions[index], self._before(index, self._by_pattern.get(pattern.source, ())))

    def _taking(self, index: int, hits: Iterable[int], *, is_prefix: bool) -> list[int]:
        """Return those of *hits* that together take what they hit; only mere keywords do so wherever they stand."""
        sure = [
            hit
            for hit in hits
            if not (self._routes[hit].exacts or self._routes[hit].patterns)
            and (is_prefix or not self._routes[hit].prefixes)
        ]
        return self._covering(self._regions[index], sorted({*sure, *self._near[index]}))


def _itself(route: Route) -> Iterator[Lost]:
    """Yield that no event gets to *route*; one that looks for a text or a postback was spoken of when it was built."""
    if not (route.has_text_matcher or route.asks_meaning or route.postback):
        yield Lost((), route, "all")


def _joined(each: Iterable[Sequence[int]]) -> list[int]:
    """Return all of *each*, in order; nothing when one of them is empty."""
    parts = list(each)
    return sorted({index for part in parts for index in part}) if all(parts) else []


def _named_by(route: Route) -> list[Sequence[str]]:
    """Return what *route* names itself, each as texts that stand for it; whether it takes them remains to be seen."""
    if route.exacts:
        return [[text] for text in route.exacts]
    if route.patterns:
        return list(islice(_with_patterns(route), MAX_EXAMPLES))
    both = islice(product(route.prefixes, route.keywords), MAX_EXAMPLES)
    return [[text] for text in (*route.keywords, *route.prefixes, *(f"{before} {word}" for before, word in both))]


def _with_patterns(route: Route) -> Iterator[Sequence[str]]:
    """Yield what the patterns of *route* spell out, with its prefixes before and its keywords behind."""
    for pattern in route.patterns:
        for spelling in spellings(pattern.source):
            for before, after in product(route.prefixes or [""], route.keywords or [""]):
                yield [f"{before} {text} {after}".strip() for text in spelling.texts]


def _in_other_cases(text: str) -> Iterator[str]:
    """Yield *text* and what casefolding makes the same of other letters: a pattern doesn't see them as such."""
    yield text
    for other in (text.upper(), text.replace("ss", "ß"), text.replace("i\u0307", "İ")):
        if len(other) != len(text):
            yield other


def _forms(words: Iterable[str]) -> list[str]:
    return [form for word in words for form in forms_of(word)]
