"""Hold what a route or a step keeps, of the conversation and of the person, and what it puts off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .laters import Later
from .templates import Template, Values


@dataclass(frozen=True, slots=True)
class Notes:
    """Keep values of the conversation (``state``) and of the person, and add one to the person's number ``count``.

    A text may have placeholders; None removes what is kept. ``laters`` are put off, and what was put off under one of
    the names ``cancels`` is taken back before. For the reason ``hands_over`` people get the chat.
    """

    state: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    count: str | None = None
    laters: tuple[Later, ...] = ()
    cancels: tuple[str, ...] = ()
    hands_over: str | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is kept, and nothing put off."""
        return not (self.state or self.person or self.count or self.laters or self.cancels or self.hands_over)

    @property
    def roots(self) -> frozenset[str]:
        """Return the roots of the placeholders in it."""
        values = (*self.state.values(), *self.person.values())
        return frozenset(one.root for value in values if isinstance(value, Template) for one in value.placeholders)

    def __str__(self) -> str:
        parts = [
            f"sets {', '.join(self.state)}" if self.state else "",
            f"remembers {', '.join(self.person)}" if self.person else "",
            f"counts {self.count}" if self.count else "",
            f"cancels {', '.join(self.cancels)}" if self.cancels else "",
            *map(str, self.laters),
            f"hands over: {self.hands_over}" if self.hands_over else "",
        ]
        return ", ".join(filter(None, parts))

    def of_state(self, state: Mapping[str, Any], values: Values) -> dict[str, Any]:
        """Return the conversation's state with what is to be kept, placeholders filled by *values*."""
        return _changed(state, self.state, values)

    def of_person(self, person: Mapping[str, Any], values: Values) -> dict[str, Any]:
        """Return what is kept of the person with what is to be kept, and counted."""
        changed = _changed(person, self.person, values)
        if self.count is not None:
            before = changed.get(self.count, 0)
            is_number = isinstance(before, int | float) and not isinstance(before, bool)
            changed[self.count] = before + 1 if is_number else 1
        return changed


NO_NOTES = Notes()


def _changed(before: Mapping[str, Any], changes: Mapping[str, Any], values: Values) -> dict[str, Any]:
    after = dict(before)
    for name, value in changes.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = value.render(values) if isinstance(value, Template) else value
    return after
