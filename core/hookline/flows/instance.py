"""Hold what is kept of dialogs: what somebody has answered in one flow, and all flows that are open in one chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

MAX_OPEN = 3
"""So many flows may wait of one person in one chat."""

CHAT = ""
"""Whose flows those of a whole chat are."""

Outcome = Literal[
    "done", "cancelled", "expired", "gave_up", "refused", "gone", "dropped", "restarted", "left", "ended",
]  # fmt: skip


@dataclass(slots=True)
class Instance:
    """Hold one run of a flow; all of it is JSON.

    ``user`` is whose it is, or :data:`CHAT`; ``by`` began it. ``known`` are the answers and what handlers returned,
    ``order`` the answered questions, the oldest first; ``sources`` the messages that gave them. ``passed`` are the
    steps that said or changed something. ``asked`` is the question that was asked last, at ``asked_at`` and ``since``
    then for the first time (milliseconds since 1970), upon what was of the batch ``heard_in``. ``turn`` grows with each
    question, and timers carry it. ``offered`` are the choices that a handler gave for it, as ``[value, label, words]``.
    ``chooses`` says that it was asked which answer to change. ``votes`` are the answers of each person to a question
    for everyone.
    """

    id: str
    flow: str
    user: str
    by: str | None = None
    known: dict[str, Any] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    asked: str | None = None
    asked_at: int = 0
    heard_in: int = 0
    since: int = 0
    begun_at: int = 0
    turn: int = 0
    tries: int = 0
    chooses: bool = False
    digest: str = ""
    offered: list[list[Any]] = field(default_factory=list)
    votes: dict[str, str] = field(default_factory=dict)
    last_tap: list[str] = field(default_factory=list)
    ended: Outcome | None = None
    ended_at: int | None = None
    language: str | None = None

    @property
    def is_open(self) -> bool:
        """Say whether it goes on."""
        return self.ended is None

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON, without what is empty."""
        return {name: value for name in NAMES if (value := getattr(self, name))}

    def copied(self) -> Instance:
        """Return another that is equal, and may be changed by itself."""
        other = copy(self)
        for name in _NESTED:
            setattr(other, name, _copied(getattr(self, name)))
        return other

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Instance:
        """Return what :meth:`as_data` has written; keys that this version doesn't know are left out."""
        return cls(**{"id": "", "flow": "", "user": CHAT, **{name: data[name] for name in NAMES if name in data}})


NAMES = tuple(one.name for one in fields(Instance))
_NESTED = tuple(one.name for one in fields(Instance) if one.default_factory is not MISSING)
"""What is made of lists and mappings."""


def _copied(value: Any) -> Any:
    """Return a copy of JSON."""
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


@dataclass(slots=True)
class Dialog:
    """Hold what goes on in one chat: ``stacks`` by person (or :data:`CHAT`), of each the one on top last.

    ``ended`` are those that have ended with this event.
    """

    stacks: dict[str, list[Instance]] = field(default_factory=dict)
    ended: list[Instance] = field(default_factory=list)

    def copied(self) -> Dialog:
        """Return another that is equal, and may be changed by itself."""
        stacks = {user: [one.copied() for one in stack] for user, stack in self.stacks.items()}
        return Dialog(stacks, [one.copied() for one in self.ended])

    def top(self, user: str | None) -> Instance | None:
        """Return what *user* is asked here: in a flow of their own, else in one of the chat."""
        for whose in (user, CHAT):
            stack = self.stacks.get(whose) if whose is not None else None
            if stack:
                return stack[-1]
        return None

    def find(self, instance: str) -> Instance | None:
        """Return the open one whose id is *instance*."""
        return next((one for one in self.each() if one.id == instance), None)

    def each(self) -> Iterator[Instance]:
        """Yield all that are open."""
        for stack in self.stacks.values():
            yield from stack

    def raise_up(self, instance: Instance) -> None:
        """Put an open one on top of the others of the same person."""
        stack = self.stacks[instance.user]
        stack.remove(instance)
        stack.append(instance)

    def begin(self, instance: Instance) -> None:
        """Put a new one on top."""
        self.stacks.setdefault(instance.user, []).append(instance)

    def end(self, instance: Instance, outcome: Outcome, now: int) -> Instance | None:
        """End an open one, and return the one that it uncovers, if it was on top of another."""
        stack = self.stacks[instance.user]
        was_on_top = stack[-1] is instance
        stack.remove(instance)
        if not stack:
            del self.stacks[instance.user]
        instance.ended, instance.ended_at = outcome, now
        self.ended.append(instance)
        return stack[-1] if was_on_top and stack else None
