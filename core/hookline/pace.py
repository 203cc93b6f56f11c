"""Hold how long things may take and how long retries wait; tests hand in shorter ones."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import StoreError

if TYPE_CHECKING:
    import structlog

STORE_RETRY_SECONDS = 0.5
"""How long everybody waits before asking a store in trouble again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Hold times in seconds.

    A handler is stopped at ``handler_deadline``; after errors it runs again after each of ``handler_retries``,
    while its conversation waits ``handler_patience`` at most. ``delivery_retries`` are the waits between attempts to
    send, the last of them again and again until the deadline.
    """

    handler_deadline: float = 20.0
    handler_retries: tuple[float, ...] = (1.0, 5.0, 15.0)
    handler_patience: float = 60.0
    delivery_retries: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)


IMPATIENT = Pace(handler_retries=(0.1, 0.1, 0.1))
"""Whoever tries a bot out waits for no retries."""


class Rarely:
    """Say when something that comes again and again may be said once more: first at once, then every ten seconds."""

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._said_at = float("-inf")

    def is_due(self) -> bool:
        """Say whether it may be said now; then it counts as said."""
        now = time.monotonic()
        if now - self._said_at < self._seconds:
            return False
        self._said_at = now
        return True


class Trouble:
    """Log trouble named *event*: that of the store once in ten seconds, a defect each time, with its traceback."""

    def __init__(self, log: structlog.stdlib.BoundLogger, event: str) -> None:
        self._log = log
        self._event = event
        self._said = Rarely()

    def report(self, error: Exception, **facts: object) -> None:
        """Log *error* with *facts*."""
        if not isinstance(error, StoreError):
            self._log.error(self._event, exc_info=error, **facts)
        elif self._said.is_due():
            self._log.error(self._event, reason=str(error), **facts)


def give_way() -> None:
    """Let the other threads run for a moment: to be called now and then in long work beside an event loop.

    Python lets a thread that waits ask for its turn after 5 ms, but not while the others' locks come and go faster
    than that; libraries in C let go of the interpreter often, and take it again before the event loop has woken up.
    """
    time.sleep(0.000_05)


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Wait for *seconds*, or until *stopping* is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
