from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time

import structlog

from hookline.host.watchdog import Watchdog


async def test_blocked_loop_is_reported_with_its_plugin_and_stack() -> None:
    with structlog.testing.capture_logs() as logs:
        watchdog = Watchdog({__name__.partition(".")[0]: "guilty"}, warn_seconds=0.2)
        watchdog.start()
        beating = asyncio.create_task(watchdog.run())
        await asyncio.sleep(0)  # the first beat
        time.sleep(0.8)  # noqa: ASYNC251  a blocked loop is what is tested
        watchdog.stop()
        beating.cancel()

    (report,) = [entry for entry in logs if entry["event"] == "loop.blocked"]
    assert (report["plugin"], "time.sleep(0.8)" in report["stack"]) == ("guilty", True)


async def test_hung_loop_ends_the_process() -> None:
    ended = threading.Event()
    watchdog = Watchdog({}, ended.set, warn_seconds=0.1, end_seconds=0.3)
    watchdog.start()

    time.sleep(1.0)  # noqa: ASYNC251  a hung loop is what is tested

    watchdog.stop()
    assert ended.is_set()


HOLDING = """
import re
from hookline.host.watchdog import Watchdog

def holds_it() -> None:
    re.match(r"(a+)+$", "a" * 64 + "b")

Watchdog({}, cpu_seconds=1.0).start()
holds_it()
"""


def test_code_that_holds_the_interpreter_itself_is_named_and_ends_its_process() -> None:
    ended = subprocess.run([sys.executable, "-c", HOLDING], capture_output=True, text=True, timeout=110, check=False)

    assert ended.returncode == -signal.SIGPROF
    assert "in holds_it" in ended.stderr


async def test_loop_that_turns_is_left_alone() -> None:
    ended = threading.Event()
    with structlog.testing.capture_logs() as logs:
        watchdog = Watchdog({}, ended.set, warn_seconds=0.5, end_seconds=0.6)
        watchdog.start()
        beating = asyncio.create_task(watchdog.run())
        await asyncio.sleep(0.8)
        watchdog.stop()
        beating.cancel()

    assert (ended.is_set(), logs) == (False, [])
