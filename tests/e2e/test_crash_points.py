"""A process that is killed at any named point between a webhook and its answer loses, doubles and swaps nothing."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from pathlib import Path

import pytest

from tests.e2e.crash_host import POINTS
from tests.e2e.hosts import BOT, plugin_path, simulated_line
from tests.e2e.ledger import Ledger
from tests.support import SECRETS

CRASHING = BOT.replace("run: ledger.note", "run: ledger.crash")


class Place:
    """Run one crashing host after another at the same address."""

    def __init__(self, folder: Path, point: str) -> None:
        self.mark = folder / "mark"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._command = ["-m", "tests.e2e.crash_host", str(folder / "bot.yaml"), point, str(self.mark), str(self.port)]
        self._environment = {**os.environ, **SECRETS, "PYTHONPATH": f"{plugin_path(folder)}{os.pathsep}."}
        self._pid = 0

    async def start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            str(self._pid),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self._pid = process.pid
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
        return process


@pytest.mark.parametrize("point", POINTS)
async def test_crash_at(point: str, tmp_path: Path, store_url: str) -> None:
    async with simulated_line() as line:
        (tmp_path / "bot.yaml").write_text(CRASHING.format(store=store_url, line=line.url))
        place = Place(tmp_path, point)
        process = await place.start()
        ledger = Ledger(line, store_url, lambda: [f"http://127.0.0.1:{place.port}/webhooks/shop"], random.Random(point))
        stopping = asyncio.Event()
        running = asyncio.create_task(ledger.run(5, stopping))
        status = await asyncio.wait_for(process.wait(), 20)
        process = await place.start()
        await asyncio.sleep(0.3)
        stopping.set()
        await running
        await ledger.settle()
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)

    assert (status, place.mark.exists(), ledger.problems()) == (-9, True, [])
