"""Turn Telegram's updates into events; unknown types, fields and shapes are kept.

https://core.telegram.org/bots/api#update
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hookline import Attachment, Chat, Event, NotAWebhookError, Way
from hookline.adapters.payloads import identity, load_object, mapping, number, objects, text
from hookline.events import ChatKind

EVENTS: Mapping[str, bool] = {
    "message.text": True,
    "message.image": True,
    "message.video": True,
    "message.audio": True,
    "message.file": True,
    "message.sticker": True,
    "message.location": True,
    "message.contact": True,
    "message.other": True,
    "postback": True,
    "edited_message": True,
    "channel_post": True,
    "edited_channel_post": True,
    "new_chat_members": True,
    "left_chat_member": True,
    "my_chat_member": True,
    "chat_member": True,
    "chat_join_request": True,
    "message_reaction": True,
    "inline_query": False,
    "chosen_inline_result": False,
    "shipping_query": False,
    "pre_checkout_query": False,
    "poll": False,
    "poll_answer": False,
}
"""Each event type and whether it can be answered: in the chat where it happened."""

MEDIA = frozenset(f"message.{kind}" for kind in ("image", "video", "audio", "file"))
SAID = "say="
"""Begins the data of a button that lets a person say something."""

_CONTENTS: Mapping[str, str] = {
    "text": "text",
    "photo": "image",
    "video": "video",
    "video_note": "video",
    "animation": "file",
    "audio": "audio",
    "voice": "audio",
    "document": "file",
    "sticker": "sticker",
    "location": "location",
    "venue": "location",
    "contact": "contact",
}
"""What a message may hold, and what hookline calls it; the first that is there counts, but ``animation`` comes with
a ``document``, and ``venue`` with a ``location``."""
_MESSAGES = ("message", "edited_message", "channel_post", "edited_channel_post")
_SERVICE = ("new_chat_members", "left_chat_member")
_KINDS: Mapping[str, ChatKind] = {"private": "user", "group": "group", "supergroup": "group", "channel": "room"}
_ADDRESS = re.compile(r"-?\d{1,20}(:\d{1,12})?|@\w{4,64}")


def load(body: bytes) -> Mapping[str, Any]:
    """Return the update in a webhook's body, or raise NotAWebhookError."""
    update = load_object(body)
    if number(update, "update_id") is None:
        raise NotAWebhookError("no `update_id`")
    return update


def is_address(to: str) -> bool:
    """Say whether something can be sent to *to*."""
    return _ADDRESS.fullmatch(to) is not None


def send_way(to: str) -> Way:
    """Return the way to a chat; Telegram notices no second attempt."""
    return Way("send", to)


