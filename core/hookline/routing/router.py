"""Find the route that answers an event: the first in file order whose matchers all hold.

Literals and patterns of all routes are searched in one pass each; only routes that were hit, and those that look at
no text, are then tried one by one. :meth:`Router.explain` tries every route with the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from ..clock import APART
from ..events import Event, Match
from .conditions.condition import NO_PAST, Past, Situation
from .conditions.kept import InFlow, Person
from .matching.calls import CallNames, prepare
from .matching.keywords import Exacts, Keywords, Prefixes
from .matching.patterns import PatternSet
from .matching.text import MatchText
from .routes import MESSAGE_EVENT, Route
from .understood import Understood

OWN_CAPTURES = frozenset(
    ["text", "keyword", "rest", "score", "runner_up", "intent"]
    + [f"{number}{part}" for number in ("first", "second") for part in ("", "_intent", "_example")]
)
"""What matches hold whatever the author of a route has named."""
FEW = 300
"""So many literals and patterns are compiled within some milliseconds."""

_NOTHING = MatchText("", is_called=False)
_ANYTHING = Understood()
"""Stands for whatever the text may mean, while that isn't known."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Hold the route that won, and why."""

    route: Route
    match: Match


@dataclass(frozen=True, slots=True)
class Tried:
    """Say how one route fared; ``failure`` is None for the winner."""

    route: Route
    failure: str | None
    match: Match | None = None


@dataclass(slots=True)
class _Found:
    text: MatchText
    understood: Understood | None = None
    keywords: dict[int, str] = field(default_factory=dict)
    exacts: set[int] = field(default_factory=set)
    prefixes: dict[int, int] = field(default_factory=dict)
    patterns: set[int] = field(default_factory=set)

    @property
    def routes(self) -> set[int]:
        return {*self.keywords, *self.exacts, *self.prefixes, *self.patterns}


class _Words:
    """Hold all literals and patterns of some routes, compiled."""

    def __init__(self, routes: Sequence[Route]) -> None:
        numbered = list(enumerate(routes))
        self._keywords = Keywords((index, word) for index, route in numbered for word in route.keywords)
        self._prefixes = Prefixes((index, word) for index, route in numbered for word in route.prefixes)
        self._exacts = Exacts((index, word) for index, route in numbered for word in route.exacts)
        self._patterns = PatternSet((index, pattern) for index, route in numbered for pattern in route.patterns)

    def found(self, text: MatchText) -> _Found:
        """Return what *text* holds."""
        return _Found(
            text,
            None,
            self._keywords.contained(text),
            self._exacts.equal(text),
            self._prefixes.leading(text),
            self._patterns.found(text),
        )


