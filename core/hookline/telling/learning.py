"""Learn what a command needs to understand texts."""

from __future__ import annotations

from collections.abc import Callable

from ..config.configuration import BotConfiguration, Configuration
from ..intents.reader import Reader
from ..intents.training import Progress, prepare, unseen

Learn = Callable[[Configuration, BotConfiguration], Reader | None]
"""Return what understands the texts of a bot, or None when it has no intents; it may take seconds."""


def reader_of(configuration: Configuration, bot: BotConfiguration, progress: Progress = unseen) -> Reader | None:
    """Return what understands the texts of *bot*, or None when it has no intents; *progress* shows how far that is."""
    return prepare({bot.name: bot.intents}, configuration.cache, progress).get(bot.name)
