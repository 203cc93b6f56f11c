"""Find routes that can never win, and pairs that want the same text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .keywords import forms_of
from .router import Router
from .routes import ANY, Route

_TRADITIONAL = "龜"  # beside it a shy form doesn't count


@dataclass(frozen=True, slots=True)
class Overlap:
    """Say that *earlier* answers before *later* does: for *example*, or, with ``is_total``, always."""

    earlier: Route
    later: Route
    example: str
    is_total: bool


def overlaps(router: Router) -> list[Overlap]:
    """Return what an owner should know: one entry for each route that loses texts it names itself."""
    found: list[Overlap] = []
    for index, route in enumerate(router.routes):
        blocker = _unconditional_before(router.routes, index)
        if blocker is not None:
            found.append(Overlap(blocker, route, "", is_total=True))
        elif route.has_text_matcher:
            found.extend(_lost_texts(router, index))
    return found


def _unconditional_before(routes: Sequence[Route], index: int) -> Route | None:
    """Return an earlier route that takes every event which this one could get."""
    later = routes[index]
    for earlier in routes[:index]:
        if not _takes_all(earlier) or (later.when.mentioned is False and earlier.when.mentioned is not False):
            continue
        if ANY in earlier.on or all(earlier.accepts(kind) for kind in later.on):
            return earlier
    return None


def _takes_all(route: Route) -> bool:
    return not route.has_text_matcher and route.postback is None and route.when.is_empty


def _lost_texts(router: Router, index: int) -> Iterator[Overlap]:
    later = router.routes[index]
    if later.patterns:
        return  # which texts a pattern wants can't be listed
    words = [*later.exacts, *later.keywords, *later.prefixes]
    lost = [(word, earlier) for word in words if (earlier := _winner_before(router, index, word)) is not None]
    if not lost:
        return
    is_total = len(lost) == len(words) and all(
        _swallows(router, index, form.text) for word in words for form in forms_of(word)
    )
    word, earlier = lost[0]
    if is_total or not earlier.exacts:  # an exact text before a keyword that contains it is how one writes exceptions
        yield Overlap(earlier, later, word, is_total)


def _winner_before(router: Router, index: int, word: str) -> Route | None:
    later = router.routes[index]
    for hit in router.hits(word):
        if hit >= index:
            return None
        earlier = router.routes[hit]
        if _asks_no_more(earlier, later) and any(earlier.accepts(kind) for kind in later.on):
            return earlier
    return None


def _asks_no_more(earlier: Route, later: Route) -> bool:
    """Say whether the conditions of *earlier* hold whenever those of *later* do."""
    if earlier.when == later.when:
        return True
    return earlier.when.is_empty and (earlier.when.mentioned is False or later.when.mentioned is not False)


def _swallows(router: Router, index: int, word: str) -> bool:
    """Say whether an earlier route wins not only for the bare *word* but for every text that has it."""
    later = router.routes[index]
    earlier = _winner_before(router, index, word)
    if earlier is None or not all(earlier.accepts(kind) for kind in later.on):
        return False
    if not later.exacts and _winner_before(router, index, f"{word} {_TRADITIONAL}") is not earlier:
        return False
    if earlier.patterns or (later.keywords and (earlier.exacts or earlier.prefixes)):
        return bool(later.exacts) and not later.keywords and not later.prefixes
    return not (later.prefixes and earlier.exacts)
