"""Say what Slack's events tell besides their text, by the names that bot.yaml has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hookline import Event, EventField
from hookline.adapters.fields import ALL, FieldKind, RawPath
from hookline.adapters.payloads import mapping, objects, text

from .texts import read_text

_VIEWS = "view_submission view_closed"
_CALLBACKS = f"shortcut message_action {_VIEWS}"


def _at(*paths: str) -> Callable[[Event], object]:
    steps = [RawPath.of(path) for path in paths]
    return lambda event: next((found for step in steps if (found := step(event)) is not None), None)


def _command(event: Event) -> str | None:
    return (text(event.raw, "command") or "").removeprefix("/") or None


def _arguments(event: Event) -> str | None:
    return None if _command(event) is None else read_text(text(event.raw, "text") or "", None)[0]


def _values(event: Event) -> dict[str, Any]:
    """Return what was filled into a view, by the action that asked for it."""
    blocks = mapping(mapping(mapping(event.raw, "view"), "state"), "values")
    return {name: value for block in blocks.values() if isinstance(block, dict) for name, value in block.items()}


def _filled(event: Event) -> list[str]:
    found = [value for value in _values(event).values() if isinstance(value, dict)]
    return [value for one in found for value in _written(one)]


def _written(value: Mapping[str, Any]) -> list[str]:
    plain = [value.get(name) for name in ("value", "selected_date", "selected_time", "selected_user")]
    chosen = [mapping(value, "selected_option"), *objects(value, "selected_options")]
    return [one for one in (*plain, *(option.get("value") for option in chosen)) if isinstance(one, str)]


def _field(
    read: Callable[[Event], object], doc: str, types: str = "", kind: FieldKind = "text", **more: Any
) -> EventField:
    return EventField(frozenset(types.split()) or ALL, kind, doc, read, **more)


FIELDS: Mapping[str, EventField] = {
    "command": _field(_command, "The slash command, without the slash.", "message.text"),
    "arguments": _field(_arguments, "What stands behind the command.", "message.text"),
    "username": _field(_at("user_name", "user.username", "user.name"), "The @name, of commands, buttons and views."),
    "team": _field(_at("team_id", "team.id"), "The id of the workspace."),
    "thread": _field(
        _at("event.thread_ts", "container.thread_ts", "message.thread_ts", "event.message.thread_ts"),
        "The thread that it stands in, as 1717000000.000100.",
    ),
    "action": _field(_at("actions.0.action_id"), "The `action_id` of the button or menu.", "postback message.text"),
    "callback": _field(_at("view.callback_id", "callback_id"), "The `callback_id` of a shortcut or view.", _CALLBACKS),
    "values": _field(_filled, "What was filled into a view, in order.", _VIEWS, "texts"),
    "reaction": _field(_at("event.reaction"), "The emoji's name.", "reaction_added reaction_removed"),
    "file_id": _field(_at("event.files.0.id", "event.file_id"), "Slack's id of the file."),
    "file_title": _field(_at("event.files.0.title"), "The title that a file was given."),
    "tab": _field(_at("event.tab"), "The tab that was opened.", "app_home_opened", choices=("home", "messages")),
    "inviter": _field(_at("event.inviter"), "The id of who added the member.", "member_joined_channel"),
}
"""Everything by its name; what has none is found by its path, as in ``{event.raw.event.channel}``."""
