"""Put LINE together; it is found by its entry point, like any other platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ...clock import Clock
from ...events import Event
from ...ways import Way
from ..adapter import AdapterKind, IdForms, Services
from ..deliveries import Delivery, Verdict
from ..requests import OK, Request, Response
from . import fields, parse, send, signature
from .api import LineApi
from .credentials import AccessToken, ChannelSecret
from .hosts import API_BASE
from .messages.chats import check_in_chat
from .messages.check import check_messages
from .messages.exports import exported
from .messages.filling import fill
from .messages.glance import is_fine
from .messages.rendering import render

if TYPE_CHECKING:
    from ..simulated import SimulatedPlatform

_REST_OF_ID = r"(?:[0-9a-f]{32}|\d[0-9a-f]{0,11}…?|…)"
"""A short one that begins with a digit is made up, as in tests; LINE's own are never so short."""

_URL = r"^https?://[^\s/]+(/\S*)?$"


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


class LineSettings(BaseModel):
    """Hold what stands under ``line:`` of a bot."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True)

    channel_secret: Annotated[
        list[ChannelSecret],
        BeforeValidator(_one_or_many),
        Field(
            min_length=1,
            max_length=signature.MAX_SECRETS,
            description="The channel secret, or while rotating a list of up to four, newest first.",
        ),
    ]
    access_token: Annotated[AccessToken, Field(description="A long-lived channel access token.")]
    api_base: Annotated[
        str, Field(pattern=_URL, description="Where LINE's API is; another host for tests and proxies.")
    ] = API_BASE
    data_base: Annotated[
        str | None,
        Field(
            pattern=_URL,
            description="Where LINE keeps what people send; by default https://api-data.line.me, or what `api_base` "
            "says when that is another host.",
        ),
    ] = None


class LineDoor:
    """Stand at LINE's front."""

    def __init__(self, settings: LineSettings) -> None:
        self._secrets = [secret.encode() for secret in signing(settings)]

    def verify(self, request: Request) -> int | None:
        """Return which of the bot's live secrets signed the body, or None."""
        return None if request.rest else signature.verify(self._secrets, request)

    def answer(self, request: Request) -> Response:
        """Say OK, also to the console's verification, which brings no event."""
        return OK


class LineAdapter:
    """Speak LINE for one bot."""

    def __init__(self, bot: str, settings: LineSettings, services: Services) -> None:
        self._bot = bot
        token = settings.access_token.get_secret_value()
        self._api = LineApi(settings.api_base, token, services.http, settings.data_base)

    @property
    def api(self) -> LineApi:
        """Return LINE's API with this bot's token."""
        return self._api

    def receive(self, request: Request) -> list[Event]:
        """Turn a signed body into events; an empty list is the console's verification."""
        return [self.read(raw, request.received_at) for raw in parse.load(request.body)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw event object into an Event."""
        return parse.read(self._bot, raw, received_at)

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what was written."""
        return parse.redact(raw)

    def push_way(self, to: str) -> Way | None:
        """Return the way to a person, group or room."""
        return parse.push_way(to)

    async def send(self, delivery: Delivery) -> Verdict:
        """Reply or push once."""
        return await send.send(self._api, delivery)


def signing(settings: LineSettings) -> Sequence[str]:
    """Return the channel secrets, the newest first."""
    return [secret.get_secret_value() for secret in settings.channel_secret]


def simulate(clock: Clock | None) -> SimulatedPlatform:
    """Return LINE as a test sees it."""
    from .simulated.platform import SimulatedLine  # lazy: a host that serves needs none

    return SimulatedLine(clock)


LINE = AdapterKind(
    name="line",
    can_broadcast=True,
    title="LINE",
    settings=LineSettings,
    door=LineDoor,
    build=LineAdapter,
    events=parse.EVENTS,
    check_messages=check_messages,
    signs=signing,
    simulate=simulate,
    render=render,
    messages_per_answer=5,
    ids=IdForms(
        users=f"U{_REST_OF_ID}",
        groups=f"[CR]{_REST_OF_ID}",
        words="a person's id is `U`, a group's `C` and a room's `R`, each with 32 of 0-9 and a-f behind it, as "
        "webhooks have it; a name, a LINE ID or an @handle is none",
    ),
    check_in_chat=check_in_chat,
    exported=exported,
    fields=fields.FIELDS,
    postback_params=fields.POSTBACK_PARAMS,
    quoting=fields.QUOTING,
    fill=fill,
    is_fine=is_fine,
    media=parse.MEDIA,
    texts=parse.TEXTS,
)
