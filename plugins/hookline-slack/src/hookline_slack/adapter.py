"""Put Slack together: its settings, its door, and what is registered of it.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from hookline import AdapterKind, Delivery, Event, Request, Response, Services, Verdict, Way
from hookline.adapters.adapter import IdForms
from hookline.adapters.signatures import MAX_SECRETS, is_recent, signed_by
from hookline.clock import Clock

from . import messages, parse
from .api import SlackApi
from .fields import FIELDS
from .hosts import API_BASE, Hosts

if TYPE_CHECKING:
    from hookline.adapters.simulated import SimulatedPlatform

SIGNATURE, TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
VERSION = "v0"
ACKNOWLEDGED = Response()
"""What Slack is answered: with any word in it people would be shown that as the answer to their command.

Slack would stop trying again by a header of ours (``X-Slack-No-Retry``). It isn't needed: what is answered with 200 is
durable and isn't tried again, and anything else shall be.
"""


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _secret(given: SecretStr) -> SecretStr:
    secret = given.get_secret_value().strip()
    if not (secret and secret.isascii() and secret.isprintable() and " " not in secret):
        raise ValueError("a signing secret is 32 letters and digits, from Basic Information of the app")
    return SecretStr(secret)


def _token(given: SecretStr) -> SecretStr:
    token = given.get_secret_value().strip()
    is_one = token.isascii() and token.isprintable() and " " not in token
    if not is_one or not token.startswith(("xoxb-", "xoxe.xoxb-", SIMULATED)):
        raise ValueError("a bot's token begins with `xoxb-`, from OAuth & Permissions of the app")
    return SecretStr(token)


SIMULATED = "simulated-secret"


class SlackSettings(BaseModel):
    """Hold what stands under ``slack:`` of a bot."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    signing_secret: Annotated[
        list[Annotated[SecretStr, AfterValidator(_secret)]],
        BeforeValidator(_one_or_many),
        Field(
            min_length=1,
            max_length=MAX_SECRETS,
            description="The app's signing secret, from Basic Information. While rotating a list, newest first.",
        ),
    ]
    bot_token: Annotated[
        SecretStr, AfterValidator(_token), Field(description="The bot's token, from OAuth & Permissions: xoxb-….")
    ]
    bot_user: Annotated[
        str | None,
        Field(
            pattern=r"^[UW][A-Z0-9]{1,30}$",
            description="The id of the bot's own user. By it people mention the bot; without it Slack's events tell.",
        ),
    ] = None
    tolerance: Annotated[
        int, Field(ge=1, le=3600, description="How many seconds a request may be old, or ahead of this clock.")
    ] = 300
    api_base: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$", description="Where Slack's API is.")] = (
        API_BASE
    )


class SlackDoor:
    """Stand at Slack's front: each request is signed, together with the time."""

    def __init__(self, settings: SlackSettings) -> None:
        self._secrets = [secret.encode() for secret in signing(settings)]
        self._tolerance = settings.tolerance

    def verify(self, request: Request) -> int | None:
        """Return which of the bot's live secrets signed *request*, or None."""
        at = request.header(TIMESTAMP)
        version, _, given = (request.header(SIGNATURE) or "").partition("=")
        is_well_formed = version == VERSION and len(given) == 64 and not set(given) - set("0123456789abcdef")
        message = f"{VERSION}:{at}:".encode("utf-8", "replace") + request.body
        signer = signed_by(self._secrets, message, [bytes.fromhex(given)] if is_well_formed else [bytes(32)])
        is_fine = is_well_formed and not request.rest and is_recent(at, request.received_at, self._tolerance)
        return signer if is_fine else None

    def answer(self, request: Request) -> Response:
        """Return the challenge where Slack makes sure of the address; nothing but 200 otherwise."""
        challenge = parse.challenge(request.body)
        return ACKNOWLEDGED if challenge is None else Response(body=challenge.encode("utf-8", "replace"))


class SlackAdapter:
    """Speak Slack for one bot."""

    def __init__(self, bot: str, settings: SlackSettings, services: Services) -> None:
        hosts = Hosts(settings.api_base)
        self._reader = parse.Reader(bot, settings.bot_user, hosts)
        self._api = SlackApi(hosts, settings.bot_token.get_secret_value(), services.http, services.clock)

    @property
    def api(self) -> SlackApi:
        """Return Slack's API with this bot's token."""
        return self._api

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn what was posted into an event, or none: nobody is to hear of what bots write."""
        raw = parse.load(request.body)
        if raw is None or self._reader.is_silent(raw):
            return []
        return [self.read(raw, request.received_at)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw object into an Event."""
        return self._reader.read(raw, received_at)

    def push_way(self, to: str) -> Way | None:
        """Return the way to a channel (``C123``), a thread (``C123:1717000000.000100``) or a person (``U123``)."""
        return parse.post_way(to) if parse.is_address(to) else None

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what was written."""
        return parse.redact(raw)

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt."""
        return await self._api.send(delivery)


def signing(settings: SlackSettings) -> Sequence[str]:
    """Return the signing secrets, the newest first."""
    return [secret.get_secret_value() for secret in settings.signing_secret]


def simulate(clock: Clock | None) -> SimulatedPlatform:
    """Return Slack as a test sees it."""
    from .simulated import SimulatedSlack  # lazy: a host that serves needs none

    return SimulatedSlack(clock)


SLACK = AdapterKind(
    name="slack",
    settings=SlackSettings,
    door=SlackDoor,
    build=SlackAdapter,
    events=parse.EVENTS,
    check_messages=messages.check,
    render=messages.render,
    messages_per_call=1,
    signs=signing,
    simulate=simulate,
    ids=IdForms(
        users=r"[UW][A-Z0-9]{1,30}",
        groups=r"[CDG][A-Z0-9]{1,30}(:\d{1,11}\.\d{1,9})?",
        words="a person's id begins with U or W, a channel's one with C, D or G; a thread's stands behind a colon",
    ),
    fields=FIELDS,
    postback_params=parse.PARAMS,
    media=parse.MEDIA,
)
