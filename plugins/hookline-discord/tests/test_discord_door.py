"""Who is let in, and what is answered at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nacl.signing import SigningKey

from hookline import Door, Request, Response
from hookline_discord.adapter import DISCORD
from hookline_discord.door import SIGNATURE, TIMESTAMP

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
NOW = 1_800_000_000_000
SECONDS = "1800000000"
BODY = b'{"id":"1","type":2,"data":{"name":"hi"}}'


def door(**settings: Any) -> Door:
    given = {"public_key": KEY.verify_key.encode().hex(), "application_id": "1", "bot_token": "t", **settings}
    return DISCORD.door(DISCORD.settings(**given))


def signed(body: bytes = BODY, seconds: str = SECONDS, key: SigningKey = KEY) -> str:
    return key.sign(seconds.encode() + body).signature.hex()


def request(
    body: bytes = BODY,
    signature: str | bytes | None = None,
    seconds: str | bytes | None = SECONDS,
    *more: tuple[str, str],
    received_at: int = NOW,
    **parts: Any,
) -> Request:
    """Return what came: *signature* is right unless it is given, and an empty one is left out."""
    made = signed() if signature is None else signature
    given = [(SIGNATURE, made), (TIMESTAMP, seconds), *more]
    raw = [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in given
        if value is not None and value != ""
    ]
    return Request(body, raw, received_at, **parts)


GOOD = signed()
FLIPPED = f"{int(GOOD[0], 16) ^ 1:x}{GOOD[1:]}"
BAD: dict[str, Request] = {
    "no headers": Request(BODY, (), NOW),
    "no signature": request(signature=""),
    "no timestamp": request(seconds=None),
    "empty signature": Request(BODY, [(SIGNATURE.encode(), b""), (TIMESTAMP.encode(), SECONDS.encode())], NOW),
    "empty timestamp": Request(BODY, [(SIGNATURE.encode(), GOOD.encode()), (TIMESTAMP.encode(), b"")], NOW),
    "signature twice": request(BODY, GOOD, SECONDS, (SIGNATURE, GOOD)),
    "timestamp twice": request(BODY, GOOD, SECONDS, (TIMESTAMP, SECONDS)),
    "two signatures, one good": request(BODY, GOOD, SECONDS, (SIGNATURE, "0" * 128)),
    "one bit off": request(signature=FLIPPED),
    "truncated by a byte": request(signature=GOOD[:-2]),
    "truncated by a digit": request(signature=GOOD[:-1]),
    "half of it": request(signature=GOOD[:64]),
    "a byte more": request(signature=f"{GOOD}00"),
    "twice as long": request(signature=GOOD * 2),
    "a megabyte of it": request(signature="a" * 1_000_000),
    "blanks in it": request(signature=f"{GOOD[:64]} {GOOD[64:]}"),
    "blank before": request(signature=f" {GOOD}"),
    "line break behind": request(signature=f"{GOOD}\n"),
    "0x before": request(signature=f"0x{GOOD[2:]}"),
    "no hex": request(signature="g" * 128),
    "full-width digits": request(signature=("０" * 128).encode()),
    "not UTF-8": request(signature=b"\xff" * 128),
    "all zeros": request(signature="0" * 128),
    "all ones": request(signature="f" * 128),
    "base64": request(signature="q" * 86 + "=="),
    "with a scheme": request(signature=f"ed25519={GOOD}"),
    "halves swapped": request(signature=GOOD[64:] + GOOD[:64]),
    "another key": request(signature=signed(key=OTHER)),
    "of the body alone": request(signature=KEY.sign(BODY).signature.hex()),
    "of the timestamp alone": request(signature=KEY.sign(SECONDS.encode()).signature.hex()),
    "of body and timestamp": request(signature=KEY.sign(BODY + SECONDS.encode()).signature.hex()),
    "of another body": request(BODY.replace(b"hi", b"ho")),
    "of the body with a blank": request(BODY + b" "),
    "of a body without its last byte": request(BODY[:-1]),
    "empty body": request(b""),
    "of another timestamp": request(signature=signed(seconds="1800000001")),
    "a key of zeros": request(signature=SigningKey(bytes(32)).sign(SECONDS.encode() + BODY).signature.hex()),
    "no number": request(BODY, signed(seconds="soon"), "soon"),
    "a fraction": request(BODY, signed(seconds="1800000000.0"), "1800000000.0"),
    "negative": request(BODY, signed(seconds="-1800000000"), "-1800000000"),
    "a sign before": request(BODY, signed(seconds="+1800000000"), "+1800000000"),
    "in milliseconds": request(BODY, signed(seconds="1800000000000"), "1800000000000"),
    "with a blank": request(BODY, signed(seconds=" 1800000000"), " 1800000000"),
    "an underscore": request(BODY, signed(seconds="1_800_000_000"), "1_800_000_000"),
    "in hex": request(BODY, signed(seconds="0x6b49d200"), "0x6b49d200"),
    "huge": request(BODY, signed(seconds="9" * 5000), "9" * 5000),
    "Arabic digits": request(BODY, GOOD, "١٨٠٠٠٠٠٠٠٠".encode()),
    "timestamp no UTF-8": request(BODY, GOOD, b"\xff\xfe"),
    "at the epoch": request(BODY, signed(seconds="0"), "0"),
    "too old by a second": request(received_at=NOW + 301_000),
    "ahead by a second": request(received_at=NOW - 301_000),
    "replayed a day later": request(received_at=NOW + 86_400_000),
    "behind a sub-path": request(rest="more"),
    "another header's name": Request(
        BODY, [(b"x-signature", GOOD.encode()), (TIMESTAMP.encode(), SECONDS.encode())], NOW
    ),
    "deep nesting, unsigned": request(b"[" * 100_000),
    "huge id, unsigned": request(b'{"id":' + b"9" * 100_000 + b"}"),
    "form, unsigned": request(b"a=b", GOOD, SECONDS, ("content-type", "application/x-www-form-urlencoded")),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_signed_as_it_must_be_is_refused(name: str) -> None:
    assert door().verify(BAD[name]) is None


@pytest.mark.parametrize(
    "came",
    [
        request(),
        request(signature=GOOD.upper()),
        request(received_at=NOW + 299_000),
        request(received_at=NOW - 299_000),
        request(BODY, GOOD, SECONDS, ("content-type", "text/plain")),
        request(b"", signed(b""), SECONDS),
        request(b"\xff\x00", signed(b"\xff\x00"), SECONDS),
    ],
)
def test_what_the_application_signed_is_let_in(came: Request) -> None:
    assert door().verify(came) == 0


def test_made_up_key_lets_nobody_in() -> None:
    assert door(public_key="simulated-DISCORD_PUBLIC_KEY").verify(request()) is None


@pytest.mark.parametrize(
    ("body", "settings", "response"),
    [
        ({"type": 1}, {}, (200, b'{"type":1}', "application/json")),
        ({"type": 1}, {"defer": False, "ephemeral": True}, (200, b'{"type":1}', "application/json")),
        ({"type": 2}, {}, (200, b'{"type":5}', "application/json")),
        ({"type": 2}, {"ephemeral": True}, (200, b'{"type":5,"data":{"flags":64}}', "application/json")),
        ({"type": 2}, {"defer": False}, (202, b"", "text/plain; charset=utf-8")),
        ({"type": 3}, {}, (200, b'{"type":6}', "application/json")),
        ({"type": 3}, {"defer": False}, (200, b'{"type":6}', "application/json")),
        ({"type": 4}, {}, (200, b'{"type":8,"data":{"choices":[]}}', "application/json")),
        ({"type": 5}, {}, (200, b'{"type":5}', "application/json")),
        ({"type": 6}, {}, (202, b"", "text/plain; charset=utf-8")),
    ],
)
def test_each_type_is_answered_as_discord_wants(
    body: dict[str, Any], settings: dict[str, Any], response: tuple[int, bytes, str]
) -> None:
    found = door(**settings).answer(Request(json.dumps(body).encode(), (), NOW))

    assert found == Response(*response)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"type":"2"}', b'{"type":true}', b'{"type":0}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_interaction_is_answered_400(body: bytes) -> None:
    assert door().answer(Request(body, (), NOW)).status == 400
