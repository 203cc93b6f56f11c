"""Hold messages to send until they are sent, or buried."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from .bulk import insert_rows, update_rows
from .database import Database
from .inbox import PRUNE_ROWS, clean_id, clean_text
from .lanes import HELD, held
from .records import Attempt, Ending, Sent, StoredDelivery, Trace
from .tables import DEAD, DONE, LEASED, READY, inbox, outbox, outbox_is_done, outbox_is_open


class Outbox:
    """Hold deliveries, in the order in which they were written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self) -> list[StoredDelivery]:
        """Lease every ready delivery, in order: what an earlier process left behind.

        An attempt that was begun and never ended may have arrived; such a row is uncertain.
        """
        return await self._database.run(_lease)

    async def attempt(self, attempt: Attempt) -> bool:
        """Record that an attempt is about to be made; False when the lane has another holder now."""
        return await self._database.batch(_attempt, attempt)

    async def end(self, ending: Ending) -> None:
        """Record how an attempt, or the whole delivery, ended."""
        await self._database.batch(_end, ending)

    async def counts(self) -> dict[str, int]:
        """Return the number of deliveries by outcome; those that still wait are ``waiting``."""
        return await self._database.run(_counts)

    async def prune(self, before: int) -> int:
        """Delete deliveries that were sent before *before*, some hundred at a turn."""
        return await self._database.run(_prune, before)

    async def trace(self, bot: str, event_id: str) -> Trace | None:
        """Return what became of one event and its deliveries, or None when it is unknown."""
        return await self._database.run(_trace, bot, clean_id(event_id, 128))


def _lease(connection: Connection) -> list[StoredDelivery]:
    waiting = (outbox_is_open, outbox.c.status == READY)
    rows = connection.execute(select(outbox).where(*waiting).order_by(outbox.c.id)).all()
    if rows:
        connection.execute(update(outbox).where(*waiting).values(status=LEASED))
    return [_stored(row) for row in rows]


def _stored(row: Row[Any]) -> StoredDelivery:
    return StoredDelivery(
        id=row.id,
        seq=row.seq,
        bot=row.bot,
        conversation=row.conversation,
        lane=row.lane,
        form=row.form,
        messages=json.loads(row.body),
        created_at=row.created_at,
        deadline=row.deadline,
        retry_key=row.retry_key,
        reply_token=row.reply_token,
        attempts=row.attempts,
        is_uncertain=bool(row.is_uncertain or row.is_open),
        is_fallback=bool(row.is_fallback),
    )


def _attempt(connection: Connection, attempts: Sequence[Attempt]) -> list[bool]:
    rows = [
        {
            "id": attempt.id,
            "?epoch": attempt.epoch,
            "attempts+": 1,
            "is_open": 1,
            "form": attempt.form,
            "is_fallback": int(attempt.is_fallback),
            "deadline": attempt.deadline,
        }
        for attempt in attempts
    ]
    if update_rows(connection, "outbox", "id", rows, extra=HELD) == len(rows):
        return [True] * len(rows)
    fresh = held(connection, {attempt.lane for attempt in attempts})
    return [fresh.get(attempt.lane) == attempt.epoch for attempt in attempts]


def _end(connection: Connection, endings: Sequence[Ending]) -> Sequence[None]:
    update_rows(connection, "outbox", "id", [_ended(ending) for ending in endings])
    insert_rows(connection, "dead_letters", [_dead_letter(ending) for ending in endings if ending.is_buried])
    return [None] * len(endings)


def _ended(ending: Ending) -> dict[str, object]:
    status = (DEAD if ending.is_buried else DONE) if ending.is_final else LEASED
    return {
        "id": ending.delivery.id,
        "status": status,
        "is_open": 0,
        "is_uncertain": int(ending.is_uncertain),
        "outcome": ending.outcome,
        "reason": clean_text(ending.reason, 512),
        "request_id": clean_text(ending.request_id, 128) if ending.request_id else None,
        "finished_at": ending.now if ending.is_final else None,
    }


def _dead_letter(ending: Ending) -> dict[str, object]:
    delivery = ending.delivery
    return {
        "origin": "delivery",
        "ref": delivery.id,
        "bot": delivery.bot,
        "conversation": delivery.conversation,
        "error": clean_text(f"{ending.outcome}: {ending.reason}", 512),
        "detail": f"{delivery.form} of {len(delivery.messages)} message(s), for event row {delivery.seq}",
        "attempts": delivery.attempts,
        "created_at": ending.now,
    }


def _counts(connection: Connection) -> dict[str, int]:
    outcome = func.coalesce(outbox.c.outcome, "waiting")
    query = select(outcome.label("outcome"), func.count().label("rows")).group_by(outcome)
    return {row.outcome: row.rows for row in connection.execute(query)}


def _prune(connection: Connection, before: int) -> int:
    old = select(outbox.c.id).where(outbox_is_done, outbox.c.finished_at < before).limit(PRUNE_ROWS)
    return connection.execute(delete(outbox).where(outbox.c.id.in_(old))).rowcount


def _trace(connection: Connection, bot: str, event_id: str) -> Trace | None:
    event = connection.execute(select(inbox).where(inbox.c.bot == bot, inbox.c.event_id == event_id)).first()
    if event is None:
        return None
    rows = connection.execute(select(outbox).where(outbox.c.seq == event.seq).order_by(outbox.c.id)).all()
    sent = [
        Sent(row.form, row.outcome, row.reason, json.loads(row.body), bool(row.is_fallback), row.conversation)
        for row in rows
    ]
    return Trace(event.bot, event.event_id, event.kind, event.route, event.outcome, sent)
