"""Hold what stands before the command, and load what it names.

What that takes is imported when it is asked for: a command may need nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UnknownBotError

if TYPE_CHECKING:
    from ..config.configuration import BotConfiguration, Configuration
    from ..config.history.files import ConfigurationFiles
    from ..config.yaml.texts import Texts


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold what was named of configuration: files, folders of files, patterns."""

    files: tuple[Path, ...]

    def load(
        self, *, is_simulated: bool = False, is_thorough: bool = False, texts: Texts | None = None
    ) -> Configuration:
        """Return the configuration, or raise ConfigError; *texts* knows afterwards which files were read."""
        from ..config.loading import load
        from ..plugins.registry import PluginRegistry

        registry = PluginRegistry.discover()
        return load(self.files, registry, is_simulated=is_simulated, is_thorough=is_thorough, texts=texts)

    def source(self, *, is_simulated: bool = False, is_strict: bool = True) -> ConfigurationFiles:
        """Return where a host's configuration comes from, now and later; unless it *is_strict* what is right counts."""
        from ..clock import SystemClock
        from ..config.history.files import ConfigurationFiles
        from ..plugins.registry import PluginRegistry
        from . import trial

        return ConfigurationFiles(
            self.files,
            PluginRegistry.discover(),
            SystemClock(),
            try_anew=trial.tried,
            is_simulated=is_simulated,
            is_strict=is_strict,
        )

    def paths(self) -> Sequence[Path]:
        """Return the files that were named, those of folders and patterns each by its own name; raise OSError."""
        from ..config.yaml.texts import Texts

        return Texts().files(self.files)


def chosen(configuration: Configuration, name: str | None) -> BotConfiguration:
    """Return the bot *name*, or the only one there is; raise UnknownBotError otherwise."""
    from ..findings.findings import did_you_mean

    bots = configuration.bots
    if name is None:
        if len(bots) == 1:
            return next(iter(bots.values()))
        raise UnknownBotError(f"say which bot: {', '.join(bots)}")
    if name not in bots:
        hint = did_you_mean(name, bots) or f"there are {', '.join(bots)}"
        raise UnknownBotError(f"there is no bot `{name}`; {hint}")
    return bots[name]
