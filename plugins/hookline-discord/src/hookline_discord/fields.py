"""Say what Discord's events tell besides their text, by the names that bot.yaml has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hookline import Event, EventField
from hookline.adapters.fields import ALL, FieldKind, RawPath
from hookline.adapters.payloads import identity, mapping, text

from .parse import COMMAND, FILLED, kind_of, name_of, person_of, shown

_COMMANDS = "message.text user_command message_command"


def _command(event: Event) -> str | None:
    return name_of(mapping(event.raw, "data")) if kind_of(event.raw) == COMMAND else None


def _options(event: Event) -> list[str]:
    return [f"{name}={shown(value)}" for name, value in mapping(event.raw, FILLED).items()]


def _target_text(event: Event) -> str | None:
    data = mapping(event.raw, "data")
    messages = mapping(mapping(data, "resolved"), "messages")
    return text(mapping(messages, identity(data, "target_id") or ""), "content")


def _field(read: Callable[[Event], object], doc: str, types: str = "", kind: FieldKind = "text") -> EventField:
    return EventField(frozenset(types.split()) or ALL, kind, doc, read)


FIELDS: Mapping[str, EventField] = {
    "command": _field(_command, "The command's name, with its subcommands, without the slash.", _COMMANDS),
    "options": _field(_options, "What was filled in, each as `name=value`.", "message.text modal", "texts"),
    "custom_id": _field(
        RawPath.of("data.custom_id"), "The id of a button, a menu or a form.", "message.text postback modal"
    ),
    "username": _field(
        lambda event: person_of(event.raw).get("username"), "The name by which people are found, in lower case."
    ),
    "nick": _field(RawPath.of("member.nick"), "What somebody is called on the server."),
    "server": _field(RawPath.of("guild_id"), "The id of the server."),
    "channel_name": _field(RawPath.of("channel.name"), "The name of the channel or thread."),
    "locale": _field(RawPath.of("locale"), "The person's language, as in `zh-TW`."),
    "permissions": _field(RawPath.of("member.permissions"), "What somebody may do in the channel, as a number."),
    "target": _field(
        RawPath.of("data.target_id"), "The id of whom or what was chosen.", "user_command message_command"
    ),
    "target_text": _field(_target_text, "The text of the message that was chosen.", "message_command"),
}
"""Everything by its name; what has none is found by its path, as in ``{event.raw.options.size}``."""
