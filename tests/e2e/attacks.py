"""Make requests that nobody has signed, in every way to write one badly: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable

from hookline.adapters.line.signature import sign

SECRETS = (b"", b"wrong", b"test-secret ", b"TEST-SECRET")
METHODS = (
    "POST",
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PATCH",
    "PRI",
    "post",
    "P OST",
    "\x00",
)
PATHS = (
    "/webhooks/shop", "/webhooks/shop/", "/webhooks/Shop", "/webhooks//shop", "/webhooks/%73hop", "/webhooks/shop%00",
    "/webhooks/../webhooks/shop", "/webhooks/shop/../../metrics", "/metrics", "/status", "/healthz", "/readyz", "/",
    "*", "http://other/webhooks/shop", "/webhooks/" + "a" * 5000, "/webhooks/\u5e97", "/%2e%2e/%2e%2e/etc/passwd",
    "/webhooks/shop?x=" + "y" * 3000, "/webhooks/shop#x", "//webhooks/shop", "/webhooks/shop;x", "/webhooks/%f0%9f",
    "/webhooks/shop HTTP/1.1\r\nx: y", "",
)  # fmt: skip
VERSIONS = ("HTTP/1.1",) * 8 + (
    "HTTP/1.0",
    "HTTP/0.9",
    "HTTP/2.0",
    "HTTP/3.0",
    "HTTP/1.1\x00",
    "http/1.1",
    "HTTP/11",
    "",
)
HEADERS = (
    b"x-forwarded-prefix: /..", b"x-forwarded-prefix: /line,/%2e%2e", b"x-forwarded-for: 127.0.0.1", b"host: other",
    b"host: ", b"content-encoding: gzip", b"content-encoding: identity", b"expect: 100-continue", b"expect: 5",
    b"connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk", b"connection: upgrade\r\nupgrade: websocket",
    b"connection: close", b"connection: keep-alive, x", b"transfer-encoding: gzip, chunked", b"te: trailers",
    b"content-length: 5", b"content-length: -1", b"content-length: 99999999999999999999", b"content-length: 0x10",
    b"content-length: 1, 1", b" folded: x", b"x: y\r\n z", b"x\x00: y", b"x: \x00", b"x: \xff\xfe", b"x : y", b": y",
    b"x-line-signature: ", b"x-line-signature: \xe5\xba\x97", b"cookie: " + b"a" * 9000, b"x: " + b"b" * 40_000,
    b"transfer-encoding: chunked\r\ntransfer-encoding: chunked", b"x-line-signature: a\r\nx-line-signature: b",
)  # fmt: skip
GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9) * 50,
    b"\r\n" * 500, b"\n\n\n", b"GET", b"\x00" * 3000, b"SSH-2.0-x\r\n", b"EHLO x\r\n", b"{" * 20_000, b"\xff" * 70_000,
)  # fmt: skip


def attack(chance: random.Random) -> bytes:
    """Return what one connection sends: a request or several, or what is none."""
    if chance.random() < 0.05:
        return chance.choice(GARBAGE)
    data = b"".join(_request(chance) for _ in range(chance.choice((1, 1, 1, 1, 2, 5, 50))))
    for mutate in chance.sample(MUTATIONS, chance.choice((0, 0, 1, 2))):
        data = mutate(chance, data) if data else data
    return data


def _request(chance: random.Random) -> bytes:
    body = _body(chance)
    method = chance.choice(METHODS) if chance.random() < 0.3 else "POST"
    path = chance.choice(PATHS) if chance.random() < 0.5 else "/webhooks/shop"
    lines = [f"{method} {path} {chance.choice(VERSIONS)}".encode("utf-8", "surrogatepass"), b"host: localhost"]
    if chance.random() < 0.9:
        lines.append(b"x-line-signature: " + sign(chance.choice(SECRETS), body))
    is_chunked = chance.random() < 0.2
    lines.append(b"transfer-encoding: chunked" if is_chunked else b"content-length: %d" % len(body))
    lines += chance.sample(HEADERS, chance.choice((0, 0, 0, 1, 2, 4)))
    if chance.random() < 0.02:
        lines += [b"x-%d: y" % number for number in range(150)]
    chance.shuffle(lines[1:])
    return b"\r\n".join(lines) + b"\r\n\r\n" + (_chunked(chance, body) if is_chunked else body)


def _body(chance: random.Random) -> bytes:
    text = chance.choice(
        ("hi", "\u5e97", "[" * 5000, '{"events": [{}]}', "x" * 300_000 if chance.random() < 0.05 else "")
    )
    return f'{{"destination": "U", "events": [{{"type": "message", "text": "{text}"}}]}}'.encode()


def _chunked(chance: random.Random, body: bytes) -> bytes:
    sizes = ("%x", "%X", "0%x", "%x;name=value", "-%x", "%x ", "0x%x", "%xg")
    written = (chance.choice(sizes) if chance.random() < 0.2 else "%x") % len(body)
    return (
        written.encode()
        + b"\r\n"
        + body
        + b"\r\n"
        + chance.choice((b"0\r\n\r\n", b"0\r\nx: y\r\n\r\n", b"", b"00\r\n"))
    )


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flipped(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _doubled(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at : at + 200] * chance.choice((2, 10)) + data[at:]


def _bare(_chance: random.Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")


def _stuffed(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes(chance.randrange(256) for _ in range(chance.choice((1, 8, 64)))) + data[at:]


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (_cut, _flipped, _doubled, _bare, _stuffed)
