"""Serve with servers that are extras: uvicorn and granian, within the limits that they can keep."""

from __future__ import annotations

import asyncio
import socket
from contextlib import nullcontext

from .ends import LINGER_SECONDS, Ends
from .guard import App
from .limits import Limits

BACKLOG = 2048


async def serve_uvicorn(app: App, own: int, ends: Ends, grace: float, limits: Limits) -> None:
    """Serve *app* with uvicorn on the listener *own*, which is closed at the end."""
    import uvicorn  # an extra, and only imported when asked for

    from .uvicorn_protocol import limited

    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=limited(limits),
        ws="none",
        backlog=BACKLOG,
        timeout_keep_alive=round(limits.idle) or 1,
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


async def serve_granian(app: App, own: int, ends: Ends, grace: float, limits: Limits) -> None:
    """Serve *app* with granian on the listener *own*, which is closed at the end; of *limits* it knows ``idle``."""
    # An extra, and only imported when asked for.
    from granian.constants import HTTPModes, Interfaces
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
        http=HTTPModes.http1,  # HTTP/2 without TLS passes by a proxy
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=round(limits.idle * 1000)),  # counts from the last answer
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
