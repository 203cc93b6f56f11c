"""Make readers of the bots' intents: trained when they were not before, else from the cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from ..plugins.classifiers import Report
from .intent import Intents
from .reader import Reader

log = structlog.stdlib.get_logger("hookline.intents")

Progress = Callable[[str], Report]
"""Begin to show how far the training of a bot is, and return what takes it."""


def unseen(bot: str) -> Report:
    """Show nothing."""
    return lambda fraction: None


def prepare(bots: Mapping[str, Intents], cache: Path | None, progress: Progress = unseen) -> dict[str, Reader]:
    """Return a reader for each bot that has intents; it takes seconds where something must be learned.

    Raises MissingExtraError when a package of the classifier isn't installed.
    """
    folder = _made(cache) if any(intents.classifier for intents in bots.values()) else None
    return {name: prepare_one(name, intents, folder, progress) for name, intents in bots.items() if intents.intents}


def prepare_one(bot: str, intents: Intents, cache: Path | None, progress: Progress = unseen) -> Reader:
    """Return the reader of one bot."""
    if intents.classifier is None:
        return Reader(intents, None)
    begun_at = time.monotonic()
    model = intents.classifier.train(intents.lessons(), cache, progress(bot))
    log.info("intents.ready", bot=bot, intents=len(intents.intents), seconds=round(time.monotonic() - begun_at, 2))
    return Reader(intents, model)


def _made(folder: Path | None) -> Path | None:
    """Make *folder*, for its owner alone: what people wrote may be told from it. None when that can't be done."""
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        log.warning("intents.no_cache", folder=str(folder), reason=error.strerror or str(error))
        return None
    return folder
