"""The proxies of docs/operating.md, as they are written there, in front of a host."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hookline.testing import SimulatedLine
from tests.e2e.hosts import NEEDS_PROC, run_site, simulated_line

DOCS = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")

pytestmark = NEEDS_PROC


@dataclass(frozen=True, slots=True)
class Proxy:
    """Say how a proxy is run: with what the docs have of it, and what they leave to each site."""

    language: str
    configured: Callable[[str, str, int, Path], str]
    command: Callable[[Path], Sequence[str]]


def written(language: str) -> str:
    """Return what the docs have in *language*."""
    found = re.search(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    assert found
    return found[1]


def nginx(text: str, host: str, port: int, folder: Path) -> str:
    """Return *text* as a whole configuration that listens on *port*, without TLS."""
    text = text.replace("127.0.0.1:8000", host).replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    return (
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{text}}}\n"
    )


def caddy(text: str, host: str, port: int, folder: Path) -> str:
    """Return *text* as it listens on *port*, without TLS."""
    text = text.replace("127.0.0.1:8000", host).replace("bots.example.com", f"http://127.0.0.1:{port}")
    return text.replace("{\n", "{\n    admin off\n", 1)


PROXIES = {
    "nginx": Proxy("nginx", nginx, lambda path: ["nginx", "-c", str(path), "-e", f"{path}.log"]),
    "caddy": Proxy("caddyfile", caddy, lambda path: ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]),
}


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest) -> Proxy:
    """Return one proxy after the other; one that isn't installed is skipped."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} isn't installed here")
    return PROXIES[request.param]


@asynccontextmanager
async def proxied(folder: Path, proxy: Proxy, host: str) -> AsyncIterator[int]:
    """Run *proxy* in front of *host* for the length of a ``with``, and yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    path = folder / f"{proxy.language}.conf"
    path.write_text(proxy.configured(written(proxy.language), host, port, folder))
    with (folder / "said").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *proxy.command(path), cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=said
        )
    try:
        await until_open(port, process, folder)
        yield port
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def until_open(port: int, process: asyncio.subprocess.Process, folder: Path) -> None:
    async with asyncio.timeout(30):
        while True:
            assert process.returncode is None, (folder / "said").read_text()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                return
            await asyncio.sleep(0.05)


async def answer(port: int, request: bytes) -> bytes:
    """Return the first line that is answered to *request*."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.readline(), 30)
    finally:
        writer.close()


async def said(line: SimulatedLine, count: int) -> None:
    async with asyncio.timeout(30):
        while len(line.sent) < count:
            await asyncio.sleep(0.02)


async def test_signed_webhooks_come_through_and_nothing_else_does(tmp_path: Path, proxy: Proxy) -> None:
    async with simulated_line() as line:
        async with run_site(tmp_path, f"sqlite:///{tmp_path}/a.db", line) as site:
            async with proxied(tmp_path, proxy, urlsplit(site.url).netloc) as port:
                webhook = f"http://127.0.0.1:{port}/webhooks/shop"
                statuses = [
                    await line.deliver("shop", [line.text("shop", f"hi {number}")], webhook=webhook)
                    for number in range(20)
                ]
                await said(line, 20)
                head = f"host: 127.0.0.1:{port}\r\n".encode()
                page = await answer(port, b"GET /readyz HTTP/1.1\r\n" + head + b"\r\n")
                unsigned = await answer(
                    port, b"POST /webhooks/shop HTTP/1.1\r\n" + head + b"content-length: 2\r\n\r\n{}"
                )
                large = b"POST /webhooks/shop HTTP/1.1\r\n" + head + b"content-length: 300000\r\n\r\n" + b"x" * 300_000
                too_much = await answer(port, large)

    assert statuses == [[200]] * 20
    assert [status.split()[1] for status in (page, unsigned)] == [b"404", b"401"]
    assert too_much.split()[1] in (b"413", b"502")  # the latter is how Caddy says it
