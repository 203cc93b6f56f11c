"""What was never sent is never uncertain, and what may have been sent is never said not to be."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from hookline.adapters.deliveries import Delivery, Verdict
from hookline.adapters.failures import unsent
from hookline.adapters.http import NOTHING_SENT, HttpClient
from hookline.adapters.line.api import LineApi
from hookline.adapters.line.send import send
from hookline.testing import events
from hookline.ways import Way

KEY = ConnectionKey("line.test", 443, True, True, None, None, None)
INFO: Any = None
REFUSED = ConnectionRefusedError(111, "Connection refused")
UNKNOWN = socket.gaierror(-2, "Name or service not known")
CERTIFICATE = ssl.SSLCertVerificationError(1, "certificate verify failed")


def wrapped(cause: BaseException) -> RuntimeError:
    """Return an error that was raised from *cause*."""
    error = RuntimeError("the adapter's own")
    error.__cause__ = cause
    return error


def after(context: BaseException) -> RuntimeError:
    """Return an error that was raised while *context* was handled."""
    error = RuntimeError("the second attempt")
    error.__context__ = context
    return error


def noted(error: BaseException) -> BaseException:
    """Return *error* with the note of a call that had no connection."""
    error.add_note(NOTHING_SENT)
    return error


def invalid() -> ValidationError:
    """Return what pydantic raises for an answer."""
    try:
        TypeAdapter(int).validate_python("x")
    except ValidationError as error:
        return error
    raise AssertionError


UNCONNECTED = {
    "refused": (REFUSED, "no connection (Connection refused)"),
    "unknown name": (UNKNOWN, "no connection (Name or service not known)"),
    "connector": (
        aiohttp.ClientConnectorError(KEY, REFUSED),
        "no connection to line.test:443 (Connection refused)",
    ),
    "DNS": (
        aiohttp.ClientConnectorDNSError(KEY, UNKNOWN),
        "no connection to line.test:443 (Name or service not known)",
    ),
    "too many files": (
        aiohttp.ClientConnectorError(KEY, OSError(24, "Too many open files")),
        "no connection to line.test:443 (Too many open files)",
    ),
    "unreachable": (
        aiohttp.ClientConnectorError(KEY, OSError(113, "No route to host")),
        "no connection to line.test:443 (No route to host)",
    ),
    "certificate": (
        aiohttp.ClientConnectorCertificateError(KEY, CERTIFICATE),
        "no connection to line.test:443 (certificate verify failed)",
    ),
    "TLS": (
        aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version number")),
        "no connection to line.test:443 (wrong version number)",
    ),
    "proxy": (
        aiohttp.ClientProxyConnectionError(KEY._replace(host="proxy.local", port=3128), REFUSED),
        "no connection to the proxy proxy.local:3128 (Connection refused)",
    ),
    "proxy's answer": (
        aiohttp.ClientHttpProxyError(INFO, (), status=407, message="Proxy Authentication Required"),
        "no connection (407 Proxy Authentication Required)",
    ),
    "time-out": (aiohttp.ConnectionTimeoutError("Connection timeout to host"), "no connection (timed out)"),
    "too many files by themselves": (OSError(24, "Too many open files"), "no connection (Too many open files)"),
    "too many files of all": (
        OSError(23, "Too many open files in system"),
        "no connection (Too many open files in system)",
    ),
    "no thread": (RuntimeError("can't start new thread"), "no connection (RuntimeError)"),
    "wrapped": (wrapped(REFUSED), "no connection (Connection refused)"),
    "wrapped twice": (wrapped(wrapped(UNKNOWN)), "no connection (Name or service not known)"),
    "hung up in CONNECT": (noted(aiohttp.ServerDisconnectedError()), "no connection (ServerDisconnectedError)"),
    "cancelled in CONNECT": (noted(asyncio.CancelledError()), "no connection (timed out)"),
}
UNSENDABLE = {
    "header": ValueError("Newline or carriage return detected in headers"),
    "address": aiohttp.InvalidURL("http://:99999"),
    "address without a host": aiohttp.InvalidUrlClientError("http://"),
    "address of no web": aiohttp.NonHttpUrlClientError("ftp://line.test"),
    "body": UnicodeEncodeError("utf-8", "a\ud83c", 1, 2, "surrogates not allowed"),
    "header in Latin": UnicodeEncodeError("latin-1", "a密", 1, 2, "ordinal not in range(256)"),
    "number": ValueError("Out of range float values are not JSON compliant"),
    "circle": ValueError("Circular reference detected"),
    "name with an empty label": UnicodeError("label empty or too long"),
    "wrapped": wrapped(ValueError("Illegal header value b'Bearer s3cret'")),
}
UNKNOWABLE = {
    "hung up": aiohttp.ServerDisconnectedError(),
    "reset": aiohttp.ClientOSError(104, "Connection reset by peer"),
    "reset by the system": ConnectionResetError(104, "Connection reset by peer"),
    "no buffers": OSError(105, "No buffer space available"),
    "broken pipe": BrokenPipeError(32, "Broken pipe"),
    "time-out": TimeoutError(),
    "time-out of the answer": aiohttp.SocketTimeoutError("Timeout on reading data from socket"),
    "cut answer": aiohttp.ClientPayloadError("Response payload is not completed"),
    "answer that is no JSON": json.JSONDecodeError("Expecting value", "<html>", 0),
    "answer that is no UTF-8": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "answer of another kind": aiohttp.ContentTypeError(INFO, (), message="Attempt to decode JSON"),
    "answer that has other fields": invalid(),
    "redirect to nowhere": aiohttp.InvalidUrlRedirectClientError(URL("http://x")),
    "redirect away from the web": aiohttp.NonHttpUrlRedirectClientError(URL("ftp://x")),
    "defect": KeyError("ok"),
    "second attempt": after(REFUSED),
}


@pytest.mark.parametrize(("error", "reason"), UNCONNECTED.values(), ids=UNCONNECTED.keys())
def test_without_a_connection_nothing_was_sent(error: BaseException, reason: str) -> None:
    assert unsent(error) == Verdict("again", reason)


@pytest.mark.parametrize("error", UNSENDABLE.values(), ids=UNSENDABLE.keys())
def test_what_can_not_be_put_into_a_request_was_not_sent_and_is_not_told(error: BaseException) -> None:
    kind = type(error.__cause__ or error).__name__

    assert unsent(error) == Verdict("refused", f"it can't be put into a request ({kind}); nothing was sent")


@pytest.mark.parametrize("error", UNKNOWABLE.values(), ids=UNKNOWABLE.keys())
def test_what_may_have_been_sent_is_left_uncertain(error: BaseException) -> None:
    assert unsent(error) is None


# With LINE's own call


async def attempted(base: str = "http://127.0.0.1:9", token: str = "token", **message: object) -> Verdict:
    """Push *message* once with *token*."""
    http = HttpClient({})
    way = Way("push", events.user_id("mei"), is_push=True)
    delivery = Delivery(way, [{"type": "text", "text": "hi", **message}], "key")
    try:
        return await send(LineApi(base, token, http), delivery)
    finally:
        await http.close()


CIRCLE: dict[str, object] = {}
CIRCLE["self"] = CIRCLE


@pytest.mark.parametrize(
    ("base", "token", "message"),
    [
        pytest.param("http://", "token", {}, id="no host"),
        pytest.param("http://[::1", "token", {}, id="half a bracket"),
        pytest.param("http://127.0.0.1:99999", "token", {}, id="port beyond all"),
        pytest.param("http://127.0.0.1:x", "token", {}, id="port a word"),
        pytest.param("ftp://127.0.0.1", "token", {}, id="no web"),
        pytest.param("127.0.0.1:9", "token", {}, id="no scheme"),
        pytest.param("", "token", {}, id="nothing"),
        pytest.param("http://127.0.0.1:9", "to\nken", {}, id="line break in a header"),
        pytest.param("http://127.0.0.1:9", "to\r\nken", {}, id="line break of Windows in a header"),
        pytest.param("http://127.0.0.1:9", "to\0ken", {}, id="NUL in a header"),
        pytest.param("http://127.0.0.1:9", "to\ud800ken", {}, id="surrogate in a header"),
        pytest.param("http://127.0.0.1:9", "token", {"text": {1, 2}}, id="set in the body"),
        pytest.param("http://127.0.0.1:9", "token", {"text": b"hi"}, id="bytes in the body"),
        pytest.param("http://127.0.0.1:9", "token", {"text": object()}, id="object in the body"),
        pytest.param("http://127.0.0.1:9", "token", {"text": CIRCLE}, id="circle in the body"),
    ],
)
async def test_delivery_that_can_not_leave_is_never_uncertain(base: str, token: str, message: dict[str, Any]) -> None:
    verdict = await attempted(base, token, **message)

    assert verdict.outcome in ("refused", "again")


@pytest.mark.parametrize("token", ["to\nken", "to\r\nken", "to\rken", "to\0ken"])
async def test_header_that_can_not_be_written_is_refused_though_the_platform_is_there(token: str) -> None:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        verdict = await attempted(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", token)
        server.close()
        await server.wait_closed()

    assert verdict.outcome == "refused"
    assert token not in verdict.reason
    assert heard == [b""]


async def test_name_that_nobody_knows_is_tried_again() -> None:
    verdict = await attempted("http://no-such-host.invalid")

    assert verdict.outcome == "again"
    assert verdict.reason.startswith("no connection to no-such-host.invalid:80 (")
