"""Time `check`, twice, and how long `run` takes until it answers and is ready, with the repository's own bot.yaml."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from tests.bench.table import ROOT, Figure, note


def measure(runs: int) -> list[Figure]:
    """Take the best of *runs*."""
    environment = {**os.environ, "SHOP_CHANNEL_SECRET": "x", "SHOP_ACCESS_TOKEN": "y"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed hookline is compiled
    bare = min(_timed([sys.executable, "-c", "pass"], environment) for _ in range(runs))
    checks = [_checked_twice(environment) for _ in range(runs)]
    alive = min(_until(environment, "healthz") for _ in range(runs))
    ready = min(_until(environment, "readyz") for _ in range(runs))
    note(f"\nStart-up, best of {runs} (a bare interpreter: {bare:.2f} s)")
    return [
        Figure("start", "hookline check, seconds", min(first for first, _ in checks), "<= 0.3"),
        Figure("start", "hookline check of what is unchanged, seconds", min(again for _, again in checks), "<= 0.15"),
        Figure("start", "hookline run until a front answers, seconds", alive, "<= 0.7"),
        Figure("start", "hookline run until /readyz, seconds", ready, "<= 1.2"),
    ]


def _checked_twice(environment: dict[str, str]) -> tuple[float, float]:
    """Return how long a check takes, and one more."""
    with tempfile.TemporaryDirectory() as cache:
        command, around = [sys.executable, "-m", "hookline", "check"], {**environment, "XDG_CACHE_HOME": cache}
        return _timed(command, around), _timed(command, around)


def _timed(command: Sequence[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _until(environment: dict[str, str], page: str) -> float:
    """Return how long `run` takes until *page* is answered."""
    with tempfile.TemporaryDirectory() as folder:
        return until({**environment, "HOOKLINE_STORE": f"sqlite:///{folder}/bench.db"}, page)


def until(environment: dict[str, str], page: str, *options: str) -> float:
    """Return how long `hookline *options* run` takes until *page* is answered."""
    port = _free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hookline", *options, "run", "--port", str(port), "--log-level", "error"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/{page}")  # no earlier word of it: the welcome waits for all processes
        return time.perf_counter() - start
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


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
