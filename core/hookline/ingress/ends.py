"""Say when a server is to end, and when it is to take no more connections before that."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

LINGER_SECONDS = 0.1
"""How long requests may still arrive on connections that were accepted last."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Say when a server is to end, and when it is to take no more connections before that."""

    stop: asyncio.Event
    orphaned: asyncio.Event
    listener: socket.socket

    async def deaf(self, close: Callable[[], object]) -> None:
        """Wait until no more connections are to be taken; let a server *close* its listener when that comes first."""
        waits = [asyncio.create_task(event.wait()) for event in (self.stop, self.orphaned)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self.orphaned.is_set():
            close()
            with suppress(OSError):  # shut for whoever else has it, a process of a plugin, too
                self.listener.shutdown(socket.SHUT_RDWR)
        await self.stop.wait()
