"""Tell what happened to events, and how long every station took."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, select

from ...plugins.shared import MAX_KEY, PERSON, loaded
from ..arrivals import clean_id
from ..database.bulk import select_rows
from ..database.reading import Transactions
from ..database.tables import DEAD, DONE, LEASED, READY, WITHHELD, dead_letters, inbox, outbox, plugin_state
from ..deliveries import via_of
from ..inbox import BLANK
from ..records import Key

Status = Literal["waiting", "running", "done", "dead"]
DeliveryStatus = Literal[Status, "withheld"]
STATUSES: Mapping[Status, int] = {"waiting": READY, "running": LEASED, "done": DONE, "dead": DEAD}
TEXT = "message.text"
_NAMES: Mapping[int, Status] = {number: name for name, number in STATUSES.items()}

_columns = [column for column in inbox.c if column.name != "body"]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Choose events: those that fit all that is given. ``since`` is in milliseconds since 1970."""

    bot: str | None = None
    status: Status | None = None
    outcome: str | None = None
    route: str | None = None
    conversation: str | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class PastEvent:
    """Hold how one event stands; times are milliseconds since 1970, None before they come (and in old rows).

    ``attempts`` are runs that failed, ``starts`` those that the process did not survive or that are under way;
    ``running`` is one that a worker has taken up, or will next. ``joined`` is the number of the event that was run in
    its place.
    """

    seq: int
    bot: str
    event_id: str
    conversation: str
    kind: str
    status: Status
    route: str | None
    outcome: str | None
    attempts: int
    starts: int
    received_at: int
    accepted_at: int | None
    started_at: int | None
    finished_at: int | None
    joined: int | None = None


@dataclass(frozen=True, slots=True)
class PastDelivery:
    """Hold how one delivery of an event stands; ``withheld`` is one that waits for the end of quiet hours."""

    id: int
    conversation: str
    bot: str
    via: str
    status: DeliveryStatus
    outcome: str | None
    reason: str | None
    attempts: int
    is_fallback: bool
    is_uncertain: bool
    request_id: str | None
    created_at: int
    finished_at: int | None
    messages: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Station:
    """Say when an event left a station, and after how many milliseconds; None when that isn't known, or not yet."""

    name: str
    at: int | None
    took: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """Tell one event's whole story. ``letters`` are the ids of its dead letters, and of its deliveries'."""

    event: PastEvent
    raw: Mapping[str, Any]
    deliveries: Sequence[PastDelivery]
    letters: Sequence[int]

    def stations(self) -> list[Station]:
        """Return the stations in their order; ``happened`` is by the platform's clock, all others by ours."""
        event, timestamp = self.event, self.raw.get("timestamp")
        happened_at = timestamp if isinstance(timestamp, int) else None
        line = [Station("happened", happened_at, None)]
        for name, at, before in (
            ("received", event.received_at, happened_at),
            ("accepted", event.accepted_at, event.received_at),
            ("started", event.started_at, event.accepted_at),
            ("finished", event.finished_at, event.started_at),
        ):
            line.append(Station(name, at, _between(before, at)))
        ended = [
            Station(delivery.via, delivery.finished_at, _between(delivery.created_at, delivery.finished_at))
            for delivery in self.deliveries
        ]
        return [*line, *ended]


@dataclass(frozen=True, slots=True)
class PastText:
    """Hold an event with a text: the platform's object, and which route took it, if one did."""

    seq: int
    route: str | None
    received_at: int
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastRouting:
    """Hold which route took an event that has ended, if one did, and when (in milliseconds since 1970).

    ``raw`` is the platform's object, None when it isn't kept any more. ``ended_at`` is when its run ended.
    """

    bot: str
    event_id: str
    conversation: str
    route: str | None
    outcome: str | None
    at: int
    raw: Mapping[str, Any] | None
    ended_at: int

    @property
    def key(self) -> Key:
        """Return what names its conversation."""
        return self.bot, self.conversation


