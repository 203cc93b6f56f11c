"""Accept events, lease them to a worker, and end them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    false,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)

from ..events import Event, lane_of
from .bulk import insert_rows, update_rows
from .database import Database
from .records import Failure, Key, StoredEvent
from .tables import (
    LEASED,
    READY,
    inbox,
    inbox_is_done,
    inbox_is_leased,
    inbox_is_ready,
    inbox_is_unsend,
)

PRUNE_ROWS = 500
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
BLANK = b"{}"

_earlier = inbox.alias("earlier")
_unsent = exists(
    select(literal(1))
    .where(_earlier.c.kind == "unsend", _earlier.c.bot == inbox.c.bot, _earlier.c.message_id == inbox.c.message_id)
    .correlate(inbox)
)
_leasing = (
    select(inbox, func.coalesce(_unsent, false()).label("is_unsent"))
    .where(inbox_is_ready)
    .order_by(inbox.c.seq)
    .limit(bindparam("rows"))
)
_give_back = (
    update(inbox)
    .where(inbox.c.seq == bindparam("row"), inbox.c.status == LEASED)
    .values(status=READY, starts=inbox.c.starts - bindparam("begun"))
)


class Inbox:
    """Hold accepted events, in order of acceptance, until long after they are done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._blanked_until = 0

    async def accept(self, events: Sequence[Event]) -> list[StoredEvent]:
        """Make *events* durable and ready, and return those that were new.

        An event whose ``(bot, id)`` is known already changes nothing.
        """
        numbered = self.number(events)
        fresh = await self.admit(numbered)
        return [stored for stored in numbered if stored.seq in fresh]

    def number(self, events: Sequence[Event], is_started: Callable[[Key], bool] | None = None) -> list[StoredEvent]:
        """Give *events* their places in the order of acceptance, before they are durable.

        *is_started* says of an event's conversation whether it will run at once, so that its start counts already.
        """
        first = self._database.number("inbox", len(events))
        return [_numbered(event, first + place, is_started) for place, event in enumerate(events)]

    def admit(self, numbered: Sequence[StoredEvent], *, is_leased: bool = False) -> asyncio.Future[Collection[int]]:
        """Make numbered events durable; the future ends with the ``seq`` of those that were new (and of neighbours).

        With *is_leased* they belong to this process's worker at once, each with the ``starts`` it has; it takes
        them up without another look into the store.
        """
        rows = [_row(stored, LEASED if is_leased else READY) for stored in numbered]
        return self._database.submit(_accept, rows)

    async def lease(self, limit: int, busy: Collection[Key], foreign: Collection[str]) -> list[StoredEvent]:
        """Lease up to *limit* ready events in order, none of *busy* conversations or *foreign* bots."""
        return await self._database.run(_lease, limit, busy, foreign)

    async def start(self, seq: int, starts: int) -> None:
        """Record durably that a run of *seq* begins: the one that makes *starts* of them."""
        await self._database.batch(_start, (seq, starts))

    async def fail(self, failure: Failure) -> None:
        """Record a failed run; the row stays leased."""
        await self._database.batch(_fail, failure)

    async def give_back(self, rows: Iterable[tuple[int, bool]]) -> None:
        """Make leased rows ready again; each is (seq, whether its run had begun and is taken back)."""
        await self._database.run(_return_rows, [{"row": seq, "begun": int(begun)} for seq, begun in rows])

    async def count(self, status: int | None = None) -> int:
        """Return the number of rows, or of those with *status*."""
        return await self._database.run(_count, status)

    async def bots(self) -> set[str]:
        """Return the bots that have unfinished events."""
        return await self._database.run(_bots)

    async def prune(self, ids_before: int, bodies_before: int) -> int:
        """Forget old finished rows, some hundred at a turn; return how many were touched.

        Bodies finished before *bodies_before* are blanked, whole rows finished before *ids_before*
        deleted. Unfinished and dead rows are never touched.
        """
        touched, blanked = await self._database.run(_prune, ids_before, self._blanked_until, bodies_before)
        if not blanked:
            self._blanked_until = bodies_before  # all before it are blank: the next turn needn't pass over them
        return touched

    async def unsent(self, since: int) -> set[tuple[str, str]]:
        """Return ``(bot, message id)`` of every message that was taken back after *since*."""
        return await self._database.run(_unsent_since, since)


def _accept(connection: Connection, batches: Sequence[list[dict[str, Any]]]) -> list[Collection[int]]:
    rows = [row for batch in batches for row in batch]
    rows.sort(key=_identity)
    seqs = {row["seq"] for row in rows}
    if insert_rows(connection, "inbox", rows, conflict="(bot, event_id) DO NOTHING") < len(rows):
        between = inbox.c.seq.between(min(seqs), max(seqs))
        seqs = seqs & set(connection.execute(select(inbox.c.seq).where(between)).scalars())
    return [seqs] * len(batches)


