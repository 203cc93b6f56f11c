"""Pass on what is no webhook to the process that has the pages: few at once, small, and not for long."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import MutableMapping
from typing import Any

import h11

from .guard import GoneError, Receive, Scope, Send, read_body
from .large import NOTHING_LARGER
from .limits import Limits

MOST = 32
SECONDS = 10.0
MAX_ANSWER_BYTES = 8 << 20
_OWN = frozenset([b"connection", b"transfer-encoding", b"keep-alive", b"upgrade", b"content-length"])


class Forwarder:
    """Be the application of a front beside its webhooks: ask at the socket *address*, and say what that answers.

    ``/healthz`` is the front's own. While nobody is there, everything else is 503.
    """

    def __init__(self, address: str | bytes, limits: Limits) -> None:
        self._address = address
        self._limits = limits
        self._room = asyncio.Semaphore(MOST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            status, headers, body = await self._answered(scope, receive)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answered(self, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            return _told(200, b'{"status":"alive"}', b"application/json")
        if self._room.locked():
            return _told(503, b"Service Unavailable")
        try:
            async with self._room, asyncio.timeout(SECONDS):
                body = await read_body(scope["headers"], receive, self._limits, NOTHING_LARGER)
                return await self._asked(scope, body)
        except (h11.LocalProtocolError, GoneError):  # what can't be said again, or wasn't said to its end
            return _told(400, b"Bad Request")
        except (OSError, TimeoutError, h11.RemoteProtocolError):
            return _told(503, b"Service Unavailable")

    async def _asked(self, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        connection = h11.Connection(h11.CLIENT)
        request = _request(connection, scope, body)
        own = socket.socket(socket.AF_UNIX)
        own.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(own, self._address)  # uvloop takes no abstract path by itself
            reader, writer = await asyncio.open_unix_connection(sock=own)
        except BaseException:
            own.close()
            raise
        try:
            writer.write(request)
            return await _response(connection, reader)
        finally:
            writer.close()


def _request(connection: h11.Connection, scope: Scope, body: bytes) -> bytes:
    query = scope.get("query_string", b"")
    target = scope.get("raw_path") or scope["path"].encode()
    headers = [(name, value) for name, value in scope["headers"] if name not in _OWN]
    if not any(name == b"host" for name, _ in headers):
        headers.append((b"host", b"localhost"))
    headers += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    request = h11.Request(method=scope["method"], target=target + (b"?" + query if query else b""), headers=headers)
    said = [connection.send(request), connection.send(h11.Data(body)), connection.send(h11.EndOfMessage())]
    return b"".join(part for part in said if part)


async def _response(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    status, headers, parts, size = 503, [], [], 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = [(name, value) for name, value in event.headers if name not in _OWN and name != b"date"]
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
            size += len(event.data)
            if size > MAX_ANSWER_BYTES:
                return _told(503, b"Service Unavailable")
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
            body = b"".join(parts)
            return status, [*headers, (b"content-length", str(len(body)).encode())], body


def _told(
    status: int, body: bytes, kind: bytes = b"text/plain; charset=utf-8"
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    return status, [(b"content-type", kind), (b"content-length", str(len(body)).encode())], body


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message: MutableMapping[str, Any] = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
