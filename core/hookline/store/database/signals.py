"""Hear from other processes, through PostgreSQL, that something waits: so an idle worker starts within milliseconds."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from .dialects import CHANNEL

HEARD_SECONDS = 2.0
RETRY_SECONDS = 1.0
CHECK_SECONDS = 15.0

log = structlog.stdlib.get_logger("hookline.store")

Wake = Callable[[str, Collection[int]], None]
"""Called with the room (``inbox``, ``outbox``, ``timers``, ``lanes``, ``switches``) and where something waits."""


class Signals:
    """Listen to one database. ``is_heard`` says whether signals get through; while they don't, others must poll.

    Without a *url* nothing is listened to: behind a transaction pooler only.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._echo = asyncio.Event()
        self._nonce = ""
        self._wake: Wake | None = None
        self.is_heard = False

    async def run(self, wake: Wake) -> None:
        """Listen until cancelled, connecting anew whenever the connection is lost."""
        if self._url is None:
            return
        self._wake = wake
        has_warned = False
        while True:
            try:
                await self._listen(self._url)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not has_warned:
                    has_warned = True
                    log.warning("store.unheard", reason=str(error) or type(error).__name__)
            self.is_heard = False
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, url: str) -> None:
        """Listen on one connection for as long as it is proven to carry signals."""
        connection = await asyncpg.connect(url, timeout=HEARD_SECONDS, statement_cache_size=0)
        try:
            await connection.add_listener(CHANNEL, self._heard)
            while True:
                await self._prove(connection)
                if not self.is_heard:
                    log.info("store.heard")
                self.is_heard = True
                await asyncio.sleep(CHECK_SECONDS)
        finally:
            with suppress(Exception):
                await connection.close(timeout=1.0)

    async def _prove(self, connection: Any) -> None:
        """Notify this process itself, through the server: a transaction pooler would swallow the LISTEN."""
        self._nonce = uuid.uuid4().hex
        self._echo.clear()
        async with asyncio.timeout(HEARD_SECONDS):
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"echo:{self._nonce}")
            await self._echo.wait()

    def _heard(self, _connection: object, _process: int, _channel: str, payload: str) -> None:
        room, _, rest = payload.partition(":")
        if room == "echo":
            if rest == self._nonce:
                self._echo.set()
        elif self._wake is not None:
            self._wake(room, {int(lane) for lane in rest.split(",") if lane.isdigit()})
