"""Serve the application with Hypercorn, through its Python API, in this process and on this event loop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Literal

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from .webhooks import App

BACKLOG = 2048

Server = Literal["hypercorn"]
"""What speaks HTTP."""


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


async def serve(
    app: App, listener: socket.socket, stop: asyncio.Event, grace: float, server: Server = "hypercorn"
) -> None:
    """Serve *app* on *listener* until *stop* is set; then let requests in flight finish within *grace* seconds."""
    config = Config()
    config.bind = [f"fd://{os.dup(listener.fileno())}"]  # Hypercorn closes what it is given
    config.backlog = BACKLOG
    config.graceful_timeout = grace
    config.shutdown_timeout = grace
    config.keep_alive_timeout = 5
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    config.use_reloader = False
    wait: Callable[..., Awaitable[object]] = stop.wait
    await hypercorn_serve(app, config, shutdown_trigger=wait, mode="asgi")  # type: ignore[arg-type]  # narrower ASGI types
