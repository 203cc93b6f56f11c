"""A run of the tests that is killed leaves no PostgreSQL behind."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.hosts import NEEDS_PROC

ROOT = Path(__file__).parents[2]
RUN = """
from tests.postgres import postgres_server

with postgres_server("-c", "fsync=off") as server:
    print(server._folder, server._process.pid, flush=True)
    input()
"""
PATIENCE_SECONDS = 60.0


@NEEDS_PROC
def test_killed_run_leaves_no_postgresql_behind() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        folder, process = run.stdout.readline().split()
        was_there = (_runs(process), Path(folder).exists())
        run.kill()

    end = time.monotonic() + PATIENCE_SECONDS
    while (_runs(process) or Path(folder).exists()) and time.monotonic() < end:
        time.sleep(0.05)
    assert was_there == (True, True)
    assert (_runs(process), Path(folder).exists()) == (False, False)


def _runs(process: str) -> bool:
    """Say whether *process* is there and has not ended: whoever took it over may never ask how."""
    try:
        state = Path("/proc", process, "stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
