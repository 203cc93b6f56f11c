"""Put the generic webhook together: its door, and what is registered of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hookline import OK, AdapterKind, Delivery, Event, Flaw, Request, Response, Sender, Services, Verdict, Way
from hookline.adapters.signatures import equal_to, is_recent, signed_by
from hookline.clock import Clock

from .parse import Reader, load
from .paths import put, steps, value_at
from .presets import STANDARD
from .settings import WebhookSettings, key_of
from .signatures import digests, message

if TYPE_CHECKING:
    from hookline.adapters.simulated import SimulatedPlatform

MAX_BODY = 1_000_000
REASON = "a webhook can't be answered"
HINT = "push to another bot, as in `push: {bot: shop, to: …, say: …}`"


class WebhookDoor:
    """Let in what is signed, or comes with the token, as the settings say."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._verify = settings.verify
        self._keys = [key_of(settings.verify, secret) for secret in settings.verify.values]
        self._id = steps(settings.id)[1] if settings.id is not None else ""

    def verify(self, request: Request) -> int | None:
        """Return which of the bot's live secrets signed *request*, or came with it; None for none."""
        matched = self._by_token(request) if self._verify.scheme == "token" else self._by_signature(request)
        return None if request.rest else matched

    def answer(self, request: Request) -> Response:
        """Say OK."""
        return OK

    def _by_token(self, request: Request) -> int | None:
        given, prefix = request.header(self._verify.header or ""), self._verify.prefix
        if given is None or not given.startswith(prefix):
            return None
        return equal_to(self._keys, given.removeprefix(prefix).encode("latin-1"))

    def _by_signature(self, request: Request) -> int | None:
        verify = self._verify
        given = request.header(verify.header or "") or ""
        time = request.header(verify.timestamp) if verify.timestamp else None
        signed = message(verify.signed, self._values(request, time), request.header)
        found = digests(given, verify.prefix, verify.encoding, " " if verify.scheme == STANDARD else ", ")
        matched = signed_by(self._keys, request.body if signed is None else signed, found)
        is_late = verify.timestamp is not None and not is_recent(time, request.received_at, verify.tolerance)
        return None if signed is None or is_late else matched

    def _values(self, request: Request, time: str | None) -> Mapping[str, bytes]:
        found = {"timestamp": time, "id": request.header(self._id)}
        given = {name: value.encode("latin-1") for name, value in found.items() if value is not None}
        return {**given, "url": (self._verify.url or "").encode(), "body": request.body}


class WebhookApi:
    """Be what handlers see of a platform of which nothing else is known."""

    async def sender(self, event: Event) -> Sender:
        """Return whose id stands in *event*."""
        return Sender(event.user)


class WebhookAdapter:
    """Hear webhooks for one bot."""

    def __init__(self, bot: str, settings: WebhookSettings, services: Services) -> None:
        self._reader = Reader(bot, settings)
        self._headers = settings.headers
        self._kept = [path for path in settings.paths if path != settings.text]
        self._api = WebhookApi()

    @property
    def api(self) -> WebhookApi:
        """Return what is known of the platform."""
        return self._api

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn a webhook into its event."""
        return [self.read(load(request, self._headers), request.received_at)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn what was kept of a webhook into an Event."""
        return self._reader.read(raw, received_at)

    def push_way(self, to: str) -> Way | None:
        """Return None: nothing is sent there."""
        return None

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* with only what paths lead to, but for the text: nobody knows what else somebody wrote."""
        kept: dict[str, Any] = {"header": dict(raw.get("header") or {}), "body": {}}
        for path in self._kept:
            if (value := value_at(raw, path)) is not None:
                put(kept, path, value)
        return kept

    async def send(self, delivery: Delivery) -> Verdict:
        """Refuse."""
        return Verdict("refused", REASON)


def check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Return that each of *messages* is refused."""
    return [Flaw((index,), REASON, hint=HINT) for index, _ in enumerate(messages)]


def signing(settings: WebhookSettings) -> Sequence[str]:
    """Return the secrets, the newest first."""
    return settings.verify.values


def simulate(clock: Clock | None) -> SimulatedPlatform:
    """Return a platform that sends webhooks as each bot's settings say."""
    from .simulated import SimulatedWebhook  # lazy: a host that serves needs none

    return SimulatedWebhook(clock)


WEBHOOK = AdapterKind(
    name="webhook",
    settings=WebhookSettings,
    door=WebhookDoor,
    build=WebhookAdapter,
    events={"*": False},
    check_messages=check,
    body=MAX_BODY,
    headers=lambda settings: settings.headers | {"content-type"},
    can_push=False,
    scaffold="preset: standard-webhooks\nverify: {secrets: '${NAME_SECRET}'}",
    signs=signing,
    simulate=simulate,
)
