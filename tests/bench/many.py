"""Run 1,000 bots with 20 routes each in one process: how long it takes, what it costs, and whether one of them notices.

Each measurement is a process of its own: ``python -m tests.bench.many cost|waits|serve one|each COUNT``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
import uvloop

from hookline.clock import SystemClock
from hookline.config.history.files import ConfigurationFiles
from hookline.config.loading import Loader
from hookline.config.yaml.texts import Texts
from hookline.host.host import Host
from hookline.host.reloading import Renewal
from hookline.ingress.addresses import listen
from hookline.plugins.registry import PluginRegistry
from hookline.processes.memory import spare_the_collector
from hookline.testing.bot import offered_by
from tests.bench import load, shops
from tests.bench.processes import SETTLE_SECONDS, served
from tests.bench.servers import PLUGIN, SECRET, stop_event
from tests.bench.table import ROOT, Figure, note
from tests.support import make_event

COUNT = 1000
RELOADS = 5
TICK_SECONDS = 0.001
TEXT = "feedback"
"""The shops give such a text to a handler that does nothing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Hold seconds of the processor, and KiB in memory beside a host with nothing in it.

    ``spoken`` is when every bot has routed a text, so that nothing is left to be compiled.
    """

    load: float
    start: float
    reload: float
    loaded: int
    started: int
    spoken: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Hold the longest time that the event loop was kept waiting, in milliseconds; the middle one of the reloads."""

    one: float
    all: float


def measure(rounds: int, seconds: int) -> list[Figure]:
    """Measure one bot and many, as one file and as many files, and load both hosts in turn *rounds* times."""
    one = Cost(**_measured("cost", "one", 1))
    many = {kind: Cost(**_measured("cost", kind, COUNT)) for kind in ("one", "each")}
    rates: dict[int, list[load.Result]] = {1: [], COUNT: []}
    for _ in range(rounds):
        for count in rates:
            rates[count].append(_acked(count, seconds))
    waits = {kind: Waits(**_measured("waits", kind, COUNT)) for kind in ("one", "each")}
    note(f"\n{COUNT:,} bots with {shops.ROUTES} routes each, and one; {rounds} rounds of {seconds} s")
    for kind, cost in many.items():
        note(f"  {kind:4}  loaded in {cost.load:.2f} s, opened and started in {cost.start:.2f} s of the processor")
        kib = [(total - first) / (COUNT - 1) for total, first in zip(_sizes(cost), _sizes(one), strict=True)]
        note(f"        KiB a bot: loaded {kib[0]:.0f}, started {kib[1]:.0f}, once it has routed a text {kib[2]:.0f}")
    for count, results in rates.items():
        note(f"  {count:5} {_rate(results):7.0f}/s   p99 {_late(results):6.1f} ms")
    return [
        *_costs("one file", many["one"], one),
        *_delays("one file", waits["one"]),
        *_costs("many files", many["each"], one),
        *_delays("many files", waits["each"]),
        *_compared(rates),
    ]


def _delays(how: str, waits: Waits) -> list[Figure]:
    return [
        Figure("many", f"1,000 bots in {how}: longest wait while one is reloaded, milliseconds", waits.one, "<= 100"),
        Figure("many", f"1,000 bots in {how}: longest wait while all are reloaded, milliseconds", waits.all, "<= 100"),
    ]


def _costs(how: str, cost: Cost, one: Cost) -> list[Figure]:
    each = (cost.spoken - one.spoken) / (COUNT - 1)
    return [
        Figure("many", f"1,000 bots in {how}: load, open and start, seconds", cost.load + cost.start, "<= 3"),
        Figure("many", f"1,000 bots in {how}: KiB for each beyond the first", each, "<= 100"),
        Figure("many", f"1,000 bots in {how}: reload of one, milliseconds", cost.reload * 1000, "<= 200"),
    ]


def _compared(rates: dict[int, list[load.Result]]) -> list[Figure]:
    return [
        Figure("many", "ack with 1,000 bots / with one", _rate(rates[COUNT]) / _rate(rates[1]), ">= 0.9"),
        Figure("many", "ack p99 with 1,000 bots / with one", _late(rates[COUNT]) / _late(rates[1])),
    ]


def _sizes(cost: Cost) -> tuple[int, int, int]:
    return cost.loaded, cost.started, cost.spoken


def _rate(results: Sequence[load.Result]) -> float:
    return statistics.median(one.rate for one in results)


def _late(results: Sequence[load.Result]) -> float:
    return statistics.median(one.p99 for one in results)