def redact(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *raw* with only the ids of its message."""
    kept = ("message_id", "message_thread_id", "is_topic_message", "date", "chat", "from")
    return {
        name: {key: value[key] for key in kept if key in value}
        if name in _MESSAGES and isinstance(value, dict)
        else value
        for name, value in raw.items()
    }


class Reader:
    """Read the updates of one bot, which knows its own id and maybe its name."""

    def __init__(self, bot: str, own_id: str, username: str | None) -> None:
        self._bot = bot
        self._own_id = own_id
        self._name = (username or "").removeprefix("@").casefold()

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw update into an Event; whatever is missing or odd becomes None or empty."""
        kind = next((name for name in raw if name != "update_id" and isinstance(raw[name], dict)), "unknown")
        if kind in _MESSAGES:
            return self._message(kind, raw, mapping(raw, kind), received_at)
        if kind == "callback_query":
            return self._callback(raw, mapping(raw, kind), received_at)
        found = mapping(raw, kind)
        return self._event(raw, kind, found, found, received_at)

    def _message(self, kind: str, raw: Mapping[str, Any], message: Mapping[str, Any], received_at: int) -> Event:
        content = next((_CONTENTS[name] for name in _CONTENTS if message.get(name)), "other")
        service = next((name for name in _SERVICE if message.get(name)), None)
        type_ = service or (f"message.{content}" if kind == "message" else kind)
        written, calls = self._written(message)
        quoted = mapping(message, "reply_to_message")
        return self._event(
            raw,
            type_,
            message,
            message,
            received_at,
            text=written,
            calls=(*calls, (0, 0)) if identity(mapping(quoted, "from"), "id") == self._own_id else calls,
            quoted=identity(quoted, "message_id"),
            attachment=_attachment(message, content),
            picked=_picked(message),
        )

    def _callback(self, raw: Mapping[str, Any], query: Mapping[str, Any], received_at: int) -> Event:
        message, data = mapping(query, "message"), text(query, "data") or ""
        said = data.removeprefix(SAID) if data.startswith(SAID) else None
        event = self._event(
            raw,
            "postback" if said is None else "message.text",
            query,
            message,
            received_at,
            text=said,
            postback=data if said is None else None,
            calls=((0, 0),),
        )
        number_of, to = identity(query, "id"), event.ways[0].to if event.ways else ""
        owed = () if number_of is None else (Way("callback", f"{number_of} {to}".strip(), uses=1, is_owed=True),)
        return replace(event, ways=(*owed, *event.ways))

    def _event(
        self,
        raw: Mapping[str, Any],
        kind: str,
        source: Mapping[str, Any],
        message: Mapping[str, Any],
        received_at: int,
        **facts: Any,
    ) -> Event:
        chat_id = identity(mapping(message, "chat"), "id") or ""
        thread = identity(message, "message_thread_id") if message.get("is_topic_message") is True else None
        place = f"{chat_id}:{thread}" if thread else chat_id
        event_id = identity(raw, "update_id") or hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
        date = number(source, "edit_date") or number(source, "date")
        can_answer = bool(place) and EVENTS.get(kind, True)
        return Event(
            bot=self._bot,
            id=event_id,
            type=kind,
            conversation=place or f"event:{event_id}",
            chat=Chat(_KINDS.get(str(mapping(message, "chat").get("type")), "none"), chat_id),
            user=identity(mapping(source, "from"), "id"),
            timestamp=date * 1000 if date and 0 < date < 10**11 else received_at,
            ways=(send_way(place),) if can_answer else (),
            raw=raw,
            message_id=identity(message, "message_id"),
            received_at=received_at,
            text=facts.pop("text", None),
            **facts,
        )

    def _written(self, message: Mapping[str, Any]) -> tuple[str | None, tuple[tuple[int, int], ...]]:
        """Return what was typed, and where the bot itself is called in it: by a mention, or by a command that is its.

        A command's ``@name`` is taken out. Offsets are in UTF-16 units.
        """
        key = "text" if isinstance(message.get("text"), str) else "caption"
        written = text(message, key)
        if written is None:
            return None, ()
        calls: list[tuple[int, int]] = []
        for entity in objects(message, "entities" if key == "text" else "caption_entities"):
            span = _span(written, entity)
            if span is None:
                continue
            marked, kind = written[slice(*span)], entity.get("type")
            command, _, whose = marked.partition("@")
            if kind == "bot_command" and span[0] == 0 and (not whose or whose.casefold() == self._name):
                calls.append((0, 0))
                written = command + written[span[1] :]
                break  # what stands behind it has moved
            is_named = kind == "mention" and self._name and marked[1:].casefold() == self._name
            if is_named or (kind == "text_mention" and identity(mapping(entity, "user"), "id") == self._own_id):
                calls.append(span)
        return written, tuple(calls)


def _span(written: str, entity: Mapping[str, Any]) -> tuple[int, int] | None:
    offset, length = number(entity, "offset"), number(entity, "length")
    if offset is None or length is None or offset < 0 or length <= 0:
        return None
    units = written.encode("utf-16-le", "surrogatepass")
    start = len(units[: 2 * offset].decode("utf-16-le", "replace"))
    return start, start + len(units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace"))


def file_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what *message* says of its file; of a picture its largest size."""
    sizes = objects(message, "photo")
    if sizes:
        return sizes[-1]
    names = ("video", "video_note", "animation", "audio", "voice", "document")
    return next((mapping(message, name) for name in names if message.get(name)), {})


def _attachment(message: Mapping[str, Any], content: str) -> Attachment | None:
    found = file_of(message)
    if f"message.{content}" not in MEDIA or not found:
        return None
    return Attachment(content, text(found, "file_name"), number(found, "file_size"))


def _picked(message: Mapping[str, Any]) -> str | None:
    """Return the contact's number, or the place, that was sent by a button that asked for it."""
    contact, place = mapping(message, "contact"), mapping(message, "location")
    if place:
        return f"{place.get('latitude')},{place.get('longitude')}"
    return text(contact, "phone_number")
