"""What a plugin's own connections do to PostgreSQL, and what holds or kills one of several processes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hookline.testing import SimulatedLine
from hookline.testing.events import user_id
from tests.e2e.hosts import BOT, NEEDS_PROC, Site, run_site, simulated_line
from tests.e2e.test_horrors import errors
from tests.e2e.test_poison import BURIED, ROUTES

LONGEST = 60.0
LOCKED_SECONDS = 8
"""After so long a lock of somebody else's is told of."""
HELD = BOT.replace("plugins: {{", "plugins: {{poison: {{}}, ").replace("    routes:\n", "    routes:\n" + ROUTES)

pytestmark = [NEEDS_PROC, pytest.mark.timeout(180)]


@asynccontextmanager
async def locked(store: str, *tables: str) -> AsyncIterator[None]:
    """Hold *tables* in a transaction that is left open."""
    connection = await asyncpg.connect(store)
    try:
        await connection.execute("BEGIN")
        await connection.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        await connection.close()


async def deliver(line: SimulatedLine, site: Site, raws: Sequence[Mapping[str, Any]]) -> list[int]:
    """Deliver each of *raws* in a webhook of its own, all at once, and return the statuses."""
    found = await asyncio.gather(*(line.deliver("shop", [raw], webhook=site.webhook) for raw in raws))
    return [status for (status,) in found]


async def until_taken(line: SimulatedLine, site: Site, raws: Sequence[Mapping[str, Any]]) -> None:
    """Deliver *raws* until all are acknowledged, as the platform would."""
    async with asyncio.timeout(LONGEST):
        while set(await deliver(line, site, raws)) != {200}:
            await asyncio.sleep(0.2)


async def answers(line: SimulatedLine, count: int) -> list[str]:
    async with asyncio.timeout(LONGEST):
        while sum(len(sent.messages) for sent in line.sent) < count:
            await asyncio.sleep(0.02)
    return [str(message["text"]) for sent in line.sent for message in sent.messages]


def texts(line: SimulatedLine, begin: str, count: int = 8) -> list[dict[str, Any]]:
    return [line.text("shop", f"{begin} {number}", user=f"guest {number}") for number in range(count)]


def counted(raws: Sequence[Mapping[str, Any]], count: int) -> list[str]:
    """Return what is answered to *raws*, each the so many-th of its conversation."""
    return [f"{raw['message']['text']}|{count}" for raw in raws]


@pytest.mark.parametrize(
    ("tables", "seconds", "status"),
    [(["inbox"], 3, 503), (["outbox"], 3, 200), (["inbox", "outbox", "conversations", "workers", "lanes"], 12, 503)],
)
async def test_locks_of_a_plugin_on_the_tables_of_the_store_delay_and_lose_nothing(
    tmp_path: Path, shared_url: str, tables: Sequence[str], seconds: float, status: int
) -> None:
    async with simulated_line() as line, run_site(tmp_path, shared_url, line, "--processes", "2") as site:
        processes = site.children()
        before, during, after = texts(line, "before"), texts(line, "during"), texts(line, "after")
        await until_taken(line, site, before)
        await answers(line, len(before))
        async with locked(shared_url, *tables):
            begun_at = asyncio.get_running_loop().time()
            statuses = await deliver(line, site, during)
            took = asyncio.get_running_loop().time() - begun_at
            await asyncio.sleep(seconds - took)
        await until_taken(line, site, during)
        await until_taken(line, site, after)
        said = await answers(line, 3 * len(after))
        assert set(statuses) == {status}
        assert took < 2.5
        assert sorted(said) == sorted([*counted(before, 1), *counted(during, 2), *counted(after, 3)])
        assert site.children() == processes
        assert any("another session holds a lock" in said for said in site.errors) == (seconds > LOCKED_SECONDS)


@asynccontextmanager
async def exhausted(store: str) -> AsyncIterator[None]:
    """Hold every connection that the server has, and take each that becomes free."""
    held: list[asyncpg.Connection[Any]] = []
    is_full = asyncio.Event()

    async def take() -> None:
        while True:
            try:
                held.append(await asyncpg.connect(store))
            except asyncpg.TooManyConnectionsError:
                is_full.set()
                await asyncio.sleep(0.01)

    taking = asyncio.create_task(take())
    try:
        await is_full.wait()
        yield
    finally:
        taking.cancel()
        await asyncio.wait([taking])
        for connection in held:
            connection.terminate()


async def test_plugin_that_takes_all_connections_of_the_server_loses_nothing(tmp_path: Path, shared_url: str) -> None:
    async with simulated_line() as line, run_site(tmp_path, shared_url, line, "--processes", "2") as site:
        before, during, late = texts(line, "before"), texts(line, "during"), texts(line, "late")
        await until_taken(line, site, before)
        await answers(line, len(before))
        async with exhausted(shared_url):
            statuses = await deliver(line, site, during)
            os.kill(site.children()[0], signal.SIGKILL)  # its successor finds no connection
            await asyncio.sleep(3)
            statuses += await deliver(line, site, late)
        await until_taken(line, site, during)
        await until_taken(line, site, late)
        said = await answers(line, 3 * len(late))
        await site.until_ready()
        assert set(statuses) <= {200, 503, 0}
        assert sorted(said) == sorted([*counted(before, 1), *counted(during, 2), *counted(late, 3)])


async def test_poison_in_one_of_two_processes_is_buried_and_everybody_else_is_answered_once(
    tmp_path: Path, shared_url: str
) -> None:
    poisons = [poison for poison in BURIED if poison != "swell"]
    async with simulated_line() as line, run_site(tmp_path, shared_url, line, "--processes", "2", bot=HELD) as site:
        for number, poison in enumerate(poisons):
            await until_taken(line, site, [line.text("shop", poison, user=poison)])
            await until_taken(line, site, [line.text("shop", "after", user=poison)])
            await until_taken(line, site, texts(line, f"hi {number}"))
        said = await answers(line, len(poisons) * 9)
        found = await errors(shared_url)

        assert sorted(said) == sorted(
            [f"hi {n} {guest}|{n + 1}" for n in range(len(poisons)) for guest in range(8)] + ["after|1"] * len(poisons)
        )
        assert {poison for poison in poisons if BURIED[poison][1] not in found[user_id(poison)]} == set()


async def test_worker_that_a_handler_holds_delays_no_acknowledgement(tmp_path: Path, shared_url: str) -> None:
    for name in ("web", "worker"):
        (tmp_path / name).mkdir()
    async with (
        simulated_line() as line,
        run_site(tmp_path / "web", shared_url, line, command="web", bot=HELD) as web,
        run_site(tmp_path / "worker", shared_url, line, "--processes", "2", command="worker", bot=HELD) as worker,
    ):
        processes = worker.children()
        assert await deliver(line, web, [line.text("shop", "block 7", user="ann")]) == [200]
        slowest = 0.0
        for number in range(10):
            begun_at = asyncio.get_running_loop().time()
            assert set(await deliver(line, web, texts(line, f"hi {number}"))) == {200}
            slowest = max(slowest, asyncio.get_running_loop().time() - begun_at)
            await asyncio.sleep(0.5)
        said = await answers(line, 80)

        assert sorted(said) == sorted(f"hi {n} {guest}|{n + 1}" for n in range(10) for guest in range(8))
        assert slowest < 1.5
        assert worker.children() == processes  # its lease goes to the other, which it holds in its turn