def _measured(what: str, kind: str, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.many", what, kind, str(count)]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(output)
    return measured


def _acked(count: int, seconds: int) -> load.Result:
    bots = [f"shop{number}" for number in range(count)]
    with served("serve", "one", str(count), module="many") as port:
        time.sleep(SETTLE_SECONDS)
        return load.run(port, SECRET, seconds, 9000, bots=bots, text=TEXT)


class World:
    """Hold the files of *count* shops in *folder*, and what loads them."""

    def __init__(self, kind: str, count: int, folder: Path) -> None:
        self.paths = (shops.write_one if kind == "one" else shops.write_each)(folder, count)
        self.registry = PluginRegistry.discover()
        for plugin in offered_by(PLUGIN)[0]:
            self.registry.add(plugin)
        self.environment = shops.environment(count, folder)
        self.loader = Loader(self.paths, self.registry, environment=self.environment)

    def change_last(self) -> None:
        """Change a reply of one shop."""
        path = self.paths[-1]
        before, reply, after = path.read_text("utf-8").rpartition("宵夜只剩")
        path.write_text(f"{before}{reply}一點{after}", "utf-8")

    def change_all(self) -> None:
        """Change a reply of every shop."""
        for path in self.paths:
            path.write_text(path.read_text("utf-8").replace("宵夜只剩", "宵夜只剩一點"), "utf-8")


async def waits(kind: str, count: int, folder: Path) -> Waits:
    """Let a host of *count* shops reload one of them, then all."""
    world = World(kind, count, folder)
    os.environ.update(world.environment)
    source = ConfigurationFiles(world.paths, world.registry, SystemClock())
    host = await Host.open(source.load(), renewal=Renewal(source))
    await host.start()
    spare_the_collector()
    one = [await _longest_wait(host, world.change_last, 1) for _ in range(RELOADS)]
    each = [await _longest_wait(host, world.change_all, count) for _ in range(RELOADS)]
    await host.close()
    return Waits(statistics.median(one), statistics.median(each))


async def _longest_wait(host: Host, change: Callable[[], None], count: int) -> float:
    change()
    longest = 0.0

    async def wait() -> None:
        nonlocal longest
        while True:
            due = time.perf_counter() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            longest = max(longest, time.perf_counter() - due)

    waiting = asyncio.create_task(wait())
    reloaded = await host.reload("bench")
    await asyncio.sleep(SETTLE_SECONDS)
    waiting.cancel()
    assert len(reloaded.changed) == count, "what was changed is reloaded"
    return longest * 1000


async def cost(kind: str, count: int, folder: Path) -> Cost:
    """Load, start, speak to and change *count* shops."""
    await _warm_up(folder)
    world = World(kind, count, folder)
    begun_at = time.process_time()
    configuration = world.loader.load(Texts())
    loaded_at, loaded = time.process_time(), _size()
    host = await Host.open(configuration)
    await host.start()
    started_at, started = time.process_time(), _size()
    for name, bot in host.bots.items():
        bot.router.route(make_event("今天有什麼好吃的", bot=name), datetime.now(UTC))
    spoken = _size()
    spare_the_collector()
    reload = min(_reloaded(world, count) for _ in range(RELOADS))
    await host.close()
    return Cost(loaded_at - begun_at, started_at - loaded_at, reload, loaded, started, spoken)


async def _warm_up(folder: Path) -> None:
    """Import and compile what the first bot of any process needs."""
    (folder / "first").mkdir()
    host = await Host.open(World("one", 1, folder / "first").loader.load(Texts()))
    await host.start()
    await host.close()


def _reloaded(world: World, count: int) -> float:
    before = world.loader.load(Texts()).bots
    world.change_last()
    begun_at = time.process_time()
    after = world.loader.load(Texts()).bots
    took = time.process_time() - begun_at
    assert sum(after[name] is not before[name] for name in after) == 1, "one bot was changed"
    assert len(after) == count
    return took


def _size() -> int:
    """Return how many KiB of this process are in memory."""
    gc.collect()
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmRSS:")[1].split()[0])


async def serve(kind: str, count: int, folder: Path) -> None:
    """Serve *count* shops until SIGTERM, and print the port."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    host = await Host.open(World(kind, count, folder).loader.load(Texts()))
    for bot in host.bots.values():
        bot.router.compile()  # so that it is no one's first text
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    spare_the_collector()
    await host.serve(listener, stop_event(), grace=2.0)


async def _done(what: str, kind: str, count: int, folder: Path) -> dict[str, Any]:
    return asdict(await cost(kind, count, folder) if what == "cost" else await waits(kind, count, folder))


def main() -> None:
    """Do one measurement, or serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.many")
    parser.add_argument("what", choices=("cost", "waits", "serve"))
    parser.add_argument("kind", choices=("one", "each"), help="whether all shops stand in one file")
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="hookline-many-", dir=os.environ.get("BENCH_FOLDER")) as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        if options.what == "serve":
            runner.run(serve(options.kind, options.count, Path(folder)))
        else:
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
            print(json.dumps(runner.run(_done(options.what, options.kind, options.count, Path(folder)))))


if __name__ == "__main__":
    main()
