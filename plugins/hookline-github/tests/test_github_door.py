"""Who is let in: what GitHub signed with the bot's secret, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline import Door, Request, Response
from hookline_github.adapter import GITHUB, GithubSettings

SECRET, OLDER = "It's a Secret to Everybody", "yesterday's"
BODY = b"Hello, World!"
DOCUMENTED = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
"""https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""

EVENT, DELIVERY = ("x-github-event", "issues"), ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
SIGNATURE = "x-hub-signature-256"
Headers = Sequence[tuple[str, str]]


def door(*secrets: str) -> Door:
    settings = GithubSettings.model_validate({"webhook_secret": list(secrets) or [SECRET], "token": "ghp_1"})
    made: Door = GITHUB.door(settings)
    return made


def sign(body: bytes, secret: str = SECRET, method: str = "sha256") -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def request(headers: Headers, body: bytes = BODY, **more: Any) -> Request:
    return Request(body, [(name.encode(), value.encode("latin-1")) for name, value in headers], 0, **more)


def signed(body: bytes = BODY, secret: str = SECRET, *more: tuple[str, str]) -> Request:
    return request([EVENT, DELIVERY, (SIGNATURE, sign(body, secret)), *more], body)


def test_the_documented_example_is_let_in() -> None:
    assert door().verify(request([EVENT, DELIVERY, (SIGNATURE, f"sha256={DOCUMENTED}")])) == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"payload=%7B%7D", '{"zen":"菜單"}'.encode(), b"\xff\xfe", b"[" * 10_000, b"x" * 300_000],
    ids=["empty", "object", "form", "han", "no utf-8", "deep", "large"],
)
def test_whatever_is_signed_is_let_in(body: bytes) -> None:
    assert door().verify(signed(body)) == 0


def test_the_secret_that_signed_is_told_while_rotating() -> None:
    both = door(SECRET, OLDER)

    assert (both.verify(signed()), both.verify(signed(BODY, OLDER))) == (0, 1)


def test_the_other_content_type_changes_nothing() -> None:
    assert door().verify(signed(BODY, SECRET, ("content-type", "application/x-www-form-urlencoded"))) == 0


def test_a_door_says_ok() -> None:
    assert door().answer(signed()) == Response(body=b"OK")


