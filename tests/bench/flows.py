"""Measure conversations of several steps: what a step costs, what waiting costs, how late and how fast timers fire.

Each measurement is a process of its own: ``python -m tests.bench.flows steps|waits|late|burst|reload STORE``.
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
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
import uvloop

from hookline.clock import SystemClock
from hookline.config.history.files import ConfigurationFiles
from hookline.host.host import Host
from hookline.host.reloading import Renewal
from hookline.plugins.registry import PluginRegistry
from hookline.processes.memory import spare_the_collector
from hookline.testing.bot import offered_by
from tests.bench import start, waiting
from tests.bench.processes import served
from tests.bench.servers import PLUGIN
from tests.bench.table import ROOT, Figure, note
from tests.postgres import postgres_server
from tests.store.worlds import values
from tests.support import make_event

PEOPLE = 200
SCRIPT = ("訂位", "後面", "4", "明天", "王小明", "好")
"""What each says: the flow begins, four questions are answered, the last answer ends it."""
WAITING = 100_000
OPEN = 10_000
BURST = 10_000
SPREAD = 500
SPREAD_MILLISECONDS = 5000
IDLE_SECONDS = 30.0
RELOADS = 5
AHEAD_MILLISECONDS = 5000
"""In this time a store is filled and its host starts, before the first timer is due."""


def measure(rounds: int) -> list[Figure]:
    """Measure all on SQLite files."""
    with tempfile.TemporaryDirectory(prefix="hookline-flows-") as folder:
        number = iter(range(1000))

        def fresh() -> str:
            return f"sqlite:///{folder}/{next(number)}.db"

        return [*_steps("flows", rounds, fresh), *_idle(fresh), *_fired("flows", rounds, fresh), *_open(rounds, fresh)]


def measure_postgres(rounds: int) -> list[Figure]:
    """Measure on PostgreSQL what depends on the store most; the server is beside it, on the same cores."""
    with postgres_server("-c", "shared_buffers=256MB") as server:
        fresh = server.create
        return [*_steps("flows-postgres", rounds, fresh), *_fired("flows-postgres", rounds, fresh)]


def _steps(bench: str, rounds: int, fresh: Callable[[], str]) -> list[Figure]:
    with served("platform") as platform:
        each = [_measured("steps", fresh(), "--platform", str(platform)) for _ in range(rounds)]
    names = list(each[0])
    note(f"\n{bench}: microseconds of CPU an event, of {PEOPLE} people who say {len(SCRIPT)} texts, {rounds} rounds")
    for name in names:
        cpu, wall = ([one[name][at] for one in each] for at in (0, 1))
        note(f"  {name:12} {statistics.median(cpu):6.0f} of CPU   {1e6 / statistics.median(wall):6.0f} events/s")

    def ratio(other: str, at: int) -> float:
        return statistics.median(float(one["flow"][at] / one[other][at]) for one in each)

    return [
        Figure(bench, "CPU of a step / of a plain route with a handler", ratio("handler", 0), "<= 1.5"),
        Figure(bench, "time of a step / of a plain route with a handler", ratio("handler", 1), "<= 1.5"),
        Figure(bench, "CPU of a step / of a handler that keeps its place in the state", ratio("state", 0)),
    ]


def _idle(fresh: Callable[[], str]) -> list[Figure]:
    """Let two hosts wait at the same time, one with timers and one without."""
    processes = [_begun("waits", fresh(), "--count", str(count)) for count in (0, WAITING)]
    without, with_them = (_ended(process)["share"] * 100 for process in processes)
    note(f"\nflows: an idle host takes {without:.3f} % of a core, with {WAITING:,} timers {with_them:.3f} %")
    name = f"{WAITING:,} waiting timers in an idle host, % of one core more than none"
    return [Figure("flows", name, max(0.0, with_them - without), "<= 1")]


def _fired(bench: str, rounds: int, fresh: Callable[[], str]) -> list[Figure]:
    with served("platform") as platform:
        spread = [_measured("late", fresh(), "--platform", str(platform)) for _ in range(rounds)]
        burst = [_measured("burst", fresh(), "--platform", str(platform)) for _ in range(rounds)]
    return [
        Figure(bench, "a timer ends its flow after its time, p50, ms", _middle(spread, "p50")),
        Figure(bench, "a timer ends its flow after its time, the last of all rounds, ms", _most(spread), "<= 1000"),
        Figure(bench, f"{BURST:,} timers due at once: become events, a second", _middle(burst, "fired"), ">= 2000"),
        Figure(bench, f"{BURST:,} timers due at once: flows ended and told, a second", _middle(burst, "ended")),
    ]


def _middle(each: Sequence[Mapping[str, float]], name: str) -> float:
    return statistics.median(one[name] for one in each)


def _most(each: Sequence[Mapping[str, float]]) -> float:
    return max(one["max"] for one in each)


def _open(rounds: int, fresh: Callable[[], str]) -> list[Figure]:
    """Start and reload the same bot with open flows and without, in turn."""
    stores = {count: fresh() for count in (0, OPEN)}
    ready: dict[int, list[float]] = {count: [] for count in stores}
    reloads: dict[int, list[float]] = {count: [] for count in stores}
    with ExitStack() as stack:
        for count, store in stores.items():
            asyncio.run(waiting.fill(store, count, _later()))
            reloads[count] += [_measured("reload", store)["seconds"] for _ in range(rounds)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hookline-flows-")))
        path = waiting.write_bot(folder, "booking")
        for _ in range(rounds):
            for count, store in stores.items():
                environment = {**os.environ, **waiting.environment(store)}
                ready[count].append(start.until(environment, "readyz", "-c", str(path)))
    least = {count: (min(ready[count]), min(reloads[count])) for count in stores}
    for count, (seconds, reload) in least.items():
        note(f"flows: with {count:6,} open flows ready after {seconds:.2f} s, reloaded in {reload * 1000:.0f} ms")
    whom = f"{OPEN:,} open flows and timers"
    return [
        Figure("flows", f"start until /readyz with {whom} / with none", least[OPEN][0] / least[0][0], "<= 1.1"),
        Figure("flows", f"reload of a changed flow with {whom} / with none", least[OPEN][1] / least[0][1], "<= 1.5"),
    ]


def _measured(what: str, store: str, *more: str) -> dict[str, Any]:
    return _ended(_begun(what, store, *more))


def _begun(what: str, store: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.flows", what, store, *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args, output)
    found: dict[str, Any] = json.loads(output)
    return found


def _later() -> Callable[[int], int]:
    """Return when timers are due, by their number, that aren't yet."""
    at = _now() + 30 * 86_400_000
    return lambda _number: at


