"""Fill in what LINE says of events that somebody lets happen by their names alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import events

_STICKER = {"type": "sticker", "packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC"}
_PLACE = {"type": "location", "address": "台北", "latitude": 25.03, "longitude": 121.56}
_USUAL: Mapping[str, Mapping[str, Any]] = {
    "follow": {"follow": {"isUnblocked": False}},
    "message.sticker": {"message": _STICKER},
    "message.location": {"message": _PLACE},
}


def happening(kind: str, fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return LINE's type for the event type *kind*, and *fields* with what is usual in those that aren't given."""
    filled = {**_USUAL.get(kind, {}), **fields}
    if not kind.startswith("message."):
        return kind, filled
    message = {"type": kind.removeprefix("message."), **filled.get("message", {})}
    return "message", {**filled, "message": {"id": events.message_id(), **message}}
