"""Say what Telegram's events tell besides their text, by the names that bot.yaml has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hookline import Event, EventField
from hookline.adapters.fields import ALL, FieldKind, RawPath, walk
from hookline.adapters.payloads import identity, text

from .parse import MEDIA, file_of, message_of, people_of

_MEMBERS = "new_chat_members left_chat_member chat_member"


def _command(event: Event) -> str | None:
    first, *_ = (event.text or "").split(maxsplit=1) or [""]
    return first[1:] if first.startswith("/") and "@" not in first else None  # with an @ it is another bot's


def _arguments(event: Event) -> str | None:
    return None if _command(event) is None else " ".join((event.text or "").split(maxsplit=1)[1:])


def _username(event: Event) -> str | None:
    return text(people_of(event.raw)[0], "username")


def _members(event: Event) -> list[str]:
    _, *others = people_of(event.raw)
    return [found for one in others if (found := identity(one, "id"))]


def _in_message(path: str) -> Callable[[Event], object]:
    steps = path.split(".")
    return lambda event: walk(message_of(event.raw), steps)


def _id_in_message(name: str) -> Callable[[Event], str | None]:
    return lambda event: identity(message_of(event.raw), name)


def _field(
    read: Callable[[Event], object], doc: str, types: str = "", kind: FieldKind = "text", **more: Any
) -> EventField:
    return EventField(frozenset(types.split()) or ALL, kind, doc, read, **more)


FIELDS: Mapping[str, EventField] = {
    "command": _field(_command, "The command that a text begins with, without the slash.", "message.text"),
    "arguments": _field(_arguments, "What stands behind the command.", "message.text"),
    "username": _field(_username, "The @name of whoever it is from, without the @."),
    "chat_title": _field(_in_message("chat.title"), "The title of the group or channel."),
    "topic": _field(_id_in_message("message_thread_id"), "The id of the topic, or of the chain of replies."),
    "album": _field(_id_in_message("media_group_id"), "What the pictures and files of one album have in common."),
    "caption": _field(_in_message("caption"), "What was written below a picture or file."),
    "signature": _field(_in_message("author_signature"), "Who of a channel or of a group's anonymous admins wrote."),
    "file_id": _field(
        lambda event: file_of(message_of(event.raw)).get("file_id"),
        "Telegram's id of a file that was sent; by it the file can be sent again.",
        " ".join(sorted(MEDIA)),
    ),
    "sticker_emoji": _field(_in_message("sticker.emoji"), "The emoji that a sticker stands for.", "message.sticker"),
    "phone": _field(_in_message("contact.phone_number"), "The number of a contact.", "message.contact"),
    "latitude": _field(_in_message("location.latitude"), "Degrees north.", "message.location", "number"),
    "longitude": _field(_in_message("location.longitude"), "Degrees east.", "message.location", "number"),
    "members": _field(_members, "Who came or left.", _MEMBERS, "names"),
    "status": _field(
        RawPath.of("my_chat_member.new_chat_member.status"),
        "What the bot is in the chat now.",
        "my_chat_member",
        choices=("member", "administrator", "restricted", "left", "kicked"),
        is_telling=True,
    ),
    "emoji": _field(
        RawPath.of("message_reaction.new_reaction.0.emoji"),
        "The reaction; none when it was taken back, or isn't a plain emoji.",
        "message_reaction",
    ),
    "query": _field(RawPath.of("inline_query.query"), "What was typed behind the bot's @name.", "inline_query"),
}
"""Everything by its name; what has none is found by its path, as in ``{event.raw.message.chat.title}``."""
