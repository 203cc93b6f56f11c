"""Bring a host to its end in the right order: what was begun is finished, what wasn't stays in the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

from ..control.server import ControlServer
from ..threads import in_daemon_thread
from .parts import Parts

GRACE_SECONDS = 10.0
UNREADY_SECONDS = 0.5
CLASSIFIER_SECONDS = 1.0


class Stopping:
    """Stop the *parts* of a host, and *control*. ``over`` is set once no more shall be accepted."""

    def __init__(self, parts: Parts, control: ControlServer | None) -> None:
        self._parts = parts
        self._control = control
        self._begun_at: float | None = None
        self._has_stopped_working = False
        self.over = asyncio.Event()

    async def withdraw(self, stop: asyncio.Event, grace: float) -> None:
        """Wait for *stop*, then bring all work to an end and set ``over``.

        Before that readiness is withdrawn, for long enough that somebody sees it.
        """
        await stop.wait()
        self._parts.health.is_ready = False
        self._begun_at = time.monotonic()
        self._parts.app.leave()
        try:
            await asyncio.sleep(min(UNREADY_SECONDS, grace / 10))
            await self._stop_working(grace * 0.6)  # acks go on meanwhile
        finally:
            self.over.set()

    def left_of(self, grace: float) -> float:
        """Return the seconds that are left of *grace*, the one deadline that all of a stop shares."""
        begun_at = time.monotonic() if self._begun_at is None else self._begun_at
        return max(0.1, grace - (time.monotonic() - begun_at))

    async def close(self, grace: float, cancel_tasks: Callable[[], Awaitable[None]]) -> None:
        """Stop working within *grace* seconds, then close everything; what fails keeps nothing else open."""
        parts = self._parts
        parts.health.is_ready = False
        async with AsyncExitStack() as closing:  # the last that is pushed is the first to close
            closing.push_async_callback(parts.ground.store.close)
            closing.push_async_callback(parts.ground.services.http.close)
            closing.push_async_callback(self._close_classifiers)
            closing.push_async_callback(parts.desk.close)
            closing.callback(parts.watchdog.stop)
            closing.push_async_callback(parts.lanes.leave)
            closing.push_async_callback(cancel_tasks)
            closing.push_async_callback(self._stop_working, grace)
            if self._control is not None:
                closing.push_async_callback(self._control.close)

    async def _stop_working(self, grace: float) -> None:
        """Bring handlers to a commit point and sends to their end; what is accepted after that is for others."""
        if self._has_stopped_working:
            return
        self._has_stopped_working = True
        parts = self._parts
        parts.timekeeper.stop()
        if parts.importer is not None:
            await parts.importer.drain(grace * 0.3)
            parts.importer.stop()
        async with AsyncExitStack() as stopping:  # the last that is pushed is the first to be done
            stopping.push_async_callback(parts.lanes.leave)
            stopping.push_async_callback(parts.courier.stop, grace * 0.3)
            stopping.push_async_callback(parts.worker.stop, grace * 0.6)
            stopping.push_async_callback(parts.lanes.leave_idle)

    async def _close_classifiers(self) -> None:
        """Let classifiers go; one that is busy with a text is not waited for long."""
        classifiers = {bot.intents.classifier for bot in self._parts.reloader.configuration.bots.values()}
        for classifier in classifiers - {None}:
            assert classifier is not None
            with suppress(TimeoutError):
                async with asyncio.timeout(CLASSIFIER_SECONDS):
                    await in_daemon_thread("closing a classifier", classifier.close)
