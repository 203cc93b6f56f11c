"""Send what LINE would never send: each is refused by its own status, leaves no trace and harms nobody."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hookline.adapters.line.signature import sign
from hookline.ingress.limits import DEFAULT_LIMITS
from hookline.testing import events
from tests.support import NOW, SECRET
from tests.web.wire import (
    TYPE,
    Answer,
    Site,
    Wire,
    chunk,
    chunked,
    request,
    served,
    signature,
    signed_request,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

TWO_BOTS = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
  cafe:
    adapter: line
    line: {channel_secret: "${OTHER_SECRET}", access_token: "${TOKEN}"}
"""
ENVIRONMENT = {"SECRET": SECRET, "OTHER_SECRET": "secret-of-cafe", "TOKEN": "test-token"}
LEAK = re.compile(rb"traceback|python|hypercorn|quart|werkzeug|hookline|line \d|\.py\b|error:|exception", re.IGNORECASE)
MIB = 1 << 20


def webhook(**fields: Any) -> bytes:
    """Return the body of a webhook with one fresh text event."""
    raw = events.event("message", now=NOW, message=events.text_message("菜單"), **fields)
    return json.dumps({"destination": "U" + "0" * 32, "events": [raw]}).encode()


def flipped(data: bytes, bit: int) -> bytes:
    """Return *data* with one bit turned over."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


BODY = webhook()
PROPER = sign(SECRET.encode(), BODY)
BITS = len(BODY) * 8


def with_signature(value: bytes) -> bytes:
    """Return a request whose signature is *value*."""
    return request(BODY, TYPE, b"x-line-signature: " + value)


def same_bits(value: bytes) -> bytes:
    """Return *value* with its last letter changed in bits that base64 ignores."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(value[42]) ^ 1 : (alphabet.index(value[42]) ^ 1) + 1]
    changed = value[:42] + other + value[43:]
    assert base64.b64decode(changed) == base64.b64decode(value)
    return changed


