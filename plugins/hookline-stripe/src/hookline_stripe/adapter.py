"""Put Stripe together: its settings, its door, and what is registered of it.

https://docs.stripe.com/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from hookline import OK, AdapterKind, Delivery, Event, Request, Response, Sender, Services, Verdict, Way
from hookline.adapters.signatures import MAX_SECRETS, is_recent, signed_by
from hookline.clock import Clock

from . import messages, parse
from .fields import FIELDS, name_of

if TYPE_CHECKING:
    from hookline.adapters.simulated import SimulatedPlatform

HEADER = "stripe-signature"
SCHEME = "v1"
"""Any other, such as ``v0`` of test events, is no signature: https://docs.stripe.com/webhooks#verify-manually."""
SIMULATED = "simulated-secret"
MAX_SIGNATURES = 8
TOLERANCE = 300
"""As Stripe's own libraries have it: https://docs.stripe.com/webhooks#replay-attacks."""


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _secret(given: SecretStr) -> SecretStr:
    secret = given.get_secret_value().strip()
    if not (secret.startswith("whsec_") and secret[6:].isascii() and secret[6:].isprintable()) and secret != SIMULATED:
        raise ValueError("a signing secret begins with `whsec_`, as Stripe shows it for the endpoint")
    return SecretStr(secret)


class StripeSettings(BaseModel):
    """Hold what stands under ``stripe:`` of a bot."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    webhook_secret: Annotated[
        list[Annotated[SecretStr, AfterValidator(_secret)]],
        BeforeValidator(_one_or_many),
        Field(
            min_length=1,
            max_length=MAX_SECRETS,
            description="The endpoint's signing secret, whsec_…; while it is rolled a list, newest first.",
        ),
    ]
    tolerance: Annotated[
        int, Field(ge=1, le=86_400, description="So many seconds may a webhook be old, or ahead of this clock.")
    ] = TOLERANCE


class StripeDoor:
    """Stand at Stripe's front: ``Stripe-Signature: t=SECONDS,v1=HEX`` signs ``SECONDS.BODY``.

    https://docs.stripe.com/webhooks#verify-manually
    """

    def __init__(self, settings: StripeSettings) -> None:
        self._secrets = [secret.encode() for secret in signing(settings)]
        self._tolerance = settings.tolerance

    def verify(self, request: Request) -> int | None:
        """Return which of the bot's live secrets signed *request* just now, or None."""
        signed_at, given = _parts(request.header(HEADER) or "")
        message = b"%s.%s" % ((signed_at or "").encode("ascii", "replace"), request.body)
        matched = signed_by(self._secrets, message, given)
        is_fine = not request.rest and is_recent(signed_at, request.received_at, self._tolerance)
        return matched if is_fine else None

    def answer(self, request: Request) -> Response:
        """Say OK."""
        return OK


class StripeApi:
    """Be what handlers see of Stripe: who is behind an event, as it says itself."""

    async def sender(self, event: Event) -> Sender:
        """Return the customer whom *event* is about."""
        return Sender(event.user, name_of(event))


class StripeAdapter:
    """Hear Stripe for one bot."""

    def __init__(self, bot: str, settings: StripeSettings, services: Services) -> None:
        self._bot = bot
        self._api = StripeApi()

    @property
    def api(self) -> StripeApi:
        """Return what is known without asking Stripe."""
        return self._api

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn a webhook into its event."""
        return [self.read(parse.load(request.body), request.received_at)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw event into an Event."""
        return parse.read(self._bot, raw, received_at)

    def push_way(self, to: str) -> Way | None:
        """Return None: nothing is sent to Stripe."""
        return None

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* with only the ids of its object."""
        return parse.redact(raw)

    async def send(self, delivery: Delivery) -> Verdict:
        """Refuse."""
        return Verdict("refused", messages.REASON)


def _parts(header: str) -> tuple[str | None, list[bytes]]:
    """Return when *header* says that it was signed, None unless it says so once, and the digests in it."""
    pairs = [pair.strip().partition("=")[::2] for pair in header.split(",")]
    times = [value for name, value in pairs if name == "t"]
    digests = [digest for name, value in pairs if name == SCHEME and (digest := _digest(value)) is not None]
    return times[0] if len(times) == 1 else None, digests[:MAX_SIGNATURES]


def _digest(value: str) -> bytes | None:
    try:
        return bytes.fromhex(value) if len(value) == 64 else None
    except ValueError:
        return None


def signing(settings: StripeSettings) -> Sequence[str]:
    """Return the signing secrets, the newest first."""
    return [secret.get_secret_value() for secret in settings.webhook_secret]


def simulate(clock: Clock | None) -> SimulatedPlatform:
    """Return Stripe as a test sees it."""
    from .simulated import SimulatedStripe  # lazy: a host that serves needs none

    return SimulatedStripe(clock)


STRIPE = AdapterKind(
    name="stripe",
    settings=StripeSettings,
    door=StripeDoor,
    build=StripeAdapter,
    events=parse.EVENTS,
    check_messages=messages.check,
    can_push=False,
    texts=frozenset(),
    signs=signing,
    simulate=simulate,
    fields=FIELDS,
)
