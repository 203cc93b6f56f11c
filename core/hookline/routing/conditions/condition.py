"""Say what a condition is: one thing that must hold for a route to answer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ...events import Event

Facts = Mapping[Hashable, Iterable[Hashable]]
"""What is asked of an event: for each fact the values that will do, each once."""


@dataclass(frozen=True, slots=True)
class Past:
    """Hold what earlier events have left behind, as far as a bot's routes look at it.

    ``state`` is the conversation's, ``person`` what is kept of whoever the event is of, and ``flow`` the one that they
    are in. ``resting`` says until when which route rests, in milliseconds since 1970; ``spent`` are the routes that
    have answered as often as they may for now. ``is_handed`` says that people have the chat.
    """

    state: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    flow: str | None = None
    resting: Mapping[str, int] = field(default_factory=dict)
    spent: frozenset[str] = frozenset()
    is_handed: bool = False


NO_PAST = Past()


@dataclass(frozen=True, slots=True)
class Situation:
    """Hold what conditions look at; ``known`` is what was answered in the flow whose step asks."""

    event: Event
    is_called: bool
    now: datetime
    past: Past = NO_PAST
    known: Mapping[str, Any] = field(default_factory=dict)


class Condition(Protocol):
    """Be one thing that must hold. It is frozen; of two that are equal both hold, or none.

    All that there are stand in :mod:`.conditions`, :mod:`.fields`, :mod:`.files`, :mod:`.hours` and :mod:`.kept`.
    """

    __slots__ = ()

    def failure(self, situation: Situation) -> str | None:
        """Return why it doesn't hold, with the value that made it fail, or None when it does."""
        ...

    def terms(self) -> Iterable[str]:
        """Return the words for it, as ``routes list`` shows them."""
        ...

    def facts(self) -> Facts:
        """Return what it asks of an event, for those who compare routes: by default only whether it holds."""
        return {("condition", self): [True]}
