"""Give uvicorn's connections what they lack: an end for callers that say nothing, and for too many of them.

Imported only where uvicorn is asked for, which is an extra.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .limits import Limits

PIECE_BYTES = 2048


def limited(limits: Limits) -> type[Limited]:
    """Return the class of the connections of one server."""
    return type("Limited", (Limited,), {"limits": limits, "new": {}, "receiving": {}, "kept": {}})


class Limited(HttpToolsProtocol):  # type: ignore[misc]  # mypy skips uvicorn
    """Serve a connection within the ``limits`` of its server.

    ``new`` are those that wait for their first request, ``receiving`` those that wait for the rest of one, ``kept``
    those that have signed one and wait for another: they make room last.
    """

    limits: Limits
    new: dict[Limited, None]
    receiving: dict[Limited, None]
    kept: dict[Limited, None]
    timeout_keep_alive_task: asyncio.TimerHandle | None
    _requests = 0
    _held = b""

    def connection_made(self, transport: Any) -> None:
        """Begin; the one that has waited longest makes room for one too many."""
        super().connection_made(transport)
        waiting = (self.new, self.receiving, self.kept)
        longest = next((one for each in waiting for one in each), None)
        if longest is not None and len(self.connections) > self.limits.connections:
            longest.transport.abort()
        self.new[self] = None
        self.timeout_keep_alive_task = self.loop.call_later(self.limits.idle, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        """Let the parser have a little at a time, and nothing behind a request that isn't answered yet."""
        self._held += data
        while self._held and not (self.transport.is_closing() or self._is_answering):
            piece, self._held = self._held[:PIECE_BYTES], self._held[PIECE_BYTES:]
            self._take(piece)
        if self._held:
            self.flow.pause_reading()

    def on_headers_complete(self) -> None:
        """Count a request, which begins now."""
        self.new.pop(self, None)
        self.kept.pop(self, None)
        self.receiving[self] = None
        self._requests += 1
        super().on_headers_complete()
        if self._requests >= self.limits.requests and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Note that all of a request has come."""
        self.receiving.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with what is held, or wait."""
        self.receiving.pop(self, None)
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self.timeout_keep_alive_task is not None:
            self.kept[self] = None
        if self._held:
            self.loop.call_soon(self.data_received, b"")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        for each in (self.new, self.receiving, self.kept):
            each.pop(self, None)
        super().connection_lost(exc)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not (self.cycle.more_body or self.cycle.response_complete)

    def _take(self, piece: bytes) -> None:
        waiting, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        super().data_received(piece)
        if (self in self.new or self in self.kept) and not self.transport.is_closing():
            self.timeout_keep_alive_task = waiting  # the head of a request that isn't whole yet
        elif waiting is not None:
            waiting.cancel()
