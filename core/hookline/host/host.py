"""Open a host from a configuration, own everything in it, and close it: the composition root."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import structlog

from ..adapters.adapter import Services
from ..adapters.http import HttpClient
from ..bots.bot import Bot, Bots
from ..bots.roster import Roster
from ..clock import Clock, StoreClock, SystemClock
from ..config.configuration import Configuration
from ..control.server import ControlServer
from ..control.sockets import socket_of
from ..dispatch.runner import Note, unnoted
from ..errors import StoreBusyError
from ..ingress.limits import DEFAULT_LIMITS, Limits
from ..ingress.server import Server, serve
from ..intents.reader import Reader
from ..intents.training import Progress, unseen
from ..pace import Pace
from ..store.database.urls import is_shared
from ..store.memory.switches import Switch
from ..store.outcomes import Redact
from ..store.store import Store
from ..tracebacks import summary_of
from .learning import Role, learn
from .mailroom import Mailroom
from .parts import Ground, Parts
from .reloading import Reloaded, Renewal
from .stopping import GRACE_SECONDS, Stopping
from .watching import watch as watch_files

BUSY_PAUSE_SECONDS = 0.02

log = structlog.stdlib.get_logger("hookline.host")


class Host:
    """Own bots, store, worker and courier of one process, and nothing that another host could see.

    Open it with :meth:`open`, run it with :meth:`serve` or :meth:`start`, and close it.
    """

    def __init__(self, parts: Parts, predecessor: str | None = None) -> None:
        self._parts = parts
        self._predecessor = predecessor
        self._role = parts.ground.role
        self._renewal = parts.ground.renewal
        self.clock = parts.ground.services.clock
        self.store = parts.ground.store
        self.roster = parts.ground.roster
        self.bots: Bots = self.roster.bots
        self.slots = parts.slots
        self.worker = parts.worker
        self.courier = parts.courier
        self.reloader = parts.reloader
        self.health = parts.health
        self.app = parts.app
        self.admin = parts.admin
        self._control = self._built_control()
        self._stopping = Stopping(parts, self._control)
        self._reloads: set[asyncio.Task[Reloaded]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._failure: str | None = None
        self._is_closing = False

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
        note: Note = unnoted,
        limits: Limits = DEFAULT_LIMITS,
        mailroom: Mailroom | None = None,
    ) -> Host:
        """Open the store and build the bots; raises StoreError when the store can't be had.

        *worker* names this process among all that share the store; *predecessor* names one that is known to be dead,
        whose lanes it takes over at once. *patience* is how many seconds it waits for a store that another process
        still holds (StoreBusyError). *readers* were made by :func:`learn` before; *progress* shows how far that is
        when they were not. *renewal* says where a newer configuration would come from. *note* hears of runs that begin
        and fail. *limits* are those of HTTP. *mailroom* joins a worker with the fronts that answer for it.
        """
        clock = clock or (StoreClock() if is_shared(configuration.store) else SystemClock())
        services = Services(HttpClient(), clock)
        if readers is None:
            readers = await learn(configuration, role, progress)
        bots = configuration.bots.items()
        roster = Roster({name: Bot.build(bot, services, readers.get(name)) for name, bot in bots})
        ground = Ground(
            store=await _opened(configuration, roster.redact, patience),
            roster=roster,
            services=services,
            pace=pace or Pace(),
            role=role,
            name=worker or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}",
            renewal=renewal or Renewal(),
            note=note,
            limits=limits,
            mailroom=mailroom,
        )
        return cls(Parts(configuration, ground), predecessor)

    def _built_control(self) -> ControlServer | None:
        """Return what commands on this machine ask."""
        path = self._renewal.socket if self.store.is_shared else socket_of(self.configuration.store)
        return None if path is None else ControlServer(self.store, self, self.clock, path)

    @property
    def configuration(self) -> Configuration:
        """Return the configuration that is served."""
        return self.reloader.configuration

    @property
    def failure(self) -> str | None:
        """Return why the host stopped by itself, or None."""
        return self._failure

    def wake(self) -> None:
        """Let worker, courier and timekeeper look into the store."""
        self.worker.wake()
        self.courier.wake()
        self._parts.timekeeper.wake()

    async def next_due(self) -> int | None:
        """Return when the next timer is due, in milliseconds since 1970; None when there is none."""
        return await self._parts.timekeeper.next_at()

    async def look_at_time(self) -> None:
        """Let happen at once what is due, without waiting for the next look."""
        while not await self._parts.timekeeper.look():
            pass

    async def status(self) -> Mapping[str, object]:
        """Return all that a person asks about a host."""
        return await self.health.status()

    async def turn(self, switch: Switch, *, is_on: bool, who: str) -> bool:
        """Switch on or off, for good; False when it stood so already. Raises SwitchError when there's no such thing."""
        return await self._parts.switchboard.turn(switch, is_on=is_on, who=who)

    async def reload(self, why: str) -> Reloaded:
        """Serve what the files say now, or go on with what is served, and say how it went."""
        reload = asyncio.create_task(self._reloaded(why))
        self._reloads.add(reload)
        reload.add_done_callback(self._reloads.discard)
        return await asyncio.shield(reload)  # it goes on when whoever asked for it goes away

    async def _reloaded(self, why: str) -> Reloaded:
        reloaded = await self.reloader.reload(why)
        if reloaded.removed:
            self._spawn(await self._parts.lanes.bots_removed())
        return reloaded

    async def start(self, *, watch: bool = False) -> None:
        """Take lanes, take up what was left in them, and begin to work."""
        parts = self._parts
        await parts.switchboard.look()
        if self.store.is_shared:
            self._spawn([parts.switchboard.follow()])
        if self._role == "web":
            self._spawn(await parts.lanes.begin_timekeeping())
        else:
            self._spawn(await parts.lanes.begin(self._predecessor))
            self._spawn([self.worker.run(), self.courier.run(), parts.timekeeper.run()])
            self._spawn([parts.upkeep.prune(), parts.upkeep.compile_words()])
        if parts.importer is not None and parts.ground.mailroom is not None:
            self._spawn([parts.importer.run()])
            parts.ground.mailroom.listen(parts.importer.ring)
            parts.ground.mailroom.tell(self.bots.values())
        if self._control is not None:
            await self._control.start()
        if watch:
            parts.watchdog.start()
            self._spawn([parts.watchdog.run()])
        self.health.is_ready = True
        await self.reloader.serve()
        if self._renewal.watches and self._renewal.source is not None:
            self._spawn([watch_files(self._renewal.source, self.reload)])

    async def serve(
        self,
        listener: socket.socket | None,
        stop: asyncio.Event,
        grace: float = GRACE_SECONDS,
        *,
        on_ready: Callable[[], object] = bool,
        server: Server = "hypercorn",
        root: str = "",
        orphaned: asyncio.Event | None = None,
        admin: socket.socket | None = None,
    ) -> None:
        """Serve HTTP on *listener*, below *root*, until *stop* is set, then finish cleanly within *grace* seconds.

        When *orphaned* is set, nobody else has the listener: it is let go at once, for whoever comes next.
        A worker needs no *listener*; with one it answers for its health there. On *admin* an operator is answered.

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
        self._spawn([self._stopping.withdraw(stop, grace)])
        await self._serve(listener, admin, grace / 3, server, root, orphaned)
        await self.close(self._stopping.left_of(grace))

    async def _serve(
        self,
        listener: socket.socket | None,
        admin: socket.socket | None,
        grace: float,
        server: Server,
        root: str,
        orphaned: asyncio.Event | None,
    ) -> None:
        over, limits = self._stopping.over, self._parts.ground.limits
        serving: list[Coroutine[Any, Any, object]] = [over.wait()]
        if admin is not None:
            serving.append(serve(self._parts.admin, admin, over, grace, orphaned=orphaned, limits=limits))
        if listener is not None:
            serving.append(serve(self.app, listener, over, grace, server, root, orphaned, limits))
        async with asyncio.TaskGroup() as group:
            for work in serving:
                group.create_task(work)

    async def settle(self) -> None:
        """Wait until all that was accepted has been run and delivered."""
        await self.worker.idle()
        await self.courier.idle()

    async def close(self, grace: float = GRACE_SECONDS) -> None:
        """Stop: handlers reach a commit point, sends end, everything else stays in the store.

        What fails while closing keeps nothing else open.
        """
        await self._stopping.close(grace, self._cancel_tasks)

    async def _cancel_tasks(self) -> None:
        self._is_closing = True
        tasks = [*self._tasks, *self._reloads]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fail_on_end(self, stop: asyncio.Event) -> None:
        """Stop the host when a task that should run for ever ends with an error."""

        def ended(task: asyncio.Task[None]) -> None:
            error = None if task.cancelled() else task.exception()
            if error is not None or (task.cancelled() and not self._is_closing):
                self._failure = "something cancelled a task of the host" if error is None else summary_of(error)
                stop.set()
                log.error("host.task_failed", reason=self._failure, exc_info=error)

        for task in self._tasks:
            task.add_done_callback(ended)

    def _spawn(self, works: Iterable[Any]) -> None:
        self._tasks.extend(asyncio.create_task(work) for work in works)


async def _opened(configuration: Configuration, redact: Redact, patience: float) -> Store:
    end = time.monotonic() + patience
    while True:
        try:
            store = await Store.open(configuration.store, redact, configuration.listen_url)
        except StoreBusyError:
            if time.monotonic() >= end:
                raise
            await asyncio.sleep(BUSY_PAUSE_SECONDS)
        else:
            _tell_exposures(store)
            return store


def _tell_exposures(store: Store) -> None:
    for exposure in store.exposures:
        file, mode = str(exposure.path), f"{exposure.mode:04o}"
        if exposure.reason:
            log.warning("store.exposed", file=file, mode=mode, reason=exposure.reason)
        else:
            log.info("store.narrowed", file=file, mode=mode)
