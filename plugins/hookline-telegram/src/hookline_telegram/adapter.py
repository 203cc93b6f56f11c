"""Put Telegram together: its settings, its door, and what is registered of it.

https://core.telegram.org/bots/api
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from hookline import OK, AdapterKind, Delivery, Event, Request, Response, Services, Verdict, Way
from hookline.adapters.adapter import IdForms
from hookline.adapters.signatures import MAX_SECRETS, equal_to
from hookline.clock import Clock

from . import messages, parse
from .api import TelegramApi
from .fields import FIELDS

if TYPE_CHECKING:
    from hookline.adapters.simulated import SimulatedPlatform

HEADER = "x-telegram-bot-api-secret-token"
API_BASE = "https://api.telegram.org"


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _token(given: SecretStr) -> SecretStr:
    token = given.get_secret_value().strip()
    if not re.fullmatch(r"\d+:[\w-]+", token, re.ASCII) and token != SIMULATED:
        raise ValueError("a bot's token is digits, a colon and letters, as BotFather gives it: 123456:ABC-DEF")
    return SecretStr(token)


def _secret(given: SecretStr) -> SecretStr:
    secret = given.get_secret_value().strip()
    if not re.fullmatch(r"[\w-]{1,256}", secret, re.ASCII):
        raise ValueError("a secret token is 1 to 256 of A-Z, a-z, 0-9, `_` and `-`")
    return SecretStr(secret)


SIMULATED = "simulated-secret"


class TelegramSettings(BaseModel):
    """Hold what stands under ``telegram:`` of a bot."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token: Annotated[SecretStr, AfterValidator(_token), Field(description="The bot's token, from BotFather.")]
    secret_token: Annotated[
        list[Annotated[SecretStr, AfterValidator(_secret)]],
        BeforeValidator(_one_or_many),
        Field(
            min_length=1,
            max_length=MAX_SECRETS,
            description="What Telegram sends with each webhook, as `hookline telegram webhook set` tells it: "
            "1 to 256 of A-Z, a-z, 0-9, `_` and `-`. While rotating a list, newest first.",
        ),
    ]
    username: Annotated[
        str | None,
        Field(pattern=r"^@?\w{4,32}$", description="The bot's own name: by it people call the bot in groups."),
    ] = None
    api_base: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$", description="Where Telegram's API is.")] = (
        API_BASE
    )


class TelegramDoor:
    """Stand at Telegram's front: nothing is signed, but a secret comes with each request."""

    def __init__(self, settings: TelegramSettings) -> None:
        self._secrets = [secret.encode() for secret in signing(settings)]

    def verify(self, request: Request) -> int | None:
        """Return which of the bot's live secrets came with *request*, or None."""
        given = (request.header(HEADER) or "").encode("utf-8", "replace")
        return None if request.rest else equal_to(self._secrets, given, request.body)

    def answer(self, request: Request) -> Response:
        """Say OK."""
        return OK


class TelegramAdapter:
    """Speak Telegram for one bot."""

    def __init__(self, bot: str, settings: TelegramSettings, services: Services) -> None:
        token = settings.token.get_secret_value()
        self._reader = parse.Reader(bot, token.partition(":")[0], settings.username)
        self._api = TelegramApi(settings.api_base, token, services.http)

    @property
    def api(self) -> TelegramApi:
        """Return Telegram's API with this bot's token."""
        return self._api

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn an update into an event; what the bot itself has written is none."""
        raw = parse.load(request.body)
        return [] if self._reader.is_own(raw) else [self.read(raw, request.received_at)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw update into an Event."""
        return self._reader.read(raw, received_at)

    def push_way(self, to: str) -> Way | None:
        """Return the way to a chat, or to a topic of one, as in ``-1001234567890:17``; or to a channel by its @name."""
        return parse.send_way(to) if parse.is_address(to) else None

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what was written."""
        return parse.redact(raw)

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt."""
        return await self._api.send(delivery)


def signing(settings: TelegramSettings) -> Sequence[str]:
    """Return the secret tokens, the newest first."""
    return [secret.get_secret_value() for secret in settings.secret_token]


def simulate(clock: Clock | None) -> SimulatedPlatform:
    """Return Telegram as a test sees it."""
    from .simulated import SimulatedTelegram  # lazy: a host that serves needs none

    return SimulatedTelegram(clock)


TELEGRAM = AdapterKind(
    name="telegram",
    settings=TelegramSettings,
    door=TelegramDoor,
    build=TelegramAdapter,
    events=parse.EVENTS,
    check_messages=messages.check,
    render=messages.render,
    messages_per_call=1,
    owes=True,
    signs=signing,
    simulate=simulate,
    ids=IdForms(
        users=r"\d{1,20}",
        groups=r"-\d{1,20}(:d?\d{1,20})?",
        words="a person's id is a number, a group's one with a minus before it",
    ),
    fields=FIELDS,
    media=parse.MEDIA,
)
