"""Let a process learn what it must understand, before it serves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal

from ..config.configuration import Configuration
from ..intents.reader import Reader
from ..intents.training import Progress, prepare, unseen
from ..threads import in_daemon_thread

Role = Literal["all", "web", "worker"]
"""What a process does: take webhooks, run events and send answers, or all of it."""


async def learn(configuration: Configuration, role: Role = "all", progress: Progress = unseen) -> Mapping[str, Reader]:
    """Return what understands the texts of each bot with intents; it may have to learn for seconds."""
    intents = {name: bot.intents for name, bot in configuration.bots.items() if bot.intents.intents}
    if role == "web" or not intents:
        return {}
    work = partial(prepare, intents, configuration.cache, progress)
    readers: Mapping[str, Reader] = await in_daemon_thread("learning intents", work)  # a stop doesn't wait for it
    return readers
