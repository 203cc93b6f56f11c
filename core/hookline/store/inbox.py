"""Accept events, lease them to a worker, and end them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from .database import Database
from .records import Failure, Key, StoredEvent
from .tables import DEAD, DONE, LEASED, READY, conversations, inbox

PRUNE_ROWS = 500
BLANK = b"{}"

_earlier = inbox.alias("earlier")
_unsent = exists(
    select(literal(1))
    .where(_earlier.c.kind == "unsend", _earlier.c.bot == inbox.c.bot, _earlier.c.message_id == inbox.c.message_id)
    .correlate(inbox)
)
_leasing = (
    select(inbox, conversations.c.state, func.coalesce(_unsent, false()).label("is_unsent"))
    .select_from(
        inbox.outerjoin(
            conversations,
            (conversations.c.bot == inbox.c.bot) & (conversations.c.conversation == inbox.c.conversation),
        )
    )
    .where(inbox.c.status == READY)
    .order_by(inbox.c.seq)
    .limit(bindparam("rows"))
)
_mark_leased = update(inbox).where(inbox.c.seq == bindparam("row")).values(status=LEASED)
_mark_started = update(inbox).where(inbox.c.seq == bindparam("row")).values(starts=inbox.c.starts + 1)
_mark_failed = (
    update(inbox)
    .where(inbox.c.seq == bindparam("row"))
    .values(starts=0, attempts=bindparam("failures"), first_failed_at=bindparam("since"))
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
        self._insert = database.insert(inbox).on_conflict_do_nothing(index_elements=["bot", "event_id"])

    async def accept(self, events: Sequence[Event]) -> int:
        """Make *events* durable and return how many were new, of those that shared the commit.

        An event whose ``(bot, id)`` is known already changes nothing.
        """
        first = self._database.number("inbox", len(events))
        rows = [_row(event, first + place) for place, event in enumerate(events)]
        return await self._database.batch(self._accept, rows)

    async def lease(self, limit: int, busy: Collection[Key], foreign: Collection[str]) -> list[StoredEvent]:
        """Lease up to *limit* ready events in order, none of *busy* conversations or *foreign* bots."""
        return await self._database.run(_lease, limit, busy, foreign)

    async def start(self, seq: int) -> None:
        """Record durably that a run of *seq* begins."""
        await self._database.batch(_start, seq)

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
        return await self._database.run(_prune, ids_before, bodies_before)

    def _accept(self, connection: Connection, batches: Sequence[list[dict[str, Any]]]) -> list[int]:
        rows = [row for batch in batches for row in batch]
        rows.sort(key=lambda row: (row["bot"], row["event_id"]))
        fresh = connection.execute(self._insert, rows).rowcount if rows else 0
        return [fresh] * len(batches)


def _row(event: Event, seq: int) -> dict[str, Any]:
    conversation = clean_id(event.conversation, 160)
    return {
        "seq": seq,
        "bot": event.bot,
        "event_id": clean_id(event.id, 128),
        "conversation": conversation,
        "lane": lane_of(event.bot, conversation),
        "kind": event.type.encode("ascii", "backslashreplace")[:64].decode(),
        "message_id": clean_id(event.message_id, 64) if event.message_id else None,
        "body": dump(event.raw),
        "received_at": event.received_at,
    }


def dump(value: object) -> bytes:
    """Return *value* as ASCII JSON: a NUL or a lone surrogate in a text is only an escape here."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


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
        connection.execute(_mark_leased, [{"row": event.seq} for event in found])
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
        state=row.state,
        is_unsent=bool(row.is_unsent) and row.kind != "unsend",
        message_id=row.message_id,
    )


def _start(connection: Connection, seqs: Sequence[int]) -> Sequence[None]:
    connection.execute(_mark_started, [{"row": seq} for seq in seqs])
    return [None] * len(seqs)


def _fail(connection: Connection, failures: Sequence[Failure]) -> Sequence[None]:
    connection.execute(
        _mark_failed,
        [{"row": item.seq, "failures": item.attempts, "since": item.first_failed_at} for item in failures],
    )
    return [None] * len(failures)


def _return_rows(connection: Connection, rows: list[dict[str, int]]) -> None:
    if rows:
        connection.execute(_give_back, rows)


def _count(connection: Connection, status: int | None) -> int:
    chosen = true() if status is None else inbox.c.status == status
    return connection.execute(select(func.count()).select_from(inbox).where(chosen)).scalar_one()


def _bots(connection: Connection) -> set[str]:
    return set(connection.execute(select(inbox.c.bot).where(inbox.c.status.in_([READY, LEASED])).distinct()).scalars())


def _prune(connection: Connection, ids_before: int, bodies_before: int) -> int:
    old = select(inbox.c.seq).where(inbox.c.status == DONE, inbox.c.finished_at < ids_before).limit(PRUNE_ROWS)
    deleted = connection.execute(delete(inbox).where(inbox.c.seq.in_(old))).rowcount
    stale = (
        select(inbox.c.seq)
        .where(inbox.c.status == DONE, inbox.c.finished_at < bodies_before, inbox.c.body != BLANK)
        .limit(PRUNE_ROWS)
    )
    blanked = connection.execute(update(inbox).where(inbox.c.seq.in_(stale)).values(body=BLANK)).rowcount
    return deleted + blanked


__all__ = ["BLANK", "DEAD", "DONE", "LEASED", "READY", "Inbox", "clean_id", "dump"]
