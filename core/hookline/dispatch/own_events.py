"""Make and read hookline's own events: what happens because its time has come, and nobody did anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bots.bot import Bot
from ..events import TIMER, Chat, ChatKind, Event, is_own
from ..store.arrivals import arrival_of, row_of
from ..store.records import StoredEvent, Timer


def event_of(bot: Bot, row: StoredEvent) -> Event:
    """Return the event of *row*: a platform's, which its adapter reads, or one of hookline's own."""
    if row.event is not None:
        return row.event
    if is_own(row.kind):
        return read(row.bot, row.raw, row.received_at)
    return bot.adapter.read(row.raw, row.received_at)


def read(bot: str, raw: Mapping[str, Any], received_at: int) -> Event:
    """Return an event of hookline's own, as :func:`fired` has written it."""
    chat = raw.get("chat") or {}
    kind: ChatKind = chat.get("kind", "none")
    return Event(
        bot=bot,
        id=str(raw["id"]),
        type=str(raw["type"]),
        conversation=str(raw["conversation"]),
        chat=Chat(kind, str(chat.get("id", ""))),
        user=raw.get("user"),
        text=None,
        timestamp=int(raw.get("due", received_at)),
        raw=raw,
        received_at=received_at,
    )


def fired(timer: Timer, now: int) -> dict[str, Any]:
    """Return the row of the inbox that *timer* becomes at *now*: for each turn of a timer there is one."""
    identity = f"timer:{timer.id}:{timer.turn}"
    raw = {"type": TIMER, **timer.body, "id": identity, "conversation": timer.conversation, "turn": timer.turn}
    return row_of(arrival_of(read(timer.bot, raw, now), now))
