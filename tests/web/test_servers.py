"""Serve with each server that is installed: the same answers, and an end that no client can put off."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hookline.errors import MissingExtraError
from hookline.host.host import Host
from hookline.ingress.guard import App, Receive, Scope, Send
from hookline.ingress.server import LAST_SECONDS, SERVERS, Server, serve
from hookline.testing import events
from tests.support import NOW, SMALL_BOT, configured
from tests.web.wire import WEBHOOK, Wire, listening, request, signed_request

GRACE = 1.0
SLACK = 1.0
BODY = json.dumps(
    {"destination": "U" + "0" * 32, "events": [events.event("message", now=NOW, message=events.text_message("菜單"))]}
).encode()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """Return one server after the other; one that isn't installed is skipped."""
    name: Server = request.param
    pytest.importorskip(name, reason=f"the extra hookline[{name}] isn't installed")
    return name


@dataclass
class Probe:
    """Be an application that notes its lifespan and streams for ever, or waits until it is let go."""

    seen: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._live(receive, send)
        self.seen.append(scope["path"])
        self.is_asked.set()
        try:
            await (self._stream(send) if scope["path"] == "/stream" else self._wait(send))
        finally:
            self.ended.append(scope["path"])

    async def _live(self, receive: Receive, send: Send) -> None:
        kind = ""
        while kind != "lifespan.shutdown":
            kind = (await receive())["type"]
            self.seen.append(kind)
            self.is_up.set()
            await send({"type": f"{kind}.complete"})

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        while True:
            await send({"type": "http.response.body", "body": b"data: tick\n\n", "more_body": True})
            await asyncio.sleep(0.01)

    async def _wait(self, send: Send) -> None:
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"late"})


@dataclass(frozen=True, slots=True)
class Served:
    """Hold what is served, and end it."""

    port: int
    stop: asyncio.Event
    serving: asyncio.Task[None]

    async def ended(self) -> float:
        """Stop, and return how many seconds it took."""
        loop = asyncio.get_running_loop()
        begun_at = loop.time()
        self.stop.set()
        async with asyncio.timeout(20):
            await self.serving
        return loop.time() - begun_at


@asynccontextmanager
async def served(app: App, server: Server, grace: float = GRACE) -> AsyncIterator[Served]:
    """Serve *app* on a free loopback port."""
    stop = asyncio.Event()
    with listening() as listener:
        serving = asyncio.create_task(serve(app, listener, stop, grace, server))
        try:
            yield Served(listener.getsockname()[1], stop, serving)
        finally:
            stop.set()
            await asyncio.wait([serving])


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    """Return a host whose worker is not started."""
    host = await Host.open(configured(tmp_path))
    yield host
    await host.close(grace=1.0)


async def ask(port: int, raw: bytes) -> tuple[int, bytes, bytes]:
    """Return status, head and body of the answer to *raw*."""
    async with await Wire.open(port) as wire:
        await wire.send(raw)
        answer = await wire.answer()
        return answer.status, answer.head.lower(), answer.body


async def test_signed_webhook_is_durable_and_answered_200(host: Host, server: Server) -> None:
    async with served(host.app, server) as site:
        status, _, body = await ask(site.port, signed_request(BODY))

        assert (status, body) == (200, b"OK")
        assert await host.store.inbox.count() == 1


async def test_bad_signature_is_401(host: Host, server: Server) -> None:
    async with served(host.app, server) as site:
        status, _, _ = await ask(site.port, request(BODY, "x-line-signature: wrong"))

        assert status == 401
        assert await host.store.inbox.count() == 0


async def test_percent_encoded_name_of_a_bot_is_its_name(tmp_path: Path, server: Server) -> None:
    host = await Host.open(configured(tmp_path, SMALL_BOT.replace("shop:", "電話:")))
    try:
        async with served(host.app, server) as site:
            status, *_ = await ask(site.port, signed_request(BODY, path="/webhooks/%E9%9B%BB%E8%A9%B1"))

        assert (status, await host.store.inbox.count()) == (200, 1)
    finally:
        await host.close(grace=1.0)