GOOD = sign(BODY)
ONLY_SIGNATURES: Sequence[tuple[str, str]] = [
    ("empty", ""),
    ("no digest", "sha256="),
    ("no method", GOOD.removeprefix("sha256=")),
    ("sha1 as sha256", "sha256=" + sign(BODY, method="sha1").removeprefix("sha1=")),
    ("sha1 in its place", sign(BODY, method="sha1")),
    ("sha512", sign(BODY, method="sha512")),
    ("other method, same digest", GOOD.replace("sha256", "sha512")),
    ("wrong key", sign(BODY, "another")),
    ("empty key", sign(BODY, "")),
    ("key with a blank more", sign(BODY, SECRET + " ")),
    ("another body", sign(BODY + b" ")),
    ("body without its end", sign(BODY[:-1])),
    ("plain hash", "sha256=" + hashlib.sha256(BODY).hexdigest()),
    ("one digit short", GOOD[:-1]),
    ("half", GOOD[: len(GOOD) // 2]),
    ("one digit more", GOOD + "0"),
    ("twice in one", GOOD + GOOD),
    ("list", f"{GOOD},{GOOD}"),
    ("upper case", GOOD.upper()),
    ("digits in upper case", "sha256=" + GOOD[7:].upper()),
    ("blank before", " " + GOOD),
    ("blank behind", GOOD + " "),
    ("line end", GOOD + "\n"),
    ("blanks between digits", "sha256=" + " ".join(GOOD[i : i + 2] for i in range(7, len(GOOD), 2))),
    ("blank for a digit", GOOD[:-1] + " "),
    ("no hex", "sha256=" + "g" * 64),
    ("zeros", "sha256=" + "0" * 64),
    ("other characters", "sha256=" + "é" * 64),
    ("digits of another script", "sha256=" + "²" * 64),
    ("NUL", "sha256=" + "\x00" * 64),
    ("quoted", f'"{GOOD}"'),
    ("base64", "sha256=dXEH6g6yUJ/CESIcyphLijdXC211hsIsRvQ3nIsEPhc="),
    ("last digit changed", GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")),
    ("first digit changed", "sha256=" + ("0" if GOOD[7] != "0" else "1") + GOOD[8:]),
    ("Stripe's", f"t=1492774577,v1={GOOD[7:]}"),
    ("Slack's", f"v0={GOOD[7:]}"),
    ("huge", "sha256=" + "a" * 1_000_000),
    ("the secret itself", SECRET),
]


@pytest.mark.parametrize(
    "given_signature", [one for _, one in ONLY_SIGNATURES], ids=[name for name, _ in ONLY_SIGNATURES]
)
def test_a_bad_signature_is_refused(given_signature: str) -> None:
    assert door().verify(request([EVENT, DELIVERY, (SIGNATURE, given_signature)])) is None


BAD: Sequence[tuple[str, Request]] = [
    ("nothing", request([], b"")),
    ("no signature", request([EVENT, DELIVERY])),
    ("sha1 header alone", request([EVENT, DELIVERY, ("x-hub-signature", sign(BODY, method="sha1"))])),
    ("sha256 under the old name", request([EVENT, DELIVERY, ("x-hub-signature", GOOD)])),
    ("signature twice", request([EVENT, DELIVERY, (SIGNATURE, GOOD), (SIGNATURE, GOOD)])),
    ("good and bad signature", request([EVENT, DELIVERY, (SIGNATURE, GOOD), (SIGNATURE, "sha256=" + "0" * 64)])),
    ("no event", request([DELIVERY, (SIGNATURE, GOOD)])),
    ("event twice", request([EVENT, EVENT, DELIVERY, (SIGNATURE, GOOD)])),
    ("no delivery", request([EVENT, (SIGNATURE, GOOD)])),
    ("delivery twice", request([EVENT, DELIVERY, DELIVERY, (SIGNATURE, GOOD)])),
    ("empty event", request([("x-github-event", ""), DELIVERY, (SIGNATURE, GOOD)])),
    ("event with a blank", request([("x-github-event", "issues opened"), DELIVERY, (SIGNATURE, GOOD)])),
    ("event with a dot", request([("x-github-event", "issues.opened"), DELIVERY, (SIGNATURE, GOOD)])),
    ("event that is long", request([("x-github-event", "a" * 65), DELIVERY, (SIGNATURE, GOOD)])),
    ("event not ASCII", request([("x-github-event", "é"), DELIVERY, (SIGNATURE, GOOD)])),
    ("empty delivery", request([EVENT, ("x-github-delivery", ""), (SIGNATURE, GOOD)])),
    ("delivery with a line", request([EVENT, ("x-github-delivery", "a\nb"), (SIGNATURE, GOOD)])),
    ("huge delivery", request([EVENT, ("x-github-delivery", "a" * 100_000), (SIGNATURE, GOOD)])),
    ("below the bot", request([EVENT, DELIVERY, (SIGNATURE, GOOD)], rest="more")),
    ("empty body, another's signature", request([EVENT, DELIVERY, (SIGNATURE, GOOD)], b"")),
    ("a body that was changed", request([EVENT, DELIVERY, (SIGNATURE, GOOD)], BODY + b"\n")),
    ("a form of what was signed", request([EVENT, DELIVERY, (SIGNATURE, GOOD)], b"payload=" + BODY)),
    ("deep", request([EVENT, DELIVERY, (SIGNATURE, GOOD)], b"[" * 100_000)),
    ("a large body", request([EVENT, DELIVERY, (SIGNATURE, GOOD)], b"x" * 1_000_000)),
    ("a secret in the query", request([EVENT, DELIVERY], query=b"secret=" + SECRET.encode())),
]


@pytest.mark.parametrize("bad", [one for _, one in BAD], ids=[name for name, _ in BAD])
def test_a_bad_request_is_refused(bad: Request) -> None:
    assert door(SECRET, OLDER).verify(bad) is None


@given(st.binary(max_size=200), st.lists(st.tuples(st.sampled_from([SIGNATURE, EVENT[0], DELIVERY[0]]), st.binary())))
def test_no_request_is_let_in_by_chance(body: bytes, headers: list[tuple[str, bytes]]) -> None:
    assert door().verify(Request(body, [(name.encode(), value) for name, value in headers], 0)) is None


def test_a_signed_body_that_is_no_json_is_no_error_of_the_door() -> None:
    assert door().verify(signed(json.dumps([1]).encode())) == 0
