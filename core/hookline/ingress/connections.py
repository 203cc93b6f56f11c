"""Take connections and serve each over HTTP/1.1 with Hypercorn's protocol, so that strangers cost little.

Hypercorn's own server keeps each connection that comes, speaks HTTP/2 to who asks for it, and reads on from callers
that have gone. Here there are so many at most, and the one that has waited longest makes room for the next.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from functools import partial
from itertools import takewhile

import structlog
from h11 import DONE, Request
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import AppWrapper, ConnectionState, LifespanState
from hypercorn.utils import parse_socket_addr, wrap_app

from ..pace import Rarely
from .ends import LINGER_SECONDS, Ends
from .guard import App
from .limits import Limits

READ_BYTES = 32 * 1024
"""What is read of a connection at a time; twice as much is held of one at most."""
TICK_SECONDS = 0.5
OUT_OF_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
OUT_OF_FILES_SECONDS = 0.1

log = structlog.stdlib.get_logger("hookline.ingress")


async def serve(app: App, own: int, ends: Ends, grace: float, limits: Limits) -> None:
    """Serve *app* with Hypercorn's HTTP/1.1 on the listener *own*, which is closed at the end."""
    config = Config()
    config.keep_alive_max_requests = limits.requests
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    loop = asyncio.get_running_loop()
    wrapped = wrap_app(app, config.wsgi_max_body_size, "asgi")  # type: ignore[arg-type]  # narrower ASGI types
    context, state = WorkerContext(None), LifespanState()
    lifespan = Lifespan(wrapped, config, loop, state)
    connections = Connections(wrapped, config, context, state, limits)
    tasks = [loop.create_task(lifespan.handle_lifespan())]
    try:
        with socket.socket(fileno=own) as listener:
            await lifespan.wait_for_startup()
            if tasks[0].done():
                tasks[0].result()
            accepting = loop.create_task(connections.accept(listener))
            tasks += [accepting, loop.create_task(connections.watch())]
            await _ended(loop.create_task(ends.deaf(accepting.cancel)), accepting)
        await asyncio.sleep(LINGER_SECONDS)
        await context.terminated.set()
        await connections.end(grace)
        await lifespan.wait_for_shutdown()
    finally:
        connections.abort()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _ended(told: asyncio.Task[None], accepting: asyncio.Task[None]) -> None:
    """Wait until it is *told* that no more are to be taken; raise why none can be taken before that."""
    try:
        await asyncio.wait([told, accepting], return_when=asyncio.FIRST_COMPLETED)
        if not (told.done() or accepting.cancelled()):
            accepting.result()
        await told
    finally:
        told.cancel()
        accepting.cancel()
        await asyncio.wait([accepting])