class _LazyWords:
    """Compile the words of some routes when they are first needed, for all routers that share these routes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    @cached_property
    def compiled(self) -> _Words:
        """Return them."""
        return _Words(self._routes)


class Router:
    """Hold one bot's routes.

    Few words are compiled when the first text comes: of a thousand bots most are silent at any time. Many are
    compiled at once, since the first text shouldn't wait for that.
    """

    def __init__(self, routes: Sequence[Route], call_names: Iterable[str] = ()) -> None:
        self.routes = tuple(routes)
        self._call_names = CallNames(call_names)
        self._words = _LazyWords(self.routes)
        if sum(map(_size, self.routes)) > FEW:
            self.compile()
        self._always: dict[str, list[int]] = {}
        self.needs_state = any(route.when.state for route in self.routes)
        self.hears_standby = any(route.when.hears_standby for route in self.routes)
        self.hears_handed = any(route.when.hears_handed for route in self.routes)
        self.needs_person = any(route.when.find(Person) is not None for route in self.routes)
        self.keeps_people = self.needs_person or any(route.notes.person or route.notes.count for route in self.routes)
        self.needs_flow = any(route.when.find(InFlow) is not None for route in self.routes)
        self.limited = tuple(route for route in self.routes if route.at_most is not None)
        self.has_cooldowns = any(route.cooldown is not None for route in self.routes)
        self._asks_meaning = any(route.asks_meaning for route in self.routes)
        self._off: Mapping[int, str] = {}

    def without(self, off: Mapping[str, str]) -> Router:
        """Return a router that has all of this one but the routes that *off* names, each with the reason."""
        router = copy(self)
        router._off = {index: off[route.name] for index, route in enumerate(self.routes) if route.name in off}
        return router

    def compile(self) -> _Words:
        """Compile the words now, unless they are; it takes a millisecond or two for a usual bot."""
        return self._words.compiled

    def unread(
        self,
        event: Event,
        now: datetime,
        past: Past = NO_PAST,
    ) -> MatchText | None:
        """Return the text whose meaning decides which route answers *event*; None when none need be known."""
        if not self._asks_meaning or event.text is None:
            return None
        found = self._find(event)
        found.understood = _ANYTHING
        situation = Situation(event, found.text.is_called, now, past)
        first = self._first(event, situation, found)
        return found.text if first is not None and self.routes[first].asks_meaning else None

    def route(
        self,
        event: Event,
        now: datetime,
        past: Past = NO_PAST,
        understood: Understood | None = None,
    ) -> Hit | None:
        """Return the route that answers *event*, or None.

        *past* is what earlier events have left behind, *understood* what its text means, where that counts.
        """
        found = self._find(event)
        found.understood = understood
        situation = Situation(event, found.text.is_called, now, past)
        index = self._first(event, situation, found)
        return None if index is None else Hit(self.routes[index], self._match(index, event, found))

    def explain(
        self,
        event: Event,
        now: datetime,
        past: Past = NO_PAST,
        understood: Understood | None = None,
    ) -> list[Tried]:
        """Return every route that was tried, in order, up to and with the winner."""
        found = self._find(event)
        found.understood = understood
        situation = Situation(event, found.text.is_called, now, past)
        tried: list[Tried] = []
        for index, route in enumerate(self.routes):
            failure = self._failure(index, situation, found)
            if failure is None:
                tried.append(Tried(route, None, self._match(index, event, found)))
                break
            tried.append(Tried(route, failure))
        return tried

    def hits(self, text: str) -> list[int]:
        """Return the indexes of all routes whose text matchers hold for *text*, in order."""
        found = self._search(MatchText(text.strip(), is_called=True))
        return [index for index in sorted(found.routes) if next(self._text_failures(index, found), None) is None]

    def _first(self, event: Event, situation: Situation, found: _Found) -> int | None:
        """Return the index of the first route whose matchers all hold."""
        always = self._always_tried(event.type)
        candidates = sorted({*always, *found.routes}) if found.routes else always
        return next((index for index in candidates if self._failure(index, situation, found) is None), None)

    def heard(self, event: Event) -> MatchText:
        """Return what *event* says to the bot, without what called it."""
        if event.text is None:
            return _NOTHING
        names = self._call_names if event.chat.kind in ("group", "room") else None
        return prepare(event.text, event.calls, names)

    def _find(self, event: Event) -> _Found:
        return _Found(_NOTHING) if event.text is None else self._search(self.heard(event))

    def _search(self, text: MatchText) -> _Found:
        return self.compile().found(text)

    def _always_tried(self, kind: str) -> list[int]:
        """Return the routes for events of type *kind* that look at no text; remembered for a hundred types."""
        if kind not in self._always:
            always = [
                index for index, route in enumerate(self.routes) if not route.has_text_matcher and route.accepts(kind)
            ]
            if len(self._always) >= 100:
                return always
            self._always[kind] = always
        return self._always[kind]

    def _failure(self, index: int, situation: Situation, found: _Found) -> str | None:
        return next(self._failures(index, situation, found), None)

    def _failures(self, index: int, situation: Situation, found: _Found) -> Iterator[str]:
        route, event = self.routes[index], situation.event
        if index in self._off:
            yield self._off[index]
        if not route.accepts(event.type):
            yield f"on is {', '.join(sorted(route.on))}, this is {event.type}"
        yield from _not_the_bots(route, situation)
        if not situation.is_called and _needs_call(event) and not route.when.lifts_call:
            yield "in groups it needs a mention of the bot or one of its call_names (or `when: {mentioned: false}`)"
        if event.text is None and (route.has_text_matcher or route.asks_meaning):
            yield "the event has no text"
        elif route.has_text_matcher:
            yield from self._text_failures(index, found)
        if route.postback is not None and (event.postback is None or route.postback.captures(event.postback) is None):
            yield f"postback doesn't fit {event.postback!r}"
        failure = route.when.failure(situation)
        if failure:
            yield failure
        if route.cooldown is not None:
            yield from _rests(route, situation)
        if route.at_most is not None and route.name in situation.past.spent:
            yield f"it has answered as often as it may, at most {route.at_most}"
        if route.asks_meaning:
            yield from _meaning_failures(route, found.understood)

    def _text_failures(self, index: int, found: _Found) -> Iterator[str]:
        route = self.routes[index]
        if route.keywords and index not in found.keywords:
            yield f"no keyword of {_some(route.keywords)}"
        if route.exacts and index not in found.exacts:
            yield f"not exactly {_some(route.exacts)}"
        if route.prefixes and index not in found.prefixes:
            yield f"doesn't begin with {_some(route.prefixes)}"
        if route.patterns and index not in found.patterns:
            yield f"pattern {_some([pattern.source for pattern in route.patterns])} isn't in it"

    def _match(self, index: int, event: Event, found: _Found) -> Match:
        route, captures = self.routes[index], self._captures(index, event, found)
        understood = found.understood
        if understood is None or not route.asks_meaning:
            return Match(route.name, captures)
        return Match(
            route.name,
            {**captures, **understood.captures()},
            intent=understood.intent,
            score=understood.score,
            runner_up=understood.runner_up,
            entities=understood.entities,
        )

    def _captures(self, index: int, event: Event, found: _Found) -> Mapping[str, str]:
        route = self.routes[index]
        captures: dict[str, str] = {}
        if event.text is not None:
            captures["text"] = found.text.spoken
        if index in found.keywords:
            captures["keyword"] = found.keywords[index]
        if index in found.prefixes:
            captures["rest"] = found.text.original_rest(found.prefixes[index])
        for pattern in route.patterns:
            captures.update(pattern.captures(found.text))
        if route.postback is not None and event.postback is not None:
            captures.update(route.postback.captures(event.postback, event.postback_params) or {})
        return captures


def _not_the_bots(route: Route, situation: Situation) -> Iterator[str]:
    """Yield why a route doesn't answer where somebody else has the chat."""
    if situation.event.is_standby and not route.when.hears_standby:
        yield "the event is in standby, and it doesn't say `when: {standby: true}`"
    if situation.past.is_handed and not route.when.hears_handed:
        yield "people have the chat, and it doesn't say `when: {handoff: true}`"


