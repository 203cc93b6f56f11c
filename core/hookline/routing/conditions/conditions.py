"""Hold a route's ``when:``, ``allow:`` and ``deny:``: a small closed set of conditions that must all hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .access import Access
from .condition import Condition, Facts, Situation
from .fields import Handed, Standby
from .kept import State

Kind = TypeVar("Kind", bound=Condition)


@dataclass(frozen=True, slots=True)
class Chat(Condition):
    """Ask for a kind of chat."""

    kinds: frozenset[str]

    def failure(self, situation: Situation) -> str | None:
        """Return the kind of chat that it is, if it is another."""
        kind = situation.event.chat.kind
        return None if kind in self.kinds else f"when.chat is {', '.join(sorted(self.kinds))}, this is {kind}"

    def terms(self) -> Iterable[str]:
        """Return the kinds."""
        return [f"chat {', '.join(sorted(self.kinds))}"]

    def facts(self) -> Facts:
        """Return nothing: chats are compared together with who is called in them."""
        return {}


@dataclass(frozen=True, slots=True)
class Called(Condition):
    """Ask that the bot was called; with ``is_needed`` false nobody need call it, not even in groups."""

    is_needed: bool

    def failure(self, situation: Situation) -> str | None:
        """Say that nobody called the bot."""
        return "when.mentioned is true, the bot was not called" if self.is_needed and not situation.is_called else None

    def terms(self) -> Iterable[str]:
        """Return what was written."""
        return [f"mentioned {str(self.is_needed).lower()}"]

    def facts(self) -> Facts:
        """Return nothing: chats are compared together with who is called in them."""
        return {}


@dataclass(frozen=True, slots=True)
class Users(Condition):
    """Ask for people, by their ids."""

    ids: frozenset[str]

    def failure(self, situation: Situation) -> str | None:
        """Return whose event it is, if it is somebody else's."""
        user = situation.event.user
        return None if user in self.ids else f"when.users doesn't list {user}"

    def terms(self) -> Iterable[str]:
        """Return the ids."""
        return [f"users {', '.join(sorted(self.ids))}"]

    def facts(self) -> Facts:
        """Return who will do."""
        return {"user": self.ids}


@dataclass(frozen=True, slots=True)
class Groups(Condition):
    """Ask for groups and rooms, by their ids."""

    ids: frozenset[str]

    def failure(self, situation: Situation) -> str | None:
        """Return the chat that it is, if it is another."""
        chat = situation.event.chat.id
        return None if chat in self.ids else f"when.groups doesn't list {chat or 'no group'}"

    def terms(self) -> Iterable[str]:
        """Return the ids."""
        return [f"groups {', '.join(sorted(self.ids))}"]

    def facts(self) -> Facts:
        """Return which will do."""
        return {"group": self.ids}


@dataclass(frozen=True, slots=True)
class Admitted(Condition):
    """Ask that ``allow:`` and ``deny:`` let the person through."""

    access: Access

    def failure(self, situation: Situation) -> str | None:
        """Return why not."""
        return self.access.failure(situation.event)

    def terms(self) -> Iterator[str]:
        """Yield who is allowed, then who is denied."""
        for name, listed in (("allow", self.access.allowed), ("deny", self.access.denied)):
            if listed is not None and (listed.users or listed.groups):
                yield f"{name} {', '.join(sorted(listed.users | listed.groups))}"


@dataclass(frozen=True, slots=True)
class Conditions:
    """Hold conditions, in the order in which they are asked; ``timezone`` is where their route is."""

    each: tuple[Condition, ...] = ()
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def failure(self, situation: Situation) -> str | None:
        """Return which condition fails, with the value that made it fail, or None when all hold."""
        for condition in self.each:
            failure = condition.failure(situation)
            if failure is not None:
                return failure
        return None

    def terms(self) -> list[str]:
        """Return the words for all of them."""
        return [term for condition in self.each for term in condition.terms()]

    def find(self, kind: type[Kind]) -> Kind | None:
        """Return the condition of a *kind*, if there is one."""
        return next((condition for condition in self.each if isinstance(condition, kind)), None)

    def without(self, kind: type[Condition]) -> Conditions:
        """Return all but the condition of a *kind*."""
        return replace(self, each=tuple(condition for condition in self.each if not isinstance(condition, kind)))

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is asked (``mentioned: false`` only lifts the rule for groups)."""
        return all(isinstance(condition, Called) and not condition.is_needed for condition in self.each)

    @property
    def lifts_call(self) -> bool:
        """Say whether nobody need call the bot, not even in groups."""
        return any(isinstance(condition, Called) and not condition.is_needed for condition in self.each)

    @property
    def hears_standby(self) -> bool:
        """Say whether events in standby are asked for, and no others."""
        return self.find(Standby) is not None

    @property
    def hears_handed(self) -> bool:
        """Say whether it is asked that people have the chat."""
        return self.find(Handed) is not None

    @property
    def state(self) -> Mapping[str, Any]:
        """Return what the conversation's state must hold."""
        asked = self.find(State)
        return {} if asked is None else asked.wanted


ALWAYS = Conditions()
"""What a route without ``when:`` has."""
