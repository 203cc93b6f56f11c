"""Run the servers that are compared, each in a process of its own, and load them."""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench import load
from tests.bench.servers import SECRET
from tests.bench.table import ROOT

SETTLE_SECONDS = 0.3
DRAIN_SECONDS = 60.0
"""So long a backlog may take to drain after a load."""


@dataclass(frozen=True, slots=True)
class Round:
    """Hold what one load of one server gave, and how many messages a second reached the platform until all had."""

    load: load.Result
    sent: float


@contextmanager
def served(*arguments: str, module: str = "servers", environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run one of the servers for the length of a ``with`` and yield its port."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **(environment or {})}
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"^(\d+)$|:(\d+);", said)
        assert found, said
        yield int(found[1] or found[2])
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measured(
    *arguments: str, seconds: int, rate: int = 9000, platform: int | None = None, module: str = "servers"
) -> Round:
    """Load one server once, with fresh events for *rate* a second; *platform* is the port where messages arrive."""
    with served(*arguments, module=module) as port:
        return loaded(port, seconds, rate, platform)


def loaded(port: int, seconds: int, rate: int, platform: int | None = None) -> Round:
    """Load the server at *port*."""
    time.sleep(SETTLE_SECONDS)
    before = sent(platform) if platform else 0
    result = load.run(port, SECRET, seconds, rate)
    if not platform:
        return Round(result, 0.0)
    took, begun_at = result.requests / result.rate, time.monotonic()
    while (done := sent(platform) - before) < result.requests and time.monotonic() - begun_at < DRAIN_SECONDS:
        time.sleep(0.02)
    return Round(result, done / (took + time.monotonic() - begun_at))


def sent(platform: int) -> int:
    """Return how many messages have reached the platform at port *platform*."""
    count: int = _asked(platform, "count")
    return count


def arrivals(platform: int) -> Mapping[str, int]:
    """Return when each reply has reached the platform, by its token: nanoseconds of CLOCK_MONOTONIC."""
    times: dict[str, int] = _asked(platform, "arrivals")
    return times


def _asked(platform: int, what: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{platform}/{what}", timeout=10) as response:
        return json.load(response)


def rate(rounds: Sequence[Round]) -> float:
    """Return the median of the answers a second."""
    return statistics.median(one.load.rate for one in rounds)


def sending_rate(rounds: Sequence[Round]) -> float:
    """Return the median of the messages a second that reached the platform."""
    return statistics.median(one.sent for one in rounds)


def late(rounds: Sequence[Round]) -> float:
    """Return the median of the 99th percentiles, in milliseconds."""
    return statistics.median(one.load.p99 for one in rounds)


def lines(results: Mapping[str, Sequence[Round]]) -> str:
    """Return a line for each server that was loaded."""
    return "\n".join(
        f"  {name:16} {rate(rounds):7.0f}/s   p99 {late(rounds):6.1f} ms"
        + (f"   sent {sending_rate(rounds):6.0f}/s" if any(one.sent for one in rounds) else "")
        + (f"   ERRORS {errors}" if (errors := sum(one.load.errors for one in rounds)) else "")
        for name, rounds in results.items()
    )
