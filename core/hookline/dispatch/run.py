"""Hold one run of an event: for which bot, in which conversation, and what it must let go at its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..bots.bot import Bot
from ..plugins.shared import Shared
from ..routing.routes import Overlap
from ..store.records import Key, StoredEvent
from .conversation import Conversation

ReadState = Callable[[Key], Awaitable[str | None]]
"""Return a conversation's state as JSON text, as the store has it."""


@dataclass(slots=True)
class Attempt:
    """Hold what a run has come to, for whoever commits its effects or throws them away.

    ``contended`` are the plugin's shared keys that it holds from the start, since an earlier run lost them to another.
    ``retries`` are the seconds before each further run, where its route says so. ``rows`` are all that it is for, where
    those are several, the newest last; ``overlap`` is why. While ``is_alone`` no other run begins.
    """

    contended: frozenset[str] = frozenset()
    begun_at: int | None = None
    route: str | None = None
    retries: tuple[float, ...] | None = None
    shared: Shared | None = None
    lingering: asyncio.Future[Any] | None = None
    rows: Sequence[StoredEvent] = ()
    overlap: Overlap | None = None
    is_alone: bool = False

    def release(self) -> None:
        """Let go of the shared key that this run held."""
        if self.shared is not None:
            self.shared.release()


@dataclass(frozen=True, slots=True)
class Run:
    """Hold the run of the first row of *conversation*, by the *bot* that it began with, whatever is swapped meanwhile.

    *attempt* is filled as far as the run gets. The state is read only when something looks at it.
    """

    bot: Bot
    conversation: Conversation
    attempt: Attempt
    read: ReadState

    @property
    def row(self) -> StoredEvent:
        """Return the row that it is for."""
        return self.conversation.rows[0]

    async def state_text(self) -> str | None:
        """Return the conversation's state as JSON text, from memory or from the store."""
        conversation = self.conversation
        if not conversation.is_read:
            conversation.state = await self.read(conversation.key)
            conversation.is_read = True
        return conversation.state

    async def state(self) -> Mapping[str, Any]:
        """Return the conversation's state."""
        text = await self.state_text()
        return json.loads(text) if text else {}
