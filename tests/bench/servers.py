"""Serve one of the things that are compared, in a process of its own: ``python -m tests.bench.servers NAME``.

It prints its port on a line of its own once it listens, and ends at SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

from hookline.cli.run import spare_the_collector
from hookline.config.loading import load
from hookline.host import Host
from hookline.ingress.server import listen, serve
from hookline.plugins.registry import PluginRegistry
from hookline.testing.bot import plugins_in

PLUGIN = Path(__file__).parent / "plugin"
SECRET = "bench-secret"
BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "%s"}
    plugins: {bench: {}}
    routes:
      - {name: menu, keyword: [菜單, menu], reply: 牛肉麵}
      - {name: all, otherwise: true, %s}
"""


async def noop(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and say OK: the ceiling of the server."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"OK"})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def quart_app() -> Any:
    """Return a Quart application whose handler reads the body and says OK."""
    from quart import Quart, request

    app = Quart("bench")

    @app.post("/webhooks/shop")
    async def webhook() -> str:
        await request.get_data()
        return "OK"

    return app


async def platform() -> None:
    """Be a LINE API that accepts everything, as cheaply as can be."""
    body = b'{"sentMessages":[{"id":"1"}]}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    class Line(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport: Any = transport
            self._buffer = b""

        def data_received(self, data: bytes) -> None:
            self._buffer += data
            while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
                head = self._buffer[:end].lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
                if len(self._buffer) < end + 4 + length:
                    return
                self._buffer = self._buffer[end + 4 + length :]
                Counter.sent += 1
                self._transport.write(answer)

    class Counter:
        sent = 0

    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await _stopped()


async def serve_app(app: Callable[..., Awaitable[None]]) -> None:
    """Serve a plain application on Hypercorn, as hookline is served."""
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    stop = _stop_event()
    await serve(app, listener, stop, grace=1.0)


async def serve_hookline(action: str, api_base: str) -> None:
    """Serve a whole host: ingress, SQLite store, worker, courier."""
    with tempfile.TemporaryDirectory(prefix="hookline-bench-", dir=os.environ.get("BENCH_FOLDER")) as folder:
        path = Path(folder) / "bot.yaml"
        path.write_text(BOT % (api_base, action), "utf-8")
        registry = PluginRegistry.discover()
        for plugin in plugins_in(PLUGIN):
            registry.add(plugin)
        configuration = load([path], registry, environment={"SECRET": SECRET, "TOKEN": "bench-token"})
        import logging

        import structlog

        wrapper = structlog.make_filtering_bound_logger(logging.WARNING)
        structlog.configure(wrapper_class=wrapper, cache_logger_on_first_use=True)
        host = await Host.open(configuration)
        listener = listen("127.0.0.1", 0)
        print(listener.getsockname()[1], flush=True)
        spare_the_collector()
        await host.serve(listener, _stop_event(), grace=2.0)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return stop


async def _stopped() -> None:
    await _stop_event().wait()


def main(name: str, *arguments: str) -> None:
    """Serve *name* until SIGTERM."""
    servers: dict[str, Callable[[], Any]] = {
        "noop": lambda: serve_app(noop),
        "quart": lambda: serve_app(quart_app()),
        "platform": platform,
        "ack": lambda: serve_hookline("run: bench.nothing", "http://127.0.0.1:9"),
        "sleep": lambda: serve_hookline("run: bench.sleep", "http://127.0.0.1:9"),
        "cycle": lambda: serve_hookline("reply: 您好", arguments[0]),
    }
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        profile = os.environ.get("BENCH_PROFILE")
        if not profile:
            runner.run(servers[name]())
            return
        import cProfile

        with cProfile.Profile() as profiler:
            runner.run(servers[name]())
        profiler.dump_stats(profile)


if __name__ == "__main__":
    main(*sys.argv[1:])
