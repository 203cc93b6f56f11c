"""Speak HTTP byte by byte to a host that Hypercorn serves in this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hookline.adapters.line.signature import sign
from hookline.host.host import Host
from hookline.ingress.addresses import listen
from hookline.ingress.server import serve
from tests.support import SECRET, SECRETS, SMALL_BOT, configured

ANSWER_SECONDS = 10.0
WEBHOOK = "/webhooks/shop"
TYPE = "content-type: application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what came back; ``status`` is 0 when the connection ended without an answer."""

    status: int
    head: bytes = b""
    body: bytes = b""

    @property
    def without_date(self) -> bytes:
        """Return every byte but those of the Date header."""
        lines = [line for line in self.head.split(b"\r\n") if not line.lower().startswith(b"date:")]
        return b"\r\n".join([*lines, self.body])

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by their lower-case names."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name}


class Wire:
    """Hold one TCP connection. A plain socket: what the server said before it hung up can still be read."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._unread = b""

    @classmethod
    async def open(cls, port: int) -> Wire:
        """Connect to *port* on this machine."""
        sock = socket.socket()
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        return cls(sock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def send(self, data: bytes) -> bool:
        """Send *data*; return False when the server has hung up."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._loop.sock_sendall(self._socket, data)
        except ConnectionError:
            return False
        return True

    async def answer(self, *, has_body: bool = True) -> Answer:
        """Return the next response; *has_body* is False for a HEAD."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while b"\r\n\r\n" not in self._unread:
                if not await self._read():
                    return Answer(0)
            head, _, self._unread = self._unread.partition(b"\r\n\r\n")
            answer = Answer(int(head.split(b" ", 2)[1]), head)
            length = int(answer.headers.get("content-length", "0")) if has_body else 0
            while len(self._unread) < length and await self._read():
                pass
            body, self._unread = self._unread[:length], self._unread[length:]
            return Answer(answer.status, head, body)

    async def rest(self) -> bytes:
        """Return all that comes until the server hangs up."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while await self._read():
                pass
        return self._unread

    async def _read(self) -> bool:
        with suppress(ConnectionError):
            data = await self._loop.sock_recv(self._socket, 65_536)
            self._unread += data
            return bool(data)
        return False


@dataclass(frozen=True, slots=True)
class Site:
    """Hold a host and the loopback port where it is served."""

    host: Host
    port: int

    async def stored(self) -> int:
        """Return how many events the inbox holds."""
        return await self.host.store.inbox.count()

    async def ask(self, request: bytes) -> Answer:
        """Send *request* over a connection of its own and return the first answer."""
        async with await Wire.open(self.port) as wire:
            await wire.send(request)
            return await wire.answer(has_body=not request.startswith(b"HEAD"))


@contextmanager
def listening() -> Iterator[socket.socket]:
    """Listen on a free loopback port."""
    listener = listen("127.0.0.1", 0)
    try:
        yield listener
    finally:
        listener.close()


@asynccontextmanager
async def served(folder: Path, text: str = SMALL_BOT, environment: Mapping[str, str] = SECRETS) -> AsyncIterator[Site]:
    """Serve a host whose worker is not started: what it accepts stays in the inbox."""
    host = await Host.open(configured(folder, text, environment))
    stop = asyncio.Event()
    try:
        with listening() as listener:
            serving = asyncio.create_task(serve(host.app, listener, stop, grace=1.0))
            try:
                yield Site(host, listener.getsockname()[1])
            finally:
                stop.set()
                await serving
    finally:
        await host.close(grace=1.0)


def request(
    body: bytes = b"",
    *headers: str | bytes,
    method: str = "POST",
    path: str = WEBHOOK,
    version: str = "1.1",
    length: str | None = "",
) -> bytes:
    """Return a request; *length* is its Content-Length (default: the right one; None: the header is missing)."""
    lines: list[str | bytes] = [f"{method} {path} HTTP/{version}", "host: localhost"]
    if length is not None:
        lines.append(f"content-length: {length or len(body)}")
    head = b"\r\n".join(line if isinstance(line, bytes) else line.encode("latin-1") for line in [*lines, *headers])
    return head + b"\r\n\r\n" + body


def signature(body: bytes, secret: str = SECRET) -> str:
    """Return the header line with which LINE would send *body*."""
    return f"x-line-signature: {sign(secret.encode(), body).decode()}"


def signed_request(body: bytes, *headers: str | bytes, path: str = WEBHOOK, version: str = "1.1") -> bytes:
    """Return a request as LINE would send it."""
    return request(body, signature(body), TYPE, *headers, path=path, version=version)


def chunked(body: bytes, *headers: str | bytes, size: int = 16_384) -> bytes:
    """Return a signed request whose *body* comes in chunks of *size* bytes, without a Content-Length."""
    head = request(b"", signature(body), TYPE, "transfer-encoding: chunked", *headers, length=None)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return head + b"".join(chunk(piece) for piece in pieces) + chunk(b"")


def chunk(piece: bytes) -> bytes:
    """Return *piece* as one chunk; an empty one ends a body."""
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
