"""Hold what goes out: :class:`Message`, :class:`Reply`, and how a handler's answer becomes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from .errors import HandlerError


@dataclass(frozen=True, slots=True)
class Message:
    """Hold one message object of the platform, as it goes out: unknown fields are left alone."""

    body: Mapping[str, Any]

    @classmethod
    def from_text(cls, text: str) -> Message:
        """Return a plain text message."""
        return cls({"type": "text", "text": text})


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer the event with *messages*, in order."""

    messages: tuple[Message, ...]

    def __init__(self, *messages: Answer) -> None:
        object.__setattr__(self, "messages", tuple(item for part in messages for item in as_messages(part)))


@dataclass(frozen=True, slots=True)
class Push:
    """Send *messages* to the chat *to* (a user, group or room id), whoever wrote last."""

    to: str
    messages: tuple[Message, ...]


@runtime_checkable
class SdkModel(Protocol):
    """Be anything that turns itself into a platform object: the models of line-bot-sdk do."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""


UNCHECKED = "unchecked"
"""The key by which a message object says that nobody is to judge it; the platform isn't sent it."""


def is_unchecked(body: Mapping[str, Any]) -> bool:
    """Say whether a message object asks to be left alone."""
    return body.get(UNCHECKED) is True


def as_sent(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message object as the platform is sent it."""
    return {key: value for key, value in body.items() if key != UNCHECKED} if UNCHECKED in body else body


Answer = str | Message | Reply | SdkModel | Mapping[str, Any] | Sequence["Answer"] | None
"""All that a handler may return."""


def as_messages(answer: Answer) -> list[Message]:
    """Turn what a handler returned into messages; raise HandlerError for anything else."""
    match answer:
        case None:
            return []
        case str():
            return [Message.from_text(answer)] if answer else []
        case Message():
            return [answer]
        case Reply():
            return list(answer.messages)
        case Mapping():
            return [Message(_typed(answer))]
        case Sequence() if not isinstance(answer, bytes | bytearray | memoryview):
            return [message for part in answer for message in as_messages(part)]
        case SdkModel():
            return [Message(_typed(answer.to_dict()))]
    raise HandlerError(
        f"a handler returned {type(answer).__name__}; expected text, a message object, a Message, "
        "a Reply, an SDK model, a list of these, or None"
    )


def _typed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(body.get("type"), str):
        raise HandlerError("a message object needs a `type`, as in {'type': 'text', 'text': 'hi'}")
    return body
