"""Build a host from a configuration, own everything in it, and close it: the composition root."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import structlog

from .adapters.http import HttpClient
from .bots import Bot
from .clock import Clock, StoreClock, SystemClock
from .config.configuration import Configuration
from .config.diagnostics import mask
from .control.server import ControlServer
from .control.sockets import socket_of
from .delivery.courier import Courier
from .dispatch.dispatcher import Dispatcher
from .dispatch.sharing import Sharing
from .dispatch.slots import Slots
from .dispatch.watchdog import Watchdog
from .dispatch.worker import Worker
from .errors import StoreBusyError, StoreError
from .events import LANES
from .ingress.app import build_app
from .ingress.metrics import Measurements
from .ingress.server import Server, serve
from .ingress.webhooks import Webhooks
from .intents.reader import Desk, Reader
from .intents.training import Progress, prepare, unseen
from .pace import Pace
from .plugins.threads import in_daemon_thread
from .store.lanes import Tenure
from .store.outcomes import Redact
from .store.store import Store
from .store.urls import is_shared

GRACE_SECONDS = 10.0
PRUNE_EVERY_SECONDS = 600.0
PRUNE_PAUSE_SECONDS = 0.05
COMPILE_PAUSE_SECONDS = 0.005
DAY_MILLISECONDS = 86_400_000
UNREADY_SECONDS = 0.5
BUSY_PAUSE_SECONDS = 0.02
CLASSIFIER_SECONDS = 1.0

Role = Literal["all", "web", "worker"]
"""What a process does: take webhooks, run events and send answers, or all of it."""

log = structlog.stdlib.get_logger("hookline.host")


class Host:
    """Hold bots, store, worker and courier of one process, and nothing that another host could see.

    Open it with :meth:`open`, run it with :meth:`serve` or :meth:`start`, and close it.
    """

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        bots: Mapping[str, Bot],
        http: HttpClient,
        clock: Clock,
        pace: Pace,
        role: Role = "all",
        worker: str | None = None,
        predecessor: str | None = None,
    ) -> None:
        self.configuration = configuration
        self._role = role
        self._name = worker or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._predecessor = predecessor
        self.bots = bots
        self.store = store
        self._http = http
        self._clock = clock
        self._pace = pace
        self._tenure = Tenure()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_ready = False
        self._failure: str | None = None
        self._has_stopped_working = False
        self._orphaned: frozenset[str] = frozenset()

    @classmethod
    async def open(
        cls,
        configuration: Configuration,
        clock: Clock | None = None,
        pace: Pace | None = None,
        *,
        role: Role = "all",
        worker: str | None = None,
        predecessor: str | None = None,
        patience: float = 0.0,
        readers: Mapping[str, Reader] | None = None,
        progress: Progress = unseen,
    ) -> Host:
        """Open the store and build the bots; raises StoreError when the store can't be had.

        *worker* names this process among all that share the store; *predecessor* names one that is known to be dead,
        whose lanes it takes over at once. *patience* is how many seconds it waits for a store that another process
        still holds (StoreBusyError). *readers* were made by :func:`learn` before; *progress* shows how far that is
        when they were not.
        """
        clock = clock or (StoreClock() if is_shared(configuration.store) else SystemClock())
        http = HttpClient()
        if readers is None:
            readers = await learn(configuration, role, progress)
        bots = {name: Bot.build(bot, http, readers.get(name)) for name, bot in configuration.bots.items()}

        def redact(bot: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
            return bots[bot].adapter.redact(raw)

        store = await _opened(configuration, redact, patience)
        host = cls(configuration, store, bots, http, clock, pace or Pace(), role, worker, predecessor)
        host._build()
        return host

    def _build(self) -> None:
        configuration, clock, pace = self.configuration, self._clock, self._pace
        self.courier = Courier(self.store.outbox, self.bots, self._tenure, clock, pace)
        self._desk = Desk()
        dispatcher = Dispatcher(self.bots, self.store.plugin_state, self._tenure, clock, pace, self._desk)
        slots = Slots(configuration.running, {name: bot.running for name, bot in configuration.bots.items()})
        self.worker = Worker(
            self.store, dispatcher, self.bots, clock, self.courier.add, pace, self._tenure, slots, self._hide
        )
        self._sharing = self._built_sharing()
        self._watchdog = Watchdog(self._plugin_modules())
        self._control = self._built_control()
        other: Any = build_app(self.readiness, self.measure)  # Quart types ASGI more narrowly
        self.app = Webhooks({} if self._role == "worker" else self.bots, self.worker.accept, clock, other)

    def _built_sharing(self) -> Sharing | None:
        """Return what keeps this process in step with others, where there may be any."""
        signals = self.store.signals
        if signals is None:
            return None
        return Sharing(self.store, signals, self._tenure, self._name, self.bots, self.worker, self.courier, self._clock)

    def _built_control(self) -> ControlServer | None:
        """Return what commands ask for changes; on PostgreSQL they make them by themselves."""
        if self.store.is_shared:
            return None
        return ControlServer(self.store, self._wake, self._clock, socket_of(self.configuration.store))

    def _wake(self) -> None:
        """Let worker and courier look into the store."""
        self.worker.wake()
        self.courier.wake()

    async def start(self, *, watch: bool = False) -> None:
        """Take lanes, take up what was left in them, and begin to work."""
        if self._role != "web":
            await self._take_lanes()
            self._spawn(self.worker.run())
            self._spawn(self.courier.run())
            self._spawn(self._prune())
            self._spawn(self._compile_words())
        elif self._sharing is not None:
            for work in await self._sharing.begin_timekeeping():
                self._spawn(work)
        if self._control is not None:
            await self._control.start()
        if watch:
            self._watchdog.start()
            self._spawn(self._watchdog.run())
        self._is_ready = True

    async def _take_lanes(self) -> None:
        if self._sharing is not None:
            for work in await self._sharing.begin(self._predecessor):
                self._spawn(work)
            return
        self._tenure.epochs = await self.store.lanes.take_all(self._name, self._clock.now())
        self._tenure.until = float("inf")
        await self.courier.resume()  # before anything new is written
        self._orphaned = frozenset(await self.store.foreign(range(LANES), self.bots))
        if self._orphaned:
            log.warning("inbox.orphaned", bots=sorted(self._orphaned))

    async def serve(
        self,
        listener: socket.socket | None,
        stop: asyncio.Event,
        grace: float = GRACE_SECONDS,
        *,
        on_ready: Callable[[], object] = bool,
        server: Server = "hypercorn",
    ) -> None:
        """Serve HTTP on *listener* until *stop* is set, then finish cleanly within *grace* seconds.

        A worker needs no *listener*; with one it answers for its health there.

        Raises StoreError when the store fails at the start; the host is closed then, too.
        """
        try:
            await self.start(watch=True)
        except BaseException:
            await self.close(0.1)
            raise
        log.info("host.ready", bots=sorted(self.bots))
        on_ready()
        self._fail_on_end(stop)
        stopped = self._stopped(stop, grace)
        if listener is None:
            await stopped.event.wait()
        else:
            await serve(self.app, listener, stopped.event, grace / 3, server)
        await self.close(stopped.left())

    async def settle(self) -> None:
        """Wait until all that was accepted has been run and delivered."""
        await self.worker.idle()
        await self.courier.idle()

    async def readiness(self) -> tuple[bool, Mapping[str, Any]]:
        """Return whether the host takes events, and how it is."""
        is_ready = self._is_ready
        try:
            async with asyncio.timeout(1.0):
                await self.store.check()
        except Exception:
            is_ready = False
        facts = {
            "role": self._role,
            "bots": len(self.bots),
            "lanes": len(self._tenure.epochs),
            "orphaned_bots": sorted(self._orphaned_bots()),
            "bots_elsewhere": sorted(self._sharing.elsewhere if self._sharing else ()),
            "deliveries": dict(self.courier.counts),
        }
        return is_ready, facts

    def _orphaned_bots(self) -> frozenset[str]:
        return self._orphaned | (self._sharing.orphaned if self._sharing else frozenset())

    async def measure(self) -> Measurements:
        """Return what an operator watches; of the store nothing while it is away."""
        measured = Measurements(
            is_ready=self._is_ready,
            lanes=len(self._tenure.epochs),
            running=self.worker.held,
            sending=self.courier.held,
            orphaned=self._orphaned_bots(),
            elsewhere=self._sharing.elsewhere if self._sharing else (),
            deliveries=dict(self.courier.counts),
        )
        try:
            async with asyncio.timeout(1.0):
                backlog = await self.store.backlog()
        except (StoreError, TimeoutError):
            return replace(measured, is_ready=False)
        age = 0 if backlog.oldest_at is None else max(0, self._clock.now() - backlog.oldest_at)
        return replace(measured, waiting=backlog.waiting, oldest_seconds=age / 1000, dead=backlog.dead)

    async def close(self, grace: float = GRACE_SECONDS) -> None:
        """Stop: handlers reach a commit point, sends end, everything else stays in the store.

        What fails while closing keeps nothing else open.
        """
        self._is_ready = False
        async with AsyncExitStack() as closing:  # the last that is pushed is the first to close
            closing.push_async_callback(self.store.close)
            closing.push_async_callback(self._http.close)
            closing.push_async_callback(self._close_classifiers)
            closing.push_async_callback(self._desk.close)
            closing.callback(self._watchdog.stop)
            if self._sharing is not None:
                closing.push_async_callback(self._sharing.leave)
            closing.push_async_callback(self._cancel_tasks)
            closing.push_async_callback(self._stop_working, grace)
            if self._control is not None:
                closing.push_async_callback(self._control.close)

    async def _close_classifiers(self) -> None:
        """Let classifiers go; one that is busy with a text is not waited for long."""
        classifiers = {bot.intents.classifier for bot in self.configuration.bots.values()}
        for classifier in classifiers - {None}:
            assert classifier is not None
            with suppress(TimeoutError):
                async with asyncio.timeout(CLASSIFIER_SECONDS):
                    await in_daemon_thread("closing a classifier", classifier.close)

    async def _stop_working(self, grace: float) -> None:
        """Bring handlers to a commit point and sends to their end; what is accepted after that is for others."""
        if self._has_stopped_working:
            return
        self._has_stopped_working = True
        async with AsyncExitStack() as stopping:  # the last that is pushed is the first to be done
            if self._sharing is not None:
                stopping.push_async_callback(self._sharing.leave)
            stopping.push_async_callback(self.courier.stop, grace * 0.3)
            stopping.push_async_callback(self.worker.stop, grace * 0.6)
            if self._sharing is not None:
                stopping.push_async_callback(self._sharing.leave_idle)

    async def _cancel_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _stopped(self, stop: asyncio.Event, grace: float) -> _Stopped:
        """Return the event that is set once no more shall be accepted.

        Before that readiness is withdrawn, for long enough that somebody sees it, and all work is brought to an end.
        """
        stopped = _Stopped(grace)

        async def withdraw() -> None:
            await stop.wait()
            self._is_ready = False
            stopped.begin()
            self.app.leave()
            try:
                await asyncio.sleep(min(UNREADY_SECONDS, grace / 10))
                await self._stop_working(grace * 0.6)  # acks go on meanwhile
            finally:
                stopped.event.set()

        self._spawn(withdraw())
        return stopped

    def _hide(self, text: str) -> str:
        return mask(text, self.configuration.secrets)

    def _fail_on_end(self, stop: asyncio.Event) -> None:
        """Stop the host when a task that should run for ever ends with an error."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                self._failure = str(task.exception())
                stop.set()
                log.error("host.task_failed", exc_info=task.exception())

        for task in self._tasks:
            task.add_done_callback(ended)

    @property
    def failure(self) -> str | None:
        """Return why the host stopped by itself, or None."""
        return self._failure

    async def _prune(self) -> None:
        retention = self.configuration
        while True:
            now = self._clock.now()
            ids_before = now - retention.ids_days * DAY_MILLISECONDS
            bodies_before = now - retention.bodies_days * DAY_MILLISECONDS
            with suppress(Exception):  # tried again in ten minutes
                touched = 1
                while touched:
                    touched = await self.store.inbox.prune(ids_before, bodies_before)
                    touched += await self.store.outbox.prune(bodies_before)
                    await asyncio.sleep(PRUNE_PAUSE_SECONDS)
            await asyncio.sleep(PRUNE_EVERY_SECONDS)

    async def _compile_words(self) -> None:
        """Compile all bots' words, one bot at a time, so that it is hardly ever a text that waits for it."""
        for bot in list(self.bots.values()):
            bot.router.compile()
            await asyncio.sleep(COMPILE_PAUSE_SECONDS)

    def _plugin_modules(self) -> dict[str, str]:
        return {
            use.plugin.module.partition(".")[0]: name
            for bot in self.configuration.bots.values()
            for name, use in bot.plugins.items()
        }

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))


