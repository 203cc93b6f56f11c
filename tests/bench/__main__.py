"""Measure and print ratios: ``make bench``. Everything runs on loopback and ends by itself, in about two minutes.

Rounds are interleaved and every round sends fresh events. Only ratios within one run mean anything.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench import load, routing
from tests.bench.servers import SECRET

ROOT = Path(__file__).parents[2]


@contextmanager
def served(*arguments: str) -> Iterator[int]:
    """Run one of the servers for the length of a ``with`` and yield its port."""
    command = [sys.executable, "-m", "tests.bench.servers", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def measured(name: str, seconds: float, *arguments: str) -> load.Result:
    """Load one server once."""
    with served(name, *arguments) as port:
        time.sleep(0.3)
        return load.run(port, SECRET, seconds, expected_rate=9000)


def web(rounds: int, seconds: float) -> None:
    """Compare the durable ack and the whole cycle with a server that does nothing and a bare Quart handler."""
    results: dict[str, list[load.Result]] = {name: [] for name in ("noop", "quart", "ack", "sleep", "cycle")}
    with served("platform") as platform:
        for _ in range(rounds):
            for name, found in results.items():
                extra = [f"http://127.0.0.1:{platform}"] if name == "cycle" else []
                found.append(measured(name, seconds, *extra))
    rates = {name: statistics.median(result.rate for result in found) for name, found in results.items()}
    late = {name: statistics.median(result.p99 for result in found) for name, found in results.items()}
    errors = sum(result.errors for found in results.values() for result in found)
    tool = "wrk" if shutil.which("wrk") else "a client in Python, which takes its share of the machine"
    print(f"\nWebhooks, 64 connections, by {tool}; {rounds} rounds of {seconds:g} s, errors: {errors}")
    for name, rate in rates.items():
        print(f"  {name:8} {rate:7.0f}/s   p99 {late[name]:6.1f} ms")
    ratio("durable ack / no-op on Hypercorn", rates["ack"] / rates["noop"], ">= 0.75")
    ratio("durable ack / Quart handler that does nothing", rates["ack"] / rates["quart"], ">= 1.3")
    ratio("whole cycle / no-op on Hypercorn", rates["cycle"] / rates["noop"], ">= 0.3")
    ratio("ack p99 while every handler sleeps / while none does", late["sleep"] / late["ack"], "<= 1.2")


def start_up(runs: int) -> None:
    """Time `check` and how long `run` takes until it is ready, with the repository's own bot.yaml."""
    environment = {**os.environ, "SHOP_CHANNEL_SECRET": "x", "SHOP_ACCESS_TOKEN": "y"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed hookline is compiled
    bare = min(_timed([sys.executable, "-c", "pass"], environment) for _ in range(runs))
    check = min(_timed([sys.executable, "-m", "hookline", "check"], environment) for _ in range(runs))
    ready = min(_until_ready(environment) for _ in range(runs))
    print(f"\nStart-up, best of {runs} (a bare interpreter: {bare:.2f} s)")
    ratio("hookline check, seconds", check, "<= 0.3")
    ratio("hookline run until /readyz, seconds", ready, "<= 1.0")


def _timed(command: Sequence[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _until_ready(environment: dict[str, str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "hookline", "run", "--port", "0", "--log-level", "error"],
            env={**environment, "HOOKLINE_STORE": f"sqlite:///{folder}/bench.db"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+?:\d+", process.stdout.readline())
            assert found
            _wait_for(f"{found[0]}/readyz")
            return time.perf_counter() - start
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def _wait_for(url: str) -> None:
    end = time.perf_counter() + 20
    while time.perf_counter() < end:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                json.load(response)
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    raise TimeoutError(url)


def ratio(name: str, value: float, goal: str) -> None:
    """Print one figure beside its goal."""
    limit = float(goal.split()[1])
    is_reached = value >= limit if goal.startswith(">=") else value <= limit
    print(f"  {'reached' if is_reached else 'MISSED ':7}  {value:6.2f}  (goal {goal})  {name}")


def main() -> None:
    """Run all benches, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", default=["routing", "start", "web"], help="routing, start, web")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    for name in options.names:
        match name:
            case "routing":
                found = routing.measure()
                print(f"\nRouting one text, {routing.KEYWORDS} keywords + {routing.PATTERNS} patterns, best of 5")
                ratio("microseconds a text", found.many, "<= 50")
                ratio("with 10,000 keywords / with 100", found.many / found.few, "<= 1.5")
            case "start":
                start_up(runs=5)
            case "web":
                web(options.rounds, options.seconds)
            case _:
                parser.error(f"there is no bench `{name}`")


if __name__ == "__main__":
    main()
