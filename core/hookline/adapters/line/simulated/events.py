"""Build webhook events as LINE sends them."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

_counter = itertools.count(1)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def user_id(name: str) -> str:
    """Return the LINE user id of a simulated person: ids stay as they are, names become one."""
    return name if _is_id(name, "U") else "U" + hashlib.md5(f"user {name}".encode(), usedforsecurity=False).hexdigest()


def group_id(name: str) -> str:
    """Return the LINE group id of a simulated group."""
    return name if _is_id(name, "C") else "C" + hashlib.md5(f"group {name}".encode(), usedforsecurity=False).hexdigest()


def source(user: str | None, group: str | None = None) -> dict[str, Any]:
    """Return an event's source: a person, or a person in a group."""
    if group is None:
        return {"type": "user", "userId": user_id(user or "someone")}
    where = {"type": "group", "groupId": group_id(group)}
    return where if user is None else {**where, "userId": user_id(user)}


def event(
    kind: str,
    *,
    now: int,
    user: str | None = "mei",
    group: str | None = None,
    reply_token: str | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return a raw event of type *kind* with its common fields; *now* is in milliseconds."""
    raw: dict[str, Any] = {
        "type": kind,
        "mode": "active",
        "timestamp": now,
        "source": source(user, group),
        "webhookEventId": event_id(now),
        "deliveryContext": {"isRedelivery": False},
        **fields,
    }
    if reply_token is not None:
        raw["replyToken"] = reply_token
    return raw


def text_message(text: str, *, mentions: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the ``message`` of a text event."""
    message: dict[str, Any] = {
        "id": message_id(),
        "type": "text",
        "text": text,
        "quoteToken": f"q{next(_counter)}",
    }
    if mentions:
        message["mention"] = {"mentionees": list(mentions)}
    return message


def file_message(kind: str, *, name: str, size: int) -> dict[str, Any]:
    """Return the ``message`` of an event with a file; *kind* is image, video, audio or file."""
    message: dict[str, Any] = {"id": message_id(), "type": kind, "markAsReadToken": f"r{next(_counter)}"}
    if kind == "file":
        return {**message, "fileName": name, "fileSize": size}
    if kind != "audio":
        message["quoteToken"] = f"q{next(_counter)}"
    if kind != "image":
        message["duration"] = 1000
    return {**message, "contentProvider": {"type": "line"}}


def message_id() -> str:
    """Return a fresh message id."""
    return str(500_000_000_000_000_000 + next(_counter))


def event_id(now: int) -> str:
    """Return a fresh webhook event id: a ULID."""
    value = (now << 80) | random.getrandbits(80)
    return "".join(_CROCKFORD[(value >> (5 * place)) & 31] for place in reversed(range(26)))


def _is_id(name: str, letter: str) -> bool:
    return len(name) == 33 and name[0] == letter and all(character in "0123456789abcdef" for character in name[1:])
