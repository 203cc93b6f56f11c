"""Hold a bot as it runs: its adapter with credentials, its compiled routes, its plugins' settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..adapters.adapter import Adapter, AdapterKind, Services
from ..adapters.door import Door
from ..adapters.http import HttpClient
from ..config.configuration import BotConfiguration
from ..flows.flow import Ask, Note, counts_by
from ..intents.reader import Reader
from ..routing.conditions.kept import Person, State
from ..routing.laters import Later
from ..routing.router import Router


@dataclass(frozen=True, slots=True)
class Bot:
    """Hold one configured identity, ready for events.

    ``flows_need_state`` and ``flows_need_person`` say that its flows look at what is kept of every chat or person.
    ``laters`` are all that may be put off, by their keys.
    """

    name: str
    kind: AdapterKind
    door: Door
    adapter: Adapter
    router: Router
    configuration: BotConfiguration
    reader: Reader | None = None
    flows_need_state: bool = True
    flows_need_person: bool = True
    laters: Mapping[str, Later] = field(default_factory=dict)

    @classmethod
    def build(cls, configuration: BotConfiguration, services: Services, reader: Reader | None = None) -> Bot:
        """Build the bot that *configuration* describes; *reader* knows its intents, if it has any."""
        kind, flows = configuration.adapter, configuration.flows.values()
        remembers = any(isinstance(step, Ask) and step.is_remembered for flow in flows for step in flow.each())
        return cls(
            name=configuration.name,
            kind=kind,
            door=kind.door(configuration.adapter_settings),
            adapter=kind.build(configuration.name, configuration.adapter_settings, services),
            router=Router(configuration.routes, configuration.call_names),
            configuration=configuration,
            reader=reader,
            flows_need_state=counts_by(flows, State),
            flows_need_person=remembers or counts_by(flows, Person),
            laters={later.key: later for later in laters_of(configuration)},
        )

    @property
    def methods(self) -> frozenset[str]:
        """Return the methods of HTTP that its webhooks have."""
        return self.kind.methods

    @property
    def body(self) -> int:
        """Return how many bytes a webhook of it may have, 0 for what all may have."""
        return self.kind.body or 0

    @property
    def keeps_people(self) -> bool:
        """Say whether anything is kept of people: by its routes, or by flows."""
        return self.router.keeps_people or bool(self.configuration.flows)

    def settings_of(self, plugin: str) -> Any:
        """Return this bot's settings of *plugin*."""
        return self.configuration.plugins[plugin].settings


Bots = Mapping[str, Bot]


def laters_of(configuration: BotConfiguration) -> Iterator[Later]:
    """Yield all that the routes and flows of a bot may put off."""
    for route in configuration.routes:
        yield from route.notes.laters
    for flow in configuration.flows.values():
        yield from (later for step in flow.each() if isinstance(step, Note) for later in step.changes.laters)


def adapter_of(bot: BotConfiguration) -> Adapter:
    """Return the adapter of *bot* for whoever only reads events: nothing is to be sent by it."""
    return bot.adapter.build(bot.name, bot.adapter_settings, Services(HttpClient({})))
