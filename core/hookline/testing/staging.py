"""Put the bots of a configuration on a simulated platform, again whenever it changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from ..adapters.adapter import Delivery, Verdict
from ..adapters.http import HttpClient
from ..adapters.line.adapter import LineAdapter, LineSettings
from ..adapters.line.simulated.platform import SimulatedLine
from ..config.configuration import BotConfiguration, Configuration, Stores
from ..config.values.coercion import SIMULATED_SECRET
from ..host.reloading import Source


class StagedAdapter(LineAdapter):
    """Speak to *line*, and say beside what a message can't say to it: that nobody is to judge it."""

    def __init__(self, line: SimulatedLine, bot: str, settings: LineSettings, http: HttpClient) -> None:
        super().__init__(bot, settings, http)
        self._line = line

    async def send(self, delivery: Delivery) -> Verdict:
        """Reply or push once."""
        key = delivery.reply_token if delivery.form == "reply" else delivery.retry_key
        if key and delivery.unchecked:
            self._line.leave_unchecked(key, delivery.unchecked)
        return await super().send(delivery)


@dataclass
class Stage:
    """Stand bots before *line*, with a *store* of their own."""

    line: SimulatedLine
    store: str
    _staged: dict[str, tuple[BotConfiguration, BotConfiguration]] = field(default_factory=dict)

    def set(self, configuration: Configuration) -> Configuration:
        """Return *configuration* as it is played; a bot that is the same object as before is so here, too."""
        self._staged = {name: self._set(name, bot) for name, bot in configuration.bots.items()}
        return replace(configuration, store=self.store, bots={name: own for name, (_, own) in self._staged.items()})

    def _set(self, name: str, bot: BotConfiguration) -> tuple[BotConfiguration, BotConfiguration]:
        before = self._staged.get(name)
        if before is not None and before[0] is bot:
            return before
        self.line.let_unknown(name, is_let=bot.lets_unknown)
        settings = LineSettings.model_validate(
            {"channel_secret": [SIMULATED_SECRET], "access_token": token_of(name), "api_base": self.line.url}
        )
        adapter = bot.adapter
        if adapter.build is LineAdapter:
            adapter = replace(adapter, build=partial(StagedAdapter, self.line))
        return bot, replace(bot, adapter=adapter, adapter_settings=settings)


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


def token_of(bot: str) -> str:
    """Return the access token of *bot* there."""
    return f"simulated-token-of-{quote(bot).replace('%', '.')}"