async def learn(configuration: Configuration, role: Role = "all", progress: Progress = unseen) -> Mapping[str, Reader]:
    """Return what understands the texts of each bot with intents; it may have to learn for seconds."""
    intents = {name: bot.intents for name, bot in configuration.bots.items() if bot.intents.intents}
    if role == "web" or not intents:
        return {}
    work = partial(prepare, intents, configuration.cache, progress)
    readers: Mapping[str, Reader] = await in_daemon_thread("learning intents", work)  # a stop doesn't wait for it
    return readers


async def _opened(configuration: Configuration, redact: Redact, patience: float) -> Store:
    end = time.monotonic() + patience
    while True:
        try:
            return await Store.open(configuration.store, redact, configuration.listen_url)
        except StoreBusyError:
            if time.monotonic() >= end:
                raise
            await asyncio.sleep(BUSY_PAUSE_SECONDS)


class _Stopped:
    """Hold the one deadline that all of a stop shares."""

    def __init__(self, grace: float) -> None:
        self.event = asyncio.Event()
        self._grace = grace
        self._begun_at: float | None = None

    def begin(self) -> None:
        self._begun_at = time.monotonic()

    def left(self) -> float:
        """Return the seconds that are left of the grace."""
        begun_at = time.monotonic() if self._begun_at is None else self._begun_at
        return max(0.1, self._grace - (time.monotonic() - begun_at))
