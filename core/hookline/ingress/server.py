"""Serve the application over HTTP, in this process and on this event loop: with Hypercorn, uvicorn or granian.

The application is plain ASGI, so any of them will do. Hypercorn comes with hookline, the others are extras.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from importlib.util import find_spec
from typing import Any, Literal, get_args

from ..errors import MissingExtraError
from . import connections, extras
from .ends import Ends
from .guard import App, Receive, Scope, Send
from .limits import DEFAULT_LIMITS, Limits
from .paths import shortened

LAST_SECONDS = 0.5
"""What a server has, after the grace, to notice that its requests are gone; and again, when it is cancelled itself."""

Server = Literal["hypercorn", "uvicorn", "granian"]
"""What speaks HTTP."""

SERVERS: tuple[Server, ...] = get_args(Server)


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
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Serve *app* on *listener* until *stop* is set; then let requests in flight finish within *grace* seconds.

    Its paths are found below *root*, too, which a proxy in front of it may cut off or not.
    Requests that take longer are cancelled, and the end comes at most a second after that, whatever the clients do.
    *listener* stays open, unless *orphaned* is set: then its address is free for others at once, while connections that
    there are go on. Raises MissingExtraError when *server* isn't installed.
    """
    ensure_installed(server)
    requests = _Requests(_Rooted(app, root) if root else app)
    runs: dict[Server, Callable[[App, int, Ends, float, Limits], Coroutine[Any, Any, None]]] = {
        "hypercorn": connections.serve,
        "uvicorn": extras.serve_uvicorn,
        "granian": extras.serve_granian,
    }
    own = os.dup(listener.fileno())  # every server closes what it is given
    ends = Ends(stop, orphaned or asyncio.Event(), listener)
    serving = asyncio.create_task(runs[server](requests, own, ends, grace, limits))
    await _end(serving, requests, stop, grace)


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
