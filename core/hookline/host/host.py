"""Build a host from a configuration, own everything in it, and close it: the composition root."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Any, Literal

import structlog

from ..adapters.http import HttpClient
from ..bots.bot import Bot, Bots
from ..bots.roster import Roster
from ..bots.switching import check_switch
from ..clock import Clock, StoreClock, SystemClock
from ..config.configuration import BotConfiguration, Configuration
from ..control.server import ControlServer
from ..control.sockets import socket_of
from ..delivery.courier import Courier
from ..dispatch.dispatcher import Dispatcher
from ..dispatch.lanes.sharing import Sharing
from ..dispatch.slots import Slots
from ..dispatch.worker import Worker
from ..errors import StoreBusyError, StoreError
from ..events import LANES
from ..findings.findings import mask
from ..ingress.server import Server, serve
from ..ingress.webhooks import Webhooks
from ..intents.reader import Desk, Reader
from ..intents.training import Progress, prepare, unseen
from ..pace import Pace
from ..plugins.threads import in_daemon_thread
from ..store.database.urls import is_shared
from ..store.lanes import Tenure
from ..store.memory.switches import Switch
from ..store.outcomes import Redact
from ..store.store import Store
from .metrics import Measurements
from .pages import build_app
from .reloading import Reloaded, Reloader, Renewal
from .status import Health
from .watchdog import Watchdog
from .watching import watch as watch_files

GRACE_SECONDS = 10.0
PRUNE_EVERY_SECONDS = 600.0
PRUNE_PAUSE_SECONDS = 0.05
COMPILE_PAUSE_SECONDS = 0.005
DAY_MILLISECONDS = 86_400_000
UNREADY_SECONDS = 0.5
BUSY_PAUSE_SECONDS = 0.02
SWITCHES_SECONDS = 5.0
ORPHANS_SECONDS = (2.0, 8.0, 20.0, 60.0)
"""The last is when a handler that keeps failing has been given up, by the deadlines of a host."""
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
        roster: Roster,
        http: HttpClient,
        clock: Clock,
        pace: Pace,
        role: Role = "all",
        worker: str | None = None,
        predecessor: str | None = None,
        renewal: Renewal | None = None,
    ) -> None:
        self._store_url = configuration.store
        self._cache = configuration.cache
        self._renewal = renewal or Renewal()
        self._role = role
        self._name = worker or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._predecessor = predecessor
        self.roster = roster
        self.bots: Bots = roster.bots
        self.store = store
        self._http = http
        self._clock = clock
        self._pace = pace
        self._switched = asyncio.Event()
        self._switching = asyncio.Lock()
        self._reloads: set[asyncio.Task[Reloaded]] = set()
        self._tenure = Tenure()
        self._tasks: list[asyncio.Task[None]] = []
        self._failure: str | None = None
        self._has_stopped_working = False

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
        renewal: Renewal | None = None,
    ) -> Host:
        """Open the store and build the bots; raises StoreError when the store can't be had.

        *worker* names this process among all that share the store; *predecessor* names one that is known to be dead,
        whose lanes it takes over at once. *patience* is how many seconds it waits for a store that another process
        still holds (StoreBusyError). *readers* were made by :func:`learn` before; *progress* shows how far that is
        when they were not. *renewal* says where a newer configuration would come from.
        """
        clock = clock or (StoreClock() if is_shared(configuration.store) else SystemClock())
        http = HttpClient()
        if readers is None:
            readers = await learn(configuration, role, progress)
        bots = {name: Bot.build(bot, http, readers.get(name)) for name, bot in configuration.bots.items()}
        roster = Roster(bots)
        store = await _opened(configuration, roster.redact, patience)
        host = cls(configuration, store, roster, http, clock, pace or Pace(), role, worker, predecessor, renewal)
        host._build(configuration)
        return host

    def _build(self, configuration: Configuration) -> None:
        clock, pace = self._clock, self._pace
        self.courier = Courier(self.store.outbox, self.bots, self._tenure, clock, pace)
        self._desk = Desk()
        shared, resting = self.store.plugin_state, self.store.cooldowns.read
        dispatcher = Dispatcher(self.bots, shared, self._tenure, clock, pace, self._desk, resting)
        self._slots = Slots(configuration.running, _limits(configuration))
        self.worker = Worker(
            self.store,
            dispatcher,
            self.bots,
            clock,
            self.courier.add,
            pace,
            self._tenure,
            self._slots,
            self._hide,
            self.roster.paused,
        )
        self._sharing = self._built_sharing()
        self._watchdog = Watchdog(_plugin_modules(configuration))
        self.reloader = self._built_reloader(configuration)
        other: Any = build_app(self._readiness, self._measure)  # Quart types ASGI more narrowly
        self.app = Webhooks({} if self._role == "worker" else self.bots, self.worker.accept, clock, other)
        self.health = self._built_health()
        self._control = self._built_control()

    def _built_sharing(self) -> Sharing | None:
        """Return what keeps this process in step with others, where there may be any."""
        signals = self.store.signals
        if signals is None:
            return None
        return Sharing(
            self.store, signals, self._tenure, self._name, self.bots, self.worker, self.courier, self._clock,
            self._switched.set,
        )  # fmt: skip

    def _built_reloader(self, configuration: Configuration) -> Reloader:
        def build(bot: BotConfiguration, reader: Reader | None) -> Bot:
            return Bot.build(bot, self._http, reader)

        def learn(bots: Mapping[str, BotConfiguration]) -> Mapping[str, Reader]:
            return prepare({name: bot.intents for name, bot in bots.items()}, self._cache)

        return Reloader(
            configuration, self.roster, build, None if self._role == "web" else learn, self._on_change, self._clock,
            self._renewal,
        )  # fmt: skip

    def _built_health(self) -> Health:
        return Health(
            self._name, self._role, self.store, self.roster, self.worker, self.courier, self.app, self._sharing,
            self._tenure, self.reloader, self._clock,
        )  # fmt: skip

    def _built_control(self) -> ControlServer | None:
        """Return what commands on this machine ask."""
        path = self._renewal.socket if self.store.is_shared else socket_of(self._store_url)
        return None if path is None else ControlServer(self.store, self, self._clock, path)

    def _on_change(self, configuration: Configuration, bots: Iterable[str]) -> None:
        """Go by a new configuration, in which *bots* are new."""
        self._slots.change(configuration.running, _limits(configuration))
        self._renewal.secrets.update(configuration.secrets)
        self._watchdog.modules = _plugin_modules(configuration)
        self.worker.resume(bots)
        self.courier.wake()

    async def switch(self) -> None:
        """Go by what the store says is switched off."""
        async with self._switching:  # what was read last is what counts
            before = set(self.roster.paused)
            self.roster.switch(await self.store.switches.off())
        if resumed := before - self.roster.paused:
            self.worker.resume(resumed)

    async def turn(self, switch: Switch, *, is_on: bool, who: str) -> bool:
        """Switch on or off, for good; False when it stood so already. Raises SwitchError when there's no such thing."""
        check_switch(switch, self.configuration.bots, self.roster.off)
        is_changed = await self.store.switches.turn(switch, is_on=is_on, who=who, now=self._clock.now())
        await self.switch()
        if is_changed:
            log.warning("switch.turned", bot=switch.bot, kind=switch.kind, name=switch.name, on=is_on, by=who)
        return is_changed

    async def reload(self, why: str) -> Reloaded:
        """Serve what the files say now, or go on with what is served, and say how it went."""
        reload = asyncio.create_task(self._reloaded(why))
        self._reloads.add(reload)
        reload.add_done_callback(self._reloads.discard)
        return await asyncio.shield(reload)  # it goes on when whoever asked for it goes away

    async def _reloaded(self, why: str) -> Reloaded:
        reloaded = await self.reloader.reload(why)
        if reloaded.removed and self._sharing is None and self._role != "web":
            await self._look_for_orphans()
            self._spawn(self._look_again())
        return reloaded

    async def status(self) -> Mapping[str, object]:
        """Return all that a person asks about a host."""
        return await self.health.status()

    @property
    def configuration(self) -> Configuration:
        """Return the configuration that is served."""
        return self.reloader.configuration

    def wake(self) -> None:
        """Let worker and courier look into the store."""
        self.worker.wake()
        self.courier.wake()

    async def start(self, *, watch: bool = False) -> None:
        """Take lanes, take up what was left in them, and begin to work."""
        await self.switch()
        if self.store.is_shared:
            self._spawn(self._follow_switches())
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
        self.health.is_ready = True
        await self.reloader.serve()
        if self._renewal.watches and self._renewal.source is not None:
            self._spawn(watch_files(self._renewal.source, self.reload))

    async def _follow_switches(self) -> None:
        """Go by what other processes switch: at once when they say so, else within some seconds."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SWITCHES_SECONDS):
                    await self._switched.wait()
            self._switched.clear()
            with suppress(StoreError):  # asked again soon
                await self.switch()

    async def _take_lanes(self) -> None:
        if self._sharing is not None:
            for work in await self._sharing.begin(self._predecessor):
                self._spawn(work)
            return
        self._tenure.epochs = await self.store.lanes.take_all(self._name, self._clock.now())
        self._tenure.until = float("inf")
        await self.courier.resume()  # before anything new is written
        await self._look_for_orphans()

    async def _look_again(self) -> None:
        """Look a few times more for what removed bots leave behind: what they were at ends later.

        Not for ever: it takes the store longer the more there is.
        """
        for seconds in ORPHANS_SECONDS:
            await asyncio.sleep(seconds)
            await self._look_for_orphans()

    async def _look_for_orphans(self) -> None:
        """Find bots that something waits for and that aren't there."""
        before = self.health.orphaned
        with suppress(StoreError):  # it is looked for again
            self.health.orphaned = frozenset(await self.store.foreign(range(LANES), self.bots))
        if self.health.orphaned - before:
            log.warning("inbox.orphaned", bots=sorted(self.health.orphaned))

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

    async def _readiness(self) -> tuple[bool, Mapping[str, Any]]:
        return await self.health.readiness()

    async def _measure(self) -> Measurements:
        return await self.health.measure()

    async def close(self, grace: float = GRACE_SECONDS) -> None:
        """Stop: handlers reach a commit point, sends end, everything else stays in the store.

        What fails while closing keeps nothing else open.
        """
        self.health.is_ready = False
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
        tasks = [*self._tasks, *self._reloads]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _stopped(self, stop: asyncio.Event, grace: float) -> _Stopped:
        """Return the event that is set once no more shall be accepted.

        Before that readiness is withdrawn, for long enough that somebody sees it, and all work is brought to an end.
        """
        stopped = _Stopped(grace)

        async def withdraw() -> None:
            await stop.wait()
            self.health.is_ready = False
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
        return mask(text, self._renewal.secrets | self.configuration.secrets)

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
        while True:
            retention, now = self.configuration, self._clock.now()
            ids_before = now - retention.ids_days * DAY_MILLISECONDS
            bodies_before = now - retention.bodies_days * DAY_MILLISECONDS
            with suppress(Exception):  # tried again in ten minutes
                touched = 1
                while touched:
                    touched = await self.store.inbox.prune(ids_before, bodies_before)
                    touched += await self.store.outbox.prune(bodies_before)
                    touched += await self.store.cooldowns.prune(now)
                    await asyncio.sleep(PRUNE_PAUSE_SECONDS)
            await asyncio.sleep(PRUNE_EVERY_SECONDS)

    async def _compile_words(self) -> None:
        """Compile all bots' words, one bot at a time, so that it is hardly ever a text that waits for it."""
        for bot in list(self.bots.values()):
            bot.router.compile()
            await asyncio.sleep(COMPILE_PAUSE_SECONDS)

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))


def _limits(configuration: Configuration) -> Mapping[str, int]:
    return {name: bot.running for name, bot in configuration.bots.items()}


def _plugin_modules(configuration: Configuration) -> Mapping[str, str]:
    return {
        use.plugin.module.partition(".")[0]: name
        for bot in configuration.bots.values()
        for name, use in bot.plugins.items()
    }


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
