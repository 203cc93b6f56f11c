"""Nothing acknowledged is lost, nothing is answered twice, nothing overtakes: processes are killed while it is watched.

``HOOKLINE_KILLS`` says how often; ``make torture`` sets it high.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.hosts import NEEDS_PROC, Site, run_sites, simulated_line
from tests.e2e.ledger import Ledger
from tests.postgres import PostgresServer

KILLS = int(os.environ.get("HOOKLINE_KILLS", "8"))
SEED = int(os.environ.get("HOOKLINE_SEED", "0")) or random.randrange(1, 1 << 32)
CUSTOMERS = 12
BURSTS = {"answered", "merged", "superseded", "rejected"}
"""How events of a burst end: of each kind there must have been some."""

pytestmark = [
    NEEDS_PROC,
    pytest.mark.timeout(120 + KILLS * 12),  # a host that dies young again and again waits for five seconds
]


async def kill_often(sites: Sequence[Site], processes: int, chance: random.Random) -> None:
    for _ in range(KILLS):
        site = chance.choice(sites)
        await site.kill_one(chance, processes)
        await asyncio.sleep(0.1)
        await site.until_ready()
        await asyncio.sleep(0.25 + chance.random() * 0.3)


async def keep_ledger(folder: Path, store: str, hosts: int, processes: int) -> Ledger:
    chance = random.Random(SEED)
    print(f"HOOKLINE_SEED={SEED}")
    async with simulated_line() as line:
        async with run_sites(folder, store, line, hosts, "--processes", str(processes)) as sites:
            ledger = Ledger(line, store, lambda: [site.webhook for site in sites], chance)
            stopping = asyncio.Event()
            running = asyncio.create_task(ledger.run(CUSTOMERS, stopping))
            await kill_often(sites, processes, chance)
            await ledger.have_ended(BURSTS)
            stopping.set()
            await running
            await ledger.settle()
        print(ledger.outcomes(), f"given up: {len(ledger.given_up())}")
        return ledger


async def test_killed_process_on_sqlite_loses_doubles_and_swaps_nothing(tmp_path: Path) -> None:
    ledger = await keep_ledger(tmp_path, f"sqlite:///{tmp_path}/ledger.db", hosts=1, processes=1)

    assert ledger.problems() == []
    assert set(ledger.outcomes()) >= BURSTS


async def test_killed_processes_of_two_hosts_on_postgresql_lose_double_and_swap_nothing(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    ledger = await keep_ledger(tmp_path, await asyncio.to_thread(postgres.create), hosts=2, processes=2)

    assert ledger.problems() == []
    assert set(ledger.outcomes()) >= BURSTS