def _rests(route: Route, situation: Situation) -> Iterator[str]:
    until = datetime.fromtimestamp(situation.past.resting.get(route.name, 0) / 1000, route.when.timezone)
    longest = timedelta(seconds=route.cooldown or 0.0, milliseconds=APART)
    if situation.now < until <= situation.now + longest:
        yield f"it rests in this conversation until {until:%Y-%m-%d %H:%M:%S %Z}"


def _meaning_failures(route: Route, understood: Understood | None) -> Iterator[str]:
    if understood is _ANYTHING:
        return
    if understood is None:
        yield "the text was not read"
    elif route.is_unsure and understood.doubt is None:
        yield "there are no two intents to choose from"
    elif route.intents and understood.intent not in route.intents:
        yield f"intent is {', '.join(route.intents)}, the text has {understood.intent or 'none'}"


def _size(route: Route) -> int:
    return len(route.keywords) + len(route.prefixes) + len(route.exacts) + len(route.patterns)


def _needs_call(event: Event) -> bool:
    """Say whether it is something said among others: what else happens there is nobody's to call."""
    return event.chat.kind in ("group", "room") and event.type.startswith(MESSAGE_EVENT)


def _some(words: Sequence[str]) -> str:
    shown = ", ".join(words[:5])
    return f"({shown}, … {len(words)} in all)" if len(words) > 5 else f"({shown})"
