"""Fronts answer whatever the worker does, and what they answered is run once and in order, whoever dies."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from hookline.testing import SimulatedLine
from hookline.testing.events import user_id
from tests.e2e.hosts import BOT, NEEDS_PROC, Site, plugin_path, run_site, simulated_line
from tests.e2e.ledger import Ledger
from tests.e2e.test_ledger import CUSTOMERS, KILLS, SEED, kill_often
from tests.support import SECRETS, signed

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
            told = [one for one in line.sent if one.to == user_id("mei")]
            sent = [str(message["text"]).rpartition("|")[0] for one in told for message in one.messages]
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


VILLAINS = ("gobble", "fork", "close", "leave", "stand")
VILLAINOUS = BOT.replace("plugins: {{", "plugins: {{villains: {{}}, ").replace(
    "    routes:\n",
    "    routes:\n"
    + "".join(f"      - {{{{name: {name}, exact: {name}, run: villains.{name}, retries: []}}}}\n" for name in VILLAINS),
)


@pytest.mark.parametrize("villain", VILLAINS)
async def test_handler_that_harms_its_process_delays_no_answer_to_the_platform(villain: str, tmp_path: Path) -> None:
    """And all that is answered is run in the end, behind what did it."""
    store = f"sqlite:///{tmp_path}/harmed.db"
    texts = [f"text {number}" for number in range(30)]
    arguments = ("--fronts", "1", "--memory", "400")
    async with simulated_line() as line, run_site(tmp_path, store, line, *arguments, bot=VILLAINOUS) as site:
        harmful = line.text("shop", villain, user="villain")
        assert await line.deliver("shop", [harmful], webhook=site.webhook) == [200]
        assert await post(site, line, *texts) == [200] * len(texts)
        await until_sent(line, *texts)


CAFE = """\
  cafe:
    adapter: line
    line: {channel_secret: "${CAFE_SECRET}", access_token: "${TOKEN}", api_base: "http://127.0.0.1:9"}
    routes: [{name: all, otherwise: true, reply: hi}]
"""


async def test_fronts_know_a_new_bot_a_rotated_secret_and_that_a_bot_is_gone(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/roster.db"
    path = tmp_path / "bot.yaml"
    async with simulated_line() as line, run_site(tmp_path, store, line, "--fronts", "2") as site:
        without = path.read_text("utf-8")

        async def reloaded(text: str, secret: str) -> None:
            (tmp_path / ".env").write_text(f"CAFE_SECRET={secret}\n", "utf-8")
            path.write_text(text, "utf-8")
            command = [sys.executable, "-m", "hookline", "-c", str(path), "reload"]
            environment = {**os.environ, **SECRETS, "PYTHONPATH": plugin_path(tmp_path)}
            done = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
            assert await done.wait() == 0

        async def until_all_say(expected: list[int], *secrets: str) -> None:
            """Wait until both fronts answer so to what is signed with *secrets*; each gets every other connection."""
            async with asyncio.timeout(30):
                while await said(*secrets) != [expected] * 8:
                    await asyncio.sleep(0.02)

        async def said(*secrets: str) -> list[list[int]]:
            return [[await knock(site.url, secret) for secret in secrets] for _ in range(8)]

        await until_all_say([401, 401], "first-secret", "second-secret")
        await reloaded(without + CAFE, "first-secret")
        await until_all_say([200, 401], "first-secret", "second-secret")
        await reloaded(without + CAFE, "second-secret")
        await until_all_say([401, 200], "first-secret", "second-secret")
        await reloaded(without, "second-secret")
        await until_all_say([401, 401], "first-secret", "second-secret")
        assert await post(site, line, "one") == [200]
        await until_sent(line, "one")


async def knock(url: str, secret: str) -> int:
    """Return how a webhook without events is answered to the bot `cafe`."""
    body, headers = signed({"destination": "U" + "0" * 32, "events": []}, secret)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/webhooks/cafe", data=body, headers=headers) as answer,
    ):
        return answer.status


async def test_second_host_on_one_store_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/shared.db"
    async with simulated_line() as line, run_site(tmp_path, store, line, "--fronts", "1") as site:
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hookline", "run", "--port", "0",
            cwd=tmp_path, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **SECRETS, "PYTHONPATH": plugin_path(tmp_path)},
        )  # fmt: skip
        _, said = await asyncio.wait_for(second.communicate(), 60)
        assert await post(site, line, "one", "two") == [200, 200]
        await until_sent(line, "one", "two")

    assert second.returncode == 1
    assert "SQLite means one host per file" in said.decode()
