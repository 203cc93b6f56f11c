"""Read a request's body within bytes and seconds; the server below doesn't."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from ..errors import HooklineError
from .large import NOTHING_LARGER, Allowance, RefusedError
from .limits import Limits

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_HEADERS = 100


class GoneError(HooklineError):
    """Say that the caller hung up before it had sent everything."""


async def read_body(
    headers: Sequence[tuple[bytes, bytes]], receive: Receive, limits: Limits, larger: Allowance
) -> bytes:
    """Return the whole body, or raise RefusedError (400, 413, 415, 431) or GoneError.

    No more is read than *limits* say, and *larger* allows, whatever the headers promise; how long it may take is the
    caller's to bound.
    """
    _check_headers(headers, limits, larger)
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limits.body:
            larger.hold(size)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def check_head(scope: Scope, limits: Limits) -> None:
    """Raise RefusedError for a request to no path, or whose headers can't be right: what is behind may fail at it."""
    if not scope["path"].startswith("/"):
        raise RefusedError(400)
    _check_headers(scope["headers"], limits, NOTHING_LARGER)


def _check_headers(headers: Sequence[tuple[bytes, bytes]], limits: Limits, larger: Allowance) -> None:
    size = sum([len(name) + len(value) for name, value in headers])
    if len(headers) > MAX_HEADERS or size > limits.headers:
        raise RefusedError(431)
    has_length = has_encoding = False
    for name, value in headers:
        if name == b"content-length":
            has_length = True
            if not value.isdigit():
                raise RefusedError(400)
            if len(value) > 12:
                raise RefusedError(413)
            if int(value) > limits.body:
                larger.check(int(value))
        elif name == b"transfer-encoding":
            has_encoding = True
        elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise RefusedError(415)
    if has_length and has_encoding:  # two readings of where the body ends: request smuggling
        raise RefusedError(400)
