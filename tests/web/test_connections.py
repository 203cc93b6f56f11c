"""What strangers may take of a server's connections, and what they can't."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import structlog

from hookline.host.host import Host
from hookline.ingress.limits import LIMIT_NAMES, Limits
from hookline.ingress.server import Server, serve
from hookline.testing import events
from tests.support import NOW, configured
from tests.web.wire import Site, Wire, listening, request, signed_request

SERVERS: tuple[Server, ...] = ("hypercorn", "uvicorn")
"""Those that keep the limits: granian knows one of them."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
UPGRADE = ("connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQCAAAAAAIAAAAA")


def webhook(number: int = 0) -> bytes:
    event = events.event("message", now=NOW + number, message=events.text_message(f"hi {number}"))
    return signed_request(json.dumps({"destination": "U" + "0" * 32, "events": [event]}).encode())


@asynccontextmanager
async def served(folder: Path, server: Server, **limits: object) -> AsyncIterator[Site]:
    """Serve a host whose worker is not started within *limits*."""
    within = Limits.of(f"{name}={value}" for name, value in limits.items())
    host, stop = await Host.open(configured(folder), limits=within), asyncio.Event()
    try:
        with listening() as listener:
            serving = asyncio.create_task(serve(host.app, listener, stop, 1.0, server, limits=within))
            try:
                yield Site(host, listener.getsockname()[1])
            finally:
                stop.set()
                await serving
    finally:
        await host.close(grace=1.0)


async def connections(site: Site, stack: AsyncExitStack, count: int, sent: bytes = b"") -> list[Wire]:
    """Open *count* connections that send no whole request."""
    wires = [await stack.enter_async_context(await Wire.open(site.port)) for _ in range(count)]
    for wire in wires:
        await wire.send(sent)
    return wires


HALVES = {
    "silent": b"",
    "half a head": b"POST /webhooks/shop HTTP/1.1\r\nhost: local",
    "half a body": request(b"{", length="1000"),
    "half a page": request(b"{", path="/nothing", length="1000"),
}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
async def test_idle_connections_make_room_for_webhooks(tmp_path: Path, server: Server, sent: bytes) -> None:
    async with served(tmp_path, server, connections=8, idle=60) as site, AsyncExitStack() as stack:
        idle = await connections(site, stack, 8, sent)
        answers = [await site.ask(webhook(number)) for number in range(4)]

        assert [answer.status for answer in answers] == [200] * 4
        assert b"200" not in await idle[0].rest()  # the one that has waited longest


@pytest.mark.parametrize("server", SERVERS)
async def test_connection_of_who_has_signed_makes_room_last(tmp_path: Path, server: Server) -> None:
    async with served(tmp_path, server, connections=4, idle=60) as site, AsyncExitStack() as stack:
        ours = await stack.enter_async_context(await Wire.open(site.port))
        await ours.send(webhook(0))
        first = await ours.answer()
        await connections(site, stack, 12)
        await ours.send(webhook(1))
        second = await ours.answer()

    assert (first.status, second.status) == (200, 200)


async def test_connections_that_are_let_go_are_logged_once(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        async with served(tmp_path, "hypercorn", connections=4, idle=60) as site, AsyncExitStack() as stack:
            await connections(site, stack, 12)
            await site.ask(webhook())

    assert [(entry["event"], entry["limit"]) for entry in logs if "connections" in entry["event"]] == [
        ("connections.full", 4)
    ]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("sent", [b"", b"POST /webhooks/shop HTTP/1.1\r\nhost: local"], ids=["silent", "half a head"])
async def test_connection_that_brings_no_request_in_time_is_closed(tmp_path: Path, server: Server, sent: bytes) -> None:
    async with served(tmp_path, server, idle=1) as site, await Wire.open(site.port) as wire:
        await wire.send(sent)

        assert b"200" not in await wire.rest()


@pytest.mark.parametrize("server", SERVERS)
async def test_connection_ends_after_as_many_requests_as_are_let_in(tmp_path: Path, server: Server) -> None:
    async with served(tmp_path, server, requests=3) as site, await Wire.open(site.port) as wire:
        answers = []
        for number in range(3):
            await wire.send(webhook(number))
            answers.append(await wire.answer())
        rest = await wire.rest()

    assert [answer.status for answer in answers] == [200] * 3
    assert (answers[-1].headers.get("connection"), rest) == ("close", b"")


async def test_caller_that_has_gone_is_not_read_to_its_end(tmp_path: Path) -> None:
    flood = request(method="GET", path="/healthz", length=None) * 20_000
    async with served(tmp_path, "hypercorn") as site:
        async with await Wire.open(site.port) as wire:
            await wire.send(flood)
        answer = await site.ask(webhook())

    assert answer.status == 200


@pytest.mark.parametrize("server", ["hypercorn", "uvicorn", "granian"])
async def test_nobody_is_spoken_to_in_http_2(tmp_path: Path, server: Server) -> None:
    async with served(tmp_path, server) as site:
        upgraded = await site.ask(request(b"", *UPGRADE, method="GET", path="/healthz", length=None))
        async with await Wire.open(site.port) as wire:
            await wire.send(PREFACE)
            rest = await wire.rest()

    assert upgraded.status in (200, 400)
    assert not rest.startswith(b"\x00")  # a frame
    assert rest == b"" or b"HTTP/1.1 4" in rest


@pytest.mark.parametrize("server", ["hypercorn", "uvicorn", "granian"])
async def test_larger_bodies_are_taken_where_the_operator_says_so(tmp_path: Path, server: Server) -> None:
    padding = b" " * 400_000
    body = json.dumps({"destination": "U" + "0" * 32, "events": []}).encode() + padding
    async with served(tmp_path, server, body="1MB") as site:
        taken = await site.ask(signed_request(body))
    async with served(tmp_path, server) as site:
        refused = await site.ask(signed_request(body))

    assert (taken.status, refused.status) == (200, 413)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("conections=5", f"there is no limit `conections`; there are {', '.join(LIMIT_NAMES)}"),
        ("connections=many", "`connections` can't be `many`: expected a number over 0"),
        ("connections=0", "`connections` can't be `0`: expected a number over 0"),
        ("requests=-1", "`requests` can't be `-1`: expected a number over 0"),
        ("body=1 parsec", "`body` can't be `1 parsec`: expected a size up to 1000 GB, as in 500kB, 10MB or 1.5GB"),
        ("idle", "`idle` can't be ``: expected a length of time up to 366 days, as in 30s, 10m, 6h or 1d"),
    ],
)
def test_limit_that_is_none_is_refused(given: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        Limits.of([given])

    assert str(caught.value) == said


def test_limits_are_read_as_people_write_them() -> None:
    limits = Limits.of(["connections=10", "idle=1m", "body = 1MB"])

    assert (limits.connections, limits.idle, limits.body, limits.requests) == (10, 60.0, 1_000_000, 1000)
