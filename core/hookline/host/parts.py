"""Build the parts of a host, each from those before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..adapters.adapter import Services
from ..bots.bot import Bot
from ..bots.moving import moved
from ..bots.roster import Roster
from ..config.configuration import BotConfiguration, Configuration
from ..delivery.courier import Courier
from ..dispatch.dispatcher import Dispatcher
from ..dispatch.importing import Importer
from ..dispatch.intake import Intake
from ..dispatch.lanes.alone import Alone
from ..dispatch.lanes.sharing import Sharing
from ..dispatch.runner import Note, unnoted
from ..dispatch.slots import Slots
from ..dispatch.timekeeper import Timekeeper
from ..dispatch.worker import Worker
from ..findings.findings import mask
from ..ingress.limits import DEFAULT_LIMITS, Limits
from ..ingress.webhooks import Webhooks
from ..intents.reader import Desk, Reader
from ..intents.training import prepare
from ..mailbox.boxes import Boxes
from ..pace import Pace
from ..store.lanes import Tenure
from ..store.store import Store
from .learning import Role
from .mailroom import Mailroom
from .metrics import Measurements
from .pages import build_admin, build_app
from .reloading import Reloader, Renewal
from .status import Health
from .switches import Switchboard
from .upkeep import Upkeep
from .watchdog import Watchdog


@dataclass(frozen=True, slots=True)
class Ground:
    """Hold what the parts of a host stand on: its store, its bots, its clock, and what it does.

    ``name`` is that of the process among all that share the store; ``note`` hears of runs.
    """

    store: Store
    roster: Roster
    services: Services
    pace: Pace
    role: Role
    name: str
    renewal: Renewal
    note: Note = unnoted
    limits: Limits = DEFAULT_LIMITS
    mailroom: Mailroom | None = None


class Parts:
    """Hold all that works in a host; nothing runs yet."""

    def __init__(self, configuration: Configuration, ground: Ground) -> None:
        self.ground = ground
        store, roster, clock, pace = ground.store, ground.roster, ground.services.clock, ground.pace
        self.tenure = Tenure()
        self.slots = Slots(configuration.running, _limits(configuration))
        self.desk = Desk()
        dispatcher = Dispatcher(roster.bots, store, self.tenure, clock, pace, self.desk)
        self.courier = Courier(store.outbox, roster.bots, self.tenure, clock, pace, dispatcher.apologies.instead_of)
        self.worker = Worker(
            store,
            dispatcher,
            roster.bots,
            clock,
            deliver=self.courier.add,
            pace=pace,
            tenure=self.tenure,
            slots=self.slots,
            hide=self._hide,
            paused=roster.paused,
            note=ground.note,
        )
        self.watchdog = Watchdog(_plugin_modules(configuration))
        self.reloader = self._built_reloader(configuration)
        self.switchboard = Switchboard(store.switches, roster, self.reloader, clock, self.worker.resume)
        self.lanes = self._built_lanes()
        self.timekeeper = Timekeeper(store.timers, roster.bots, self.tenure, clock, self.worker.resume)
        self.upkeep = Upkeep(store, roster.bots, self.reloader, clock)
        other: Any = build_app(self._readiness)  # Quart types ASGI more narrowly
        bots = {} if ground.role == "worker" else roster.bots
        self.app = Webhooks(bots, Intake(bots, self.worker.accept).take, clock, other, ground.limits)
        self.importer = self._built_importer()
        self.admin: Any = build_admin(self._readiness, self._measure, self._status)
        self.health = self._built_health()

    def _built_reloader(self, configuration: Configuration) -> Reloader:
        def build(bot: BotConfiguration, reader: Reader | None) -> Bot:
            return Bot.build(bot, self.ground.services, reader)

        def learn(bots: Mapping[str, BotConfiguration]) -> Mapping[str, Reader]:
            return prepare({name: bot.intents for name, bot in bots.items()}, configuration.cache)

        return Reloader(
            configuration,
            self.ground.roster,
            build,
            learn=None if self.ground.role == "web" else learn,
            on_change=self._go_by,
            clock=self.ground.services.clock,
            renewal=self.ground.renewal,
            look=None if self.ground.role == "web" else partial(moved, self.ground.store.standing_flows),
        )

    def _built_importer(self) -> Importer | None:
        """Return what takes in what fronts have put into mailboxes, where there are any."""
        mailroom = self.ground.mailroom
        if mailroom is None:
            return None
        boxes = Boxes(mailroom.folder, mailroom.clock, {})
        return Importer(
            self.ground.store, self.worker, self.ground.roster.bots, boxes, self.app.entries.note, mailroom.refused
        )

    def _built_lanes(self) -> Alone | Sharing:
        """Return what keeps this process's lanes, in step with others where there may be any."""
        store, name, bots, clock = (
            self.ground.store,
            self.ground.name,
            self.ground.roster.bots,
            self.ground.services.clock,
        )
        if store.signals is None:
            return Alone(store, self.tenure, name, bots, clock, resume=self.courier.resume)
        return Sharing(
            store,
            store.signals,
            self.tenure,
            name,
            bots,
            self.worker,
            self.courier,
            clock,
            on_switch=self.switchboard.hurry,
        )

    def _built_health(self) -> Health:
        return Health(
            name=self.ground.name,
            role=self.ground.role,
            store=self.ground.store,
            roster=self.ground.roster,
            worker=self.worker,
            courier=self.courier,
            webhooks=self.app,
            lanes=self.lanes,
            tenure=self.tenure,
            reloader=self.reloader,
            clock=self.ground.services.clock,
            importer=self.importer,
        )

    def _go_by(self, configuration: Configuration, bots: Iterable[str]) -> None:
        """Go by a new configuration, in which *bots* are new."""
        self.slots.change(configuration.running, _limits(configuration))
        self.ground.renewal.secrets.update(configuration.secrets)
        self.watchdog.modules = _plugin_modules(configuration)
        self.worker.resume(bots)
        self.courier.wake()
        if self.ground.mailroom is not None and self.importer is not None:
            self.ground.mailroom.tell(self.ground.roster.bots.values())
            self.importer.resume()

    def _hide(self, text: str) -> str:
        return mask(text, self.ground.renewal.secrets | self.reloader.configuration.secrets)

    async def _readiness(self) -> tuple[bool, Mapping[str, Any]]:
        return await self.health.readiness()

    async def _status(self) -> Mapping[str, object]:
        return await self.health.status()

    async def _measure(self) -> Measurements:
        return await self.health.measure()


def _limits(configuration: Configuration) -> Mapping[str, int]:
    return {name: bot.running for name, bot in configuration.bots.items()}


def _plugin_modules(configuration: Configuration) -> Mapping[str, str]:
    return {
        use.plugin.module.partition(".")[0]: name
        for bot in configuration.bots.values()
        for name, use in bot.plugins.items()
    }