def _now() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def running(store: str, platform: int = 9) -> AsyncIterator[tuple[Host, Path]]:
    """Run a host of the bots on *store*, and yield it with its bot.yaml."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    registry = PluginRegistry.discover()
    for plugin in offered_by(PLUGIN)[0]:
        registry.add(plugin)
    with tempfile.TemporaryDirectory(prefix="hookline-flows-") as folder:
        path = waiting.write_bot(Path(folder), *waiting.BOTS)
        os.environ.update(waiting.environment(store, platform))
        source = ConfigurationFiles([path], registry, SystemClock())
        host = await Host.open(source.load(), renewal=Renewal(source))
        await host.start()
        spare_the_collector()
        try:
            yield host, path
        finally:
            await host.close(1.0)


async def steps(store: str, platform: int, _count: int) -> Mapping[str, tuple[float, float]]:
    """Return how many microseconds of CPU and of time an event takes, from its acceptance until its answer is sent."""
    async with running(store, platform) as (host, _):
        for bot in waiting.BOTS:
            await _talked(host, bot, "warm")
        figures = {kind: await _talked(host, bot, "timed") for bot, kind in waiting.BOTS.items()}
        outcomes = await values(host.store, "SELECT outcome FROM flows")
        assert outcomes == ["done"] * 2 * PEOPLE, "each script is a whole flow"
        return figures


async def _talked(host: Host, bot: str, who: str) -> tuple[float, float]:
    """Let people of these names say the whole script to *bot*, all of them one text after the other."""
    cpu = wall = 0.0
    for text in SCRIPT:
        said = [make_event(text, bot=bot, now=_now(), user=f"{who} {number}") for number in range(PEOPLE)]
        gc.collect()
        before = time.process_time(), time.perf_counter()
        await host.worker.accept(said)
        await host.settle()
        cpu, wall = cpu + time.process_time() - before[0], wall + time.perf_counter() - before[1]
    events = len(SCRIPT) * PEOPLE
    return cpu / events * 1e6, wall / events * 1e6


async def waits(store: str, platform: int, count: int) -> Mapping[str, float]:
    """Return the share of one core that an idle host takes with so many timers."""
    await waiting.fill(store, count, _later())
    async with running(store, platform):
        await asyncio.sleep(2.0)
        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.sleep(IDLE_SECONDS)
        return {"share": (time.process_time() - cpu) / (time.perf_counter() - wall)}


async def late(store: str, platform: int, _count: int) -> Mapping[str, float]:
    """Return how many milliseconds after its time a flow ends whose time is over."""
    first = _now() + AHEAD_MILLISECONDS

    def due(number: int) -> int:
        return first + number * SPREAD_MILLISECONDS // SPREAD

    await waiting.fill(store, SPREAD, due)
    _, ended = await _ends(store, platform, SPREAD)
    delays = sorted(at - due(number) for number, at in enumerate(ended))
    return {"p50": delays[len(delays) // 2], "max": delays[-1]}


async def burst(store: str, platform: int, _count: int) -> Mapping[str, float]:
    """Return how many timers a second become events, and how many flows end, when all are due at once."""
    due = _now() + AHEAD_MILLISECONDS
    await waiting.fill(store, BURST, lambda _number: due)
    assert _now() < due, "it is filled in time"
    fired, ended = await _ends(store, platform, BURST)
    return {"fired": BURST / (max(fired) - due) * 1000, "ended": BURST / (max(ended) - due) * 1000}


async def _ends(store: str, platform: int, count: int) -> tuple[Sequence[int], Sequence[int]]:
    """Run a host until *count* flows have ended by their time; return when each timer has fired, and ended its flow."""
    async with running(store, platform) as (host, _):
        while (await values(host.store, "SELECT count(*) FROM flows WHERE rank >= 0"))[0]:
            await asyncio.sleep(0.2)
        await host.settle()
        fired = await values(host.store, "SELECT received_at FROM inbox ORDER BY event_id")
        ended = await values(host.store, "SELECT finished_at FROM inbox ORDER BY event_id")
    assert len(ended) == count, "each timer is one event"
    return fired, ended


async def reload(store: str, platform: int, _count: int) -> Mapping[str, float]:
    """Return how long a reload takes in which a question has changed."""
    async with running(store, platform) as (host, path):
        return {"seconds": min([await _reloaded(host, path) for _ in range(RELOADS)])}


async def _reloaded(host: Host, path: Path) -> float:
    path.write_text(path.read_text("utf-8").replace("貴姓", "請問貴姓"), "utf-8")
    begun_at = time.perf_counter()
    reloaded = await host.reload("bench")
    took = time.perf_counter() - begun_at
    assert reloaded.changed == ["booking"]
    return took


KINDS: Mapping[str, Callable[[str, int, int], Coroutine[Any, Any, Mapping[str, Any]]]] = {
    "steps": steps,
    "waits": waits,
    "late": late,
    "burst": burst,
    "reload": reload,
}


def main() -> None:
    """Do one measurement, and print it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.flows")
    parser.add_argument("what", choices=KINDS)
    parser.add_argument("store", help="the URL of an empty store")
    parser.add_argument("--platform", type=int, default=9, help="the port where messages are sent")
    parser.add_argument("--count", type=int, default=0, help="how many timers wait")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(KINDS[options.what](options.store, options.platform, options.count))))


if __name__ == "__main__":
    main()
