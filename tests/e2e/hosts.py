"""Run `hookline run` for tests as an operator does: real processes, real signals, with a plugin that counts."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from hookline.adapters.simulated import SimulatedPlatform
from hookline.testing import SimulatedLine
from tests.support import SECRET, SECRETS

PLUGIN = Path(__file__).parent / "plugin"
START_SECONDS = 30.0
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads child processes from /proc (Linux)")
BOT = """
version: 1
store: {store}
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}", api_base: "{line}"}}
    plugins: {{ledger: {{}}, tickets: {{language: en}}}}
    routes:
      - {{include: tickets}}
      - {{name: slow, prefix: slow, run: ledger.slow}}
      - {{name: merge, prefix: merge, run: ledger.note, overlap: merge, window: 0.05}}
      - {{name: latest, prefix: latest, run: ledger.note, overlap: latest}}
      - {{name: reject, prefix: reject, run: ledger.note, overlap: reject, busy: busy}}
      - {{name: note, otherwise: true, run: ledger.note}}
"""


@dataclass
class Site:
    """Hold one running `hookline run` with its supervisor and processes."""

    process: asyncio.subprocess.Process
    url: str
    errors: list[str] = field(default_factory=list)

    @property
    def webhook(self) -> str:
        """Return the URL that the platform posts to."""
        return f"{self.url}/webhooks/shop"

    def children(self) -> list[int]:
        """Return the processes that the supervisor runs now."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def worker(self) -> int:
        """Return the process that runs the bots: behind fronts, or the only one."""
        children = self.children()
        behind = [pid for pid in children if Path(f"/proc/{pid}/cmdline").read_text().startswith("hookline worker")]
        (found,) = behind or children
        return found

    async def until_ready(self, status: int = 200) -> None:
        """Wait until /readyz answers *status*."""
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/readyz") as response:
                        if response.status == status:
                            return
                await asyncio.sleep(0.02)

    async def kill_one(self, chance: random.Random, processes: int) -> None:
        """Kill one of the processes, once all of them are there."""
        async with asyncio.timeout(START_SECONDS):
            while len(children := self.children()) < processes:
                await asyncio.sleep(0.02)
        os.kill(chance.choice(children), signal.SIGKILL)


def plugin_path(folder: Path) -> str:
    """Install the test plugin into *folder*, as pip would, and return the PYTHONPATH that finds it."""
    info = folder / "hookline_ledger-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hookline-ledger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[hookline]\n"
        + "".join(f"{name} = hookline_{name}\n" for name in ("ledger", "poison", "horrors", "villains", "crashes"))
    )
    return os.pathsep.join([str(folder), str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])])


@asynccontextmanager
async def run_site(
    folder: Path,
    store: str,
    line: SimulatedPlatform,
    *arguments: str,
    bot: str = BOT,
    files: int | None = None,
    command: str = "run",
) -> AsyncIterator[Site]:
    """Run one host on *store* for the length of a ``with``; it may have so many *files* open, or as many as here.

    *command* may be ``web`` or ``worker``, for half a host.
    """
    (folder / "bot.yaml").write_text(bot.format(store=store, line=line.url), "utf-8")
    limited = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', str(files)] if files else []
    process = await asyncio.create_subprocess_exec(
        *limited, sys.executable, "-m", "hookline", "-c", str(folder / "bot.yaml"), command, "--port", "0", *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **SECRETS, "PYTHONPATH": plugin_path(folder)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    site = Site(process, "")
    reading = asyncio.create_task(_read(process.stderr, site.errors))
    try:
        first = (await asyncio.wait_for(process.stdout.readline(), START_SECONDS)).decode()
        found = re.search(r"http://\S+?:\d+", first)
        assert found, (first, "\n".join(site.errors))
        site.url = found[0]
        await site.until_ready()
        yield site
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), START_SECONDS)
        await reading
        await process.stdout.read()
        await asyncio.sleep(0)  # what has come to its end is closed in the loop's next turn


@asynccontextmanager
async def run_sites(
    folder: Path, store: str, line: SimulatedLine, count: int, *arguments: str, bot: str = BOT
) -> AsyncIterator[Sequence[Site]]:
    """Run *count* hosts on one store."""
    async with AsyncExitStack() as stack:
        sites = []
        for number in range(count):
            place = folder / f"host{number}"
            place.mkdir()
            sites.append(await stack.enter_async_context(run_site(place, store, line, *arguments, bot=bot)))
        yield sites


@asynccontextmanager
async def simulated_line() -> AsyncIterator[SimulatedLine]:
    """Run the platform, with a channel for the bot."""
    line = SimulatedLine()
    await line.start()
    line.add_channel("shop", SECRET, SECRETS["TOKEN"], "")
    try:
        yield line
    finally:
        await line.stop()


def asked(folder: Path, *arguments: str) -> str:
    """Run a command beside the host that serves *folder*."""
    command = [sys.executable, "-m", "hookline", "-c", str(folder / "bot.yaml"), *arguments]
    environment = {**os.environ, **SECRETS, "PYTHONPATH": plugin_path(folder)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=60).stdout


async def _read(stream: asyncio.StreamReader, lines: list[str]) -> None:
    while raw := await stream.readline():
        lines.append(raw.decode().rstrip())
