"""A platform that isn't what it should be: its certificate, where it sends callers, how much it answers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from linebot.v3.messaging import ApiException, AsyncMessagingApiBlob, PushMessageRequest, TextMessage
from linebot.v3.oauth import ApiException as OauthException
from linebot.v3.oauth import AsyncChannelAccessToken

from hookline.adapters.deliveries import Delivery
from hookline.adapters.http import HttpClient
from hookline.adapters.line.api import LineApi
from hookline.adapters.line.send import send
from hookline.errors import PlatformError
from hookline.ingress.addresses import listen
from hookline.ways import Way
from tests.support import make_event

TOKEN = "token-of-the-channel"
PUSH = Delivery(Way("push", "U1", is_push=True), [{"type": "text", "text": "a message"}], "key")
REPLY = Delivery(Way("reply", "reply"), [{"type": "text", "text": "a message"}], "key")
OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
REDIRECT = "HTTP/1.1 {status} X\r\nconnection: close\r\nlocation: {where}\r\ncontent-length: 0\r\n\r\n"
MIB = 1 << 20
HANDSHAKE = b"\x16"

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Platform:
    """Answer whatever is asked by *answer*; ``asked`` are the requests, with all that they have brought."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[bytes] = []
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            if first == HANDSHAKE:
                return  # of TLS, where none is spoken
            head = first + await reader.readuntil(b"\r\n\r\n")
            size = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            self.asked.append(head + await reader.readexactly(int(size or 0)))
            await self._answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the caller has had enough
        finally:
            writer.close()


