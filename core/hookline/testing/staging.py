"""Put the bots of a configuration on simulated platforms, again whenever it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..adapters.adapter import Adapter, AdapterKind, PlatformApi, Services
from ..adapters.deliveries import Delivery, Verdict
from ..adapters.requests import Request
from ..adapters.simulated import SimulatedPlatform
from ..clock import Clock
from ..config.configuration import BotConfiguration, Configuration, Stores
from ..errors import AdapterError
from ..events import Event
from ..host.reloading import Source
from ..ways import Way


@dataclass(frozen=True, slots=True)
class StagedAdapter:
    """Be *inner*, and tell *platform* beside what a message can't say to it: that nobody is to judge it."""

    inner: Adapter
    platform: SimulatedPlatform

    @property
    def api(self) -> PlatformApi:
        """Return the platform's API."""
        return self.inner.api

    def receive(self, request: Request) -> Sequence[Event]:
        """Turn a request into events."""
        return self.inner.receive(request)

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw event into an Event."""
        return self.inner.read(raw, received_at)

    def push_way(self, to: str) -> Way | None:
        """Return how something is sent to *to*."""
        return self.inner.push_way(to)

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw* without what the person wrote."""
        return self.inner.redact(raw)

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt."""
        if delivery.unchecked:
            self.platform.leave_unchecked(delivery)
        return await self.inner.send(delivery)


@dataclass
class Stage:
    """Stand bots before simulated platforms, one for each adapter, with a *store* of their own."""

    store: str
    clock: Clock | None = None
    platforms: dict[str, SimulatedPlatform] = field(default_factory=dict)
    _started: set[str] = field(default_factory=set)
    _staged: dict[str, tuple[BotConfiguration, BotConfiguration]] = field(default_factory=dict)

    def set(self, configuration: Configuration) -> Configuration:
        """Return *configuration* as it is played; a bot that is the same object as before is so here, too."""
        self._staged = {name: self._set(name, bot) for name, bot in configuration.bots.items()}
        return replace(configuration, store=self.store, bots={name: own for name, (_, own) in self._staged.items()})

    async def start(self) -> None:
        """Let the platforms answer that don't yet."""
        for name, platform in list(self.platforms.items()):
            if name not in self._started:
                self._started.add(name)
                await platform.start()

    async def stop(self) -> None:
        """Close all platforms."""
        for platform in self.platforms.values():
            await platform.stop()

    def _set(self, name: str, bot: BotConfiguration) -> tuple[BotConfiguration, BotConfiguration]:
        before = self._staged.get(name)
        if before is not None and before[0] is bot:
            return before
        platform = self._platform(bot.adapter)
        platform.let_unknown(name, is_let=bot.lets_unknown)
        settings = platform.settings(name, bot.adapter_settings)
        return bot, replace(
            bot,
            adapter=replace(bot.adapter, build=partial(_staged, bot.adapter.build, platform)),
            adapter_settings=settings,
        )

    def _platform(self, kind: AdapterKind) -> SimulatedPlatform:
        if kind.name not in self.platforms:
            platform = simulated(kind, self.clock)
            platform.bind()
            self.platforms[kind.name] = platform
        return self.platforms[kind.name]


def simulated(kind: AdapterKind, clock: Clock | None = None) -> SimulatedPlatform:
    """Return the platform of *kind* as a test sees it; raise AdapterError where it brings none."""
    if kind.simulate is None:
        raise AdapterError(kind.name, "it brings no simulated platform, so its bots can't be tried out here")
    return kind.simulate(clock)


def _staged(
    build: Callable[[str, Any, Services], Adapter],
    platform: SimulatedPlatform,
    bot: str,
    settings: Any,
    services: Services,
) -> Adapter:
    return StagedAdapter(build(bot, settings, services), platform)


@dataclass(frozen=True, slots=True)
class StagedSource:
    """Be where the configuration of a stage comes from: that of *source*, of which nothing is kept."""

    source: Source
    stage: Stage

    @property
    def state(self) -> Path:
        """Return the folder where a host would keep good ones."""
        return self.source.state

    def load(self) -> Configuration:
        """Return what the files say now, on the stage; raise ConfigError or NewerCodeError."""
        return self.stage.set(self.source.load())

    def stores(self) -> Stores:
        """Return what the files say of the store; it isn't used."""
        return replace(self.source.stores(), store=self.stage.store)

    def ensure_fit(self) -> None:
        """Check the files in a fresh process; raise ConfigError."""
        self.source.ensure_fit()

    def keep(self, why: str) -> int:
        """Keep nothing: what is tried out is no good version."""
        return 0

    def has_changed(self) -> bool:
        """Say whether the files or the code are others than at the last load."""
        return self.source.has_changed()

    def folders(self) -> set[Path]:
        """Return the folders in which something may change."""
        return self.source.folders()
