"""Say what an adapter is: what it takes in, and how it sends what goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import BaseModel

from ..clock import Clock, SystemClock
from ..events import Event, Sender
from ..neutral import Neutral, Rendered
from ..ways import Way
from .deliveries import Delivery, Verdict
from .door import Door
from .fields import EventField, Quoting
from .flaws import Flaw, FlawPath
from .http import HttpClient
from .requests import Request

if TYPE_CHECKING:
    from .simulated import SimulatedPlatform


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


def unsigned(settings: object) -> Sequence[str]:
    """Return no secret."""
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

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn a request that was verified, maybe long ago, into events; unknown types are kept.

        Pure. It sees the headers that the kind names. Raises NotAWebhookError for what is none.
        """
        ...

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one stored raw event back into an Event; pure, never raises for a received event."""
        ...

    def push_way(self, to: str) -> Way | None:
        """Return how something is sent to *to*, which is named as events name their conversations; None if it can't."""
        ...

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what the person wrote, keeping ids: they took it back."""
        ...

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt, in 10 seconds at most; failures are verdicts, not exceptions."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Hold what a host lends its adapters."""

    http: HttpClient
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, slots=True)
class IdForms:
    """Say what the platform's ids look like, by expressions that fit a whole one: ``users``, and ``groups`` or rooms.

    ``words`` say the same to whoever wrote something else. By default anything may be an id.
    """

    users: str = r"(?s:.+)"
    groups: str = r"(?s:.+)"
    words: str | None = None


ANY_ID = IdForms()
POST = frozenset(["POST"])


@dataclass(frozen=True, slots=True)
class AdapterKind:
    """Register a platform under ``name``: the word after ``adapter:`` and the key of its settings.

    ``door`` makes what stands at the front, of the settings alone. ``title`` is what people call it; ``usual`` are
    settings that a new bot is given besides those that it needs, ``made_up`` what stands for settings where nothing is
    real. ``events`` maps each known event type to whether it can be answered; types that it doesn't list are routed all
    the same, and what it says of ``*`` holds for them. ``check_messages`` returns what the platform would refuse or
    ignore in the messages of one call; the path of each flaw begins with the message's index, and a text with
    placeholders is a :class:`~.flaws.PartialText`. ``check_in_chat`` returns what comes to that in one kind of chat.
    ``exported`` returns the message that the platform's own editor exported a part of, or None. ``signs`` returns the
    secrets that sign webhooks and is told the settings, so that two bots with the same one are noticed. ``seconds`` is
    how long an answer is tried, where its way doesn't end before. ``body`` is how many bytes a webhook may have, where
    the platform sends larger ones than the host takes by itself, ``methods`` are those of HTTP that it comes by,
    ``headers`` the names of those that ``receive`` looks at: only these are kept. With ``owes`` there are events with a
    way that is owed; unless it ``can_push`` none can be written to by itself; what ``can_broadcast`` has a way to
    :data:`~hookline.ways.EVERYONE`. ``simulate`` returns the platform as a
    test sees it. ``ids`` let `check` notice what is no id where one belongs. ``fields`` are what events tell besides
    their text, by the names that bot.yaml has for them, and ``postback_params`` the names of what may come beside the
    data of a postback. With ``quoting`` a reply may say ``quote: true``. ``fill`` returns how the values of
    placeholders are written into the text under a key of a message's part, so that they stay values there. ``is_fine``
    says at a glance that ``check_messages`` has nothing against a message; where it isn't sure that is asked. ``texts``
    are the event types that may have a text, None where any may. ``media`` are the event types that come with a file; a
    platform that has any keeps it: its API is a :class:`ContentApi`.
    """

    name: str
    settings: type[BaseModel]
    door: Callable[[Any], Door]
    build: Callable[[str, Any, Services], Adapter]
    events: Mapping[str, bool]
    check_messages: Callable[[Sequence[Mapping[str, Any]]], Sequence[Flaw]]
    messages_per_call: int = 5
    seconds: float = 60.0
    body: int | None = None
    methods: frozenset[str] = POST
    headers: frozenset[str] | Callable[[Any], frozenset[str]] = frozenset()
    owes: bool = False
    title: str = ""
    usual: frozenset[str] = frozenset()
    made_up: Mapping[str, str] = field(default_factory=dict)
    scaffold: str = ""
    can_push: bool = True
    can_broadcast: bool = False
    messages_per_answer: int = 10
    signs: Callable[[Any], Sequence[str]] = unsigned
    simulate: Callable[[Clock | None], SimulatedPlatform] | None = None
    render: Callable[[Neutral], Rendered] | None = None
    ids: IdForms = ANY_ID
    check_in_chat: Callable[[str, Sequence[Mapping[str, Any]]], Sequence[Flaw]] = fits_everywhere
    exported: Callable[[Mapping[str, Any]], Exported | None] = as_it_is
    fields: Mapping[str, EventField] = field(default_factory=dict)
    postback_params: frozenset[str] = frozenset()
    quoting: Quoting | None = None
    fill: FillOf = as_they_are
    is_fine: Callable[[Mapping[str, Any]], bool] = unsure
    media: frozenset[str] = frozenset()
    texts: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if not self.title:
            object.__setattr__(self, "title", self.name.capitalize())

    def kept_headers(self, settings: Any) -> frozenset[str]:
        """Return the names of the headers that ``receive`` looks at, with these *settings*."""
        return self.headers(settings) if callable(self.headers) else self.headers

    def deadline(self, way: Way, now: int) -> int:
        """Return until when something is tried by *way* from *now* on, both in milliseconds since 1970."""
        return way.until if way.until is not None else now + round(self.seconds * 1000)

    def can_answer(self, kind: str) -> bool:
        """Say whether events of type *kind* can be answered, as far as is known before one comes."""
        return self.events.get(kind, self.events.get("*", True))
