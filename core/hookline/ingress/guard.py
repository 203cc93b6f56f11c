"""Read a request's body within bytes and seconds; the server below doesn't."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from ..errors import HooklineError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 256 * 1024
BODY_SECONDS = 5.0
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024


class RefusedError(HooklineError):
    """Refuse a request with an HTTP status."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


class GoneError(HooklineError):
    """Say that the caller hung up before it had sent everything."""


async def read_body(headers: Sequence[tuple[bytes, bytes]], receive: Receive) -> bytes:
    """Return the whole body, or raise RefusedError (400, 408, 413, 415, 431) or GoneError.

    At most 256 KiB are read and 5 seconds waited, whatever the headers promise.
    """
    _check_headers(headers)
    message = await _first(receive)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > MAX_BODY:
            raise RefusedError(413)
        return body
    return await _rest(body, receive)


def _check_headers(headers: Sequence[tuple[bytes, bytes]]) -> None:
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise RefusedError(431)
    has_length = has_encoding = False
    for name, value in headers:
        if name == b"content-length":
            has_length = True
            if not value.isdigit():
                raise RefusedError(400)
            if len(value) > 12 or int(value) > MAX_BODY:
                raise RefusedError(413)
        elif name == b"transfer-encoding":
            has_encoding = True
        elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise RefusedError(415)
    if has_length and has_encoding:  # two readings of where the body ends: request smuggling
        raise RefusedError(400)


async def _first(receive: Receive) -> MutableMapping[str, Any]:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            message = await receive()
    except TimeoutError:
        raise RefusedError(408) from None
    if message["type"] == "http.disconnect":
        raise GoneError
    return message


async def _rest(start: bytes, receive: Receive) -> bytes:
    chunks = [start]
    size = len(start)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more:
                if size > MAX_BODY:
                    raise RefusedError(413)
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise GoneError
                chunk: bytes = message.get("body", b"")
                chunks.append(chunk)
                size += len(chunk)
                more = message.get("more_body", False)
    except TimeoutError:
        raise RefusedError(408) from None
    if size > MAX_BODY:
        raise RefusedError(413)
    return b"".join(chunks)
