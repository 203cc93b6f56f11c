"""What is no webhook is answered by the process that has the pages, through its front."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hookline.ingress.forwarding import MOST, Forwarder
from hookline.ingress.limits import DEFAULT_LIMITS

Headers = list[tuple[bytes, bytes]]


async def ask(
    forwarder: Forwarder, path: str, method: str = "GET", headers: Sequence[tuple[bytes, bytes]] = (), body: bytes = b""
) -> tuple[int, bytes]:
    sent: list[MutableMapping[str, Any]] = []
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": headers}

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await forwarder({**scope, "query_string": b"a=1"}, receive, send)
    return sent[0]["status"], sent[1]["body"]


@asynccontextmanager
async def pages(answer: bytes) -> AsyncIterator[tuple[Forwarder, list[bytes]]]:
    """Stand where the worker does: note what comes, and say *answer*."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\0hookline-test-{secrets.token_hex(8)}")
    server = await asyncio.start_unix_server(serve, sock=listener)
    try:
        yield Forwarder(listener.getsockname(), DEFAULT_LIMITS), asked
    finally:
        server.close()
        await server.wait_closed()
        listener.close()


async def test_page_is_asked_for_and_answered() -> None:
    async with pages(b"HTTP/1.1 404 Not Found\r\nx-page: 1\r\ncontent-length: 4\r\n\r\ngone") as (forwarder, asked):
        assert await ask(forwarder, "/a%2Fb", "POST", [(b"host", b"bot.example")], b"hi") == (404, b"gone")

    assert asked[0].startswith(b"POST /a%2Fb?a=1 HTTP/1.1\r\n")
    assert b"host: bot.example" in asked[0].lower()
    assert b"content-length: 2" in asked[0].lower()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"])
async def test_page_that_breaks_off_is_unavailable(answer: bytes) -> None:
    async with pages(answer) as (forwarder, _):
        assert (await ask(forwarder, "/readyz"))[0] == 503


async def test_front_is_alive_though_nobody_has_the_pages() -> None:
    forwarder = Forwarder(b"\0hookline-nobody", DEFAULT_LIMITS)

    assert await ask(forwarder, "/healthz") == (200, b'{"status":"alive"}')
    assert await ask(forwarder, "/healthz", "HEAD") == (200, b"")
    assert await ask(forwarder, "/readyz") == (503, b"Service Unavailable")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"host", b"a"), (b"host", b"b")], 400),
        ([(b"x y", b"a")], 400),
        ([(b"x", b"a\x00")], 400),
    ],
)
async def test_head_that_cannot_be_said_again_is_the_callers_fault(headers: Headers, status: int) -> None:
    async with pages(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as (forwarder, asked):
        assert (await ask(forwarder, "/readyz", headers=headers))[0] == status
    assert asked == []


async def test_few_are_passed_on_at_once() -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\0hookline-test-{secrets.token_hex(8)}")
    listener.listen(100)  # and never answers
    forwarder = Forwarder(listener.getsockname(), DEFAULT_LIMITS)
    waiting = [asyncio.create_task(ask(forwarder, "/readyz")) for _ in range(MOST)]
    await asyncio.sleep(0.1)

    assert await ask(forwarder, "/readyz") == (503, b"Service Unavailable")
    assert await ask(forwarder, "/healthz") == (200, b'{"status":"alive"}')
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    listener.close()
