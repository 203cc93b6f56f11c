"""What Slack signs is taken, whatever else comes is refused, and what it is answered."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from hookline import Request
from hookline_slack.adapter import SLACK, SlackSettings
from hookline_slack.simulated import signed

NOW = 1_800_000_000_000
AT = str(NOW // 1000)
BODY = b'{"type":"event_callback","event_id":"Ev1","event":{"type":"message","text":"hi","channel":"C1"}}'
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def make_settings(**given: Any) -> SlackSettings:
    return SlackSettings.model_validate({"signing_secret": SECRET, "bot_token": "xoxb-1", **given})


def verify(request: Request, **given: Any) -> int | None:
    return SLACK.door(make_settings(**given)).verify(request)


def mac(body: bytes = BODY, at: str = AT, secret: str = SECRET, version: str = "v0") -> str:
    return hmac.digest(secret.encode(), f"{version}:{at}:".encode() + body, hashlib.sha256).hex()


def with_headers(headers: Mapping[str, str], body: bytes = BODY, now: int = NOW, rest: str = "") -> Request:
    return Request.of(body, headers, now, rest=rest)


def headers(signature: str | None = None, at: str = AT, **more: str) -> dict[str, str]:
    signature = f"v0={mac(at=at)}" if signature is None else signature
    return {"x-slack-signature": signature, "x-slack-request-timestamp": at, **more}


def doubled(*pairs: tuple[str, str]) -> Request:
    return Request(BODY, [(name.encode(), value.encode("latin-1")) for name, value in pairs], NOW)


GOOD = f"v0={mac()}"
SIGNATURE, TIME = ("x-slack-signature", GOOD), ("x-slack-request-timestamp", AT)
DEEP = b'{"type":' + b"[" * 5000 + b"]" * 5000 + b"}"
HUGE = json.dumps({"type": "event_callback", "event_id": "E" * 100_000}).encode()
UNKNOWN = b'{"type":"event_callback","event":{"type":"never_heard_of"}}'

REFUSED: Mapping[str, Request] = {
    "no headers": with_headers({}),
    "no signature": with_headers({"x-slack-request-timestamp": AT}),
    "no timestamp": with_headers({"x-slack-signature": GOOD}),
    "empty signature": with_headers(headers("")),
    "empty timestamp": with_headers({**headers(), "x-slack-request-timestamp": ""}),
    "no version": with_headers(headers(mac())),
    "another version": with_headers(headers(f"v1={mac()}")),
    "signed as another version": with_headers(headers(f"v1={mac(version='v1')}")),
    "an upper-case version": with_headers(headers(f"V0={mac()}")),
    "two equals signs": with_headers(headers(f"v0=={mac()}")),
    "a blank before": with_headers(headers(f" v0={mac()}")),
    "a blank behind": with_headers(headers(f"v0={mac()} ")),
    "a blank within": with_headers(headers(f"v0= {mac()[1:]}")),
    "upper-case digits": with_headers(headers(f"v0={mac().upper()}")),
    "truncated": with_headers(headers(f"v0={mac()[:-1]}")),
    "half of it": with_headers(headers(f"v0={mac()[:32]}")),
    "a digit too many": with_headers(headers(f"v0={mac()}0")),
    "twice in one": with_headers(headers(f"v0={mac()}{mac()}")),
    "two, with a comma": with_headers(headers(f"{GOOD},{GOOD}")),
    "no hex": with_headers(headers("v0=" + "z" * 64)),
    "zeros": with_headers(headers("v0=" + "0" * 64)),
    "not ASCII": with_headers(headers("v0=" + "é" * 64)),
    "other digits of Unicode": with_headers(headers("v0=" + "²" * 64)),
    "very long": with_headers(headers("v0=" + "a" * 100_000)),
    "another key": with_headers(headers(f"v0={mac(secret='another')}")),
    "an empty key": with_headers(headers(f"v0={mac(secret='')}")),
    "the body alone": with_headers(headers("v0=" + hmac.digest(SECRET.encode(), BODY, hashlib.sha256).hex())),
    "SHA-1": with_headers(headers("v0=" + hmac.digest(SECRET.encode(), BODY, hashlib.sha1).hex())),
    "of another body": with_headers(headers(f"v0={mac(b'{}')}")),
    "a body with a blank more": with_headers(headers(), BODY + b" "),
    "an empty body": with_headers(headers(), b""),
    "deeply nested": with_headers(headers(), DEEP),
    "huge ids": with_headers(headers(), HUGE),
    "an unknown event": with_headers(headers(), UNKNOWN),
    "a form": with_headers(headers(**{"content-type": "application/x-www-form-urlencoded"}), b"command=/x&text=y"),
    "multipart": with_headers(headers(**{"content-type": "multipart/form-data; boundary=x"}), b"--x--"),
    "no UTF-8": with_headers(headers(), b"\xff\xfe\x00"),
    "of another time": with_headers({**headers(), "x-slack-request-timestamp": str(int(AT) + 1)}),
    "signed 301 s ago": with_headers(headers(at=str(int(AT) - 301))),
    "signed 301 s ahead": with_headers(headers(at=str(int(AT) + 301))),
    "replayed a day later": with_headers(headers(), now=NOW + 86_400_000),
    "in milliseconds": with_headers(headers(at=str(NOW))),
    "a negative time": with_headers(headers(at=f"-{AT}")),
    "a time with a plus": with_headers(headers(at=f"+{AT}")),
    "a time with blanks": with_headers(headers(at=f" {AT}")),
    "a time with a fraction": with_headers(headers(at=f"{AT}.0")),
    "a time in words": with_headers(headers(at="now")),
    "no number": with_headers(headers(at="NaN")),
    "a huge time": with_headers(headers(at="9" * 5000)),
    "a time in other digits": with_headers(headers(f"v0={mac()}", at="²" * 10)),
    "a doubled signature": doubled(SIGNATURE, SIGNATURE, TIME),
    "a doubled timestamp": doubled(SIGNATURE, TIME, TIME),
    "a wrong signature first": doubled(("x-slack-signature", f"v0={'0' * 64}"), SIGNATURE, TIME),
    "a path behind": with_headers(headers(), rest="more"),
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_bad_request_is_refused(request_: Request) -> None:
    assert verify(request_) is None


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_whatever_comes_is_answered_without_an_exception(request_: Request) -> None:
    assert SLACK.door(make_settings()).answer(request_).status == 200


def test_signed_request_is_taken() -> None:
    assert verify(with_headers(headers())) == 0


def test_signature_is_the_one_of_slacks_documents() -> None:
    """The example of https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    fields = {
        "token": "xyzz0WbapA4vBCDEFasx0q6G",
        "team_id": "T1DC2JH3J",
        "team_domain": "testteamnow",
        "channel_id": "G8PSS9T3V",
        "channel_name": "foobar",
        "user_id": "U2CERLKJA",
        "user_name": "roadrunner",
        "command": "/webhook-collect",
        "text": "",
        "response_url": "https://hooks.slack.com/commands/T1DC2JH3J/397700885554/96rGlfmibIGlgcZRskXaIFfN",
        "trigger_id": "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    }
    digest = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    given = {"x-slack-signature": f"v0={digest}", "x-slack-request-timestamp": "1531420618"}

    assert verify(Request.of(urlencode(fields).encode(), given, 1_531_420_618_000)) == 0


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_are_tolerated(seconds: int) -> None:
    assert verify(with_headers(headers(at=str(int(AT) + seconds)))) == 0


def test_tolerance_is_a_setting() -> None:
    assert verify(with_headers(headers(at=str(int(AT) - 61))), tolerance=60) is None


@pytest.mark.parametrize(("secrets", "number"), [([SECRET, "old"], 0), (["new", SECRET], 1), (["a", "b", "c"], None)])
def test_any_live_secret_signs(secrets: list[str], number: int | None) -> None:
    assert verify(with_headers(headers()), signing_secret=secrets) == number


def test_challenge_is_given_back() -> None:
    body = b'{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}'

    response = SLACK.door(make_settings()).answer(signed(body, SECRET, NOW))

    assert response.status == 200
    assert response.body == b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert response.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b"command=%2Fx&text=url_verification",
        b'{"type":"event_callback","event":{"type":"message","text":"url_verification"},"challenge":"x"}',
        b'{"type":"url_verification","challenge":7}',
        b'{"type":"url_verification"',
    ],
)
def test_anything_else_is_acknowledged_with_an_empty_body(body: bytes) -> None:
    assert SLACK.door(make_settings()).answer(with_headers({}, body)).body == b""


@pytest.mark.parametrize(
    "given",
    [
        {"signing_secret": []},
        {"signing_secret": ["a", "b", "c", "d", "e"]},
        {"signing_secret": " "},
        {"bot_token": "xoxp-user"},
        {"bot_token": "xoxb- 1"},
        {"bot_user": "desk"},
        {"tolerance": 0},
        {"api_base": "slack.com"},
        {"surplus": 1},
    ],
)
def test_wrong_settings_are_refused_and_not_shown(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        make_settings(**given)

    assert "xoxp-user" not in str(caught.value)
