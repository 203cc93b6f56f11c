"""Say what an adapter is: verify and parse what comes in, send what goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from ..events import Event, Sender
from .fields import EventField, Quoting
from .flaws import Flaw, FlawPath
from .http import HttpClient

Headers = Sequence[tuple[bytes, bytes]]
"""ASGI headers: lower-case names, raw values, doubled ones kept."""

Form = Literal["reply", "push"]
Outcome = Literal["sent", "token_refused", "refused", "again", "uncertain"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Hold one attempt to send: a reply by its token, or a push to ``to`` under its ``retry_key``.

    ``unchecked`` are the indices of messages that nobody is to judge but the platform itself.
    """

    form: Form
    to: str
    messages: Sequence[Mapping[str, Any]]
    reply_token: str | None = None
    retry_key: str | None = None
    unchecked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say how an attempt ended.

    ``sent``: it arrived. ``token_refused``: nothing was sent, and this token never will; another form
    may. ``refused``: nothing was sent, and the same again won't be. ``again``: nothing was sent, try
    after ``after`` seconds. ``uncertain``: it may have arrived. ``blames_messages`` says that something in them was
    refused, so that others may be sent in the same way.
    """

    outcome: Outcome
    reason: str = ""
    after: float | None = None
    request_id: str | None = None
    message_ids: Sequence[str] = ()
    blames_messages: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """Hold the message that a platform's own editor had in view when it exported a part of one.

    ``origins`` say where in the export the parts of ``message`` stand.
    """

    message: Mapping[str, Any]
    origins: Mapping[FlawPath, FlawPath]


def as_it_is(export: Mapping[str, Any]) -> Exported | None:
    """Take *export* for a message of its own."""
    return None


FillOf = Callable[[Mapping[str, Any], str], Callable[[str, str], str] | None]
"""Return how a value is written into the text under a key of an object, behind what stands before it."""


def as_they_are(owner: Mapping[str, Any], key: str) -> None:
    """Let values be written as they are."""


def unsure(message: Mapping[str, Any]) -> bool:
    """Say that a message has to be looked at closely."""
    return False


def fits_everywhere(chat: str, messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Find nothing that depends on the chat."""
    return ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """Hold a file as it comes in: its content ``type``, without parameters, and its bytes in ``parts``."""

    type: str
    parts: AsyncIterator[bytes]


@runtime_checkable
class ContentApi(Protocol):
    """Be the API of a platform that keeps what people send, until it is fetched."""

    def incoming(self, event: Event, at_most: int) -> AbstractAsyncContextManager[Incoming]:
        """Open what was sent with *event*, once the platform has it ready.

        Raises PlatformError, also while its parts are read; ContentError for what can't be had however often it is
        asked for, such as more than *at_most* bytes.
        """
        ...


class PlatformApi(Protocol):
    """Be the platform's API as handlers see it; each adapter adds its own calls."""

    async def sender(self, event: Event) -> Sender:
        """Return who is behind *event*; never raises, unknown fields are None. Cached."""
        ...


class Adapter(Protocol):
    """Speak one platform for one bot."""

    @property
    def api(self) -> PlatformApi:
        """Return the platform's API with this bot's credentials."""
        ...

    def verify(self, headers: Headers, body: bytes) -> int | None:
        """Return which secret (0 is the newest) signed the raw *body*, or None; never raises."""
        ...

    def parse(self, body: bytes, received_at: int) -> list[Event]:
        """Turn a verified body into events; unknown types are kept. Raise NotAWebhookError for other bodies."""
        ...

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one stored raw event back into an Event; pure, never raises for a parsed event."""
        ...

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what the person wrote, keeping ids: they took it back."""
        ...

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt, in 10 seconds at most; failures are verdicts, not exceptions."""
        ...


@dataclass(frozen=True, slots=True)
class IdForms:
    """Say what the platform's ids look like, by expressions that fit a whole one: ``users``, and ``groups`` or rooms.

    ``words`` say the same to whoever wrote something else. By default anything may be an id.
    """

    users: str = r"(?s:.+)"
    groups: str = r"(?s:.+)"
    words: str | None = None


ANY_ID = IdForms()


@dataclass(frozen=True, slots=True)
class AdapterKind:
    """Register a platform under ``name``: the word after ``adapter:`` and the key of its settings.

    ``events`` maps each known event type to whether it can be replied to; types that it doesn't
    list are routed all the same. ``check_messages`` returns what the platform would refuse or
    ignore in the messages of one call; the path of each flaw begins with the message's index, and a text with
    placeholders is a :class:`~.flaws.PartialText`. ``check_in_chat`` returns what comes to that in one kind of chat.
    ``exported`` returns the message that the platform's own editor exported a part of, or None. ``signed_with`` names
    the setting that lists the secrets which sign webhooks (``SecretStr``), so that two bots with the same one are
    noticed. ``ids`` let `check` notice what is no id where one belongs. ``fields`` are what events tell besides their
    text, by the names that bot.yaml has for them, and ``postback_params`` the names of what may come beside the data of
    a postback. With ``quoting`` a reply may say ``quote: true``. ``fill`` returns how the values of placeholders are
    written into the text under a key of a message's part, so that they stay values there. ``is_fine`` says at a glance
    that ``check_messages`` has nothing against a message; where it isn't sure that is asked. ``media`` are the event
    types that come with a file; a platform that has any keeps it: its API is a :class:`ContentApi`.
    """

    name: str
    settings: type[BaseModel]
    build: Callable[[str, Any, HttpClient], Adapter]
    events: Mapping[str, bool]
    check_messages: Callable[[Sequence[Mapping[str, Any]]], Sequence[Flaw]]
    messages_per_call: int = 5
    reply_seconds: float = 50.0
    push_seconds: float = 60.0
    signed_with: str | None = None
    ids: IdForms = ANY_ID
    check_in_chat: Callable[[str, Sequence[Mapping[str, Any]]], Sequence[Flaw]] = fits_everywhere
    exported: Callable[[Mapping[str, Any]], Exported | None] = as_it_is
    fields: Mapping[str, EventField] = field(default_factory=dict)
    postback_params: frozenset[str] = frozenset()
    quoting: Quoting | None = None
    fill: FillOf = as_they_are
    is_fine: Callable[[Mapping[str, Any]], bool] = unsure
    media: frozenset[str] = frozenset()
