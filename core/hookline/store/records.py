"""Hold what goes into the store and what comes out: no SQL, no rows, no dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..events import Event
from ..plugins.shared import SharedChange
from ..ways import Way, Ways
from .database.tables import NUMBERS

StoredId: TypeAlias = str
"""What a conversation is called in the store: its id, or the SHA-256 of one that no database takes."""

Key = tuple[str, StoredId]
"""A conversation: (bot, conversation)."""


PRUNE_ROWS = 500
"""So many rows are deleted at a turn."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Hold one event on its way into the inbox.

    ``epoch`` is that of its lane when this process's worker is to have it at once (then ``starts`` says whether its
    run begins right away), and 0 when it is for whoever leases it.
    """

    event: Event
    event_id: str
    conversation: StoredId
    lane: int
    message_id: str | None
    accepted_at: int
    epoch: int = 0
    starts: int = 0

    @property
    def key(self) -> Key:
        """Return the conversation that it belongs to."""
        return (self.event.bot, self.conversation)


@dataclass(frozen=True, slots=True)
class Standing:
    """Say where an arrival stands in the order of acceptance, and whether this process's worker has it."""

    seq: int
    is_leased: bool


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """Hold one leased inbox row. ``event`` is its parsed form, when this process accepted it itself.

    ``epoch`` is that of the lease: once its lane has another, nothing more can be done with the row. ``is_replayed``
    says that it was a dead letter which somebody wants run again. ``begun_at`` says when its first run began that was
    not ended, or failed.
    """

    seq: int
    bot: str
    event_id: str
    conversation: StoredId
    lane: int
    kind: str
    raw: Mapping[str, Any]
    received_at: int
    starts: int
    attempts: int
    first_failed_at: int | None
    is_unsent: bool
    message_id: str | None = None
    epoch: int = 0
    event: Event | None = None
    is_replayed: bool = False
    accepted_at: int = 0
    begun_at: int | None = None

    @property
    def key(self) -> Key:
        """Return the conversation that it belongs to."""
        return (self.bot, self.conversation)

    @property
    def batch(self) -> int:
        """Return what it has in common, in a shared store, with what was written in one transaction with it."""
        return self.seq // NUMBERS


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Hold one outbox row to be written: messages for one call, to one conversation, by one of its ``ways``.

    ``part`` is the number of its call among those of one answer, None for a push. ``epoch`` is that of the target's
    lane when this process holds it, else 0: then another process delivers it.
    """

    bot: str
    conversation: StoredId
    lane: int
    ways: Ways
    messages: Sequence[Mapping[str, Any]]
    created_at: int
    deadline: int
    retry_key: str
    part: int | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """Hold one leased outbox row.

    ``turn`` is the number of the way among ``ways`` that it is at; ``deadline`` is until when it is tried by that.
    """

    id: int
    seq: int
    bot: str
    conversation: StoredId
    lane: int
    ways: Ways
    messages: Sequence[Mapping[str, Any]]
    created_at: int
    deadline: int
    retry_key: str
    part: int | None = None
    turn: int = 0
    attempts: int = 0
    is_uncertain: bool = False
    is_fallback: bool = False
    epoch: int = 0
    is_replayed: bool = False

    @property
    def key(self) -> Key:
        """Return the conversation that it goes to."""
        return (self.bot, self.conversation)

    @property
    def way(self) -> Way | None:
        """Return the way that it is at, None when there is none left."""
        return self.ways[self.turn] if self.turn < len(self.ways) else None

    @property
    def via(self) -> str:
        """Return the name of that way."""
        return self.way.name if self.way is not None else ""

    @property
    def is_answer(self) -> bool:
        """Say whether it answers an event; else it is a push that a handler or a route asked for."""
        return self.part is not None


@dataclass(frozen=True, slots=True)
class FlowRow:
    """Hold one run of a flow as it is kept: of the ``person`` (empty: of the whole chat), at the question ``asked``.

    ``rank`` is 0 for the one on top, more for those below it, and -1 once it has ended, with ``outcome``. ``data`` is
    the rest, as JSON text.
    """

    id: str
    person: str
    flow: str
    rank: int
    turn: int
    begun_at: int
    data: str
    asked: str | None = None
    asked_at: int | None = None
    ended_at: int | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """Hold what is to happen at ``due_at``, milliseconds since 1970, in the conversation of a bot.

    Another with the same ``id`` takes its place; ``turn`` tells the two apart. ``body`` is JSON.
    """

    bot: str
    id: str
    conversation: StoredId
    lane: int
    turn: int
    due_at: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finish:
    """Hold all effects of one event's run, to be committed together or not at all.

    ``outcome`` says how it ended: ``answered``, ``handled`` (no answer), ``unrouted``, ``standby``, ``unsent``,
    ``denied``, ``limited``, ``stale``, ``merged``, ``superseded``, ``rejected``, ``early``, ``repeated``, ``outdated``,
    ``handed`` or ``buried``. ``joined`` is the row
    that was run in its place, or its own where others are turned away while it runs. ``state`` is None when unchanged.
    ``error`` and ``detail`` make a dead letter. ``rests_until`` says until when its route rests in the conversation.
    ``together`` are the effects on other rows that end with this one, or not at all. ``flows`` are those of its
    conversation that have changed, ``timers`` are set, and those with the ids ``unset`` taken back, or
    with ids that begin so, where it ends with ``/``.
    """

    event: StoredEvent
    outcome: str
    now: int
    started_at: int | None = None
    route: str | None = None
    state: str | None = None
    shared: Sequence[SharedChange] = ()
    deliveries: Sequence[NewDelivery] = ()
    attempts: int = 0
    error: str | None = None
    detail: str = ""
    rests_until: int | None = None
    joined: int | None = None
    together: Sequence[Finish] = ()
    flows: Sequence[FlowRow] = ()
    timers: Sequence[Timer] = ()
    unset: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """Say how a :class:`Finish` went.

    ``fenced``: the lane has another holder now. ``conflict``: another host changed shared state; run again.
    """

    result: str
    deliveries: Sequence[StoredDelivery] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Record that a run failed and will be tried again."""

    seq: int
    epoch: int
    attempts: int
    first_failed_at: int


@dataclass(frozen=True, slots=True)
class Sending:
    """Record that an attempt to send is about to be made."""

    id: int
    epoch: int
    turn: int
    is_push: bool
    is_fallback: bool
    deadline: int


@dataclass(frozen=True, slots=True)
class Withholding:
    """Record that a delivery, a push by now, waits for the end of quiet hours, and why in words.

    A short one stands only behind others that are released just now.
    """

    delivery: StoredDelivery
    reason: str
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """Record how an attempt, or a whole delivery, ended; ``is_final`` closes the row.

    ``message_ids`` are the platform's, of what was sent. ``instead`` is delivered in the place of what was refused.
    """

    delivery: StoredDelivery
    is_final: bool
    is_uncertain: bool
    outcome: str
    reason: str
    request_id: str | None
    now: int
    is_buried: bool = False
    message_ids: Sequence[str] = ()
    instead: Sequence[NewDelivery] = ()
