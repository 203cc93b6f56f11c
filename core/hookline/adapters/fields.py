"""Say what an event tells besides its text: fields that have a name, and any value of the platform's own object."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeGuard

from ..events import Event

ALL = frozenset(["*"])
"""Stands for every type of events."""

RAW = "raw"
"""Begins a path into the platform's own object: ``{event.raw.beacon.type}``."""

FieldKind = Literal["text", "number", "bool", "texts", "names"]
Value = str | int | float | bool | list[str]

_MAX_INDEX = 6


def walk(value: object, steps: Sequence[str]) -> object:
    """Return what *value* holds at the end of *steps*, names of mappings and numbers of list items; or None."""
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) <= _MAX_INDEX:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


@dataclass(frozen=True, slots=True)
class RawPath:
    """Read one value of the platform's own object, whatever it is; None when it isn't there.

    >>> path = RawPath.of("message.mention.mentionees.0.userId")
    """

    steps: tuple[str, ...]

    @classmethod
    def of(cls, written: str) -> RawPath:
        """Return the path that is *written* with dots."""
        return cls(tuple(written.split(".")))

    def __call__(self, event: Event) -> object:
        """Return what stands there."""
        return walk(event.raw, self.steps)


@dataclass(frozen=True, slots=True)
class EventField:
    """Hold one named thing that events of some ``types`` tell (:data:`ALL` for every type).

    ``read`` takes it from the event; it never raises, whatever the platform sent, and what isn't of its ``kind`` counts
    as not there. Of kind ``names`` are ids of people, who are shown by their names. ``choices`` are the values that the
    platform is known to send. Where those mean things that call for different answers, as joined and left do,
    ``is_telling`` says so: whoever doesn't look at them is warned.
    """

    types: frozenset[str]
    kind: FieldKind
    doc: str
    read: Callable[[Event], object]
    choices: tuple[str, ...] = ()
    is_telling: bool = False

    @property
    def is_list(self) -> bool:
        """Say whether there may be several values."""
        return self.kind in ("texts", "names")

    def value(self, event: Event) -> Value | None:
        """Return what *event* says; None when it doesn't."""
        if "*" not in self.types and event.type not in self.types:
            return None
        found = self.read(event)
        match self.kind:
            case "text":
                return found if isinstance(found, str) and found else None
            case "number":
                return found if _is_number(found) else None
            case "bool":
                return found if isinstance(found, bool) else None
        return _texts(found) or None


@dataclass(frozen=True, slots=True)
class Quoting:
    """Say how a platform quotes the message that is answered: ``key`` of a message object takes what ``field`` tells.

    ``types`` are those of messages that can do so.
    """

    key: str
    field: str
    types: frozenset[str]


def _is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []


OWN_FIELDS: Mapping[str, EventField] = {
    "id": EventField(ALL, "text", "The event's own id.", lambda event: event.id),
    "type": EventField(ALL, "text", "Its type, as under `on:`.", lambda event: event.type),
    "text": EventField(ALL, "text", "What was written.", lambda event: event.text),
    "user": EventField(ALL, "text", "The id of whoever it is from.", lambda event: event.user),
    "chat": EventField(ALL, "text", "The id of the chat, group or room.", lambda event: event.chat.id),
    "chat_kind": EventField(ALL, "text", "user, group, room or none.", lambda event: event.chat.kind),
    "time": EventField(
        ALL, "text", "When it happened, in UTC.", lambda event: event.time.isoformat(timespec="seconds")
    ),
    "message_id": EventField(
        ALL, "text", "The id of the message, also of one taken back.", lambda event: event.message_id
    ),
    "postback": EventField(ALL, "text", "The whole data of a button.", lambda event: event.postback),
    "picked": EventField(
        ALL,
        "text",
        "The date, time, place or contact that was picked where one was asked for.",
        lambda event: event.picked,
    ),
}
"""What every platform's events tell. An adapter's field of the same name is never asked."""
