"""Several hosts on one PostgreSQL, and one host through everything that an operator does to it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hookline.testing import SimulatedLine
from hookline.testing.events import user_id
from tests.e2e.hosts import BOT, NEEDS_PROC, Site, asked, run_site, run_sites, simulated_line
from tests.e2e.ledger import Ledger
from tests.postgres import PostgresServer, postgres_server

RESTARTS = int(os.environ.get("HOOKLINE_RESTARTS", "2"))
STOPPED_SECONDS = 7.0
CAFE = """
  cafe:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}", api_base: "{line}"}}
    routes:
      - {{name: all, otherwise: true, reply: "cafe {{event.text}}"}}
"""

pytestmark = [
    NEEDS_PROC,
    pytest.mark.timeout(120 + RESTARTS * 20),
]


@asynccontextmanager
async def ledger_of(line: SimulatedLine, store: str, *sites: Site) -> AsyncIterator[Ledger]:
    """Let customers write for the length of a ``with``, and wait at its end until all is answered."""
    ledger = Ledger(line, store, lambda: [site.webhook for site in sites], random.Random(7))
    stopping = asyncio.Event()
    running = asyncio.create_task(ledger.run(8, stopping))
    try:
        yield ledger
    finally:
        stopping.set()
        await running
        await ledger.settle()


async def answers_of(line: SimulatedLine, count: int) -> list[str]:
    async with asyncio.timeout(30):
        while sum(len(sent.messages) for sent in line.sent) < count:
            await asyncio.sleep(0.02)
    return [str(message["text"]) for sent in line.sent for message in sent.messages]


async def test_two_hundred_customers_of_two_hosts_get_two_hundred_numbers(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    store = await asyncio.to_thread(postgres.create)
    async with simulated_line() as line, run_sites(tmp_path, store, line, 2) as sites:
        await asyncio.gather(
            *(
                line.deliver("shop", [line.text("shop", "take a number", user=f"u{n}")], webhook=sites[n % 2].webhook)
                for n in range(200)
            )
        )
        texts = await answers_of(line, 200)

    found = [re.search(r"\d+", text) for text in texts]
    assert sorted(int(number[0]) for number in found if number) == list(range(1, 201))


async def test_process_that_stands_still_longer_than_its_lease_doubles_nothing(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    store = await asyncio.to_thread(postgres.create)
    async with simulated_line() as line, run_sites(tmp_path, store, line, 2) as (first, second):
        async with ledger_of(line, store, second) as ledger:
            await asyncio.sleep(1.5)
            (child,) = first.children()
            os.kill(child, signal.SIGSTOP)
            await asyncio.sleep(STOPPED_SECONDS)
            os.kill(child, signal.SIGCONT)
            await asyncio.sleep(1.5)

    assert ledger.problems() == []


@pytest.mark.parametrize("processes", [1, 2])
async def test_restarts_under_load_refuse_nothing(tmp_path: Path, postgres: PostgresServer, processes: int) -> None:
    store = f"sqlite:///{tmp_path}/h.db" if processes == 1 else await asyncio.to_thread(postgres.create)
    async with simulated_line() as line, run_site(tmp_path, store, line, "--processes", str(processes)) as site:
        async with ledger_of(line, store, site) as ledger:
            for number in range(RESTARTS):
                old = site.children()
                (tmp_path / "hookline_ledger-1.0.dist-info" / f"changed{number}").touch()  # else it only reloads
                site.process.send_signal(signal.SIGHUP)
                async with asyncio.timeout(40):
                    while sum("restarted:" in said for said in site.errors) <= number:
                        await asyncio.sleep(0.05)
                assert not set(old) & set(site.children())

    assert (ledger.refused, ledger.problems()) == (0, [])


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Run a server that a test may stop."""
    with postgres_server() as server:
        yield server


async def test_postgresql_that_goes_away_under_load_loses_nothing(tmp_path: Path, own_postgres: PostgresServer) -> None:
    chance = random.Random(3)
    store = await asyncio.to_thread(own_postgres.create)
    async with simulated_line() as line, run_sites(tmp_path, store, line, 2) as sites:
        async with ledger_of(line, store, *sites) as ledger:
            for _ in range(RESTARTS):
                await asyncio.sleep(0.5 + chance.random())
                await asyncio.to_thread(own_postgres.stop, chance.choice((signal.SIGQUIT, signal.SIGINT)))
                await asyncio.sleep(chance.random() * 2)
                await asyncio.to_thread(own_postgres.start)

    assert ledger.problems() == []


async def test_bot_that_only_one_host_knows_is_answered_by_it(tmp_path: Path, postgres: PostgresServer) -> None:
    store = await asyncio.to_thread(postgres.create)
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    async with (
        simulated_line() as line,
        run_site(tmp_path / "old", store, line) as old,
        run_site(tmp_path / "new", store, line, bot=BOT + CAFE) as new,
    ):
        line.add_channel("cafe", line._channels["shop"].secret, line._channels["shop"].access_token, "")
        for number in range(20):
            raw = line.text("cafe", f"{number}", user=f"guest {number}")
            assert await line.deliver("cafe", [raw], webhook=f"{new.url}/webhooks/cafe") == [200]
        texts = await answers_of(line, 20)
        shop = line.text("shop", "hi", user="regular")
        assert await line.deliver("shop", [shop], webhook=old.webhook) == [200]
        await answers_of(line, 21)

    assert sorted(texts) == sorted(f"cafe {number}" for number in range(20))


async def test_process_that_is_killed_is_back_while_the_other_answers(tmp_path: Path, postgres: PostgresServer) -> None:
    store = await asyncio.to_thread(postgres.create)
    async with simulated_line() as line, run_site(tmp_path, store, line, "--processes", "2") as site:
        for number in range(4):
            os.kill(site.children()[0], signal.SIGKILL)
            raw = line.text("shop", f"{number}", user="mei")
            while (await line.deliver("shop", [raw], webhook=site.webhook))[0] != 200:
                await asyncio.sleep(0.02)
            begun_at = time.monotonic()
            await answers_of(line, number + 1)
            took = time.monotonic() - begun_at
            assert took < 4.5, f"the dead process's lanes were taken after {took:.1f} s, not at once"
            await site.until_ready()
            await asyncio.sleep(0.3)

    assert {sent.to for sent in line.sent} == {user_id("mei")}


async def test_every_process_tells_its_status_and_goes_by_switches_and_new_configuration(
    tmp_path: Path, shared_url: str
) -> None:
    async with simulated_line() as line, run_site(tmp_path, shared_url, line, "--processes", "2"):
        await until(lambda: len(statuses(tmp_path)) == 2)
        asked(tmp_path, "bots", "pause", "shop")
        await until(lambda: [bot["paused"] for status in statuses(tmp_path) for bot in status["bots"]] == [True, True])
        path = tmp_path / "bot.yaml"
        path.write_text(path.read_text("utf-8") + CAFE.format(line=line.url).strip("\n") + "\n", "utf-8")
        asked(tmp_path, "reload")
        bots = [[bot["name"] for bot in status["bots"]] for status in statuses(tmp_path)]

    assert bots == [["cafe", "shop"]] * 2


def statuses(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(asked(folder, "status", "--json"))
    return found


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(is_so):
            await asyncio.sleep(0.1)
