"""Find among many routes the few that may take all that another looks for, without looking at its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..postbacks import fields_of
from ..routes import ANY, FAMILY, Postback, Route

MAX_RIVALS = 50
"""So many routes with conditions, the first, are looked at together; those without are few, or take all."""


class Rivals:
    """Hold routes that look at no words, by what they look at."""

    def __init__(self) -> None:
        self._by_type: dict[str, list[int]] = {}
        self._by_intent: dict[str, list[int]] = {}
        self._unsure: list[int] = []
        self._by_data: dict[str, list[int]] = {}
        self._by_field: dict[tuple[str, str], list[tuple[int, Postback]]] = {}
        self.are_meant = False

    def add(self, index: int, route: Route) -> None:
        """Add *route*, the next one, whose number is *index*."""
        if route.postback is not None:
            self._add_postback(index, route, route.postback)
        elif route.is_unsure:
            _add(self._unsure, index, route)
        elif route.intents:
            self.are_meant = True
            for intent in route.intents:
                _add(self._by_intent.setdefault(intent, []), index, route)
        else:
            for kind in route.on:
                _add(self._by_type.setdefault(kind, []), index, route)

    def of(self, route: Route) -> list[int]:
        """Return the numbers of those that may take something from *route*, in order."""
        found = {index for kind in route.on for key in _types_over(kind) for index in self._by_type.get(key, ())}
        found |= {index for intent in route.intents for index in self._by_intent.get(intent, ())}
        if route.is_unsure:
            found.update(self._unsure)
        if route.postback is not None:
            found.update(self._postbacks(route.postback))
        return sorted(found)

    def meant(self, intent: str) -> Iterable[int]:
        """Return the numbers of those that look for *intent*, in order."""
        return self._by_intent.get(intent, ())

    def _add_postback(self, index: int, route: Route, postback: Postback) -> None:
        if postback.data is not None:
            _add(self._by_data.setdefault(postback.data, []), index, route)
        for field in postback.fields.items():
            self._by_field.setdefault(field, []).append((index, postback))

    def _postbacks(self, postback: Postback) -> Iterator[int]:
        if postback.data is not None:
            yield from self._by_data.get(postback.data, ())
        fields = postback.fields if postback.data is None else fields_of(postback.data)
        for field in fields.items():
            for index, other in self._by_field.get(field, [])[:MAX_RIVALS]:
                if postback.data is not None and other.captures(postback.data) is None:
                    continue
                if other.fields.items() <= fields.items():
                    yield index


def _add(indexes: list[int], index: int, route: Route) -> None:
    if len(indexes) < MAX_RIVALS or route.when.is_empty:
        indexes.append(index)


def _types_over(kind: str) -> Iterator[str]:
    """Yield what under ``on:`` takes events of type *kind*."""
    yield from {kind, ANY}
    if kind.startswith("message."):
        yield "message"
    steps = kind.split(".")
    yield from (".".join(steps[:depth]) + FAMILY for depth in range(1, len(steps)))
