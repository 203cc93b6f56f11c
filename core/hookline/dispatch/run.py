"""Hold one run of an event: for which bot, in which conversation, and what it must let go at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..bots.bot import Bot
from ..plugins.shared import Shared
from ..routing.routes import Overlap
from ..store.records import StoredEvent
from .conversation import Conversation
from .memory import Memory


@dataclass(slots=True)
class Attempt:
    """Hold what a run has come to, for whoever commits its effects or throws them away.

    ``contended`` are the plugin's shared keys that it holds from the start, since an earlier run lost them to another.
    ``retries`` are the seconds before each further run, where its route says so. ``rows`` are all that it is for, where
    those are several, the newest last; ``overlap`` is why. While ``is_alone`` no other run begins. ``shares`` are what
    each plugin has of its shared keys.
    """

    contended: frozenset[str] = frozenset()
    begun_at: int | None = None
    route: str | None = None
    retries: tuple[float, ...] | None = None
    shares: dict[str, Shared] = field(default_factory=dict)
    lingering: asyncio.Future[Any] | None = None
    rows: Sequence[StoredEvent] = ()
    overlap: Overlap | None = None
    is_alone: bool = False

    def release(self) -> None:
        """Let go of the shared keys that this run held."""
        for shared in self.shares.values():
            shared.release()


@dataclass(frozen=True, slots=True)
class Run:
    """Hold the run of the first row of *conversation*, by the *bot* that it began with, whatever is swapped meanwhile.

    *attempt* is filled as far as the run gets. What is kept is read only when something looks at it.
    """

    bot: Bot
    conversation: Conversation
    attempt: Attempt
    memory: Memory

    @property
    def row(self) -> StoredEvent:
        """Return the row that it is for."""
        return self.conversation.rows[0]
