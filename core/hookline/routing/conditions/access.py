"""Say whom a bot or a route is for: ``allow:`` and ``deny:``."""

from __future__ import annotations

from dataclasses import dataclass

from ...events import Event


@dataclass(frozen=True, slots=True)
class Listed:
    """Hold people and chats, by their ids."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def found(self, event: Event) -> str | None:
        """Return the id by which *event* is listed, or None: its person's, or that of the group or room it is in."""
        if event.user is not None and event.user in self.users:
            return event.user
        return event.chat.id if event.chat.id in self.groups else None


NOBODY = Listed()


@dataclass(frozen=True, slots=True)
class Access:
    """Hold who is let through: those that are ``allowed`` (None for all), and not ``denied``."""

    allowed: Listed | None = None
    denied: Listed = NOBODY

    @property
    def is_open(self) -> bool:
        """Say whether all are let through."""
        return self.allowed is None and self.denied == NOBODY

    def failure(self, event: Event) -> str | None:
        """Return why *event* isn't let through, or None when it is."""
        denied = self.denied.found(event)
        if denied is not None:
            return f"deny lists {denied}"
        if self.allowed is None or self.allowed.found(event) is not None:
            return None
        if event.chat.id and event.chat.id != event.user:
            return f"allow lists neither {event.user or 'a user'} nor {event.chat.id}"
        return f"allow doesn't list {event.user or 'an event without a user'}"


OPEN = Access()
