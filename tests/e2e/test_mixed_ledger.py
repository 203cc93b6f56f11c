"""Kills, redelivery and crash points on platforms that notice no second attempt, beside LINE, which does."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from pathlib import Path

import pytest

from tests.e2e.crash_host import POINTS
from tests.e2e.hosts import NEEDS_PROC, plugin_path, run_site
from tests.e2e.mixed import mixed
from tests.e2e.test_ledger import KILLS, SEED
from tests.support import SECRETS

PEOPLE = 3


@NEEDS_PROC
@pytest.mark.timeout(120 + KILLS * 12)
async def test_killed_host_of_three_platforms_loses_doubles_and_swaps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)
    print(f"HOOKLINE_SEED={SEED}")
    store = f"sqlite:///{tmp_path}/mixed.db"
    async with mixed("line", "telegram", "slack") as world:
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        bot = world.yaml(store).replace("{", "{{").replace("}", "}}")
        async with run_site(tmp_path, store, world.platforms["line"], bot=bot) as site:
            stopping = asyncio.Event()
            running = asyncio.create_task(world.run(lambda: site.url, PEOPLE, stopping, chance))
            for _ in range(KILLS):
                await site.kill_one(chance, 1)
                await asyncio.sleep(0.1)
                await site.until_ready()
                await asyncio.sleep(0.2 + chance.random() * 0.3)
            stopping.set()
            await running
            lost = await world.settle(store)
        print(lost, len(world.acknowledged))

    assert world.problems(lost) == []
    assert {text.split()[0] for text in world.answers()} == {"line", "telegram", "slack"}


AROUND_ANSWERS = ("after-commit", "before-200", "after-send")
"""Where it matters what a platform is answered, and that it notices no second attempt."""


@pytest.mark.parametrize(
    ("name", "point"),
    [("telegram", point) for point in POINTS]
    + [(name, point) for name in ("slack", "discord") for point in AROUND_ANSWERS],
)
async def test_crash_between_a_webhook_and_its_answer(point: str, name: str, tmp_path: Path) -> None:
    store, mark = f"sqlite:///{tmp_path}/crash.db", tmp_path / "mark"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with mixed(name) as world:
        (tmp_path / "bot.yaml").write_text(world.yaml(store, "ledger.crash"), "utf-8")
        environment = {**os.environ, **SECRETS, **world.environment}
        environment["PYTHONPATH"] = f"{plugin_path(tmp_path)}{os.pathsep}."

        async def start(before: int) -> asyncio.subprocess.Process:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.e2e.crash_host", str(tmp_path / "bot.yaml"), point, str(mark), str(port),
                str(before), env=environment, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
            )  # fmt: skip
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
            return process

        process, stopping = await start(0), asyncio.Event()
        running = asyncio.create_task(
            world.run(lambda: f"http://127.0.0.1:{port}", 2, stopping, random.Random(f"{point} {name}"))
        )
        status = await asyncio.wait_for(process.wait(), 30)
        process = await start(process.pid)
        await asyncio.sleep(0.3)
        stopping.set()
        await running
        lost = await world.settle(store)
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)

    assert (status, mark.exists(), world.problems(lost)) == (-9, True, [])
