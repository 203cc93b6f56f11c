"""Hold what a worker has leased of one conversation, and what routing says of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..events import Event
from ..routing.router import Hit
from ..routing.wordings import Wording
from ..store.records import FlowRow, Key, StoredEvent


@dataclass(slots=True, eq=False)
class Conversation:
    """Hold what this worker has leased of one conversation, and its state as of the last commit, once read.

    ``started`` are rows whose start is counted in the store, and not ended there; ``begun`` says when the first run of
    a row began, for which others may have been turned away. ``alone`` are rows that no others
    join, whatever their route says; ``decided`` those that have ended before their turn. ``grown`` is set when a row
    is added, for whoever waits for that. ``failure`` is the row whose run failed last, and how. ``flows`` are those
    that are open, None until they are read.
    """

    key: Key
    lane: int
    rows: deque[StoredEvent] = field(default_factory=deque)
    started: set[int] = field(default_factory=set)
    begun: dict[int, int] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    decided: set[int] = field(default_factory=set)
    grown: asyncio.Event | None = None
    state: str | None = None
    is_read: bool = False
    flows: Sequence[FlowRow] | None = None
    failure: tuple[int, str] | None = None

    def add(self, row: StoredEvent) -> None:
        """Put *row* behind the others; a message among them that it takes back is marked so."""
        if row.kind == "unsend":
            self._mark_unsent(row.message_id)
        self.rows.append(row)
        if self.grown is not None:
            self.grown.set()

    def has_ended(self, row: StoredEvent) -> None:
        """Forget what is noted of *row*."""
        self.started.discard(row.seq)
        self.begun.pop(row.seq, None)
        self.alone.discard(row.seq)

    def forget(self) -> None:
        """Forget what is known of it: another worker goes on."""
        self.is_read, self.state, self.flows = False, None, None
        self.started.clear()
        self.begun.clear()

    def _mark_unsent(self, message_id: str | None) -> None:
        for index, row in enumerate(self.rows):
            if message_id is not None and row.message_id == message_id and row.kind != "unsend":
                self.rows[index] = replace(row, is_unsent=True)


@dataclass(frozen=True, slots=True)
class Routed:
    """Hold an event, and the route that answers it."""

    stored: StoredEvent
    event: Event
    hit: Hit


@dataclass(frozen=True, slots=True)
class Unrun:
    """Say how an event ends that isn't run; what a route would have answered is ``refused``, with ``reply``, if any."""

    outcome: str
    refused: Routed | None = None
    reply: Wording | None = None
