"""Be a host that is killed at one named point, once.

``python -m tests.e2e.crash_host BOT.YAML POINT MARK PORT PREDECESSOR``: the file MARK is made just before the end, so
that the next process lives; PREDECESSOR is the pid of the one before.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hookline.adapters.adapter import Adapter, AdapterKind, Services
from hookline.adapters.deliveries import Delivery, Verdict
from hookline.config.configuration import Configuration
from hookline.config.loading import load
from hookline.host.host import Host
from hookline.host.parts import Parts
from hookline.ingress.addresses import listen
from hookline.plugins.registry import PluginRegistry
from hookline.store.database.transactions import Database
from hookline.store.store import Store

POINTS = {
    "after-insert": "the rows of an accept are written, their transaction is not committed",
    "after-commit": "the accept is durable, nobody here knows of it yet",
    "before-200": "the answer 200 is about to be sent",
    "mid-handler": "a handler is running",
    "before-step-10": "the effects of a run are written, their transaction is not committed",
    "after-step-10": "the effects of a run are durable, nobody here knows of it yet",
    "before-send": "an attempt to send is recorded and not made",
    "after-send": "the platform has accepted a message, and that is not recorded",
    "after-record": "the end of a delivery is recorded",
}
POINTS_OF_WORK = {
    "_accept": ("after-insert", "after-commit"),
    "_finish": ("before-step-10", "after-step-10"),
    "_end": ("", "after-record"),
}


class Crash:
    """Kill this process at the point that is asked for, unless an earlier one was killed there already."""

    def __init__(self, point: str, mark: Path) -> None:
        self._point = None if mark.exists() else point
        self._mark = mark

    def at(self, point: str) -> None:
        """Come to *point*."""
        if point == self._point:
            self._mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingDatabase:
    """Be the database, and come to its points: before and after commits."""

    def __init__(self, database: Database, crash: Crash) -> None:
        self._database = database
        self._crash = crash
        self._crashing: dict[Callable[..., Any], Callable[..., Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def submit(self, work: Callable[..., Any], item: Any) -> asyncio.Future[Any]:
        """Begin *work*; the first to hear of its commit is the crash."""
        before, after = POINTS_OF_WORK.get(work.__name__, ("", ""))
        if work not in self._crashing:

            def crashing(connection: Any, items: Sequence[Any]) -> Sequence[Any]:
                results: Sequence[Any] = work(connection, items)
                self._crash.at(before)
                return results

            self._crashing[work] = crashing
        future = self._database.submit(self._crashing[work], item)
        future.add_done_callback(lambda _future: self._crash.at(after))
        return future

    async def batch(self, work: Callable[..., Any], item: Any) -> Any:
        """Do as :meth:`submit` does and wait."""
        return await self.submit(work, item)


def crashing(host: Host, crash: Crash) -> Host:
    """Return a host like *host*, around a store and webhooks that come to their points."""
    ground = host._parts.ground
    database: Any = CrashingDatabase(ground.store._database, crash)
    store = Store(database, ground.store.outcomes._redact, ground.store.signals)
    parts = Parts(host.configuration, replace(ground, store=store))
    inner: Any = parts.app

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message.get("status") == 200 and scope["path"].startswith("/webhooks/"):
                crash.at("before-200")
            await send(message)

        await inner(scope, receive, sending)

    app.leave = inner.leave  # type: ignore[attr-defined]  # a host asks its webhooks to leave
    parts.app = app  # type: ignore[assignment]  # any ASGI application will do
    return Host(parts, host._predecessor)


class CrashingAdapter:
    """Be an adapter, and come to the points before and after a send."""

    def __init__(self, inner: Adapter, crash: Crash) -> None:
        self._inner = inner
        self._crash = crash

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, delivery: Delivery) -> Verdict:
        """Make one attempt."""
        self._crash.at("before-send")
        verdict = await self._inner.send(delivery)
        self._crash.at("after-send")
        return verdict


def crashing_kind(kind: AdapterKind, crash: Crash) -> AdapterKind:
    """Return *kind*, whose adapters come to the points before and after a send."""

    def build(bot: str, settings: Any, services: Services) -> Any:
        return CrashingAdapter(kind.build(bot, settings, services), crash)

    return replace(kind, build=build)


async def main(configuration: Configuration, crash: Crash, mark: Path) -> None:
    """Serve until SIGTERM, or until the crash."""
    found = configuration.bots.items()
    bots = {name: replace(bot, adapter=crashing_kind(bot.adapter, crash)) for name, bot in found}
    os.environ["CRASH_AT"] = "" if mark.exists() else sys.argv[2]
    if sys.argv[2] == "mid-handler" and not mark.exists():
        mark.touch()
    whole = await Host.open(
        replace(configuration, bots=bots),
        worker=f"crash {os.getpid()}",
        predecessor=f"crash {sys.argv[5]}",
        patience=5,
    )
    host = crashing(whole, crash)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener = listen("127.0.0.1", int(sys.argv[4]))
    print("ready", flush=True)
    await host.serve(listener, stop, grace=2.0)


if __name__ == "__main__":
    registry = PluginRegistry.discover()
    mark = Path(sys.argv[3])
    asyncio.run(main(load([Path(sys.argv[1])], registry), Crash(sys.argv[2], mark), mark))
