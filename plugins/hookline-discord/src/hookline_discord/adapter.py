"""Put Discord together: what is registered of it.

Interactions come by HTTP, and nothing else does: https://docs.discord.com/developers/interactions/overview
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hookline import AdapterKind, Delivery, Event, Request, Services, Verdict, Way
from hookline.adapters.adapter import IdForms
from hookline.clock import Clock

from . import messages, parse
from .api import DiscordApi
from .door import DiscordDoor
from .fields import FIELDS
from .settings import DiscordSettings, signing

if TYPE_CHECKING:
    from hookline.adapters.simulated import SimulatedPlatform

_SILENT = (parse.PING, parse.AUTOCOMPLETE)
"""The door says all that there is to say."""


class DiscordAdapter:
    """Speak Discord for one bot."""

    def __init__(self, bot: str, settings: DiscordSettings, services: Services) -> None:
        self._reader = parse.Reader(
            bot,
            settings.application_id,
            defers=settings.defer,
            pushes=not settings.ephemeral,  # what one person asked for isn't told to all
        )
        self._api = DiscordApi(settings, services.http, services.clock)

    @property
    def api(self) -> DiscordApi:
        """Return Discord's API with this application's credentials."""
        return self._api

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn an interaction into an event; that Discord asks whether we are there is none."""
        interaction = parse.load(request.body)
        if parse.kind_of(interaction) in _SILENT:
            return []
        return [self.read(parse.with_filled(interaction), request.received_at)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw interaction into an Event."""
        return self._reader.read(raw, received_at)

    def push_way(self, to: str) -> Way | None:
        """Return the way to a channel or a thread, or to the chat with a person by the id of that chat."""
        return parse.channel_way(to) if parse.is_channel(to) else None

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what was written."""
        return parse.redact(raw)

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt."""
        return await self._api.send(delivery)


def simulate(clock: Clock | None) -> SimulatedPlatform:
    """Return Discord as a test sees it."""
    from .simulated import SimulatedDiscord  # lazy: a host that serves needs none

    return SimulatedDiscord(clock)


DISCORD = AdapterKind(
    name="discord",
    settings=DiscordSettings,
    door=DiscordDoor,
    build=DiscordAdapter,
    events=parse.EVENTS,
    check_messages=messages.check,
    render=messages.render,
    messages_per_call=1,
    owes=True,
    made_up={"public_key": "00" * 32, "application_id": "0"},
    signs=signing,
    simulate=simulate,
    ids=IdForms(
        users=r"\d{1,20}", groups=r"\d{1,20}", words="an id is digits, as `Copy ID` of developer mode gives it"
    ),
    fields=FIELDS,
    postback_params=frozenset(["values"]),
    texts=frozenset(["message.text", "modal"]),
)
