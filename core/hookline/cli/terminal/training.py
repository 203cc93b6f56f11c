"""Show on a terminal that intents are being learned, when that takes over a second."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

import click

from ...config.configuration import BotConfiguration, Configuration
from ...intents.reader import Reader
from ...intents.training import Progress, unseen
from ...plugins.classifiers import Report
from ...telling import learning
from . import logs

PATIENCE = 1.0


class Bar:
    """Draw a progress bar on standard error once a training has taken a second."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as Drawn
        from rich.progress import TimeElapsedColumn

        self._drawn = Drawn(
            *Drawn.get_default_columns()[:3], TimeElapsedColumn(), console=Console(stderr=True), transient=True
        )
        self._begun_at = time.monotonic()
        self._is_shown = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_shown:
            self._drawn.stop()

    def __call__(self, bot: str) -> Report:
        """Begin a line for *bot*."""
        from rich.markup import escape

        task = self._drawn.add_task(escape(f"learning the intents of {bot}"), total=1.0)

        def report(fraction: float) -> None:
            with self._lock:
                if not self._is_shown and time.monotonic() - self._begun_at > PATIENCE:
                    self._is_shown = True
                    self._drawn.start()
            self._drawn.update(task, completed=fraction)

        return report


def shown_training() -> AbstractContextManager[Progress]:
    """Return what shows trainings: a bar on a terminal, else nothing."""
    return Bar() if sys.stderr is not None and sys.stderr.isatty() else nullcontext(unseen)


def reader_of(configuration: Configuration, bot: BotConfiguration) -> Reader | None:
    """Return what understands the texts of *bot*, or None when it has no intents."""
    logs.set_up("warning")
    with shown_training() as progress:
        return learning.reader_of(configuration, bot, progress)


def learned(configuration: Configuration, bot: BotConfiguration) -> Reader:
    """Return what understands the texts of *bot*; raise a usage error when it has no intents."""
    reader = reader_of(configuration, bot)
    if reader is None:
        raise click.UsageError(f"bot {bot.name} has no intents")
    return reader
