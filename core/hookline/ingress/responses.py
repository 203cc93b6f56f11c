"""Hold what is answered, ready to be sent: all of it is known before anybody asks."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

from ..adapters.requests import Response
from .guard import Send


def closing(send: Send) -> Send:
    """Return what sends an answer after which the connection closes."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return sending


def written(response: Response, *, is_last: bool = False) -> Sequence[dict[str, object]]:
    """Return what a bot's door answers, ready to be sent; a caller who is no platform is parted with."""
    has_body = response.status != 204
    headers = [(b"content-length", str(len(response.body)).encode())] if has_body else []
    if response.body:
        headers.append((b"content-type", response.content_type.encode()))
    if is_last or not 200 <= response.status < 300:
        headers.append((b"connection", b"close"))
    return (
        {"type": "http.response.start", "status": response.status, "headers": headers},
        {"type": "http.response.body", "body": response.body if has_body else b""},
    )


def _response(status: int, text: bytes, *, is_last: bool = False) -> tuple[dict[str, object], dict[str, object]]:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    if status == 405:
        headers.append((b"allow", b"POST"))
    if is_last or status not in (200, 503):  # a stranger's, or the rest of the body is not wanted
        headers.append((b"connection", b"close"))
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": text},
    )


_TEXTS = {
    200: b"OK",
    400: b"Bad Request",
    401: b"Unauthorized",
    405: b"This is the address of a webhook: a platform posts messages here, and a browser finds nothing to see.\n",
    408: b"Request Timeout",
    413: b"Content Too Large",
    415: b"Unsupported Media Type",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}
RESPONSES = {status: _response(status, text) for status, text in _TEXTS.items()}
LAST_RESPONSES = {status: _response(status, text, is_last=True) for status, text in _TEXTS.items()}
