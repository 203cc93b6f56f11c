"""Find routes that can never win, and pairs that want the same text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .router import Router
from .routes import ANY, Route


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
    is_total = len(lost) == len(words) and all(_swallows(earlier, later) for _, earlier in lost)
    word, earlier = lost[0]
    if is_total or not earlier.exacts:  # an exact text before a keyword that contains it is how one writes exceptions
        yield Overlap(earlier, later, word, is_total)


def _winner_before(router: Router, index: int, word: str) -> Route | None:
    later = router.routes[index]
    for hit in router.hits(word):
        if hit >= index:
            return None
        earlier = router.routes[hit]
        if earlier.when.is_empty and earlier.on & later.on and earlier.when.mentioned == later.when.mentioned:
            return earlier
    return None


def _swallows(earlier: Route, later: Route) -> bool:
    """Say whether *earlier* wins not only for the bare word but for every text that has it."""
    if earlier.patterns or (later.keywords and (earlier.exacts or earlier.prefixes)):
        return bool(later.exacts) and not later.keywords and not later.prefixes
    return not (later.prefixes and earlier.exacts)
