"""Turn events into inbox rows and rows into events: ids and texts as any database takes them, bodies as ASCII JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row

from ..events import Event, lane_of
from .database.tables import LEASED, READY, REPLAYED
from .records import Arrival, Key, Standing, StoredEvent

Direct = tuple[int, int]
"""The epoch under which an arrival is leased at once, 0 for not; and 1 when its run begins right away, else 0."""

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def arrival_of(event: Event, now: int, direct: Callable[[Key, int], Direct] | None = None) -> Arrival:
    """Return *event* as it is stored: with ids that any database takes.

    *direct* says of its conversation and lane whether this process's worker takes it up at once; else, and without it,
    it is for whoever leases it.
    """
    conversation = clean_id(event.conversation, 160)
    lane = lane_of(event.bot, conversation)
    epoch, starts = direct((event.bot, conversation), lane) if direct else (0, 0)
    return Arrival(
        event=event,
        event_id=clean_id(event.id, 128),
        conversation=conversation,
        lane=lane,
        message_id=clean_id(event.message_id, 64) if event.message_id else None,
        accepted_at=now,
        epoch=epoch,
        starts=starts,
    )


def stored_of(arrival: Arrival, place: Standing) -> StoredEvent:
    """Return *arrival* as a row that has its *place*."""
    event = arrival.event
    return StoredEvent(
        seq=place.seq,
        bot=event.bot,
        event_id=arrival.event_id,
        conversation=arrival.conversation,
        lane=arrival.lane,
        kind=_kind(event),
        raw=event.raw,
        received_at=event.received_at,
        starts=0,
        attempts=0,
        first_failed_at=None,
        is_unsent=False,
        message_id=arrival.message_id,
        epoch=arrival.epoch,
        event=event,
        accepted_at=arrival.accepted_at,
    )


def row_of(arrival: Arrival) -> dict[str, Any]:
    """Return *arrival* as an inbox row, still without its number."""
    event = arrival.event
    return {
        "seq": 0,
        "bot": event.bot,
        "event_id": arrival.event_id,
        "conversation": arrival.conversation,
        "lane": arrival.lane,
        "kind": _kind(event),
        "message_id": arrival.message_id,
        "body": dump(event.raw),
        "received_at": event.received_at,
        "accepted_at": arrival.accepted_at,
        "status": LEASED if arrival.epoch else READY,
        "epoch": arrival.epoch,
        "starts": arrival.starts,
    }


def event_of(row: Row[Any], epoch: int) -> StoredEvent:
    """Return the inbox *row*, leased under *epoch*."""
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
        epoch=epoch,
        is_replayed=row.outcome == REPLAYED,
        accepted_at=row.received_at if row.accepted_at is None else row.accepted_at,
        begun_at=_begun_at(row),
    )


def _begun_at(row: Row[Any]) -> int | None:
    """Return when its first run began that has not ended, also one that was given back.

    One that began at once isn't recorded by itself.
    """
    begun_at: int | None = row.started_at
    return row.accepted_at if begun_at is None and (row.starts or row.attempts) else begun_at


def _kind(event: Event) -> str:
    return event.type.replace("\0", "\ufffd").encode("ascii", "backslashreplace")[:64].decode()


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