class Connections:
    """Hold all connections of a server, within its limits."""

    def __init__(
        self, app: AppWrapper, config: Config, context: WorkerContext, state: LifespanState, limits: Limits
    ) -> None:
        self.app = app
        self.config = config
        self.context = context
        self.state = state
        self._limits = limits
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving: set[_Connection] = set()
        self._new: dict[_Connection, float] = {}
        self._receiving: dict[_Connection, float] = {}
        self._kept: dict[_Connection, float] = {}
        self._room = asyncio.Event()
        self._full = Rarely()
        self._out_of_files = Rarely()

    async def accept(self, listener: socket.socket) -> None:
        """Take what comes on *listener*, one after the other, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._has_room()
            try:
                accepted, _ = await loop.sock_accept(listener)
            except OSError as error:
                await self._not_accepted(error)
                continue
            self._start(_Connection(self, accepted))

    async def watch(self) -> None:
        """Close, until cancelled, what has sent no request for too long."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for connection in self._stale(time.monotonic() - self._limits.idle):
                connection.close()
                await asyncio.sleep(0)  # many may have come together, and others wait for their answers

    def _stale(self, latest: float) -> list[_Connection]:
        """Return what has waited for a request since before *latest*."""
        waiting = (self._new, self._kept)
        return [one for each in waiting for one, _ in takewhile(lambda item: item[1] <= latest, each.items())]

    async def end(self, seconds: float) -> None:
        """Close what is idle, and wait *seconds* for what is not."""
        for connection in [*self._new, *self._kept]:
            connection.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def abort(self) -> None:
        """Let go of all that is left."""
        for task in self._tasks:
            task.cancel()

    def note_new(self, connection: _Connection) -> None:
        """Note that *connection* waits for its first request."""
        self._new[connection] = time.monotonic()
        self._room.set()

    def note_kept(self, connection: _Connection) -> None:
        """Note that *connection* waits for another request: only who has signed one is waited for."""
        self._kept[connection] = time.monotonic()
        self._room.set()

    def note_receiving(self, connection: _Connection) -> None:
        """Note that *connection* has the head of one."""
        self.note_busy(connection)
        self._receiving[connection] = time.monotonic()
        self._room.set()

    def note_busy(self, connection: _Connection) -> None:
        """Note that *connection* has the whole of one: it makes no room for others."""
        for waiting in self._waiting:
            waiting.pop(connection, None)

    @property
    def _waiting(self) -> tuple[dict[_Connection, float], ...]:
        """Return what waits, in the order in which it makes room: who has signed something comes last."""
        return self._new, self._receiving, self._kept

    def _start(self, connection: _Connection) -> None:
        task = asyncio.get_running_loop().create_task(connection.run())
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, connection))

    def _ended(self, connection: _Connection, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._leaving.discard(connection)
        self._room.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("connection.failed", exc_info=task.exception())

    async def _has_room(self) -> None:
        """Wait until one more may be held; the one that is waited for longest makes room, for a request or its body."""
        while len(self._tasks) - len(self._leaving) >= self._limits.connections:
            if self._full.is_due():
                log.warning("connections.full", limit=self._limits.connections, idle=len(self._new) + len(self._kept))
            self._room.clear()
            if longest := next((one for waiting in self._waiting for one in waiting), None):
                self._leaving.add(longest)
                longest.abort()
            else:
                await self._room.wait()

    async def _not_accepted(self, error: OSError) -> None:
        if error.errno in OUT_OF_FILES:
            if self._out_of_files.is_due():
                log.error("connections.out_of_files", reason=error.strerror, connections=len(self._tasks))
            await asyncio.sleep(OUT_OF_FILES_SECONDS)
        elif error.errno in (errno.EBADF, errno.EINVAL):
            raise error  # the listener is closed, or shut


class OverError(Exception):
    """Say that a connection brings no further request, whatever stands behind the last."""


class _Turn:
    """Let the next request of a connection have its turn, unless there is to be none: what Hypercorn waits for."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.is_over = False

    async def clear(self) -> None:
        if self.is_over:
            raise OverError
        self._event.clear()

    async def wait(self) -> None:
        await self._event.wait()

    async def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def end(self) -> None:
        """Let none have its turn any more, nor wait for it."""
        self.is_over = True
        self._event.set()


class _Protocol(H11Protocol):
    """Speak HTTP/1.1, also to those who ask for more: HTTP/2 costs strangers less than us, and passes by a proxy."""

    async def _check_protocol(self, event: Request) -> None:
        """Change to no other protocol."""


class _Connection:
    """Serve one connection."""

    def __init__(self, connections: Connections, accepted: socket.socket) -> None:
        self._all = connections
        self._socket = accepted
        self._turn = _Turn()
        self._writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        """Serve requests until either side has had enough."""
        try:
            client = parse_socket_addr(self._socket.family, self._socket.getpeername())
            server = parse_socket_addr(self._socket.family, self._socket.getsockname())
            reader, self._writer = await asyncio.open_connection(sock=self._socket, limit=READ_BYTES)
        except OSError:  # it has gone already
            self._socket.close()
            return
        self._all.note_new(self)
        try:
            async with TaskGroup(asyncio.get_running_loop()) as tasks:
                protocol = _Protocol(
                    self._all.app,
                    self._all.config,
                    self._all.context,
                    tasks,
                    ConnectionState(self._all.state),
                    False,
                    client,
                    server,
                    self._send,
                )
                protocol.can_read = self._turn
                await self._read(reader, protocol)
        finally:
            self.close()

    async def _read(self, reader: asyncio.StreamReader, protocol: _Protocol) -> None:
        try:
            while not self._turn.is_over and (data := await reader.read(READ_BYTES)):
                await protocol.handle(RawData(data))
                if protocol.connection.their_state is DONE:
                    self._all.note_busy(self)
        except (OSError, OverError):
            pass
        await protocol.handle(Closed())

    async def _send(self, event: Event) -> None:
        """Do what the protocol says."""
        match event:
            case RawData():
                await self._write(event.data)
            case Closed():
                self.close()
            case Updated(idle=True):
                self._all.note_kept(self)
            case Updated():
                self._all.note_receiving(self)

    async def _write(self, data: bytes) -> None:
        assert self._writer is not None
        try:
            self._writer.write(data)
            await self._writer.drain()
        except (OSError, RuntimeError):
            self.close()

    def close(self) -> None:
        """Send what is written, and take no more."""
        self._end()
        if self._writer is not None:
            self._writer.close()

    def abort(self) -> None:
        """Let go of it at once."""
        self._end()
        if self._writer is not None:
            self._writer.transport.abort()

    def _end(self) -> None:
        self._turn.end()
        self._all.note_busy(self)