def _identity(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["bot"], row["event_id"]


def _numbered(event: Event, seq: int, is_started: Callable[[Key], bool] | None) -> StoredEvent:
    conversation = clean_id(event.conversation, 160)
    return StoredEvent(
        seq=seq,
        bot=event.bot,
        event_id=clean_id(event.id, 128),
        conversation=conversation,
        lane=lane_of(event.bot, conversation),
        kind=event.type.encode("ascii", "backslashreplace")[:64].decode(),
        raw=event.raw,
        received_at=event.received_at,
        starts=int(is_started is not None and is_started((event.bot, conversation))),
        attempts=0,
        first_failed_at=None,
        is_unsent=False,
        message_id=clean_id(event.message_id, 64) if event.message_id else None,
        event=event,
    )


def _row(stored: StoredEvent, status: int) -> dict[str, Any]:
    return {
        "seq": stored.seq,
        "bot": stored.bot,
        "event_id": stored.event_id,
        "conversation": stored.conversation,
        "lane": stored.lane,
        "kind": stored.kind,
        "message_id": stored.message_id,
        "body": dump(stored.raw),
        "received_at": stored.received_at,
        "status": status,
        "starts": stored.starts,
    }


def dump(value: object) -> bytes:
    """Return *value* as ASCII JSON: a NUL or a lone surrogate in a text is only an escape here."""
    return _encode(value).encode("ascii")


def clean_text(value: str, limit: int) -> str:
    """Return *value* as any database takes it: no NUL, no half characters, at most *limit* long."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:limit]


def clean_id(value: str, limit: int) -> str:
    """Return *value* when any database takes it as an id, else its SHA-256."""
    if len(value) <= limit and value.isascii() and value.isprintable():
        return value
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def _lease(connection: Connection, limit: int, busy: Collection[Key], foreign: Collection[str]) -> list[StoredEvent]:
    query: Select[Any] = _leasing
    if busy:
        query = query.where(tuple_(inbox.c.bot, inbox.c.conversation).not_in(list(busy)))
    if foreign:
        query = query.where(inbox.c.bot.not_in(list(foreign)))
    found = [_stored(row) for row in connection.execute(query, {"rows": limit})]
    if found:
        update_rows(connection, "inbox", "seq", [{"seq": event.seq, "status": LEASED} for event in found])
    return found


def _stored(row: Row[Any]) -> StoredEvent:
    raw: Mapping[str, Any] = json.loads(row.body)
    return StoredEvent(
        seq=row.seq,
        bot=row.bot,
        event_id=row.event_id,
        conversation=row.conversation,
        lane=row.lane,
        kind=row.kind,
        raw=raw,
        received_at=row.received_at,
        starts=row.starts,
        attempts=row.attempts,
        first_failed_at=row.first_failed_at,
        is_unsent=bool(row.is_unsent) and row.kind != "unsend",
        message_id=row.message_id,
    )


def _start(connection: Connection, begun: Sequence[tuple[int, int]]) -> Sequence[None]:
    update_rows(connection, "inbox", "seq", [{"seq": seq, "starts": starts} for seq, starts in begun])
    return [None] * len(begun)


def _fail(connection: Connection, failures: Sequence[Failure]) -> Sequence[None]:
    rows = [
        {"seq": item.seq, "starts": 0, "attempts": item.attempts, "first_failed_at": item.first_failed_at}
        for item in failures
    ]
    update_rows(connection, "inbox", "seq", rows)
    return [None] * len(failures)


def _return_rows(connection: Connection, rows: list[dict[str, int]]) -> None:
    if rows:
        connection.execute(_give_back, rows)


def _unsent_since(connection: Connection, since: int) -> set[tuple[str, str]]:
    query = select(inbox.c.bot, inbox.c.message_id).where(
        inbox_is_unsend, inbox.c.message_id.is_not(None), inbox.c.received_at > since
    )
    return {(row.bot, row.message_id) for row in connection.execute(query)}


def _count(connection: Connection, status: int | None) -> int:
    chosen = true() if status is None else inbox.c.status == status
    return connection.execute(select(func.count()).select_from(inbox).where(chosen)).scalar_one()


def _bots(connection: Connection) -> set[str]:
    found: set[str] = set()
    for condition in (inbox_is_ready, inbox_is_leased):
        found.update(connection.execute(select(inbox.c.bot).where(condition).distinct()).scalars())
    return found


def _prune(connection: Connection, ids_before: int, bodies_from: int, bodies_before: int) -> tuple[int, int]:
    old = select(inbox.c.seq).where(inbox_is_done, inbox.c.finished_at < ids_before).limit(PRUNE_ROWS)
    deleted = connection.execute(delete(inbox).where(inbox.c.seq.in_(old))).rowcount
    period = inbox.c.finished_at.between(bodies_from, bodies_before - 1)
    stale = select(inbox.c.seq).where(inbox_is_done, period, inbox.c.body != BLANK).limit(PRUNE_ROWS)
    blanked = connection.execute(update(inbox).where(inbox.c.seq.in_(stale)).values(body=BLANK)).rowcount
    return deleted + blanked, blanked
