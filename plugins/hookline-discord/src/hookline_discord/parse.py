"""Turn Discord's interactions into events; unknown types, fields and shapes are kept.

https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hookline import Chat, Event, NotAWebhookError, Way
from hookline.adapters.payloads import identity, load_object, mapping, number, objects, text
from hookline.neutral import SAID
from hookline.ways import Ways

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 1, 2, 3, 4, 5
EVENTS: Mapping[str, bool] = {
    "message.text": True,
    "postback": True,
    "modal": True,
    "user_command": True,
    "message_command": True,
}
"""Each event type and whether it can be answered."""

SAY = "say"
"""The command whose option is what a person says: ``/say 你好`` is the text ``你好``."""
FILLED = "options"
"""What was filled in, by name: it is put beside what Discord sends, where it stands in lists."""

TOKEN_MILLISECONDS = 15 * 60_000
MARGIN_MILLISECONDS = 30_000
CALLBACK_MILLISECONDS = 2_500
"""A token lasts 15 minutes, and 3 seconds until something was said by it: …#interaction-callback"""

_EPOCH = 1_420_070_400_000
"""https://docs.discord.com/developers/reference#snowflakes"""
_SUBCOMMANDS = (1, 2)
_COMMANDS: Mapping[int, str] = {2: "user_command", 3: "message_command"}
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_TOKEN = re.compile(r"[!-~]{1,1500}")


def load(body: bytes) -> Mapping[str, Any]:
    """Return the interaction in a webhook's body, or raise NotAWebhookError."""
    interaction = load_object(body)
    if kind_of(interaction) < PING:
        raise NotAWebhookError("no `type` of an interaction")
    return interaction


def kind_of(interaction: Mapping[str, Any]) -> int:
    """Return the number of its type, 0 where there is none."""
    return number(interaction, "type") or 0


