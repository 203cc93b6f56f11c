"""Hold messages to send until they are sent, or buried."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, not_, select, update

from ..events import LANES
from .arrivals import clean_text
from .database.bulk import insert_rows, update_rows, updated_rows
from .database.dialects import one_of
from .database.tables import (
    DEAD,
    DONE,
    LEASED,
    READY,
    REPLAYED,
    WITHHELD,
    cooldowns,
    inbox,
    outbox,
    outbox_is_done,
    outbox_is_known,
    outbox_is_open,
    outbox_is_ready,
    outbox_is_withheld,
)
from .database.transactions import Database, one_statement
from .deliveries import form_of, ways_of, write_deliveries
from .inbox import MAX_FOREIGN
from .lanes import HELD, leased_in_order, leased_rows, reclaim, select_in_order
from .records import PRUNE_ROWS, Ending, Sending, StoredDelivery, Withholding
from .spending import spend, spent

LEASE_ROWS = 1024
MAX_IDS = 256
NOT_ARRIVED = ("refused", "not_sent", "expired", "stale")
"""Outcomes after which the rest of an answer isn't sent either."""
RELEASE_ROWS = 500
"""So many withheld pushes are released at a turn."""


class Outbox:
    """Hold deliveries, in the order in which they were written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(
        self, epochs: Mapping[int, int], bots: Collection[str], limit: int = LEASE_ROWS
    ) -> list[StoredDelivery]:
        """Lease up to *limit* ready deliveries of the lanes in *epochs* and of *bots*, in order.

        An attempt that was begun and never ended may have arrived; such a row is uncertain.
        """
        return await self._database.run(_lease, epochs, bots, limit)

    async def give_back(self, deliveries: Iterable[StoredDelivery]) -> None:
        """Make leased deliveries ready again."""
        await self._database.run(
            _return_rows, [{"id": item.id, "?epoch": item.epoch, "status": READY} for item in deliveries]
        )

    async def leased(self, epochs: Mapping[int, int]) -> set[tuple[int, int]]:
        """Return (id, epoch) of all rows that are leased under *epochs*."""
        return await self._database.run(leased_rows, "outbox", "id", epochs)

    async def reclaim(self, lost: Collection[tuple[int, int]]) -> int:
        """Make rows ready again that are leased, but by nobody."""
        return await self._database.run(reclaim, "outbox", "id", lost)

    async def foreign(self, lanes: Collection[int], bots: Collection[str]) -> Mapping[str, set[int]]:
        """Return ``{bot: lanes}`` of ready deliveries in *lanes* whose bot is none of *bots*."""
        return await self._database.run(_foreign, lanes, bots)

    async def attempt(self, sending: Sending) -> bool:
        """Record that an attempt is about to be made; False when the lane has another holder now."""
        return await self._database.batch(_attempt, sending)

    async def end(self, ending: Ending) -> Sequence[StoredDelivery] | None:
        """Record how an attempt, or the whole delivery, ended; None when the lane has another holder now.

        What is to be delivered instead is written with it, and returned.
        """
        return await self._database.batch(self._end, ending)

    async def spend(self, bot: str, month: str, most: int, now: int) -> int | None:
        """Count one push of *bot* in *month* and return how many there are; None when it has had *most* already."""
        return await self._database.run(spend, bot, month, most, now)

    async def spent(self, bot: str, month: str) -> int:
        """Return how many pushes of *bot* are counted in *month*."""
        return await self._database.run(spent, bot, month)

    async def is_forsaken(self, delivery: StoredDelivery) -> bool:
        """Say whether an earlier part of the same answer has not arrived, and never will."""
        return await self._database.run(_is_forsaken, delivery)

    async def has_sent(self, bot: str, conversation: str, message_id: str) -> bool:
        """Say whether the message that the platform calls *message_id* is one that was sent in *conversation*."""
        return await self._database.run(_has_sent, bot, conversation, message_id)

    async def withhold(self, withholding: Withholding) -> bool:
        """Let a push wait until it is released; False when the lane has another holder now."""
        return await self._database.batch(_withhold, withholding)

    async def release(self, lanes: Collection[int], bots: Collection[str]) -> int:
        """Make withheld pushes of *bots* in *lanes* ready, the oldest, some hundred at a turn; return how many."""
        return await self._database.run(_release, lanes, bots)

    async def counts(self) -> dict[str, int]:
        """Return the number of deliveries by outcome; those that still wait are ``waiting``."""
        return await self._database.run(_counts)

    async def prune(self, before: int) -> int:
        """Delete deliveries that were sent before *before*, some hundred at a turn."""
        return await self._database.run(_prune, before)

    def _end(self, connection: Connection, endings: Sequence[Ending]) -> list[Sequence[StoredDelivery] | None]:
        rows = [_ended(ending) for ending in sorted(endings, key=lambda ending: ending.delivery.id)]
        held = updated_rows(connection, "outbox", "id", rows, extra=HELD)
        buried = [ending for ending in endings if ending.is_buried and ending.delivery.id in held]
        insert_rows(connection, "dead_letters", [_dead_letter(ending) for ending in buried])
        refused = [ending.delivery for ending in buried if ending.outcome == "refused" and ending.delivery.is_answer]
        _disown(connection, refused)
        replaced = {ending.delivery.id: ending.instead for ending in buried if ending.instead}
        written = write_deliveries(
            connection,
            self._database.numbers,
            [(ending.delivery.seq, new) for ending in buried for new in replaced.get(ending.delivery.id, ())],
        )
        return [
            (written.get(ending.delivery.seq, []) if ending.delivery.id in replaced else [])
            if ending.delivery.id in held
            else None
            for ending in endings
        ]


def _lease(
    connection: Connection, epochs: Mapping[int, int], bots: Collection[str], limit: int
) -> list[StoredDelivery]:
    if not epochs:
        return []
    own = one_of(connection, outbox.c.bot + "", bots)  # no index has this: the one of ids is used, in order
    query = select(outbox).where(outbox_is_open, outbox_is_ready, own)
    if len(epochs) < LANES:
        query = query.where(one_of(connection, outbox.c.lane, epochs))
    ordered = query.order_by(outbox.c.id).limit(limit)
    found = select_in_order(connection, "outbox", epochs, lambda: connection.execute(ordered).all())
    return [
        stored_delivery(row, epochs[row.lane]) for row in leased_in_order(connection, "outbox", "id", found, epochs)
    ]


def _return_rows(connection: Connection, rows: list[dict[str, Any]]) -> None:
    update_rows(connection, "outbox", "id", sorted(rows, key=lambda row: row["id"]), extra=HELD)


def _foreign(connection: Connection, lanes: Collection[int], bots: Collection[str]) -> Mapping[str, set[int]]:
    query = select(outbox.c.bot, outbox.c.lane).where(
        outbox_is_open, outbox_is_ready, not_(one_of(connection, outbox.c.bot, bots))
    )
    if len(lanes) < LANES:
        query = query.where(one_of(connection, outbox.c.lane, lanes))
    found: dict[str, set[int]] = {}
    for row in connection.execute(query.distinct().limit(MAX_FOREIGN)):
        found.setdefault(row.bot, set()).add(row.lane)
    return found


def stored_delivery(row: Row[Any], epoch: int) -> StoredDelivery:
    """Return an outbox row as it is delivered, leased under *epoch*."""
    ways, part, turn = ways_of(row)
    return StoredDelivery(
        id=row.id,
        seq=row.seq,
        bot=row.bot,
        conversation=row.conversation,
        lane=row.lane,
        ways=ways,
        messages=json.loads(row.body),
        created_at=row.created_at,
        deadline=row.deadline,
        retry_key=row.retry_key,
        part=part,
        turn=turn,
        attempts=row.attempts,
        is_uncertain=bool(row.is_uncertain or row.is_open),
        is_fallback=bool(row.is_fallback),
        epoch=epoch,
        is_replayed=row.outcome == REPLAYED,
    )


@one_statement
def _attempt(connection: Connection, sendings: Sequence[Sending]) -> list[bool]:
    rows = [
        {
            "id": sending.id,
            "?epoch": sending.epoch,
            "attempts+": 1,
            "is_open": True,
            "form": "push" if sending.is_push else "reply",
            "way": sending.turn,
            "is_fallback": sending.is_fallback,
            "deadline": sending.deadline,
        }
        for sending in sorted(sendings, key=lambda sending: sending.id)
    ]
    held = updated_rows(connection, "outbox", "id", rows, extra=HELD)
    return [sending.id in held for sending in sendings]


@one_statement
def _withhold(connection: Connection, withholdings: Sequence[Withholding]) -> list[bool]:
    rows = [
        {
            "id": item.delivery.id,
            "?epoch": item.delivery.epoch,
            "status": WITHHELD,
            "form": form_of(item.delivery.ways, item.delivery.turn),
            "way": item.delivery.turn,
            "is_fallback": item.delivery.is_fallback,
            "deadline": item.delivery.deadline,
            "reason": item.reason,
        }
        for item in sorted(withholdings, key=lambda item: item.delivery.id)
    ]
    held = updated_rows(connection, "outbox", "id", rows, extra=HELD)
    return [item.delivery.id in held for item in withholdings]


def _release(connection: Connection, lanes: Collection[int], bots: Collection[str]) -> int:
    own = one_of(connection, outbox.c.bot + "", bots)
    chosen = select(outbox.c.id).where(outbox_is_open, outbox_is_withheld, own)
    if len(lanes) < LANES:
        chosen = chosen.where(one_of(connection, outbox.c.lane, lanes))
    chosen = chosen.order_by(outbox.c.id).limit(RELEASE_ROWS)
    # Said twice, for PostgreSQL: by the time that a row is locked another process may have released and sent it.
    released = update(outbox).where(outbox.c.id.in_(chosen), outbox_is_withheld)
    released = released.values(status=READY, epoch=0, reason=None)
    return connection.execute(released).rowcount


def _ended(ending: Ending) -> dict[str, object]:
    status = (DEAD if ending.is_buried else DONE) if ending.is_final else LEASED
    return {
        "id": ending.delivery.id,
        "?epoch": ending.delivery.epoch,
        "status": status,
        "is_open": False,
        "is_uncertain": ending.is_uncertain,
        "outcome": ending.outcome,
        "reason": clean_text(ending.reason, 512),
        "request_id": clean_text(ending.request_id, 128) if ending.request_id else None,
        "finished_at": ending.now if ending.is_final else None,
        "message_ids": _joined(ending.message_ids),
    }


def _joined(message_ids: Sequence[str]) -> str | None:
    """Return *message_ids* as they are kept and looked for; none that isn't plain, or too many to keep."""
    kept = f" {' '.join(message_ids)} " if message_ids else ""
    return kept if 0 < len(kept) <= MAX_IDS and kept.isascii() and kept.isprintable() else None


