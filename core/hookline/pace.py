"""Hold how long things may take and how long retries wait; tests hand in shorter ones."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

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


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Wait for *seconds*, or until *stopping* is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
