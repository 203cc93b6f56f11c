"""A process that is killed at any named point between a webhook and its answer loses, doubles and swaps nothing."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from tests.e2e.crash_host import POINTS
from tests.e2e.hosts import BOT, PLUGIN, plugin_path, run_site, simulated_line
from tests.e2e.ledger import Ledger
from tests.support import SECRETS

sys.path.insert(0, str(PLUGIN))
POINTS_OF_FRONTS: Mapping[str, str] = import_module("hookline_crashes").POINTS
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


CRASHING_FRONTS = BOT.replace("plugins: {{", "plugins: {{crashes: {{}}, ")


@pytest.mark.parametrize("point", POINTS_OF_FRONTS)
async def test_crash_between_front_and_store_at(point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "mark"
    monkeypatch.setenv("CRASH_AT", point)
    monkeypatch.setenv("CRASH_MARK", str(mark))
    store = f"sqlite:///{tmp_path}/ledger.db"
    arguments = ("--fronts", "2")
    async with simulated_line() as line, run_site(tmp_path, store, line, *arguments, bot=CRASHING_FRONTS) as site:
        ledger = Ledger(line, store, lambda: [site.webhook], random.Random(point))
        stopping = asyncio.Event()
        running = asyncio.create_task(ledger.run(5, stopping))
        if point == "deleted":
            os.kill(next(pid for pid in site.children() if pid != site.worker()), signal.SIGKILL)  # it leaves its file
        async with asyncio.timeout(120):
            while not mark.exists():
                await asyncio.sleep(0.02)
        await site.until_ready()
        await asyncio.sleep(0.3)
        stopping.set()
        await running
        await ledger.settle()

    assert ledger.problems() == []
    assert list((tmp_path / "ledger.db-mailboxes").iterdir()) == []
