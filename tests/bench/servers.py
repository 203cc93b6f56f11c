"""Serve one of the things that are compared, in a process of its own: ``python -m tests.bench.servers NAME``.

It prints its port on a line of its own once it listens, and ends at SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import json
import logging
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
import uvloop

from hookline.cli.commands.run import Options, launch
from hookline.clock import SystemClock
from hookline.config.history.files import ConfigurationFiles
from hookline.config.loading import load
from hookline.host.host import Host
from hookline.ingress.addresses import listen
from hookline.ingress.server import SERVERS, Server, serve
from hookline.plugins.registry import PluginRegistry
from hookline.processes.memory import spare_the_collector
from hookline.testing.bot import offered_by

PLUGIN = Path(__file__).parent / "plugin"
SECRET = "bench-secret"
BOT = """
version: 1
store: "${STORE}"
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "%s"}
    plugins: {bench: {}}
    routes:
      - {name: menu, keyword: [菜單, menu], reply: 牛肉麵}
      - {name: all, otherwise: true, %s}
"""
ACTIONS = {
    "ack": "run: bench.nothing",
    "sleep": "run: bench.sleep",
    "record": "run: bench.record",
    "cycle": "reply: 您好",
}
"""What hookline does with each event."""


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
    """Be a LINE API that accepts everything, as cheaply as can be.

    At /count it says how much that was, and at /arrivals when each reply came, by its token and CLOCK_MONOTONIC.
    """
    arrivals: list[tuple[int, bytes]] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Line(arrivals), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop_event().wait()


class _Line(asyncio.Protocol):
    """Speak HTTP on one connection, and note in *arrivals* what is sent and when."""

    def __init__(self, arrivals: list[tuple[int, bytes]]) -> None:
        self._arrivals = arrivals
        self._sent = _answer(b'{"ok":true,"result":{"message_id":1},"sentMessages":[{"id":"1"}]}')

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
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(self._answered(head, body))

    def _answered(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"get /count"):
            return _answer(b"%d" % len(self._arrivals))
        if head.startswith(b"get /arrivals"):
            return _answer(json.dumps({json.loads(one)["replyToken"]: at for at, one in self._arrivals}).encode())
        self._arrivals.append((time.monotonic_ns(), body))
        return self._sent


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


async def serve_app(app: Callable[..., Awaitable[None]], server: Server = "hypercorn") -> None:
    """Serve a plain application, as hookline is served."""
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    stop = stop_event()
    await serve(app, listener, stop, 1.0, server)


async def serve_hookline(
    action: str, platform: int = 9, server: Server = "hypercorn", store: str | None = None
) -> None:
    """Serve a host of one bot that does *action* with each event; only what is wrong is logged."""
    wrapper = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=wrapper, cache_logger_on_first_use=True)
    await serve_bots(BOT % (f"http://127.0.0.1:{platform}", action), server, store)


def serve_in_processes(action: str, platform: int, server: Server, store: str | None, fronts: int) -> None:
    """Run a host of one bot as ``hookline run`` does, with so many *fronts*; 0 is ``--together``."""
    folder = Path(tempfile.mkdtemp(prefix="hookline-bench-", dir=os.environ.get("BENCH_FOLDER")))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "bot.yaml"
    path.write_text(BOT % (f"http://127.0.0.1:{platform}", action), "utf-8")
    os.environ.update({"SECRET": SECRET, "TOKEN": "bench-token", "STORE": store or f"sqlite:///{folder}/bench.db"})
    registry = PluginRegistry.discover()
    for plugin in offered_by(PLUGIN)[0]:
        registry.add(plugin)
    source = ConfigurationFiles([path], registry, SystemClock())
    options = Options(
        role="all",
        host="127.0.0.1",
        port=0,
        processes=1,
        grace=2.0,
        memory=None,
        admin=None,
        limit=(),
        server=server,
        root_path="",
        watch=False,
        log_level="warning",
        fronts=fronts,
    )
    launch(source, options)


async def serve_bots(text: str, server: Server = "hypercorn", store: str | None = None) -> None:
    """Serve a whole host of the bots in *text*: ingress, store (default: a fresh SQLite file), worker, courier."""
    with tempfile.TemporaryDirectory(prefix="hookline-bench-", dir=os.environ.get("BENCH_FOLDER")) as folder:
        path = Path(folder) / "bot.yaml"
        path.write_text(text, "utf-8")
        registry = PluginRegistry.discover()
        for plugin in offered_by(PLUGIN)[0]:
            registry.add(plugin)
        environment = {
            "SECRET": SECRET,
            "TOKEN": "bench-token",
            "TELEGRAM": "1:bench",
            "STORE": store or f"sqlite:///{folder}/bench.db",
        }
        host = await Host.open(load([path], registry, environment=environment))
        listener = listen("127.0.0.1", 0)
        print(listener.getsockname()[1], flush=True)
        spare_the_collector()
        await host.serve(listener, stop_event(), grace=2.0, server=server)


def stop_event() -> asyncio.Event:
    """Return the event that SIGTERM sets."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return stop


def main() -> None:
    """Serve what is named until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.servers")
    parser.add_argument("name", choices=["platform", "noop", "quart", *ACTIONS])
    parser.add_argument("--server", choices=SERVERS, default="hypercorn", help="what speaks HTTP")
    parser.add_argument("--store", help="the URL of hookline's store")
    parser.add_argument("--platform", type=int, default=9, help="the port where hookline sends messages")
    parser.add_argument("--fronts", type=int, help="how many processes answer webhooks for hookline's worker")
    options = parser.parse_args()
    if options.fronts is not None:
        serve_in_processes(ACTIONS[options.name], options.platform, options.server, options.store, options.fronts)
    others: dict[str, Callable[[], Any]] = {
        "platform": platform,
        "noop": lambda: serve_app(noop, options.server),
        "quart": lambda: serve_app(quart_app(), options.server),
    }

    def hookline() -> Any:
        return serve_hookline(ACTIONS[options.name], options.platform, options.server, options.store)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        run = others.get(options.name, hookline)
        profile = os.environ.get("BENCH_PROFILE")
        if not profile:
            runner.run(run())
            return
        import cProfile

        with cProfile.Profile() as profiler:
            runner.run(run())
        profiler.dump_stats(profile)


if __name__ == "__main__":
    main()
