"""Hold what goes out: :class:`Message`, :class:`Reply`, and how a handler's answer becomes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from .errors import AnswerError, HandlerError
from .events import ConversationId
from .neutral import Neutral, is_meant
from .plain import NotJsonError, plain


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
    """Send *messages* to *to*, whoever wrote last: a person, group or thread as events name their conversations.

    ``bot`` is the one that sends them, None for the one whose event it is. At ``until``, in milliseconds since 1970, it
    is too late to send them.
    """

    to: ConversationId
    messages: tuple[Message, ...]
    bot: str | None = None
    until: int | None = None


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


_SAYING = ("text", "altText", "caption", "content", "body")


def text_of(message: Mapping[str, Any]) -> str:
    """Return what a message object says, by the names that platforms have for it."""
    return next((str(message[name]) for name in _SAYING if message.get(name)), "")


Answer = str | Message | Reply | Neutral | SdkModel | Mapping[str, Any] | Sequence["Answer"] | None
"""All that a handler may return."""


MAX_MESSAGES = 100
"""So many go out as one answer at most: twenty calls, nineteen of them pushes."""
MAX_PARTS = 1_000
"""So many parts, lists among them, are looked at in what a handler has returned."""
MAX_DEPTH = 100
_END: Any = object()


def as_messages(answer: Answer) -> list[Message]:
    """Turn what a handler returned into messages; raise HandlerError for anything else, AnswerError for too much."""
    found: list[Message] = []
    waiting: list[Iterator[Answer]] = [iter((answer,))]
    parts = 0
    while waiting:
        part = next(waiting[-1], _END)
        parts += 1
        if parts > MAX_PARTS or len(found) > MAX_MESSAGES or len(waiting) > MAX_DEPTH:
            raise AnswerError(f"more than {MAX_MESSAGES} messages in one answer, or lists without end")
        if part is _END:
            waiting.pop()
        elif isinstance(part, Sequence) and not isinstance(part, str | bytes | bytearray | memoryview):
            waiting.append(iter(part))
        else:
            found += _messages(part)
    return found


def _messages(part: object) -> Sequence[Message]:
    match part:
        case None:
            return []
        case str():
            return [Message.from_text(part)] if part else []
        case Message():
            return [part]
        case Reply():
            return part.messages
        case Neutral():
            return [Message(part.body())]
        case Mapping():
            return [Message(_typed(part))]
        case SdkModel():
            return [Message(_typed(part.to_dict()))]
    raise HandlerError(
        f"a handler returned {type(part).__name__}; expected text, a Neutral, a message object, a Message, "
        "a Reply, an SDK model, a list of these, or None"
    )


def _typed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(body.get("type"), str) and not is_meant(body):
        raise HandlerError("a message object needs a `type`, as in {'type': 'text', 'text': 'hi'}")
    return body


def copied(messages: Sequence[Message]) -> list[Message]:
    """Return *messages* as they are now, made of nothing but JSON; raise AnswerError where they hold anything else.

    Whoever made them may have kept them, and may have made them of classes that do as they like.
    """
    try:
        return [Message(plain(message.body)) for message in messages]
    except NotJsonError as error:
        raise AnswerError(f"a message is no JSON: {error}") from None