@asynccontextmanager
async def platform(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncIterator[Platform]:
    """Run a platform at a URL of its own, over TLS with *context*."""
    found = Platform(answer)
    listener = listen("127.0.0.1", 0)
    server = await asyncio.start_server(found.handle, sock=listener, ssl=context)
    found.url = f"http{'s' if context else ''}://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()


@asynccontextmanager
async def api_at(url: str) -> AsyncIterator[LineApi]:
    http = HttpClient({})
    try:
        yield LineApi(url, TOKEN, http)
    finally:
        await http.close()


def saying(data: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


# Redirects


CALLS: Mapping[str, Callable[[LineApi], Awaitable[object]]] = {
    "reply": lambda api: send(api, REPLY),
    "push": lambda api: send(api, PUSH),
    "sender": lambda api: api.sender(make_event(user="mei")),
    "profile": lambda api: api.profile("U1"),
    "content": lambda api: api.content("1", seconds=5),
    "messaging": lambda api: api.messaging.get_profile("U1"),
    "messaging push": lambda api: api.messaging.push_message(
        PushMessageRequest(to="U1", messages=[TextMessage(text="a message")])
    ),
    "blob": lambda api: api.client(AsyncMessagingApiBlob).get_message_content("1"),
    "oauth": lambda api: api.client(AsyncChannelAccessToken).issue_channel_token(
        grant_type="client_credentials", client_id="1", client_secret=TOKEN
    ),
}
TARGETS = (
    "{other}/x",
    "//{host}/x",
    "{own}/again",
    "/again",
    "file:///etc/passwd",
    "http://169.254.169.254/latest",
    "",
)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", TARGETS)
async def test_nobody_is_followed_anywhere(status: int, target: str) -> None:
    async with platform(saying(OK)) as other:

        async def redirect(writer: asyncio.StreamWriter) -> None:
            where = target.format(other=other.url, host=other.url.removeprefix("http://"), own=line.url)
            await saying(REDIRECT.format(status=status, where=where).encode())(writer)

        async with platform(redirect) as line, api_at(line.url) as api:
            for call in CALLS.values():
                with suppress(PlatformError, ApiException, OauthException):
                    await call(api)

        assert (len(line.asked), other.asked) == (len(CALLS), [])


async def test_redirected_delivery_may_have_been_made() -> None:
    async with platform(saying(REDIRECT.format(status=307, where="/x").encode())) as line:
        async with api_at(line.url) as api:
            assert [(await send(api, one)).outcome for one in (REPLY, PUSH)] == ["uncertain", "uncertain"]


# Answers without end


def without_end(begin: bytes, part: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(part)
            await writer.drain()

    return answer


def bomb(bits: int) -> tuple[bytes, bytes]:
    """Return the beginning of something compressed, and a part without end: a kilobyte for each megabyte."""
    packed = zlib.compressobj(9, zlib.DEFLATED, bits)
    begin = packed.compress(b"{") + packed.flush(zlib.Z_FULL_FLUSH)
    return begin, packed.compress(bytes(MIB)) + packed.flush(zlib.Z_FULL_FLUSH)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def packed(name: str, bits: int) -> Answer:
    begin, part = bomb(bits)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    return without_end(head + chunk(begin), chunk(part))


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
HEADERS = b"".join(b"x-%d: %b\r\n" % (number, b"y" * 4000) for number in range(100))
ENDLESS: Mapping[str, Answer] = {
    "gzip": packed("gzip", 31),
    "deflate": packed("deflate", 15),
    "chunks": without_end(CHUNKED, chunk(b"y" * 65_536)),
    "body": without_end(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", b"y" * 65_536),
    "headers": without_end(b"HTTP/1.1 200 OK\r\n", HEADERS),
    "header": without_end(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 65_536),
    "reason": without_end(b"HTTP/1.1 200 ", b"y" * 65_536),
    "trailers": without_end(CHUNKED + b"2\r\n{}\r\n0\r\n", HEADERS),
    "chunk's extension": without_end(CHUNKED + b"2;", b"y" * 65_536),
    "hints": without_end(b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 100),
}
SLOW = ("chunk's extension", "hints")
"""What only the time ends."""


@pytest.mark.parametrize("kind", ENDLESS)
async def test_answer_without_end_takes_little_memory_and_ends(kind: str) -> None:
    async with platform(ENDLESS[kind]) as line, api_at(line.url) as api:
        tracemalloc.start()
        try:
            for call in (lambda: api.call("GET", "/", seconds=1), lambda: api.content("1", at_most=MIB, seconds=1)):
                with suppress(aiohttp.ClientError, PlatformError, TimeoutError):
                    await call()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak < 24 * MIB


@pytest.mark.parametrize("kind", [kind for kind in ENDLESS if kind not in SLOW])
async def test_delivery_that_is_answered_without_end_is_judged_at_once(kind: str) -> None:
    async with platform(ENDLESS[kind]) as line, api_at(line.url) as api:
        async with asyncio.timeout(5):
            verdict = await send(api, PUSH)

    assert verdict.outcome == ("sent" if kind in ("gzip", "deflate", "chunks", "body") else "uncertain")


async def test_answer_that_drips_is_given_up_in_time() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        for letter in b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n" * 100:
            writer.write(bytes([letter]))
            await writer.drain()
            await asyncio.sleep(0.01)

    async with platform(drip) as line, api_at(line.url) as api:
        with pytest.raises(TimeoutError):
            await api.call("GET", "/", seconds=0.1)


# Certificates

SENDER = """
import asyncio, json, sys
from hookline.adapters.deliveries import Delivery
from hookline.adapters.http import HttpClient
from hookline.adapters.line.api import LineApi
from hookline.adapters.line.send import send
from hookline.ways import Way

async def main():
    http = HttpClient({})
    for url in sys.argv[1:]:
        reply = Delivery(Way("reply", "token"), [{"type": "text", "text": "hi"}], "key")
        one = await send(LineApi(url, "TOKEN", http), reply)
        print(json.dumps([one.outcome, one.reason]))
    await http.close()

asyncio.run(main())
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificate(folder: Path, name: str, host: str, *, days: int = 2, is_ours: bool = True) -> ssl.SSLContext:
    """Return a server's context whose certificate is for *host*, signed by our authority or by itself."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={host}")
    if is_ours:
        openssl(folder, "req", "-new", *key, *subject, "-out", f"{name}.csr")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signing, "-days", str(days), "-out", f"{name}.pem")
    else:
        may_sign = ("-addext", "keyUsage=critical,keyCertSign,digitalSignature")
        openssl(folder, "req", "-x509", *key, *subject, *may_sign, "-days", str(days), "-out", f"{name}.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command openssl makes the certificates")
async def test_token_goes_to_nobody_whose_certificate_is_wrong(tmp_path: Path) -> None:
    certificate(tmp_path, "ca", "DNS:ca.example", is_ours=False)
    good = certificate(tmp_path, "good", "IP:127.0.0.1")
    expired = certificate(tmp_path, "expired", "IP:127.0.0.1", days=-1)
    other = certificate(tmp_path, "other", "DNS:other.example,IP:127.0.0.2")
    own = certificate(tmp_path, "own", "IP:127.0.0.1", is_ours=False)
    async with (
        platform(saying(OK), good) as right,
        platform(saying(OK), expired) as late,
        platform(saying(OK), other) as misnamed,
        platform(saying(OK), own) as unknown,
        platform(saying(OK)) as plain,
    ):
        urls = [right.url, late.url, misnamed.url, unknown.url, plain.url.replace("http:", "https:")]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SENDER, *urls,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "SSL_CERT_FILE": str(tmp_path / "ca.pem")},
        )  # fmt: skip
        told, _ = await asyncio.wait_for(process.communicate(), 60)

        verdicts = [json.loads(line) for line in told.splitlines()]
        assert [outcome for outcome, _ in verdicts] == ["sent", "again", "again", "again", "again"]
        words = ("", "certificate has expired", "IP address mismatch", "self-signed certificate", "no connection")
        assert [word in reason for word, (_, reason) in zip(words, verdicts, strict=True)] == [True] * 5, verdicts
        assert [len(one.asked) for one in (right, late, misnamed, unknown, plain)] == [1, 0, 0, 0, 0]
