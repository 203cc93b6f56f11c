"""Say which events the ``on:``, ``when:`` and ``intent:`` of routes let through, and whether others take all of them.

An event is taken apart into facts: its type, whether it has a text, the chat, the user, the time of the week, … A
region holds for each fact the values that it lets through, as bits of a number; a fact that it doesn't name is open.
Facts are treated as independent of each other. That allows for events that never come, so what counts as covered is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import time

from ..conditions.conditions import Called, Chat, Conditions
from ..conditions.hours import DAYS, Hours, Window
from ..routes import ANY, Route, accepts, families

MAX_PIECES = 200
"""Into so many pieces a region is cut at most, before it is left open whether others cover it."""

Region = Mapping[Hashable, int]

_TEXT = "message.text"
_OTHERS = ("message.", "")  # any message, and any event, that no route names
_NO_TEXT, _HAS_TEXT = 1, 2
_CHATS = ("user", "group", "room", "none")
_UNCALLED = 0b00001111  # the chats, and once more the chats where the bot is called
_CALLED = 0b11110000
_NEEDS_CALL = 0b00000110
_SOMEWHERE = 0b01110111  # where somebody writes: in no chat nobody does
_DAY = 24 * 60
_WEEK = 7 * _DAY
_UNSURE = "?"


class Atlas:
    """Know every value that some route asks for, so that regions of different routes can be compared."""

    def __init__(self, routes: Sequence[Route]) -> None:
        kinds = {kind for route in routes for kind in route.on} - {ANY, "message", _TEXT}
        self._kinds = {kind: index for index, kind in enumerate((_TEXT, *sorted(kinds), *_OTHERS))}
        self._types: dict[frozenset[str], int] = {}
        self._values: dict[Hashable, dict[Hashable, int]] = {}
        self._full: dict[Hashable, int] = {
            "type": (1 << len(self._kinds)) - 1,
            "text": _NO_TEXT | _HAS_TEXT,
            "chat": _UNCALLED | _CALLED,
        }
        for route in routes:
            for fact, values in _asked(route):
                known = self._values.setdefault(fact, {})
                for value in values:
                    known.setdefault(value, len(known))
        self._full |= {fact: (1 << len(known) + 1) - 1 for fact, known in self._values.items()}  # and any other

    def regions(self, route: Route) -> list[Region]:
        """Return the regions of *route*: none when no event can get there."""
        types = self._type_bits(route.on)
        messages = self._type_bits(frozenset(["message"]))
        texts = types & (self._type_bits(frozenset([_TEXT])) | ~messages)
        rest = {**self._narrowed(route.when), **{fact: self._bits(fact, values) for fact, values in _asked(route)}}
        chats = _chats(route.when)
        called = _after_call(chats, route.when)
        found = [{**rest, "text": _HAS_TEXT, "type": texts, "chat": called & _SOMEWHERE}]
        if not (route.has_text_matcher or route.asks_meaning):
            found.append({**rest, "text": _NO_TEXT, "type": types & messages, "chat": called & _UNCALLED & _SOMEWHERE})
            found.append({**rest, "text": _NO_TEXT, "type": types & ~messages, "chat": chats & _UNCALLED})
        return [region for region in found if all(region.values())]

    def of_type(self, region: Region, kind: str) -> Region:
        """Return what *region* lets through of the events of type *kind*."""
        return {**region, "type": region["type"] & self._type_bits(frozenset([kind]))}

    def meaning(self, region: Region, intent: str) -> Region:
        """Return what *region* lets through of the texts that have *intent*."""
        bits = self._bits("meaning", [intent])
        return {**region, "meaning": bits & region.get("meaning", bits)}

    def covering(self, regions: Iterable[Region], takers: Mapping[int, Sequence[Region]]) -> list[int]:
        """Return which of *takers*, by number, together take all of *regions*; none when something is left over."""
        wanted = [region for region in regions if all(region.values())]
        near = [number for number, taken in takers.items() if any(_meets(region, wanted) for region in taken)]
        for number in near:
            if all(any(self._holds(taken, region) for taken in takers[number]) for region in wanted):
                return [number]
        if len(near) < 2 or not self._covers([takers[number] for number in near], wanted):
            return []
        for number in reversed(near):
            others = [other for other in near if other != number]
            if self._covers([takers[other] for other in others], wanted):
                near = others
        return near

    def _covers(self, takers: Iterable[Sequence[Region]], wanted: Sequence[Region]) -> bool:
        left = list(wanted)
        for taken in (region for regions in takers for region in regions):
            left = [piece for region in left for piece in self._without(region, taken)]
            if not left or len(left) > MAX_PIECES:
                break
        return bool(wanted) and not left

    def _holds(self, taken: Region, region: Region) -> bool:
        """Say whether *taken* has all of *region*."""
        return not any(region.get(fact, self._full[fact]) & ~bits for fact, bits in taken.items())

    def _without(self, region: Region, taken: Region) -> Iterator[Region]:
        """Yield what is left of *region* without *taken*, in pieces."""
        if _is_apart(region, taken):
            yield region
            return
        inside = dict(region)
        for fact, bits in taken.items():
            own = inside.get(fact, self._full[fact])
            if own & ~bits:
                yield {**inside, fact: own & ~bits}
            inside[fact] = own & bits

    def _type_bits(self, on: frozenset[str]) -> int:
        if on not in self._types:
            named = self._kinds.keys() if ANY in on or families(on) else on & self._kinds.keys()
            self._types[on] = sum(1 << self._kinds[kind] for kind in named if accepts(on, kind))
        return self._types[on]

    def _bits(self, fact: Hashable, values: Iterable[Hashable]) -> int:
        return sum(1 << self._values[fact][value] for value in values)

    def _narrowed(self, when: Conditions) -> dict[Hashable, int]:
        hours = when.find(Hours)
        if hours is None:
            return {}
        fact = ("time", str(hours.timezone))
        self._full[fact] = (1 << _WEEK) - 1
        return {fact: _minutes(hours.days, hours.windows)}


def _meets(taken: Region, wanted: Iterable[Region]) -> bool:
    return any(not _is_apart(region, taken) for region in wanted)


def _is_apart(region: Region, taken: Region) -> bool:
    return any(not bits & region.get(fact, bits) for fact, bits in taken.items())


def _asked(route: Route) -> Iterator[tuple[Hashable, Iterable[Hashable]]]:
    """Yield each fact that *route* asks for a value of, with the values that will do, each once."""
    yield "standby", [route.when.hears_standby]
    yield "handed", [route.when.hears_handed]
    for condition in route.when.each:
        yield from condition.facts().items()
    if route.asks_meaning:
        yield "meaning", [_UNSURE] if route.is_unsure else frozenset(route.intents)


def _chats(when: Conditions) -> int:
    """Return the chats that *when* lets through, where the bot is called and where it isn't."""
    asked, call = when.find(Chat), when.find(Called)
    chats = sum(1 << index for index, chat in enumerate(_CHATS) if asked is None or chat in asked.kinds)
    both = chats | chats << len(_CHATS)
    return both & _CALLED if call is not None and call.is_needed else both


def _after_call(chats: int, when: Conditions) -> int:
    """Return *chats* without those where nobody calls the bot, though that is needed."""
    return chats if when.lifts_call else chats & ~_NEEDS_CALL


def _minutes(days: frozenset[str], windows: Sequence[Window]) -> int:
    """Return the minutes of a week, from Monday on, in which a window that begins on one of *days* is open."""
    whole = [(0, _DAY)]
    spans = [_span(window) for window in windows] or whole
    minutes = 0
    for day, name in enumerate(DAYS):
        if not days or name in days:
            for start, end in spans:
                minutes |= ((1 << end - start) - 1) << day * _DAY + start
    return (minutes | minutes >> _WEEK) & (1 << _WEEK) - 1  # Sunday night goes on in Monday


def _span(window: Window) -> tuple[int, int]:
    """Return the minutes of the day at which *window* begins and ends; the end may lie in the next day."""
    start, end = (at.hour * 60 + at.minute for at in (window.start, window.end))
    if window.end == time.max:
        return start, _DAY
    return (start, end) if start < end else (start, end + _DAY)