def _has_sent(connection: Connection, bot: str, conversation: str, message_id: str) -> bool:
    query = select(outbox.c.id).where(
        outbox_is_known,
        outbox.c.bot == bot,
        outbox.c.conversation == conversation,
        outbox.c.message_ids.contains(f" {message_id} ", autoescape=True),
    )
    return connection.execute(query.limit(1)).first() is not None


def _is_forsaken(connection: Connection, delivery: StoredDelivery) -> bool:
    query = select(outbox.c.id).where(
        outbox.c.seq == delivery.seq,
        outbox.c.id < delivery.id,
        outbox.c.bot == delivery.bot,
        outbox.c.conversation == delivery.conversation,
        outbox.c.outcome.in_(NOT_ARRIVED),
    )
    return connection.execute(query.limit(1)).first() is not None


def _disown(connection: Connection, deliveries: Sequence[StoredDelivery]) -> None:
    """Let the events that the refused *deliveries* were to answer not count as answered, nor their routes rest."""
    for seq in sorted({delivery.seq for delivery in deliveries}):
        answered = (inbox.c.seq == seq) & (inbox.c.outcome == "answered")
        row = connection.execute(select(inbox.c.bot, inbox.c.conversation, inbox.c.route).where(answered)).first()
        if row is not None:
            connection.execute(update(inbox).where(answered).values(outcome="refused"))
            connection.execute(
                delete(cooldowns).where(
                    cooldowns.c.bot == row.bot,
                    cooldowns.c.conversation == row.conversation,
                    cooldowns.c.route == row.route,
                )
            )


def _dead_letter(ending: Ending) -> dict[str, object]:
    delivery = ending.delivery
    return {
        "origin": "delivery",
        "ref": delivery.id,
        "bot": delivery.bot,
        "conversation": delivery.conversation,
        "error": clean_text(f"{ending.outcome}: {ending.reason}", 512),
        "detail": f"{delivery.via or 'nothing'} of {len(delivery.messages)} message(s), for event row {delivery.seq}",
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