def with_filled(interaction: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *interaction* with what was filled in by name, as ``{event.raw.options.size}`` wants it."""
    data = mapping(interaction, "data")
    filled = {name: option["value"] for option in _leaves(data) if (name := text(option, "name")) and "value" in option}
    for one in _inputs(objects(data, "components")):
        if name := text(one, "custom_id"):
            filled[name] = one.get("value", one.get("values"))
    return {**interaction, FILLED: filled} if filled else interaction


def redact(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *raw* without what was written, the name of a command with it, and with only the id of its message."""
    kept = {"data": ("id", "type", "custom_id", "component_type", "target_id"), "message": ("id",)}
    return {
        name: {key: value[key] for key in kept[name] if key in value}
        if name in kept and isinstance(value, dict)
        else value
        for name, value in raw.items()
        if name != FILLED
    }


def channel_way(channel: str) -> Way:
    """Return the way to a channel; of a second attempt Discord is told by a nonce."""
    return Way("channel", channel, is_push=True, is_repeatable=True)


def is_channel(to: str) -> bool:
    """Say whether *to* is an id as Discord has them."""
    return _SNOWFLAKE.fullmatch(to) is not None


def name_of(data: Mapping[str, Any]) -> str | None:
    """Return the name of a command, with those of its subcommands behind it: ``permissions user get``."""
    name = text(data, "name")
    return None if name is None else " ".join([name, *_subcommands(data)])


class Reader:
    """Read the interactions of one bot.

    With *defers* commands were answered that somebody is thinking; with *pushes* an answer that comes too late for the
    token goes to the channel, where everybody sees it.
    """

    def __init__(self, bot: str, application: str, *, defers: bool, pushes: bool) -> None:
        self._bot = bot
        self._application = application
        self._defers = defers
        self._pushes = pushes

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw interaction into an Event; whatever is missing or odd becomes None or empty."""
        event_id = identity(raw, "id") or hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
        channel = identity(raw, "channel_id") or identity(mapping(raw, "channel"), "id") or ""
        facts = _facts(kind_of(raw), mapping(raw, "data"))
        is_direct = raw.get("guild_id") is None or raw.get("context") in (1, 2)
        return Event(
            bot=self._bot,
            id=event_id,
            type=facts.pop("type"),
            conversation=channel or f"event:{event_id}",
            chat=Chat(("user" if is_direct else "group") if channel else "none", channel),
            user=identity(person_of(raw), "id"),
            text=facts.pop("text", None),
            timestamp=_time(event_id, received_at),
            raw=raw,
            ways=self._ways(raw, event_id, channel, received_at),
            message_id=identity(mapping(raw, "message"), "id"),
            calls=((0, 0),),
            received_at=received_at,
            **facts,
        )

    def _ways(self, raw: Mapping[str, Any], event_id: str, channel: str, received_at: int) -> Ways:
        has_room = self._pushes and is_channel(channel) and raw.get("context") != 2  # of other people's chats
        pushed = (channel_way(channel),) if has_room else ()
        token, application = text(raw, "token"), identity(raw, "application_id") or self._application
        if token is None or not (_TOKEN.fullmatch(token) and is_channel(application)):
            return pushed
        kind, until = kind_of(raw), received_at + TOKEN_MILLISECONDS - MARGIN_MILLISECONDS
        address = f"{application} {token}"
        followup = Way("followup", address, until)
        if kind == COMPONENT:
            return (followup, *pushed)
        if kind in (COMMAND, MODAL) and self._defers:
            original = Way("original", address, until, uses=1, is_repeatable=True, is_owed=True)
            return (original, followup, *pushed)
        soon = received_at + CALLBACK_MILLISECONDS
        return (Way("callback", f"{event_id} {token}", soon, uses=1, is_repeatable=True), followup, *pushed)


def person_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return who did it: a member of a server, or whoever is in a chat of their own."""
    return mapping(mapping(raw, "member"), "user") or mapping(raw, "user")


def _facts(kind: int, data: Mapping[str, Any]) -> dict[str, Any]:
    match kind:
        case 2:
            return _command(data)
        case 3:
            return _component(data)
        case 5:
            fields = (text(one, "value") for one in _inputs(objects(data, "components")))
            return {"type": "modal", "text": next(filter(None, fields), None)}
    return {"type": f"interaction.{kind}"}


def _command(data: Mapping[str, Any]) -> dict[str, Any]:
    kind, name = 1 if "type" not in data else number(data, "type"), name_of(data)
    if kind is None or name is None:
        return {"type": "interaction.2"}
    if kind != 1:
        return {"type": _COMMANDS.get(kind, f"command.{kind}")}
    values = [shown(option["value"]) for option in _leaves(data) if "value" in option]
    words = values if name == SAY and values else [f"/{name}", *values]
    return {"type": "message.text", "text": " ".join(words)}


def _component(data: Mapping[str, Any]) -> dict[str, Any]:
    custom = text(data, "custom_id")
    if custom is None:
        return {"type": "interaction.3"}
    said = custom.removeprefix(SAID)
    if custom.startswith(SAID) and said:
        return {"type": "message.text", "text": said}
    given = data.get("values")
    values = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
    picked = {"picked": values[0], "postback_params": {"values": ",".join(values)}} if values else {}
    return {"type": "postback", "postback": custom, **picked}


def _subcommands(data: Mapping[str, Any]) -> Iterator[str]:
    options = objects(data, "options")
    while options and options[0].get("type") in _SUBCOMMANDS:
        yield text(options[0], "name") or "?"
        options = objects(options[0], "options")


def _leaves(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the options that were filled in, of whatever subcommand."""
    options = objects(data, "options")
    while options and options[0].get("type") in _SUBCOMMANDS:
        options = objects(options[0], "options")
    return options


def _inputs(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the fields of a form, in their order: each in a label, or in a row."""
    for one in components:
        if "custom_id" in one:
            yield one
        inner = one.get("component")
        yield from _inputs([*objects(one, "components"), *([inner] if isinstance(inner, dict) else [])])


def shown(value: object) -> str:
    """Return what was filled in as a text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _time(event_id: str, received_at: int) -> int:
    """Return when the interaction was made, which its id tells; when it came, where the id is none of Discord's."""
    made = (int(event_id) >> 22) + _EPOCH if is_channel(event_id) else 0
    return made if abs(made - received_at) < TOKEN_MILLISECONDS else received_at
