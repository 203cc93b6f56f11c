"""A process ends in time, with and without its supervisor, whatever holds it, and its address is free at once."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hookline.ingress.addresses import listen
from hookline.ingress.server import Server
from hookline.testing import SimulatedLine
from tests.e2e.hosts import BOT, NEEDS_PROC, Site, plugin_path, run_site, simulated_line
from tests.support import SECRETS

HOLDERS = ("cling", "spin", "block 3600", "match", "rest", "leave_thread", "leave_executor", "leave_process")
ANSWERING = ("leave_thread", "leave_executor", "leave_process")
ROUTES = "".join(
    f"      - {{{{name: {name}, prefix: {name}, run: poison.{name}}}}}\n"
    for name in dict.fromkeys(holder.split()[0] for holder in HOLDERS)
)
HELD = BOT.replace("plugins: {{", "plugins: {{poison: {{}}, ").replace("    routes:\n", "    routes:\n" + ROUTES)
LONGEST = 60.0

pytestmark = [NEEDS_PROC, pytest.mark.timeout(180)]


@asynccontextmanager
async def held(
    folder: Path, holder: str, server: Server = "hypercorn", *options: str
) -> AsyncIterator[tuple[Site, int]]:
    """Run a host on *server* that *holder* holds, and yield it with the process that is held."""
    store = f"sqlite:///{folder}/held.db"
    arguments = ("--grace", "1", "--server", server, *options)
    async with simulated_line() as line, run_site(folder, store, line, *arguments, bot=HELD) as site:
        process = site.worker()
        await line.deliver("shop", [line.text("shop", holder, user="ann")], webhook=site.webhook)
        await is_held(line, site, holder)
        try:
            yield site, process
        finally:
            end_left(line)


async def is_held(line: SimulatedLine, site: Site, holder: str) -> None:
    """Wait until the handler runs: another's event is answered by then, or nobody is any more."""
    if holder in ANSWERING:
        await until(lambda: bool(line.sent))
    elif holder in ("cling", "rest"):
        await line.deliver("shop", [line.text("shop", "hi", user="ben")], webhook=site.webhook)
        await until(lambda: bool(line.sent))
    else:
        await asyncio.sleep(1.0)  # the loop is blocked: there is nothing to wait for


def end_left(line: SimulatedLine) -> None:
    """End the process that a handler has left."""
    for sent in line.sent:
        for message in sent.messages:
            if found := re.fullmatch(r"left (\d+)", str(message.get("text"))):
                with suppress(ProcessLookupError):
                    os.kill(int(found[1]), signal.SIGKILL)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONGEST):
        while not is_so():
            await asyncio.sleep(0.02)


def is_gone(process: int) -> bool:
    """Say whether *process* has ended; one that nobody has asked for its status has, too."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def is_free(url: str) -> bool:
    """Say whether the next host could listen there."""
    try:
        listen("127.0.0.1", urlsplit(url).port or 0).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("holder", HOLDERS)
async def test_stop_ends_a_process_that_something_holds(tmp_path: Path, holder: str) -> None:
    async with held(tmp_path, holder) as (site, process):
        site.process.send_signal(signal.SIGTERM)
        await until(lambda: is_gone(site.process.pid))

        assert is_gone(process)
        assert is_free(site.url)


@pytest.mark.parametrize("holder", [holder for holder in HOLDERS if holder != "match"])  # see test_watchdog
async def test_process_whose_supervisor_is_killed_ends_and_its_address_is_free_before(
    tmp_path: Path, holder: str
) -> None:
    async with held(tmp_path, holder) as (site, process):
        os.kill(site.process.pid, signal.SIGKILL)
        await until(lambda: is_free(site.url))
        await until(lambda: is_gone(process))

        assert is_free(site.url)


async def test_thread_that_a_plugin_starts_at_its_import_holds_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLD_AT_IMPORT", "1")
    async with held(tmp_path, "leave_thread") as (site, process):
        site.process.send_signal(signal.SIGTERM)

        assert await asyncio.wait_for(site.process.wait(), LONGEST) == 0
        assert is_gone(process)


async def test_thread_that_a_plugin_starts_at_its_import_holds_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLD_AT_IMPORT", "1")
    (tmp_path / "bot.yaml").write_text(HELD.format(store=f"sqlite:///{tmp_path}/a.db", line="http://127.0.0.1:9"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hookline", "check",
        cwd=tmp_path, env={**os.environ, **SECRETS, "PYTHONPATH": plugin_path(tmp_path)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), LONGEST)

    assert (process.returncode, b"1 bot" in said) == (0, True), said