class History:
    """Look back at events, those under way included."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def list(self, chosen: EventFilter, limit: int) -> list[PastEvent]:
        """Return up to *limit* of the *chosen* events, newest first."""
        return await self._database.run(_list, chosen, limit)

    async def show(self, bot: str, event_id: str) -> Story | None:
        """Return the story of one event, named by its id or by its number in the inbox; None when it is unknown."""
        return await self._database.run(_show, bot, event_id)

    async def texts(self, bot: str, since: int | None, limit: int) -> Sequence[PastText]:
        """Return up to *limit* finished events of *bot* that carry a text, newest first, while it is kept."""
        return await self._database.run(_texts, bot, since, limit)

    async def routings(self, limit: int) -> Sequence[PastRouting]:
        """Return how the last *limit* of the events that have ended were routed, newest first."""
        return await self._database.run(_routings, limit)

    async def states(self, keys: Collection[Key]) -> Mapping[Key, Mapping[str, Any]]:
        """Return what the conversations *keys* remember now; those that remember nothing are left out."""
        return await self._database.run(_states, keys)

    async def person(self, bot: str, user: str) -> Mapping[str, Any]:
        """Return what is kept of *user* now."""
        return await self._database.run(_person, bot, user)


def _routings(connection: Connection, limit: int) -> list[PastRouting]:
    query = select(inbox).where(inbox.c.status.in_([DONE, DEAD])).order_by(inbox.c.seq.desc()).limit(limit)
    return [
        PastRouting(
            bot=row.bot,
            event_id=row.event_id,
            conversation=row.conversation,
            route=row.route,
            outcome=row.outcome,
            at=row.started_at or row.received_at,
            raw=None if row.body == BLANK else json.loads(row.body),
            ended_at=row.finished_at or row.started_at or row.received_at,
        )
        for row in connection.execute(query)
    ]


def _states(connection: Connection, keys: Collection[Key]) -> dict[Key, Mapping[str, Any]]:
    wanted = [{"bot": bot, "conversation": conversation} for bot, conversation in set(keys)]
    found = select_rows(connection, "conversations", wanted, ("bot", "conversation", "state"))
    return {(bot, conversation): json.loads(state) for bot, conversation, state in found}


def _person(connection: Connection, bot: str, user: str) -> Mapping[str, Any]:
    key = (plugin_state.c.bot == bot, plugin_state.c.plugin == PERSON, plugin_state.c.key == clean_id(user, MAX_KEY))
    found = connection.execute(select(plugin_state.c.value).where(*key)).scalar()
    values = loaded(found) if found else {}
    return values if isinstance(values, dict) else {}


def _texts(connection: Connection, bot: str, since: int | None, limit: int) -> list[PastText]:
    query = (
        select(inbox.c.seq, inbox.c.route, inbox.c.received_at, inbox.c.body)
        .where(
            *_conditions(EventFilter(bot=bot, status="done", since=since)), inbox.c.kind == TEXT, inbox.c.body != BLANK
        )
        .order_by(inbox.c.seq.desc())
        .limit(limit)
    )
    rows = connection.execute(query)
    return [PastText(row.seq, row.route, row.received_at, json.loads(row.body)) for row in rows]


def _between(begin: int | None, end: int | None) -> int | None:
    return None if begin is None or end is None else end - begin


def _list(connection: Connection, chosen: EventFilter, limit: int) -> list[PastEvent]:
    query = select(*_columns).where(*_conditions(chosen)).order_by(inbox.c.seq.desc()).limit(limit)
    return [_event(row) for row in connection.execute(query)]


def _conditions(chosen: EventFilter) -> list[ColumnElement[bool]]:
    equal = {
        inbox.c.bot: chosen.bot,
        inbox.c.status: None if chosen.status is None else STATUSES[chosen.status],
        inbox.c.outcome: chosen.outcome,
        inbox.c.route: chosen.route,
        inbox.c.conversation: chosen.conversation,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    return conditions if chosen.since is None else [*conditions, inbox.c.received_at >= chosen.since]


def _show(connection: Connection, bot: str, event_id: str) -> Story | None:
    query = select(inbox).where(inbox.c.bot == bot)
    row = connection.execute(query.where(inbox.c.event_id == clean_id(event_id, 128))).first()
    if row is None and event_id.isdecimal() and len(event_id) < 19:
        row = connection.execute(query.where(inbox.c.seq == int(event_id))).first()
    if row is None:
        return None
    deliveries = deliveries_of(connection, row.seq)
    letters = letters_of(connection, "event", [row.seq])
    letters += letters_of(connection, "delivery", [delivery.id for delivery in deliveries])
    return Story(_event(row), json.loads(row.body), deliveries, sorted(letters))


def deliveries_of(connection: Connection, seq: int) -> list[PastDelivery]:
    """Return the deliveries of the event in the inbox row *seq*, in the order in which they were written."""
    query = select(outbox).where(outbox.c.seq == seq).order_by(outbox.c.id)
    return [_delivery(row) for row in connection.execute(query)]


def letters_of(connection: Connection, origin: str, refs: Sequence[int]) -> list[int]:
    """Return the ids of the dead letters of the rows *refs*."""
    query = select(dead_letters.c.id).where(dead_letters.c.origin == origin, dead_letters.c.ref.in_(refs))
    return list(connection.execute(query).scalars())


def _event(row: Row[Any]) -> PastEvent:
    return PastEvent(
        seq=row.seq,
        bot=row.bot,
        event_id=row.event_id,
        conversation=row.conversation,
        kind=row.kind,
        status=_NAMES[row.status],
        route=row.route,
        outcome=row.outcome,
        attempts=row.attempts,
        starts=row.starts,
        received_at=row.received_at,
        accepted_at=row.accepted_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        joined=None if row.joined == row.seq else row.joined,
    )


def _delivery(row: Row[Any]) -> PastDelivery:
    return PastDelivery(
        id=row.id,
        conversation=row.conversation,
        bot=row.bot,
        via=via_of(row),
        status="withheld" if row.status == WITHHELD else _NAMES[row.status],
        outcome=row.outcome,
        reason=row.reason,
        attempts=row.attempts,
        is_fallback=bool(row.is_fallback),
        is_uncertain=bool(row.is_uncertain or row.is_open),
        request_id=row.request_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        messages=json.loads(row.body),
    )
