"""Put GitHub together: its settings, its door, and what is registered of it.

https://docs.github.com/en/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from hookline import OK, AdapterKind, Delivery, Event, MissingExtraError, Request, Response, Services, Verdict, Way
from hookline.adapters.adapter import IdForms
from hookline.adapters.signatures import MAX_SECRETS, signed_by
from hookline.clock import Clock

from . import messages, parse
from .api import GithubApi
from .fields import FIELDS
from .tokens import Sign, signer

if TYPE_CHECKING:
    from hookline.adapters.simulated import SimulatedPlatform

SIGNATURE = "x-hub-signature-256"
API_BASE = "https://api.github.com"
SIMULATED = "simulated-secret"
MAX_PAYLOAD = 25 << 20
"""https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""
SECONDS = 3900.0
"""So long is a comment tried: who has used up an hour's calls waits for the next hour."""
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _trimmed(given: SecretStr) -> SecretStr:
    secret = given.get_secret_value().strip()
    if not secret:
        raise ValueError("it is empty")
    return SecretStr(secret)


def _token(given: SecretStr) -> SecretStr:
    token = _trimmed(given).get_secret_value()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise ValueError("a token is letters, digits and `_`, as GitHub shows it once: github_pat_…, ghp_…")
    return SecretStr(token)


def _key(given: SecretStr) -> SecretStr:
    key = given.get_secret_value().strip().replace("\\n", "\n")  # as it is written in one line of an environment
    if key == SIMULATED:
        return SecretStr(key)
    try:
        signer(key)
    except MissingExtraError as error:
        raise ValueError(str(error)) from None
    return SecretStr(key)


class GithubSettings(BaseModel):
    """Hold what stands under ``github:`` of a bot."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    webhook_secret: Annotated[
        list[Annotated[SecretStr, AfterValidator(_trimmed)]],
        BeforeValidator(_one_or_many),
        Field(
            min_length=1,
            max_length=MAX_SECRETS,
            description="The webhook's secret, as it was entered at GitHub. While rotating a list, newest first.",
        ),
    ]
    token: Annotated[
        Annotated[SecretStr, AfterValidator(_token)] | None,
        Field(description="A token that may write comments: a fine-grained one with `Issues` and `Pull requests`."),
    ] = None
    app_id: Annotated[
        str | None,
        Field(pattern=r"^\d{1,20}$", coerce_numbers_to_str=True, description="The id of a GitHub App."),
    ] = None
    private_key: Annotated[
        Annotated[SecretStr, AfterValidator(_key)] | None,
        Field(description="The app's private key: the PEM file from GitHub."),
    ] = None
    login: Annotated[
        str | None,
        Field(
            pattern=r"^@?[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$",
            description="The account that comments: what it says is not heard, and a mention of it calls the bot.",
        ),
    ] = None
    api_base: Annotated[
        str,
        Field(
            pattern=r"^https?://[^\s/]+(/\S*)?$",
            description="Where GitHub's API is; of an enterprise server https://HOST/api/v3.",
        ),
    ] = API_BASE

    @model_validator(mode="after")
    def _opens_the_api(self) -> Self:
        is_app = self.app_id is not None or self.private_key is not None
        is_made_up = self.webhook_secret[0].get_secret_value() == SIMULATED
        if is_app and self.token is not None:
            raise ValueError("expected `token`, or `app_id` and `private_key`, not both")
        if is_app and (self.app_id is None or self.private_key is None):
            raise ValueError("`app_id` and `private_key` belong together")
        if not is_app and self.token is None and not is_made_up:
            raise ValueError(
                "`token` is missing, or `app_id` and `private_key`: without them no comment can be written"
            )
        return self


class GithubDoor:
    """Stand at GitHub's front: the body is signed, what the headers say isn't."""

    def __init__(self, settings: GithubSettings) -> None:
        self._secrets = [secret.encode() for secret in signing(settings)]

    def verify(self, request: Request) -> int | None:
        """Return which of the bot's live secrets signed the body of *request*, or None; SHA-1 doesn't count.

        https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
        """
        found = _SIGNATURE.fullmatch(request.header(SIGNATURE) or "")
        if found is None or request.rest or parse.headers_of(request) is None:
            return None
        return signed_by(self._secrets, request.body, [bytes.fromhex(found[1])])

    def answer(self, request: Request) -> Response:
        """Say OK."""
        return OK


class GithubAdapter:
    """Speak GitHub for one bot."""

    def __init__(self, bot: str, settings: GithubSettings, services: Services) -> None:
        self._bot = bot
        self._reader = parse.Reader(bot, settings.login, settings.app_id)
        self._api = GithubApi(
            settings.api_base,
            services.http,
            services.clock,
            token=settings.token.get_secret_value() if settings.token is not None else None,
            app=settings.app_id,
            sign=_signs(settings),
        )

    @property
    def api(self) -> GithubApi:
        """Return GitHub's API as this bot may use it."""
        return self._api

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn a webhook into an event; the bot's own comments are none."""
        raw = parse.load(request)
        return [] if self._reader.is_own(raw) else [self.read(raw, request.received_at)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw webhook into an Event."""
        return self._reader.read(raw, received_at)

    def push_way(self, to: str) -> Way | None:
        """Return the way to an issue or a pull request, as in ``owner/repo#7``."""
        address = parse.Address.of(to)
        return address.way if address is not None else None

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what was written."""
        return parse.redact(raw)

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt."""
        return await self._api.send(delivery, self._bot)


def signing(settings: GithubSettings) -> Sequence[str]:
    """Return the webhook's secrets, the newest first."""
    return [secret.get_secret_value() for secret in settings.webhook_secret]


def _signs(settings: GithubSettings) -> Sign | None:
    key = settings.private_key.get_secret_value() if settings.private_key is not None else SIMULATED
    return None if key == SIMULATED else signer(key)


def simulate(clock: Clock | None) -> SimulatedPlatform:
    """Return GitHub as a test sees it."""
    from .simulated import SimulatedGithub  # lazy: a host that serves needs none

    return SimulatedGithub(clock)


GITHUB = AdapterKind(
    name="github",
    usual=frozenset(["token"]),
    title="GitHub",
    settings=GithubSettings,
    door=GithubDoor,
    build=GithubAdapter,
    events=parse.EVENTS,
    check_messages=messages.check,
    render=messages.render,
    messages_per_call=1,
    seconds=SECONDS,
    body=MAX_PAYLOAD,
    headers=frozenset([parse.EVENT, parse.DELIVERY]),
    signs=signing,
    simulate=simulate,
    ids=IdForms(
        users=r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?",
        groups=rf"{parse.REPOSITORY}(#\d{{1,12}})?",
        words="a person's id is a login, a group's one `owner/repo` or `owner/repo#7`",
    ),
    fields=FIELDS,
    texts=parse.TEXTS,
)
