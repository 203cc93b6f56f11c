"""Turn LINE's webhook bodies into events; unknown types, fields and shapes are kept.

https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import NotAWebhookError
from ...events import NO_CHAT, Attachment, Chat, ChatKind, Event
from ...ways import EVERYONE, Way, Ways
from ..payloads import load_object, mapping, objects
from ..payloads import text as text_of

REPLY_MILLISECONDS = 50_000
"""A reply token works for about a minute from when its webhook came."""

REDELIVERY_MILLISECONDS = 20 * 60_000
"""That of an event which comes again works no longer than this after it happened."""


EVENTS: Mapping[str, bool] = {
    "message.text": True,
    "message.image": True,
    "message.video": True,
    "message.audio": True,
    "message.file": True,
    "message.location": True,
    "message.sticker": True,
    "messageEdited": True,
    "unsend": False,
    "follow": True,
    "unfollow": False,
    "join": True,
    "leave": False,
    "memberJoined": True,
    "memberLeft": False,
    "postback": True,
    "videoPlayComplete": True,
    "beacon": True,
    "accountLink": True,
    "membership": True,
    "module": False,
    "activated": False,
    "deactivated": False,
    "botSuspended": False,
    "botResumed": False,
    "delivery": False,
}
"""Each event type and whether LINE lets it be answered."""

TEXTS = frozenset(["message.text", "messageEdited"])
"""The event types that have a text."""

MEDIA = frozenset(f"message.{kind}" for kind in ("image", "video", "audio", "file"))
"""The event types that come with a file."""

_CHAT_IDS: Mapping[str, tuple[ChatKind, str]] = {
    "user": ("user", "userId"),
    "group": ("group", "groupId"),
    "room": ("room", "roomId"),
}


def load(body: bytes) -> list[Mapping[str, Any]]:
    """Return the raw events of a webhook body, or raise NotAWebhookError."""
    events = load_object(body).get("events")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise NotAWebhookError("no list of event objects under `events`")
    return events


def read(bot: str, raw: Mapping[str, Any], received_at: int) -> Event:
    """Turn one raw event object into an Event; whatever is missing or odd becomes None or empty."""
    identity = event_id(raw)
    chat, user = _source(raw)
    is_standby = raw.get("mode") == "standby"
    is_redelivery = mapping(raw, "deliveryContext").get("isRedelivery") is True
    kind = text_of(raw, "type") or "unknown"
    message, postback = mapping(raw, "message"), mapping(raw, "postback") if kind == "postback" else {}
    text, calls = _typed(message) if kind in ("message", "messageEdited") else (None, ())
    timestamp = _timestamp(raw, received_at)
    params = _texts(mapping(postback, "params")) if postback else {}
    until = received_at + REPLY_MILLISECONDS
    if is_redelivery:
        until = min(until, timestamp + REDELIVERY_MILLISECONDS)
    return Event(
        bot=bot,
        id=identity,
        type=f"message.{text_of(message, 'type') or 'unknown'}" if kind == "message" else kind,
        conversation=chat.id or f"{NO_CHAT}{identity}",
        chat=chat,
        user=user or _only_member(raw, kind),
        text=text,
        timestamp=timestamp,
        ways=() if is_standby else _ways(raw, kind, chat, until),
        raw=raw,
        message_id=text_of(mapping(raw, "unsend"), "messageId") if kind == "unsend" else text_of(message, "id"),
        postback=text_of(postback, "data"),
        calls=calls,
        quoted=text_of(message, "quotedMessageId"),
        is_standby=is_standby,
        is_redelivery=is_redelivery,
        received_at=received_at,
        postback_params=params,
        picked=next((params[name] for name in ("datetime", "date", "time") if name in params), None),
        attachment=_attachment(message) if kind == "message" else None,
    )


def push_way(to: str) -> Way | None:
    """Return the way to the person, group or room *to*, or to all friends.

    The platform knows an attempt again by its retry key.
    """
    if to == EVERYONE:
        return Way("broadcast", to, is_push=True, is_repeatable=True)
    return Way("push", to, is_push=True, is_repeatable=True) if to and not to.startswith(NO_CHAT) else None


def _ways(raw: Mapping[str, Any], kind: str, chat: Chat, until: int) -> Ways:
    """Return the way by the reply token, which works once however often it is tried, and that by a push."""
    token = text_of(raw, "replyToken")
    push = push_way(chat.id) if token or EVENTS.get(kind) is not False else None
    if token is None:
        return () if push is None else (push,)
    reply = Way("reply", token, until=until, uses=1, is_repeatable=True)
    return (reply,) if push is None else (reply, push)


def redact(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *raw* with only the ids and the type of its message: its author took it back."""
    message = mapping(raw, "message")
    kept = {name: message[name] for name in ("id", "type") if name in message}
    if message.get("type") == "text":
        kept["text"] = ""
    return {**raw, "message": kept}


