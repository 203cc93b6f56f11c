"""Fronts answer whatever the worker does, and what they answered is run once and in order, whoever dies."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hookline.testing import SimulatedLine
from tests.e2e.hosts import NEEDS_PROC, Site, run_site, simulated_line
from tests.e2e.ledger import Ledger
from tests.e2e.test_ledger import CUSTOMERS, KILLS, SEED, kill_often

pytestmark = [NEEDS_PROC, pytest.mark.timeout(120 + KILLS * 12)]


@asynccontextmanager
async def standing(worker: int) -> AsyncIterator[None]:
    """Let the process *worker* stand still, as one that a handler blocks."""
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


async def post(site: Site, line: SimulatedLine, *texts: str) -> list[int]:
    raws = [line.text("shop", text) for text in texts]
    answers = [await line.deliver("shop", [raw], webhook=site.webhook) for raw in raws]
    return [status for statuses in answers for status in statuses]


async def until_sent(line: SimulatedLine, *texts: str) -> None:
    async with asyncio.timeout(60):
        while True:
            sent = [str(message["text"]).rpartition("|")[0] for one in line.sent for message in one.messages]
            if len(sent) >= len(texts):
                break
            await asyncio.sleep(0.02)
    assert sent == list(texts)


@pytest.mark.parametrize("fronts", [1, 3])
async def test_killed_fronts_and_workers_lose_double_and_swap_nothing(fronts: int, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    print(f"HOOKLINE_SEED={SEED}")
    store = f"sqlite:///{tmp_path}/ledger.db"
    async with simulated_line() as line, run_site(tmp_path, store, line, "--fronts", str(fronts)) as site:
        ledger = Ledger(line, store, lambda: [site.webhook], chance)
        stopping = asyncio.Event()
        running = asyncio.create_task(ledger.run(CUSTOMERS, stopping))
        await kill_often([site], fronts + 1, chance)
        stopping.set()
        await running
        await ledger.settle()

    assert ledger.problems() == []


async def test_worker_that_stands_still_delays_no_answer_to_the_platform(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/still.db"
    async with simulated_line() as line, run_site(tmp_path, store, line, "--fronts", "1") as site:
        async with standing(site.worker()):
            assert await post(site, line, "one", "two", "three") == [200, 200, 200]
            assert line.sent == []
        await until_sent(line, "one", "two", "three")


async def test_what_was_answered_is_run_after_all_processes_were_killed(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/killed.db"
    async with simulated_line() as line:
        async with run_site(tmp_path, store, line, "--fronts", "2") as site:
            worker = site.worker()
            os.kill(worker, signal.SIGSTOP)
            assert await post(site, line, "one", "two", "three") == [200, 200, 200]
            for pid in (site.process.pid, *site.children()):
                os.kill(pid, signal.SIGKILL)
            await site.process.wait()
        async with run_site(tmp_path, store, line, "--fronts", "1"):
            await until_sent(line, "one", "two", "three")
        assert list((tmp_path / "killed.db-mailboxes").iterdir()) == []


async def test_mailboxes_are_empty_after_a_stop_and_the_worker_is_replaced_behind_the_fronts(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/stop.db"
    texts = [f"text {number}" for number in range(30)]
    async with simulated_line() as line:
        async with run_site(tmp_path, store, line, "--fronts", "2") as site:
            first, fronts = site.worker(), site.children()
            for text in texts:
                assert await post(site, line, text) == [200]
                if text == "text 10":
                    os.kill(first, signal.SIGKILL)
            await until_sent(line, *texts)
            assert site.worker() != first
            assert set(fronts) - {first} < set(site.children())
        assert list((tmp_path / "stop.db-mailboxes").iterdir()) == []
