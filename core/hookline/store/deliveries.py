"""Write what is to be sent into the outbox, and hand what this process shall send itself to whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from .arrivals import dump
from .database.tables import LEASED, READY
from .database.transactions import Numbers
from .insertion import insert_in_order
from .records import NewDelivery, StoredDelivery


def write_deliveries(
    connection: Connection, numbers: Numbers | None, pairs: Sequence[tuple[int, NewDelivery]]
) -> dict[int, list[StoredDelivery]]:
    """Write deliveries, each with the row that it came from, and return those that are leased here, by that row."""
    rows = [_outbox_row(delivery, seq) for seq, delivery in pairs]
    places = insert_in_order(connection, numbers, "outbox", rows) if rows else []
    written: dict[int, list[StoredDelivery]] = {}
    for (seq, delivery), place in zip(pairs, places, strict=True):
        if place is not None and place.is_leased:
            written.setdefault(seq, []).append(_numbered(delivery, place.seq, seq))
    return written


def _numbered(new: NewDelivery, number: int, seq: int) -> StoredDelivery:
    return StoredDelivery(
        id=number,
        seq=seq,
        bot=new.bot,
        conversation=new.conversation,
        lane=new.lane,
        form=new.form,
        messages=new.messages,
        created_at=new.created_at,
        deadline=new.deadline,
        retry_key=new.retry_key,
        reply_token=new.reply_token,
        epoch=new.epoch,
    )


def _outbox_row(delivery: NewDelivery, seq: int) -> dict[str, Any]:
    return {
        "id": 0,
        "bot": delivery.bot,
        "conversation": delivery.conversation,
        "lane": delivery.lane,
        "seq": seq,
        "form": delivery.form,
        "reply_token": delivery.reply_token,
        "retry_key": delivery.retry_key,
        "body": dump(list(delivery.messages)),
        "created_at": delivery.created_at,
        "deadline": delivery.deadline,
        "status": LEASED if delivery.epoch else READY,
        "epoch": delivery.epoch,
    }
