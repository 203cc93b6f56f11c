"""Write what is to be sent into the outbox, and hand what this process shall send itself to whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from ..events import NO_CHAT
from ..ways import Way, Ways
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
        ways=new.ways,
        messages=new.messages,
        created_at=new.created_at,
        deadline=new.deadline,
        retry_key=new.retry_key,
        part=new.part,
        epoch=new.epoch,
    )


def _outbox_row(delivery: NewDelivery, seq: int) -> dict[str, Any]:
    return {
        "id": 0,
        "bot": delivery.bot,
        "conversation": delivery.conversation,
        "lane": delivery.lane,
        "seq": seq,
        "form": form_of(delivery.ways, 0),
        "reply_token": _token(delivery),
        "ways": written(delivery.ways, delivery.part),
        "retry_key": delivery.retry_key,
        "body": dump(list(delivery.messages)),
        "created_at": delivery.created_at,
        "deadline": delivery.deadline,
        "status": LEASED if delivery.epoch else READY,
        "epoch": delivery.epoch,
    }


MAX_TOKEN = 256
_USUAL = Way("", "")


def form_of(ways: Ways, turn: int) -> str:
    """Return what versions before 0006 call the way number *turn*: ``reply``, or ``push``."""
    return "push" if turn >= len(ways) or ways[turn].is_push else "reply"


def _token(delivery: NewDelivery) -> str | None:
    """Return the address as versions before 0006 look for it, where they can: whole, and for one call only."""
    first = delivery.ways[0] if delivery.ways else None
    is_known = first is not None and not first.is_push and delivery.part == 0 and len(first.to) <= MAX_TOKEN
    return first.to if first is not None and is_known and first.to.isascii() else None


def written(ways: Ways, part: int | None) -> str:
    """Return *ways*, and which call of an answer it is, as JSON; what is as usual is left out."""
    each = [
        {name: value for name, value, usual in zip(Way._fields, way, _USUAL, strict=True) if value != usual}
        for way in ways
    ]
    return dump({"part": part, "ways": each}).decode("ascii")


def ways_of(row: Row[Any]) -> tuple[Ways, int | None, int]:
    """Return the ways of an outbox *row*, which call of an answer it is (None for a push), and the way that it is at.

    A row of a version before 0006 has a form and perhaps a token; such a version may have gone on with a newer one.
    """
    if row.ways is None:
        ways, part = _older(row)
        return ways, part, 0
    given: Mapping[str, Any] = json.loads(row.ways)
    ways = tuple(Way(**{"name": "", "to": "", **way}) for way in given["ways"])
    turn = int(row.way or 0)
    if row.form == "push" and form_of(ways, turn) != "push":
        turn = next((number for number, way in enumerate(ways) if way.is_push), len(ways))
    return ways, given["part"], turn


def via_of(row: Row[Any]) -> str:
    """Return the name of the way that an outbox *row* is at, or was sent by."""
    ways, _, turn = ways_of(row)
    return ways[turn].name if turn < len(ways) else str(row.form)


def _older(row: Row[Any]) -> tuple[Ways, int | None]:
    push = (
        ()
        if row.conversation.startswith(NO_CHAT)
        else (Way("push", row.conversation, is_push=True, is_repeatable=True),)
    )
    if row.form == "push":
        return push, 0 if row.is_fallback else None
    if row.reply_token is None:
        return push, 1
    return (Way("reply", row.reply_token, until=row.deadline, uses=1, is_repeatable=True), *push), 0
