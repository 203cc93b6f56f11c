"""Find routes that can never win, and pairs that want the same text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from .keywords import forms_of
from .router import Router
from .routes import ANY, Route

MAX_EXAMPLES = 1000
"""So many pairs of a prefix and a keyword of one route are tried at most."""

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


def taken_examples(router: Router, examples: Mapping[str, Sequence[str]]) -> list[Overlap]:
    """Return which of the *examples* of each intent an earlier route answers, by its words."""
    return [
        Overlap(earlier, route, text, is_total=False)
        for index, route in enumerate(router.routes)
        if not route.has_text_matcher and _unconditional_before(router.routes, index) is None
        for intent in route.intents
        for text in examples.get(intent, ())
        if (earlier := _winner_before(router, index, text)) is not None and not earlier.exacts
    ]


def _unconditional_before(routes: Sequence[Route], index: int) -> Route | None:
    """Return an earlier route that takes every event which this one could get."""
    later = routes[index]
    for earlier in routes[:index]:
        if (
            not (_takes_all(earlier) or _means_all(earlier, later))
            or earlier.cooldown is not None
            or (later.when.mentioned is False and earlier.when.mentioned is not False)
        ):
            continue
        if ANY in earlier.on or all(earlier.accepts(kind) for kind in later.on):
            return earlier
    return None


def _means_all(earlier: Route, later: Route) -> bool:
    """Say whether *earlier* answers every meaning that *later* looks for, and asks for nothing else."""
    is_same = later.is_unsure and earlier.is_unsure
    is_wider = bool(later.intents) and set(later.intents) <= set(earlier.intents)
    return (is_same or is_wider) and not earlier.has_text_matcher and earlier.when.is_empty


def _takes_all(route: Route) -> bool:
    return not (route.has_text_matcher or route.asks_meaning) and route.postback is None and route.when.is_empty


def _lost_texts(router: Router, index: int) -> Iterator[Overlap]:
    later = router.routes[index]
    lost = [
        (text, earlier)
        for text in _texts(later)
        if (earlier := _winner_before(router, index, text)) and index in router.hits(text)
    ]
    if not lost:
        return
    is_total = _is_swallowed(router, index)
    for text, earlier in lost:
        if is_total or not earlier.exacts:  # an exact text before a keyword that contains it: so one writes exceptions
            yield Overlap(earlier, later, text, is_total)
            return


def _texts(route: Route) -> list[str]:
    """Return texts that *route* names itself; which of them it takes remains to be seen. None for a mere pattern."""
    if route.exacts:
        return list(route.exacts)
    if route.patterns:
        return []
    both = islice(product(route.prefixes, route.keywords), MAX_EXAMPLES)
    return [*route.keywords, *route.prefixes, *(f"{prefix} {keyword}" for prefix, keyword in both)]


def _winner_before(router: Router, index: int, text: str) -> Route | None:
    later = router.routes[index]
    for hit in router.hits(text):
        if hit >= index:
            return None
        earlier = router.routes[hit]
        if earlier.asks_meaning or earlier.cooldown is not None:
            continue  # what a text means is not known here, and one that rests lets others answer
        if _asks_no_more(earlier, later) and any(earlier.accepts(kind) for kind in later.on):
            return earlier
    return None


def _asks_no_more(earlier: Route, later: Route) -> bool:
    """Say whether the conditions of *earlier* hold whenever those of *later* do."""
    if earlier.when == later.when:
        return True
    return earlier.when.is_empty and (earlier.when.mentioned is False or later.when.mentioned is not False)


def _is_swallowed(router: Router, index: int) -> bool:
    """Say whether one matcher of the route can't hold without an earlier route winning."""
    later = router.routes[index]
    if later.exacts:
        forms = _forms(later.exacts)
        return all(index not in router.hits(form) or _swallower(router, index, form) for form in forms)
    return any(
        words and all(_swallows(router, index, form, is_prefix=is_prefix) for form in _forms(words))
        for words, is_prefix in ((later.keywords, False), (later.prefixes, True))
    )


def _swallows(router: Router, index: int, form: str, *, is_prefix: bool) -> bool:
    """Say whether an earlier route wins not only for the bare *form* but for every text that has it."""
    earlier = _swallower(router, index, form)
    if earlier is None or _swallower(router, index, f"{form} {_TRADITIONAL}") is not earlier:
        return False
    return not (earlier.exacts or earlier.patterns or (earlier.prefixes and not is_prefix))


def _swallower(router: Router, index: int, text: str) -> Route | None:
    """Return the earlier route that wins *text*, whatever type of event it comes in."""
    earlier = _winner_before(router, index, text)
    if earlier is None or not all(earlier.accepts(kind) for kind in router.routes[index].on):
        return None
    return earlier


def _forms(words: Iterable[str]) -> list[str]:
    return [form.text for word in words for form in forms_of(word)]
