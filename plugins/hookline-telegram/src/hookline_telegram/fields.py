"""Say what Telegram's events tell besides their text, by the names that bot.yaml has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hookline import Event, EventField
from hookline.adapters.fields import ALL, FieldKind, RawPath

_COMMANDS = frozenset(["message.text"])


def _command(event: Event) -> str | None:
    first, *_ = (event.text or "").split(maxsplit=1) or [""]
    return first[1:] if first.startswith("/") and len(first) > 1 else None


def _arguments(event: Event) -> str | None:
    return None if _command(event) is None else " ".join((event.text or "").split(maxsplit=1)[1:])


def _in_message(path: str) -> Callable[[Event], object]:
    paths = [RawPath.of(f"{kind}.{path}") for kind in ("message", "edited_message", "channel_post")]
    return lambda event: next((found for each in paths if (found := each(event)) is not None), None)


def _field(
    read: Callable[[Event], object], doc: str, types: str = "", kind: FieldKind = "text", **more: Any
) -> EventField:
    return EventField(frozenset(types.split()) or ALL, kind, doc, read, **more)


_USERS = [
    RawPath.of(f"{kind}.from.username")
    for kind in ("message", "edited_message", "callback_query", "my_chat_member", "chat_join_request")
]

FIELDS: Mapping[str, EventField] = {
    "command": EventField(_COMMANDS, "text", "The command that a text begins with, without the slash.", _command),
    "arguments": EventField(_COMMANDS, "text", "What stands behind the command.", _arguments),
    "username": _field(
        lambda event: next((found for each in _USERS if isinstance(found := each(event), str)), None),
        "The @name of whoever it is from, without the @.",
    ),
    "chat_title": _field(_in_message("chat.title"), "The title of the group or channel."),
    "caption": _field(_in_message("caption"), "What was written below a picture or file."),
    "sticker_emoji": _field(_in_message("sticker.emoji"), "The emoji that a sticker stands for.", "message.sticker"),
    "file_id": _field(_in_message("document.file_id"), "Telegram's id of a file that was sent.", "message.file"),
    "phone": _field(_in_message("contact.phone_number"), "The number of a contact.", "message.contact"),
    "latitude": _field(_in_message("location.latitude"), "Degrees north.", "message.location", "number"),
    "longitude": _field(_in_message("location.longitude"), "Degrees east.", "message.location", "number"),
    "status": _field(
        RawPath.of("my_chat_member.new_chat_member.status"),
        "What the bot is in the chat now.",
        "my_chat_member",
        choices=("member", "administrator", "restricted", "left", "kicked"),
        is_telling=True,
    ),
    "emoji": _field(RawPath.of("message_reaction.new_reaction.0.emoji"), "The reaction.", "message_reaction"),
}
"""Everything by its name; what has none is found by its path, as in ``{event.raw.message.chat.title}``."""
