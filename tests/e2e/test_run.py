"""`hookline run` as an operator meets it: real processes, real signals, real HTTP on loopback."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from hookline.testing import SimulatedLine
from hookline.testing.events import user_id
from tests.e2e.hosts import NEEDS_PROC
from tests.support import SECRET, SECRETS

BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "%s"}
    plugins: {tickets: {language: en}}
    routes:
      - {include: tickets}
      - {name: all, otherwise: true, reply: '{event.text}'}
"""


@dataclass
class Running:
    """Hold a running `hookline run` and the platform that it talks to."""

    process: asyncio.subprocess.Process
    line: SimulatedLine
    url: str
    session: aiohttp.ClientSession

    async def get(self, path: str) -> int:
        async with self.session.get(self.url + path) as response:
            return response.status

    async def until(self, path: str, status: int) -> None:
        async with asyncio.timeout(15):
            while True:
                try:
                    if await self.get(path) == status:
                        return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def child(self) -> int:
        """Return the process that the supervisor runs now."""
        async with asyncio.timeout(10):
            while True:
                path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
                children = path.read_text().split() if path.exists() else []
                if children:
                    return int(children[0])
                await asyncio.sleep(0.02)

    async def deliver(self, raw: dict[str, object]) -> None:
        """Deliver as LINE does with redelivery on: again until it is answered with 200."""
        is_redelivery = False
        while (await self.line.deliver("shop", [raw], is_redelivery=is_redelivery))[0] != 200:
            is_redelivery = True
            await asyncio.sleep(0.05)

    async def received(self, count: int) -> list[str]:
        async with asyncio.timeout(15):
            while sum(len(sent.messages) for sent in self.line.sent) < count:
                await asyncio.sleep(0.02)
        return [str(message["text"]) for sent in self.line.sent for message in sent.messages]


pytestmark = NEEDS_PROC


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    line = SimulatedLine()
    await line.start()
    (folder / "bot.yaml").write_text(BOT % line.url, "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hookline", "-c", str(folder / "bot.yaml"), "run", "--port", "0", "--grace", "5",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **SECRETS},
    )  # fmt: skip
    assert process.stdout is not None
    first = (await asyncio.wait_for(process.stdout.readline(), 15)).decode()
    found = re.search(r"http://\S+?:\d+", first)
    assert found, first
    line.add_channel("shop", SECRET, SECRETS["TOKEN"], f"{found[0]}/webhooks/shop")
    async with aiohttp.ClientSession() as session:
        host = Running(process, line, found[0], session)
        try:
            await host.until("/readyz", 200)
            yield host
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 20)
            await line.stop()


async def test_message_is_answered_and_sigterm_ends_cleanly(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        assert await host.line.deliver("shop", [host.line.text("shop", "hi")]) == [200]
        assert await host.received(1) == ["hi"]
        host.process.send_signal(signal.SIGTERM)

        assert await asyncio.wait_for(host.process.wait(), 10) == 0


async def test_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        host.process.send_signal(signal.SIGINT)

        assert await asyncio.wait_for(host.process.wait(), 10) == 0


async def test_killed_host_is_started_again_and_answers_everything_once_in_order(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        acknowledged: list[str] = []
        for round_number in range(4):
            for number in range(10):
                text = f"{round_number}.{number}"
                raw = host.line.text("shop", text)
                await host.deliver(raw)
                acknowledged.append(text)
            os.kill(await host.child(), signal.SIGKILL)
        texts = await host.received(len(acknowledged))

        assert texts == acknowledged


async def test_tickets_stay_without_gap_or_double_through_a_kill(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        raws = [host.line.text("shop", "ticket", user=f"customer {number}") for number in range(60)]
        statuses = await asyncio.gather(*(host.line.deliver("shop", [raw]) for raw in raws[:40]))
        os.kill(await host.child(), signal.SIGKILL)
        await host.until("/readyz", 200)
        again = [raw for raw, status in zip(raws[:40], statuses, strict=True) if status != [200]]
        await asyncio.gather(*(host.line.deliver("shop", [raw]) for raw in [*again, *raws[40:]]))
        texts = await host.received(60)

    numbers = sorted(int(found[1]) for text in texts if (found := re.match(r"Your number is (\d+);", text)))
    assert numbers == list(range(1, 61))
    assert len({sent.to for sent in host.line.sent}) == 60


async def test_host_stops_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    async with running(tmp_path) as host:
        child = await host.child()
        host.process.kill()
        await host.process.wait()
        async with asyncio.timeout(15):
            while Path(f"/proc/{child}").exists():
                await asyncio.sleep(0.05)

        assert not Path(f"/proc/{child}").exists()


async def test_second_host_on_the_same_store_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    async with running(tmp_path):
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hookline", "-c", str(tmp_path / "bot.yaml"), "run", "--port", "0",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **SECRETS},
        )  # fmt: skip
        _, errors = await asyncio.wait_for(second.communicate(), 15)

    assert second.returncode == 1
    assert "SQLite means one host per file" in errors.decode()
    assert user_id("x") not in errors.decode()
