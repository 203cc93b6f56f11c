"""Do one of the measurements of flows, in a process of its own: ``python -m tests.bench.talks WHAT STORE``."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
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
from tests.bench import waiting
from tests.bench.servers import PLUGIN
from tests.store.worlds import values
from tests.support import make_event

PEOPLE = 200
SCRIPT = ("訂位", "後面", "4", "明天", "王小明", "好")
"""What each says: the flow begins, four questions are answered, the last answer ends it."""
BURST = 10_000
SPREAD = 500
SPREAD_MILLISECONDS = 5000
IDLE_SECONDS = 30.0
RELOADS = 5
AHEAD_MILLISECONDS = 5000
"""In this time a store is filled and its host starts, before the first timer is due."""


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


async def steps(store: str, platform: int, count: int) -> Mapping[str, tuple[float, float]]:
    """Return how many microseconds of CPU and of time an event takes, from its acceptance until its answer is sent."""
    await waiting.fill(store, count, waiting.later())
    async with running(store, platform) as (host, _):
        for bot in waiting.BOTS:
            await _talked(host, bot, "warm")
        figures = {kind: await _talked(host, bot, "timed") for bot, kind in waiting.BOTS.items()}
        outcomes = await values(host.store, "SELECT outcome FROM flows WHERE rank < 0")
        assert outcomes == ["done"] * 2 * PEOPLE, "each script is a whole flow"
        return figures


async def _talked(host: Host, bot: str, who: str) -> tuple[float, float]:
    """Let people of these names say the whole script to *bot*, all of them one text after the other."""
    cpu = wall = 0.0
    for text in SCRIPT:
        said = [make_event(text, bot=bot, now=waiting.now(), user=f"{who} {number}") for number in range(PEOPLE)]
        gc.collect()
        before = time.process_time(), time.perf_counter()
        await host.worker.accept(said)
        await host.settle()
        cpu, wall = cpu + time.process_time() - before[0], wall + time.perf_counter() - before[1]
    events = len(SCRIPT) * PEOPLE
    return cpu / events * 1e6, wall / events * 1e6


async def waits(store: str, platform: int, count: int) -> Mapping[str, float]:
    """Return the share of one core that an idle host takes with so many timers."""
    await waiting.fill(store, count, waiting.later())
    async with running(store, platform):
        await asyncio.sleep(2.0)
        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.sleep(IDLE_SECONDS)
        return {"share": (time.process_time() - cpu) / (time.perf_counter() - wall)}


async def late(store: str, platform: int, _count: int) -> Mapping[str, float]:
    """Return how many milliseconds after its time a flow ends whose time is over."""
    first = waiting.now() + AHEAD_MILLISECONDS

    def due(number: int) -> int:
        return first + number * SPREAD_MILLISECONDS // SPREAD

    await waiting.fill(store, SPREAD, due)
    _, ended = await _ends(store, platform, SPREAD)
    delays = sorted(at - due(number) for number, at in enumerate(ended))
    return {"p50": delays[len(delays) // 2], "max": delays[-1]}


async def burst(store: str, platform: int, _count: int) -> Mapping[str, float]:
    """Return how many timers a second become events, and how many flows end, when all are due at once."""
    due = waiting.now() + AHEAD_MILLISECONDS
    await waiting.fill(store, BURST, lambda _number: due)
    assert waiting.now() < due, "it is filled in time"
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
    parser = argparse.ArgumentParser(prog="python -m tests.bench.talks")
    parser.add_argument("what", choices=KINDS)
    parser.add_argument("store", help="the URL of an empty store")
    parser.add_argument("--platform", type=int, default=9, help="the port where messages are sent")
    parser.add_argument("--count", type=int, default=0, help="how many timers wait")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(KINDS[options.what](options.store, options.platform, options.count))))


if __name__ == "__main__":
    main()