async def test_other_paths_reach_quart(host: Host, server: Server) -> None:
    async with served(host.app, server) as site:
        status, _, body = await ask(site.port, request(method="GET", path="/healthz", length=None))

        assert (status, json.loads(body)) == (200, {"status": "alive"})


async def test_connection_is_kept_for_the_next_webhook(host: Host, server: Server) -> None:
    async with served(host.app, server) as site, await Wire.open(site.port) as wire:
        for _ in range(3):
            await wire.send(signed_request(BODY))
            assert (await wire.answer()).status == 200


async def test_answer_does_not_name_the_server(server: Server) -> None:
    if server == "granian":
        pytest.skip("granian has no setting for it")
    probe = Probe()
    probe.may_answer.set()

    async with served(probe, server) as site:
        _, head, _ = await ask(site.port, request(method="GET", path="/", length=None))

    assert b"\r\nserver:" not in head


async def test_lifespan_begins_and_ends(server: Server) -> None:
    probe = Probe()

    async with served(probe, server) as site:
        await probe.is_up.wait()
        await site.ended()

    assert probe.seen == ["lifespan.startup", "lifespan.shutdown"]


async def test_request_in_flight_is_answered_after_the_stop(server: Server) -> None:
    probe = Probe()

    async with served(probe, server, grace=10) as site, await Wire.open(site.port) as wire:
        await wire.send(request(method="GET", path="/wait", length=None))
        await probe.is_asked.wait()
        ending = asyncio.create_task(site.ended())
        await asyncio.sleep(0.2)  # the server has begun to stop
        probe.may_answer.set()
        answer = await wire.answer()

        assert (answer.status, answer.body) == (200, b"late")
        assert await ending < 5


HANGING: dict[str, bytes] = {
    "an idle connection": b"",
    "half a head": b"POST /webhooks/shop HTTP/1.1\r\nhost: local",
    "half a body": request(b"{", path=WEBHOOK, length="100"),
}


@pytest.mark.parametrize("sent", HANGING.values(), ids=HANGING)
async def test_hanging_client_does_not_hold_the_end(host: Host, server: Server, sent: bytes) -> None:
    async with served(host.app, server) as site, await Wire.open(site.port) as wire:
        await wire.send(signed_request(BODY))
        await wire.answer()
        await wire.send(sent)
        await asyncio.sleep(0.1)

        assert await site.ended() < GRACE + LAST_SECONDS + SLACK


@pytest.mark.parametrize("reads", [True, False], ids=["a reader", "one that never reads"])
async def test_endless_stream_does_not_hold_the_end(server: Server, reads: bool) -> None:
    probe = Probe()

    async with served(probe, server) as site, await Wire.open(site.port) as wire:
        await wire.send(request(method="GET", path="/stream", length=None))
        await probe.is_asked.wait()
        reading = asyncio.create_task(wire.rest()) if reads else None
        took = await site.ended()
        if reading:
            await reading

    assert took < GRACE + LAST_SECONDS + SLACK
    assert probe.ended == ["/stream"]
    assert probe.seen[-1] == "lifespan.shutdown"


async def test_cancelling_ends_it_in_spite_of_an_open_stream(server: Server) -> None:
    probe = Probe()

    async with served(probe, server) as site, await Wire.open(site.port) as wire:
        await wire.send(request(method="GET", path="/stream", length=None))
        await probe.is_asked.wait()
        site.serving.cancel()
        await asyncio.wait([site.serving], timeout=2 * LAST_SECONDS + SLACK)

        assert site.serving.cancelled()
        assert probe.ended == ["/stream"]


async def test_application_that_refuses_to_start_is_an_error(server: Server) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    async with served(refuse, server) as site:
        await asyncio.wait([site.serving], timeout=10)

        assert site.serving.done()
        assert isinstance(site.serving.exception(), Exception)


async def test_missing_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "granian", None)  # how Python notes that a module can't be had

    with listening() as listener, pytest.raises(MissingExtraError) as caught:
        await serve(Probe(), listener, asyncio.Event(), GRACE, "granian")

    assert str(caught.value) == "the server `granian` isn't installed; `pip install 'hookline[granian]'` brings it"
    assert caught.value.extra == "granian"
