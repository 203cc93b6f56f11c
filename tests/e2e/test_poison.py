"""Events that kill, block or exhaust their process are buried, and the others hardly notice."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hookline.testing import SimulatedLine
from tests.e2e.hosts import BOT, NEEDS_PROC, Site, run_site, simulated_line

ROUTES = """      - {{name: fail, exact: fail, run: poison.fail, retries: [0.2, 0.3]}}
      - {{name: wait, exact: wait, run: poison.wait, retries: [0.2], deadline: 0.5}}
      - {{name: block, prefix: block, run: poison.block}}
      - {{name: leave, exact: leave, run: poison.leave}}
      - {{name: quit, exact: quit, run: poison.quit, retries: [0.2]}}
      - {{name: nonsense, exact: nonsense, run: poison.nonsense, retries: []}}
      - {{name: swell, exact: swell, run: poison.swell, retries: [0.2]}}
"""
POISONED = BOT.replace("plugins: {{", "plugins: {{poison: {{}}, ").replace("    routes:\n", "    routes:\n" + ROUTES)
BURIED = {
    "fail": (3, "ValueError: poison"),
    "wait": (2, "HandlerTimeoutError: `poison.wait` took over 0.5 seconds"),
    "nonsense": (1, "HandlerError"),
    "swell": (2, "MemoryError"),
    "leave": (0, "the process died 3 times while this event was running"),
    "quit": (2, "HandlerError: `poison.quit` tried to end the process"),
}

pytestmark = NEEDS_PROC


@asynccontextmanager
async def poisoned(folder: Path) -> AsyncIterator[tuple[SimulatedLine, Site]]:
    store = f"sqlite:///{folder}/poison.db"
    async with (
        simulated_line() as line,
        run_site(folder, store, line, "--memory", "400", "--grace", "3", bot=POISONED) as site,
    ):
        yield line, site


async def say(line: SimulatedLine, site: Site, text: str, user: str) -> None:
    raw, is_redelivery = line.text("shop", text, user=user), False
    while await line.deliver("shop", [raw], webhook=site.webhook, is_redelivery=is_redelivery) != [200]:
        is_redelivery = True
        await asyncio.sleep(0.02)


async def answered(line: SimulatedLine, count: int) -> None:
    async with asyncio.timeout(30):
        while len(line.sent) < count:
            await asyncio.sleep(0.01)


def letters(folder: Path) -> list[tuple[int, str]]:
    connection = sqlite3.connect(f"file:{folder}/poison.db?mode=ro", uri=True)
    try:
        return connection.execute("SELECT attempts, error FROM dead_letters WHERE origin = 'event'").fetchall()
    finally:
        connection.close()


async def buried(folder: Path) -> tuple[int, str]:
    async with asyncio.timeout(40):
        while not (found := letters(folder)):
            await asyncio.sleep(0.05)
    return found[0]


@pytest.mark.parametrize("poison", BURIED)
async def test_poison_is_buried_and_its_conversation_and_the_others_go_on(tmp_path: Path, poison: str) -> None:
    async with poisoned(tmp_path) as (line, site):
        await say(line, site, "before", "ann")
        await say(line, site, poison, "ann")
        await say(line, site, "after", "ann")
        for number in range(12):
            await say(line, site, f"hi {number}", f"ben {number}")
            ours = {f"hi {number}|1"}
            async with asyncio.timeout(30):
                while not ours & {m["text"] for sent in line.sent for m in sent.messages}:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
        attempts, error = await buried(tmp_path)
        await answered(line, 14)
        texts = [json.dumps(m) for sent in line.sent for m in sent.messages]

    expected_attempts, expected_error = BURIED[poison]
    assert (attempts, expected_error in error) == (expected_attempts, True), error
    assert len(texts) == len(set(texts)) == 14


async def test_handler_that_blocks_the_loop_is_named_and_delays_the_others_by_no_more(tmp_path: Path) -> None:
    async with poisoned(tmp_path) as (line, site):
        await say(line, site, "block 1.5", "ann")
        await say(line, site, "hi", "ben")
        await answered(line, 2)

        blocked = [line for line in site.errors if "loop.blocked" in line]
        assert [json.loads(line)["plugin"] for line in blocked] == ["poison"]
