"""Serve the application over HTTP, in this process and on this event loop: with Hypercorn, uvicorn or granian.

The application is plain ASGI, so any of them will do. Hypercorn comes with hookline, the others are extras.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, get_args

from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import LifespanState
from hypercorn.utils import wrap_app

from ..errors import MissingExtraError
from .guard import Receive, Scope, Send
from .paths import shortened
from .webhooks import App

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 5
LAST_SECONDS = 0.5
"""What a server has, after the grace, to notice that its requests are gone; and again, when it is cancelled itself."""

LINGER_SECONDS = 0.1
"""How long requests may still arrive on connections that were accepted last."""

Server = Literal["hypercorn", "uvicorn", "granian"]
"""What speaks HTTP."""

SERVERS: tuple[Server, ...] = get_args(Server)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; *port* 0 takes a free one. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def ensure_installed(server: Server) -> None:
    """Raise MissingExtraError when *server* isn't installed; cheap, so that one can ask before anything is opened."""
    if find_spec(server) is None:
        raise MissingExtraError(f"the server `{server}`", server)


async def serve(
    app: App,
    listener: socket.socket,
    stop: asyncio.Event,
    grace: float,
    server: Server = "hypercorn",
    root: str = "",
    orphaned: asyncio.Event | None = None,
) -> None:
    """Serve *app* on *listener* until *stop* is set; then let requests in flight finish within *grace* seconds.

    Its paths are found below *root*, too, which a proxy in front of it may cut off or not.
    Requests that take longer are cancelled, and the end comes at most a second after that, whatever the clients do.
    *listener* stays open, unless *orphaned* is set: then its address is free for others at once, while connections that
    there are go on. Raises MissingExtraError when *server* isn't installed.
    """
    ensure_installed(server)
    requests = _Requests(_Rooted(app, root) if root else app)
    runs: dict[Server, Callable[[App, int, Ends, float], Coroutine[Any, Any, None]]] = {
        "hypercorn": _hypercorn,
        "uvicorn": _uvicorn,
        "granian": _granian,
    }
    own = os.dup(listener.fileno())  # every server closes what it is given
    ends = Ends(stop, orphaned or asyncio.Event(), listener)
    serving = asyncio.create_task(runs[server](requests, own, ends, grace))
    await _end(serving, requests, stop, grace)


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


class _Rooted:
    """Stand in front of the application and take a root off the paths that begin with it: the same for every server."""

    def __init__(self, app: App, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rooted = {**scope, "path": shortened(scope["path"], self._root)} if "path" in scope else scope
        await self._app(rooted, receive, send)


class _Requests:
    """Stand in front of the application and know which requests run.

    Servers keep a grace of their own, but none of them in every case: Hypercorn waits for all connections for ever on
    Python 3.12 or newer unless the loop is uvloop's, granian always does.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._running: set[asyncio.Task[Any]] = set()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        task = asyncio.current_task()
        if task is not None and scope["type"] != "lifespan":
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return self._app(scope, receive, send)

    def cancel(self) -> None:
        """Cancel every request that still runs."""
        for task in self._running:
            task.cancel()


async def _end(serving: asyncio.Task[None], requests: _Requests, stop: asyncio.Event, grace: float) -> None:
    """Await *serving*; once *stop* is set it has *grace* seconds, then its requests are cancelled, then itself."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([serving], timeout=grace)
        requests.cancel()
        await asyncio.wait([serving], timeout=LAST_SECONDS)
    finally:
        stopping.cancel()
        requests.cancel()
        serving.cancel()
        await asyncio.wait([serving], timeout=LAST_SECONDS)
    if serving.done() and not serving.cancelled():
        serving.result()


async def _hypercorn(app: App, own: int, ends: Ends, grace: float) -> None:
    """Do what Hypercorn's own ``serve`` does, but stop accepting first: it would close connections not read yet."""
    config = Config()
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.shutdown_timeout = grace
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    loop = asyncio.get_running_loop()
    wrapped = wrap_app(app, config.wsgi_max_body_size, "asgi")  # type: ignore[arg-type]  # narrower ASGI types
    context, state = WorkerContext(None), LifespanState()
    connections: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        task.add_done_callback(connections.discard)
        await TCPServer(wrapped, loop, config, context, state, reader, writer)

    lifespan = Lifespan(wrapped, config, loop, state)
    living = loop.create_task(lifespan.handle_lifespan())
    listening = None
    try:
        await lifespan.wait_for_startup()
        if living.done():
            living.result()
        listening = await asyncio.start_server(connected, sock=socket.socket(fileno=own), backlog=BACKLOG)
        await ends.deaf(listening.close)
    finally:
        if listening is not None:
            listening.close()
            await asyncio.sleep(LINGER_SECONDS)
            await context.terminated.set()
            if connections:
                await asyncio.wait(connections, timeout=grace)
            await lifespan.wait_for_shutdown()
        living.cancel()
        await asyncio.wait([living])


async def _uvicorn(app: App, own: int, ends: Ends, grace: float) -> None:
    import uvicorn  # an extra, and only imported when asked for

    config = uvicorn.Config(
        app,
        interface="asgi3",
        http="httptools",
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="critical",  # what runs here says itself what went wrong
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # signals are the caller's

    def close() -> None:
        for listening in server.servers:
            listening.close()

    async def tell() -> None:
        await ends.deaf(close)
        close()
        await asyncio.sleep(LINGER_SECONDS)
        server.should_exit = True

    inherited = socket.socket(fileno=own)
    telling = asyncio.create_task(tell())
    try:
        await server.serve(sockets=[inherited])
    except SystemExit as error:  # what uvicorn does when the application refuses to start
        raise RuntimeError("the application failed to start") from error
    finally:
        telling.cancel()
        inherited.close()


async def _granian(app: App, own: int, ends: Ends, grace: float) -> None:
    # An extra, and only imported when asked for.
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.net import SocketHolder
    from granian.server.embed import Server as Granian

    class Inheriting(Granian):  # type: ignore[misc]  # mypy skips granian
        """Serve on a socket that listens already, which granian has no setting for; it says `server: granian`."""

        def _init_shared_socket(self) -> None:
            self._shd = SocketHolder(own, False, BACKLOG)

    server = Inheriting(
        app,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=KEEP_ALIVE_SECONDS * 1000),  # counts from the last answer
        log_level=LogLevels.critical,
        log_dictconfig={"incremental": True, "handlers": {}, "loggers": {}},  # leave the process's logging alone
    )

    async def tell() -> None:
        await ends.deaf(server.stop)  # it knows no other way to take no more
        server.stop()

    telling = asyncio.create_task(tell())
    try:
        await server.serve()
    finally:
        telling.cancel()
