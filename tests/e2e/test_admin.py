"""What an operator asks at an address of its own, and how many files a host may have open."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.e2e.hosts import NEEDS_PROC, Site, run_site, simulated_line
from tests.support import SECRETS, SMALL_BOT

pytestmark = NEEDS_PROC


async def asked(admin: str, page: str) -> tuple[int, str]:
    """Return status and text of a page at *admin*, an address or the path of a socket."""
    connector = aiohttp.UnixConnector(admin) if "/" in admin else aiohttp.TCPConnector()
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.get(f"http://{'admin' if '/' in admin else admin}{page}") as response:
            return response.status, await response.text()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.parametrize("kind", ["port", "socket"])
async def test_operator_is_answered_at_an_address_of_its_own(tmp_path: Path, kind: str) -> None:
    admin = str(tmp_path / "admin.sock") if kind == "socket" else f"127.0.0.1:{free_port()}"
    async with simulated_line() as line:
        async with run_site(tmp_path, f"sqlite:///{tmp_path}/a.db", line, "--admin", admin) as site:
            answers = {page: await asked(admin, page) for page in ("/metrics", "/readyz", "/status")}
            public = await asked(urlsplit(site.url).netloc, "/metrics")

    assert {page: status for page, (status, _) in answers.items()} == dict.fromkeys(answers, 200)
    assert "hookline_ready 1.0" in answers["/metrics"][1]
    assert json.loads(answers["/status"][1])["bots"][0]["name"] == "shop"
    assert public[0] == 404
    assert not Path(admin).exists()


async def test_socket_of_the_operator_is_its_own_and_goes_through_a_restart(tmp_path: Path) -> None:
    admin = tmp_path / "admin.sock"
    async with simulated_line() as line:
        async with run_site(tmp_path, f"sqlite:///{tmp_path}/a.db", line, "--admin", str(admin)) as site:
            mode = admin.stat().st_mode & 0o777
            (tmp_path / "hookline_ledger-1.0.dist-info" / "changed").touch()
            site.process.send_signal(signal.SIGHUP)
            await until_restarted(site)
            status, _ = await asked(str(admin), "/readyz")

    assert (mode & 0o077, status) == (0, 200)  # for its user alone


async def until_restarted(site: Site) -> None:
    async with asyncio.timeout(60):
        while not any("restarted:" in said for said in site.errors):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nowhere", "`nowhere` is no address; expected one as in 127.0.0.1:9100, or the path of a socket"),
        ("127.0.0.1:99999", "`127.0.0.1:99999` is no address"),
        ("/proc/nothing/admin.sock", "can't listen on /proc/nothing/admin.sock: No such file or directory"),
    ],
)
async def test_address_that_is_none_is_said(tmp_path: Path, address: str, said: str) -> None:
    (tmp_path / "bot.yaml").write_text(SMALL_BOT)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hookline", "run", "--port", "0", "--admin", address,
        cwd=tmp_path, env={**os.environ, **SECRETS},
        stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    _, errors = await asyncio.wait_for(process.communicate(), 60)

    assert process.returncode != 0
    assert said in " ".join(errors.decode().replace("│", " ").split())


async def test_webhooks_get_through_when_strangers_hold_more_connections_than_files(tmp_path: Path) -> None:
    async with simulated_line() as line:
        async with run_site(tmp_path, f"sqlite:///{tmp_path}/a.db", line, files=320) as site:
            address = ("127.0.0.1", urlsplit(site.url).port or 0)
            held = [socket.create_connection(address) for _ in range(400)]
            statuses = [
                await line.deliver("shop", [line.text("shop", f"hi {number}")], webhook=site.webhook)
                for number in range(5)
            ]
            async with asyncio.timeout(30):
                while len(line.sent) < 5:
                    await asyncio.sleep(0.02)
            said = "\n".join(site.errors)
            for one in held:
                one.close()

    assert statuses == [[200]] * 5
    assert '"connections.fewer"' in said
    assert '"connections.full"' in said


async def test_as_many_files_are_opened_as_the_system_lets_a_process(tmp_path: Path) -> None:
    async with simulated_line() as line:
        async with run_site(tmp_path, f"sqlite:///{tmp_path}/a.db", line) as site:
            every = [Path(f"/proc/{child}/limits").read_text() for child in site.children()]

    for limits in every:
        soft, hard = next(row.split()[3:5] for row in limits.splitlines() if row.startswith("Max open files"))
        assert soft == hard or int(soft) == 1 << 20