UNAUTHORIZED = {
    "no signature": request(BODY, TYPE),
    "empty signature": with_signature(b""),
    "signature of spaces": with_signature(b"   "),
    "wrong signature": with_signature(base64.b64encode(b"x" * 32)),
    "signature is not base64": with_signature(b"!!! no base64 !!!"),
    "signature is latin-1": with_signature("é".encode("latin-1") * 44),
    "signature is utf-8": with_signature("簽名".encode()),
    "signature too short": with_signature(PROPER[:-1]),
    "signature too long": with_signature(PROPER + b"="),
    "signature of 8 KiB": with_signature(PROPER + b"A" * 8_148),
    "signature without padding": with_signature(PROPER.rstrip(b"=")),
    "signature in quotes": with_signature(b'"' + PROPER + b'"'),
    "signature in hex": with_signature(base64.b64decode(PROPER).hex().encode()),
    "signature in lower case": with_signature(PROPER.lower()),
    "signature with unused bits set": with_signature(same_bits(PROPER)),
    "signature with its first bit flipped": with_signature(flipped(PROPER, 0)),
    "signature with a middle bit flipped": with_signature(flipped(PROPER, 161)),
    "signature with its last bit flipped": with_signature(flipped(PROPER, len(PROPER) * 8 - 8)),
    "signature doubled": request(BODY, TYPE, signature(BODY), signature(BODY)),
    "wrong signature, then the right one": request(BODY, TYPE, "x-line-signature: wrong", signature(BODY)),
    "two signatures in one header": with_signature(PROPER + b", " + PROPER),
    "signature in the old header": request(BODY, TYPE, b"x-line-channelsignature: " + PROPER),
    "signature of another bot": request(BODY, TYPE, signature(BODY, "secret-of-cafe")),
    "signature with an empty secret": request(BODY, TYPE, signature(BODY, "")),
    "signature of another body": request(BODY, TYPE, signature(BODY + b" ")),
    "signature of no body": request(BODY, TYPE, signature(b"")),
    "body with its first bit flipped": request(flipped(BODY, 0), TYPE, signature(BODY)),
    "body with an early bit flipped": request(flipped(BODY, 77), TYPE, signature(BODY)),
    "body with a middle bit flipped": request(flipped(BODY, BITS // 2), TYPE, signature(BODY)),
    "body with a late bit flipped": request(flipped(BODY, BITS - 60), TYPE, signature(BODY)),
    "body with its last bit flipped": request(flipped(BODY, BITS - 1), TYPE, signature(BODY)),
    "body with a byte less": request(BODY[:-1], TYPE, signature(BODY)),
    "body with a byte more": request(BODY + b"\n", TYPE, signature(BODY)),
    "body written with other spaces": request(json.dumps(json.loads(BODY), indent=1).encode(), TYPE, signature(BODY)),
    "unsigned and not JSON": request(b"hello", TYPE),
    "unsigned and empty": request(b"", TYPE),
    "unsigned and nested 100,000 deep": request(b"[" * 100_000, TYPE),
    "unknown bot": signed_request(BODY, path="/webhooks/nobody"),
    "unknown bot, unsigned": request(BODY, TYPE, path="/webhooks/nobody"),
    "known bot in capitals": signed_request(BODY, path="/webhooks/SHOP"),
    "bot without a name": signed_request(BODY, path="/webhooks/"),
    "two trailing slashes": signed_request(BODY, path="/webhooks/shop//"),
    "trailing slash, unsigned": request(BODY, TYPE, path="/webhooks/shop/"),
    "unknown bot, trailing slash": signed_request(BODY, path="/webhooks/nobody/"),
    "double slash before the bot": signed_request(BODY, path="/webhooks//shop"),
    "path behind the bot": signed_request(BODY, path="/webhooks/shop/../shop"),
    "traversal to the bot": signed_request(BODY, path="/webhooks/../webhooks/shop"),
    "encoded traversal": signed_request(BODY, path="/webhooks/%2e%2e/shop"),
    "NUL behind the bot": signed_request(BODY, path="/webhooks/shop%00"),
    "space behind the bot": signed_request(BODY, path="/webhooks/shop%20"),
    "path that is no UTF-8": signed_request(BODY, path="/webhooks/%ff%fe"),
    "broken percent": signed_request(BODY, path="/webhooks/%zz"),
    "path of 8,000 letters": signed_request(BODY, path="/webhooks/" + "a" * 8_000),
    "SQL in the path": signed_request(BODY, path="/webhooks/shop'--"),
    "template in the path": signed_request(BODY, path="/webhooks/{sender.name}"),
}

NOT_WEBHOOKS = {
    "empty": b"",
    "spaces": b"   \n",
    "words": b"hello",
    "form": b"destination=U&events=%5B%5D",
    "list": b"[]",
    "string": b'"events"',
    "number": b"7",
    "null": b"null",
    "true": b"true",
    "no events": b"{}",
    "events in capitals": b'{"Events":[]}',
    "events null": b'{"events":null}',
    "events an object": b'{"events":{}}',
    "events a string": b'{"events":"follow"}',
    "events a number": b'{"events":0}',
    "events false": b'{"events":false}',
    "events of strings": b'{"events":["follow"]}',
    "events of nulls": b'{"events":[null]}',
    "events of lists": b'{"events":[[]]}',
    "one event is no object": b'{"events":[{"type":"follow"},7]}',
    "cut short": BODY[: len(BODY) // 2],
    "two documents": b'{"events":[]}{"events":[]}',
    "garbage behind": b'{"events":[]}x',
    "NUL behind": b'{"events":[]}\0',
    "single quotes": b"{'events':[]}",
    "comment": b'{"events":[] /* none */}',
    "trailing comma": b'{"events":[{},]}',
    "100,000 open brackets": b"[" * 100_000,
    "100,000 nested lists": b'{"events":[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
    "40,000 nested objects": b'{"events":[{"a":' + b'{"a":' * 40_000 + b"1" + b"}" * 40_000 + b"}]}",
    "nested 65 deep": b'{"events":' + b"[" * 64 + b"]" * 64 + b"}",
    "brackets in a string that never ends": b'{"events":[{"a":"' + b"[" * 100_000,
    "number of 5,000 digits": b'{"events":[{"timestamp":' + b"9" * 5_000 + b"}]}",
    "not a number": b'{"events":[{"timestamp":NaN}]}',
    "infinity": b'{"events":[{"timestamp":-Infinity}]}',
    "latin-1": '{"events":[{"type":"é"}]}'.encode("latin-1"),
    "half a character": b'{"events":[{"type":"\xe8\x8f"}]}',
    "overlong UTF-8": b'{"events":[{"type":"\xc0\xaf"}]}',
    "UTF-16": '{"events":[{"type":"follow"}]}'.encode("utf-16"),
    "UTF-16 without a mark": '{"events":[{"type":"follow"}]}'.encode("utf-16-le"),
    "UTF-32": '{"events":[{"type":"follow"}]}'.encode("utf-32"),
    "byte order mark": b'\xef\xbb\xbf{"events":[{"type":"follow"}]}',
    "surrogate in UTF-8": b'{"events":[{"type":"\xed\xa0\x80"}]}',
    "last of doubled keys decides": b'{"events":[{"type":"follow"}],"events":null}',
}

MANY_HEADERS = [f"x-{number}: a" for number in range(200)]
LONG_HEADERS = [f"x-{number}: {'a' * 1_000}" for number in range(40)]
MAX_BODY = DEFAULT_LIMITS.body
BIG = b"[" * (MAX_BODY + 1)

REFUSED = {
    "too big by its length": (413, request(b"", TYPE, length=str(MAX_BODY + 1))),
    "too big by its length, sent whole": (413, signed_request(BIG)),
    "length of 1 GiB": (413, request(b"x", TYPE, length=str(1 << 30))),
    "length of twelve digits": (413, request(b"x", TYPE, length="9" * 12)),
    "too big in one chunk": (413, chunked(BIG, size=len(BIG))),
    "too big in many chunks": (413, chunked(BIG, size=1_000)),
    "too big only in its last chunk": (413, chunked(BIG, size=MAX_BODY)),
    "one chunk said to be of 64 GiB": (
        413,
        request(b"FFFFFFFFF\r\n" + BIG, TYPE, "transfer-encoding: chunked", length=None),
    ),
    "length and chunks": (400, request(chunk(BODY) + chunk(b""), signature(BODY), "transfer-encoding: chunked")),
    "length 0 and chunks": (
        400,
        request(chunk(BODY) + chunk(b""), signature(BODY), "transfer-encoding: chunked", length="0"),
    ),
    "length negative": (400, request(BODY, signature(BODY), length="-1")),
    "length a word": (400, request(BODY, signature(BODY), length="five")),
    "length with a plus": (400, request(BODY, signature(BODY), length=f"+{len(BODY)}")),
    "length with an underscore": (400, request(BODY, signature(BODY), length="1_0")),
    "length in hex": (400, request(BODY, signature(BODY), length=hex(len(BODY)))),
    "length in full-width digits": (
        400,
        request(BODY, "content-length: １".encode(), signature(BODY), length=None),
    ),
    "length empty": (400, request(BODY, "content-length:", signature(BODY), length=None)),
    "length of 5,000 digits": (400, request(BODY, signature(BODY), length="9" * 5_000)),
    "two differing lengths": (400, request(BODY, "content-length: 5", signature(BODY))),
    "list of differing lengths": (400, request(BODY, signature(BODY), length=f"{len(BODY)}, 5")),
    "neither length nor chunks": (400, request(b"", signature(b""), length=None)),
    "chunk size a word": (400, request(b"zz\r\nab\r\n", TYPE, "transfer-encoding: chunked", length=None)),
    "chunk size negative": (400, request(b"-5\r\nab\r\n", TYPE, "transfer-encoding: chunked", length=None)),
    "chunk size of 30 digits": (400, request(b"1" * 30 + b"\r\nab", TYPE, "transfer-encoding: chunked", length=None)),
    "chunk without its end": (400, request(b"2\r\nabcd\r\n", TYPE, "transfer-encoding: chunked", length=None)),
    # 501 is what RFC 9112 wants for a transfer coding that nobody knows; it is the server's, not ours.
    "unknown transfer coding": (501, request(BODY, signature(BODY), "transfer-encoding: gzip", length=None)),
    "two transfer codings": (501, request(BODY, signature(BODY), "transfer-encoding: gzip, chunked", length=None)),
    "gzip": (415, signed_request(BODY, "content-encoding: gzip")),
    "brotli": (415, signed_request(BODY, "content-encoding: br")),
    "gzip behind identity": (415, signed_request(BODY, "content-encoding: identity, gzip")),
    "200 headers": (431, signed_request(BODY, *MANY_HEADERS)),
    "40 KiB of headers": (431, signed_request(BODY, *LONG_HEADERS)),
    "one header of 40 KiB": (431, signed_request(BODY, "x-a: " + "a" * 40_960)),
    "100 KiB of headers": (431, signed_request(BODY, *LONG_HEADERS, *LONG_HEADERS, *LONG_HEADERS)),
    "path of 100 KiB": (431, signed_request(BODY, path="/webhooks/" + "a" * 102_400)),
    "GET": (405, request(method="GET")),
    "HEAD": (405, request(method="HEAD")),
    "PUT": (405, request(BODY, signature(BODY), method="PUT")),
    "PATCH": (405, request(BODY, signature(BODY), method="PATCH")),
    "DELETE": (405, request(method="DELETE")),
    "OPTIONS": (405, request(method="OPTIONS")),
    "TRACE": (405, request(method="TRACE")),
    "BREW": (405, request(BODY, signature(BODY), method="BREW")),
    "POST to the root": (404, signed_request(BODY, path="/")),
    "POST to the folder": (404, signed_request(BODY, path="/webhooks")),
    "double slash": (404, signed_request(BODY, path="//webhooks/shop")),
    "capitals in the path": (404, signed_request(BODY, path="/WEBHOOKS/shop")),
    "path without a slash": (400, signed_request(BODY, path="webhooks/shop")),
    "POST to healthz": (405, signed_request(BODY, path="/healthz")),
    "traversal to a file": (405, request(method="GET", path="/webhooks/../../../../etc/passwd")),
    "encoded traversal to a file": (404, request(method="GET", path="/%2e%2e/%2e%2e/etc/passwd")),
    "traversal out of static": (404, request(method="GET", path="/static/../../bot.yaml")),
    "nothing but a query": (400, request(method="GET", path="?health{")),
    "an asterisk": (400, request(method="GET", path="*")),
    "unknown page": (404, request(method="GET", path="/nothing?{{7*7}}")),
    "websocket": (
        403,
        request(
            b"",
            "connection: upgrade",
            "upgrade: websocket",
            "sec-websocket-version: 13",
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            method="GET",
            length=None,
        ),
    ),
    "no Host": (400, signed_request(BODY).replace(b"host: localhost\r\n", b"")),
    "two Hosts": (400, signed_request(BODY, "host: other")),
    "no path": (400, signed_request(BODY, path="")),
    "space in the path": (400, signed_request(BODY, path="/webhooks/shop x")),
    "raw letter in the path": (400, signed_request(BODY, path="/webhooks/é")),
    "no version": (400, b"POST /webhooks/shop\r\n\r\n"),
    "version a word": (400, signed_request(BODY, version="one")),
    "no request at all": (400, b"hello\r\n\r\n"),
    "TLS greeting": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "NUL in a header": (400, signed_request(BODY, b"x-a: a\0b")),
    "CR in a header": (400, signed_request(BODY, b"x-a: a\rb")),
    "space before a colon": (400, signed_request(BODY, "x-a : b")),
    "header without a colon": (400, signed_request(BODY, "nonsense")),
    "header without a name": (400, signed_request(BODY, ": b")),
}


@dataclass(frozen=True, slots=True)
class Bad:
    """Hold a bad request and how it is to be refused."""

    status: int
    request: bytes


ALL = {
    **{f"401 {name}": Bad(401, bad) for name, bad in UNAUTHORIZED.items()},
    **{f"400 signed body: {name}": Bad(400, signed_request(body)) for name, body in NOT_WEBHOOKS.items()},
    **{f"{status} {name}": Bad(status, bad) for name, (status, bad) in REFUSED.items()},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Serve two bots for all tests of this module."""
    async with served(tmp_path_factory.mktemp("site"), TWO_BOTS, ENVIRONMENT) as site:
        yield site


async def is_alive(site: Site) -> bool:
    """Say whether a good webhook is still accepted and stored."""
    before = await site.stored()
    answer = await site.ask(signed_request(webhook()))
    return answer.status == 200 and await site.stored() == before + 1


@pytest.mark.parametrize("bad", ALL.values(), ids=ALL)
async def test_bad_request_is_refused_by_its_status_and_leaves_no_trace(site: Site, bad: Bad) -> None:
    before = await site.stored()

    answer = await site.ask(bad.request)

    assert answer.status == bad.status
    assert await site.stored() == before
    assert not LEAK.search(answer.head + answer.body)
    assert await is_alive(site)


async def test_unknown_bot_and_every_bad_signature_are_answered_byte_for_byte_alike(site: Site) -> None:
    answers = [await site.ask(bad) for bad in UNAUTHORIZED.values()]

    assert len({answer.without_date for answer in answers}) == 1


@pytest.mark.parametrize("name", ["gzip", "200 headers", "too big by its length", "length and chunks"])
async def test_refusal_before_the_signature_does_not_tell_which_bots_exist(site: Site, name: str) -> None:
    bad = REFUSED[name][1]

    known = await site.ask(bad)
    unknown = await site.ask(bad.replace(b"/webhooks/shop", b"/webhooks/nobody"))

    assert known.without_date == unknown.without_date


async def test_signature_opens_only_its_own_bot(site: Site) -> None:
    body = webhook()

    of_cafe = await site.ask(request(body, signature(body, "secret-of-cafe"), path="/webhooks/cafe"))
    of_shop = await site.ask(request(body, signature(body, SECRET), path="/webhooks/cafe"))

    assert (of_cafe.status, of_shop.status) == (200, 401)


async def test_every_single_flipped_bit_of_the_signature_is_noticed(site: Site) -> None:
    for bit in range(0, len(PROPER) * 8, 7):
        async with await Wire.open(site.port) as wire:  # one each: a control character ends the connection with its 400
            await wire.send(with_signature(flipped(PROPER, bit).replace(b"\n", b"A").replace(b"\r", b"A")))

            assert (await wire.answer()).status in (400, 401)


async def test_body_of_exactly_the_limit_is_read(site: Site) -> None:
    body = webhook()
    body += b" " * (MAX_BODY - len(body))

    answers = [await site.ask(signed_request(body)), await site.ask(chunked(body))]

    assert [answer.status for answer in answers] == [200, 200]


async def test_refused_body_that_was_not_read_is_never_taken_for_a_request(site: Site) -> None:
    before = await site.stored()
    inner = signed_request(webhook())

    async with await Wire.open(site.port) as wire:
        await wire.send(request(b"", TYPE, length=str(MAX_BODY + len(inner))) + b"x" * MAX_BODY + inner)
        answer = await wire.answer()
        rest = await wire.rest()

    assert (answer.status, rest) == (413, b"")
    assert await site.stored() == before


@pytest.mark.parametrize("status", [400, 413, 415, 431])
async def test_refusal_says_that_the_connection_closes_when_the_body_was_not_read(site: Site, status: int) -> None:
    refused = {
        400: request(b"", TYPE, "transfer-encoding: chunked", length="9"),
        413: request(b"", TYPE, length=str(MAX_BODY + 1)),
        415: request(b"", TYPE, "content-encoding: gzip", length="9"),
        431: request(b"", *MANY_HEADERS, length="9"),
    }

    async with await Wire.open(site.port) as wire:
        await wire.send(refused[status])
        answer = await wire.answer()
        rest = await wire.rest()

    assert (answer.status, rest) == (status, b"")
    assert answer.headers.get("connection") == "close"


async def test_signed_requests_in_one_packet_are_answered_in_order(site: Site) -> None:
    before = await site.stored()

    async with await Wire.open(site.port) as wire:
        await wire.send(b"".join(signed_request(webhook()) for _ in range(4)))
        answers = [await wire.answer() for _ in range(4)]

    assert [answer.status for answer in answers] == [200] * 4
    assert await site.stored() == before + 4


STRANGERS = {
    **UNAUTHORIZED,
    "health": request(method="GET", path="/healthz", length=None),
    "nothing": request(method="GET", path="/nothing", length=None),
    "a look": request(method="GET", length=None),
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_nothing_behind_what_is_not_signed_is_looked_at(site: Site, stranger: str) -> None:
    before = await site.stored()

    async with await Wire.open(site.port) as wire:
        await wire.send(STRANGERS[stranger] * 2 + signed_request(webhook()))
        answer = await wire.answer()
        rest = await wire.rest()

    assert (answer.headers.get("connection"), rest) == ("close", b"")
    assert await site.stored() == before


async def test_nothing_behind_a_refused_body_in_one_packet_is_run(site: Site) -> None:
    before = await site.stored()

    async with await Wire.open(site.port) as wire:
        await wire.send(REFUSED["length and chunks"][1] + signed_request(webhook()))
        answer = await wire.answer()
        rest = await wire.rest()

    assert (answer.status, rest) == (400, b"")
    assert await site.stored() == before


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
async def test_client_that_hangs_up_in_the_body_stores_nothing(site: Site, share: float) -> None:
    before = await site.stored()
    good = signed_request(webhook())
    head = good.index(b"\r\n\r\n") + 4

    for _ in range(20):
        async with await Wire.open(site.port) as wire:
            await wire.send(good[: head + int(share * (len(good) - head))])

    assert await is_alive(site)
    assert await site.stored() == before + 1


async def test_client_that_hangs_up_among_chunks_stores_nothing(site: Site) -> None:
    before = await site.stored()
    good = chunked(webhook(), size=50)

    for end in range(len(good) - 5, len(good) - 200, -20):
        async with await Wire.open(site.port) as wire:
            await wire.send(good[:end])

    assert await is_alive(site)
    assert await site.stored() == before + 1


async def test_client_that_resets_connections_harms_nobody(site: Site) -> None:
    for _ in range(50):
        async with await Wire.open(site.port) as wire:
            await wire.send(signed_request(webhook())[:40])

    assert await is_alive(site)


async def test_200_silent_connections_keep_nobody_out(site: Site) -> None:
    silent = [await Wire.open(site.port) for _ in range(200)]
    for wire in silent:
        await wire.send(request(b"", TYPE, length="1000"))

    try:
        assert await is_alive(site)
    finally:
        for wire in silent:
            async with wire:
                pass


async def test_slow_clients_are_cut_off_after_five_seconds(site: Site) -> None:
    before = await site.stored()
    head = request(b"", TYPE, length="1000")

    answers = await asyncio.gather(
        slowly(site, head),  # no first byte
        slowly(site, head, *[b"x"] * 20),  # a byte each half second
        slowly(site, request(b"", TYPE, "transfer-encoding: chunked", length=None), *[chunk(b"x")] * 20),
        slowly(site, head[:20], *[b"a"] * 20),  # the head itself
        slowly(site),  # nothing at all
    )

    assert [answer.status for answer, _ in answers] == [408, 408, 408, 0, 0]
    assert max(seconds for _, seconds in answers) < 6.5
    assert await site.stored() == before
    assert await is_alive(site)


async def test_a_late_first_byte_does_not_start_the_five_seconds_anew(site: Site) -> None:
    head = request(b"", TYPE, length="1000")

    answer, seconds = await slowly(site, head, b"x", pause=2.0)

    assert answer.status == 408
    assert seconds < 6.5


async def slowly(site: Site, *parts: bytes, pause: float = 0.5) -> tuple[Answer, float]:
    """Send *parts* with a *pause* before each but the first; return the answer and after how long it came."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with await Wire.open(site.port) as wire:

        async def send() -> None:
            for index, part in enumerate(parts):
                await asyncio.sleep(pause if index else 0)  # a slow client is the very thing tested
                if not await wire.send(part):
                    return

        sending = asyncio.create_task(send())
        answer = await wire.answer()
        sending.cancel()
    return answer, loop.time() - began


async def test_memory_stays_flat_while_64_mib_of_chunks_are_sent(site: Site) -> None:
    piece = chunk(b"[" * 65_536) * 4
    head = request(b"", TYPE, "transfer-encoding: chunked", length=None)
    before = resident()
    peak = sent = 0

    while sent < 64 * MIB:
        async with await Wire.open(site.port) as wire:
            await wire.send(head)
            while sent < 64 * MIB and await wire.send(piece):
                sent += len(piece)
                peak = max(peak, resident())
            answer = await wire.answer()

        assert answer.status == 413
    assert peak - before < 20 * MIB
    assert await is_alive(site)


async def test_memory_stays_flat_while_16_clients_at_a_time_send_a_mib_of_chunks_each(site: Site) -> None:
    bad = chunked(b"[" * MIB, size=65_536)
    before = resident()

    for _ in range(4):
        answers = await asyncio.gather(*(site.ask(bad) for _ in range(16)))
        assert {answer.status for answer in answers} == {413}

    assert resident() - before < 20 * MIB


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"events":' + b"[" * 65 + rb"\"" * 12_000, id="a string that never ends"),
        pytest.param(b'{"events":[{"a":[' + b"[]," * 80_000 + b"1]}]", id="many shallow lists"),
    ],
)
async def test_signed_nonsense_does_not_hold_up_the_loop(site: Site, body: bytes) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    answer = await site.ask(signed_request(body))

    assert answer.status == 400
    assert loop.time() - began < 1.0


def resident() -> int:
    """Return how many bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096
