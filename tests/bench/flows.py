"""Measure conversations of several steps: what a step costs, what waiting costs, how late and how fast timers fire."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench import start, waiting
from tests.bench.processes import served
from tests.bench.table import ROOT, Figure, note
from tests.bench.talks import BURST, PEOPLE, SCRIPT
from tests.postgres import postgres_server

WAITING = 100_000
OPEN = 10_000


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
        arguments = ["--platform", str(platform)]
        each = [_measured("steps", fresh(), *arguments) for _ in range(rounds)]
        beside = [_measured("steps", fresh(), *arguments, "--count", str(WAITING)) for _ in range(rounds)]
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
        Figure(bench, "CPU of a step / of a handler that keeps its place, and offers buttons", ratio("state", 0)),
        Figure(bench, f"CPU of a step beside {WAITING:,} waiting timers / beside none", _cpu(beside) / _cpu(each)),
    ]


def _cpu(each: Sequence[Mapping[str, Sequence[float]]]) -> float:
    return statistics.median(one["flow"][0] for one in each)


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
            asyncio.run(waiting.fill(store, count, waiting.later()))
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
    command = [sys.executable, "-m", "tests.bench.talks", what, store, *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args, output)
    found: dict[str, Any] = json.loads(output)
    return found