def event_id(raw: Mapping[str, Any]) -> str:
    """Return ``webhookEventId``, or the SHA-256 of the event without its delivery context."""
    given = text_of(raw, "webhookEventId")
    if given:
        return given
    stable = {name: value for name, value in raw.items() if name != "deliveryContext"}
    return hashlib.sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()


def _source(raw: Mapping[str, Any]) -> tuple[Chat, str | None]:
    source = mapping(raw, "source")
    user = text_of(source, "userId")
    kind, field = _CHAT_IDS.get(text_of(source, "type") or "", ("none", ""))
    identity = text_of(source, field) if field else None
    if identity:
        return Chat(kind, identity), user
    return (Chat("user", user) if user else Chat("none", "")), user


def _only_member(raw: Mapping[str, Any], kind: str) -> str | None:
    """Return who joined a group, where one person did: LINE names no source's user then."""
    members = mapping(raw, "joined").get("members") if kind == "memberJoined" else None
    if isinstance(members, list) and len(members) == 1 and isinstance(members[0], dict):
        return text_of(members[0], "userId")
    return None


def _typed(message: Mapping[str, Any]) -> tuple[str | None, tuple[tuple[int, int], ...]]:
    """Return what was typed, without LINE's emojis, which stand in it as in ``(love)``; and where it calls the bot.

    https://developers.line.biz/en/reference/messaging-api/#wh-text
    """
    text = text_of(message, "text") if message.get("type") == "text" else None
    if text is None:
        return None, ()
    calls = [span for one in objects(mapping(message, "mention"), "mentionees") if (span := _call(one, text))]
    emojis = [span for one in objects(message, "emojis") if (span := _span(one, text))]
    return _without(text, emojis, calls) if emojis else (text, tuple(calls))


def _call(mentionee: Mapping[str, Any], text: str) -> tuple[int, int] | None:
    """Return where *mentionee* stands, if it is the bot; at the beginning where that isn't said."""
    return (_span(mentionee, text) or (0, 0)) if mentionee.get("isSelf") is True else None


def _span(given: Mapping[str, Any], text: str) -> tuple[int, int] | None:
    index, length = given.get("index"), given.get("length")
    if not (isinstance(index, int) and isinstance(length, int) and index >= 0 and length > 0):
        return None
    return _code_point(text, index), _code_point(text, index + length)


def _without(
    text: str, spans: Sequence[tuple[int, int]], calls: Sequence[tuple[int, int]]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return *text* without what stands at *spans*, a blank between what they parted; and *calls* moved with it."""
    for start, end in reversed(_disjoint(spans)):
        length = len(text)
        before, after = text[:start], text[end:]
        if before[-1:].isspace():
            after = after.lstrip()
        blank = " " if before and after and not (before[-1].isspace() or after[0].isspace()) else ""
        text = f"{before}{blank}{after}"
        shift = len(text) - length
        calls = [
            (first + shift if first >= end else first, last + shift if last >= end else last) for first, last in calls
        ]
    return text, tuple(calls)


def _attachment(message: Mapping[str, Any]) -> Attachment | None:
    kind, size, provider = text_of(message, "type"), message.get("fileSize"), mapping(message, "contentProvider")
    if kind is None or f"message.{kind}" not in MEDIA:
        return None
    is_elsewhere = provider.get("type") == "external"
    return Attachment(
        kind=kind,
        name=text_of(message, "fileName"),
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        url=(text_of(provider, "originalContentUrl") or "") if is_elsewhere else None,
    )


def _disjoint(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return *spans* in order, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _code_point(text: str, unit: int) -> int:
    """Turn an offset in UTF-16 units, as LINE counts, into one in code points."""
    if text.isascii():
        return min(unit, len(text))
    before = text.encode("utf-16-le", "surrogatepass")[: 2 * unit].decode("utf-16-le", "replace")
    return len(before)


def _timestamp(raw: Mapping[str, Any], received_at: int) -> int:
    value = raw.get("timestamp")
    return value if isinstance(value, int) and 0 < value < 10**14 else received_at


def _texts(raw: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in raw.items() if isinstance(value, str) and value}
