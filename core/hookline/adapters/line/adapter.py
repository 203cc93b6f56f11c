"""Put LINE together and register it through the same hook as any other platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ...events import Event
from ...hooks import hookimpl
from ..adapter import AdapterKind, Delivery, Headers, IdForms, Verdict
from ..http import HttpClient
from . import fields, parse, send, signature
from .api import LineApi
from .credentials import AccessToken, ChannelSecret
from .hosts import API_BASE
from .messages.chats import check_in_chat
from .messages.check import check_messages
from .messages.exports import exported
from .messages.filling import fill
from .messages.glance import is_fine

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


class LineAdapter:
    """Speak LINE for one bot."""

    def __init__(self, bot: str, settings: LineSettings, http: HttpClient) -> None:
        self._bot = bot
        self._secrets: Sequence[bytes] = [secret.get_secret_value().encode() for secret in settings.channel_secret]
        token = settings.access_token.get_secret_value()
        self._api = LineApi(settings.api_base, token, http, settings.data_base)

    @property
    def api(self) -> LineApi:
        """Return LINE's API with this bot's token."""
        return self._api

    def verify(self, headers: Headers, body: bytes) -> int | None:
        """Return which of the bot's live secrets signed *body*, or None."""
        return signature.verify(self._secrets, headers, body)

    def parse(self, body: bytes, received_at: int) -> list[Event]:
        """Turn a verified body into events; an empty list is the console's verification."""
        return [self.read(raw, received_at) for raw in parse.load(body)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw event object into an Event."""
        return parse.read(self._bot, raw, received_at)

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what was written."""
        return parse.redact(raw)

    async def send(self, delivery: Delivery) -> Verdict:
        """Reply or push once."""
        return await send.send(self._api, delivery)


LINE = AdapterKind(
    name="line",
    settings=LineSettings,
    build=LineAdapter,
    events=parse.EVENTS,
    check_messages=check_messages,
    signed_with="channel_secret",
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
)


@hookimpl
def hookline_adapters() -> Sequence[AdapterKind]:
    """Register LINE."""
    return [LINE]
