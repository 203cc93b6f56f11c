"""Check the generic webhook: who signed by which scheme, what is read by which path, and what settings are none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hookline import Delivery, Event, NotAWebhookError, Request, Services, Way
from hookline.adapters.http import HttpClient
from hookline.errors import ConfigError
from hookline.testing import running_bot
from hookline.testing.exchange import text_of
from hookline_webhook.adapter import WEBHOOK
from hookline_webhook.presets import PRESETS
from hookline_webhook.settings import WebhookSettings
from hookline_webhook.simulated import SimulatedWebhook

NOW = 1_700_000_000
KEY = base64.b64encode(b"a key of twenty-four byte").decode()
BODY = b'{"id": "e1", "type": "order.paid", "data": {"id": 7, "lines": [{"name": "noodles"}]}}'

Headers = Mapping[str, str]


def settings(**given: Any) -> WebhookSettings:
    return WebhookSettings.model_validate(given)


def hmacs(**verify: Any) -> WebhookSettings:
    return settings(verify={"scheme": "hmac-sha256", "header": "X-Signature", "secrets": ["new", "old"], **verify})


def tokens(**verify: Any) -> WebhookSettings:
    return settings(verify={"scheme": "token", "header": "x-token", "secrets": ["new", "old"], **verify})


def standard(*secrets: str) -> WebhookSettings:
    return settings(preset="standard-webhooks", verify={"secrets": list(secrets) or [f"whsec_{KEY}"]})


def digest(message: bytes, key: bytes = b"new") -> bytes:
    return hmac.digest(key, message, hashlib.sha256)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def verified(made: WebhookSettings, headers: Headers, body: bytes = BODY, rest: str = "") -> int | None:
    return WEBHOOK.door(made).verify(Request.of(body, headers, NOW * 1000, rest=rest))


def adapter(made: WebhookSettings) -> Any:
    return WEBHOOK.build("orders", made, Services(HttpClient({})))


def received(made: WebhookSettings, body: bytes | Mapping[str, Any] = BODY, headers: Headers | None = None) -> Event:
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    found: Event = adapter(made).receive(Request.of(written, headers or {}, NOW * 1000))[0]
    assert adapter(made).read(json.loads(json.dumps(found.raw)), NOW * 1000) == found
    return found


def signed(made: WebhookSettings, body: bytes = BODY, **headers: str) -> dict[str, str]:
    given = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(NOW),
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    message = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
    return {"webhook-signature": f"v1,{b64(digest(message, base64.b64decode(KEY)))}", **given}


# Documented forms. Where a platform publishes a value it stands here; else its rule is written out once more.


def test_standard_webhooks_has_the_published_value() -> None:
    """Take the vector of the standard's own libraries.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/webhook.test.ts
    """
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    made = standard("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    request = Request.of(b'{"test": 2432232314}', headers, 1614265330_000)

    assert WEBHOOK.door(made).verify(request) == 0
    assert WEBHOOK.door(standard("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).verify(request) == 0


@pytest.mark.parametrize(
    ("preset", "more", "headers"),
    [
        ("shopify", {}, {"x-shopify-hmac-sha256": b64(digest(BODY))}),
        ("sentry", {}, {"sentry-hook-signature": digest(BODY).hex()}),
        ("linear", {}, {"linear-signature": digest(BODY).hex()}),
        ("gitlab", {}, {"x-gitlab-token": "new"}),
        (
            "square",
            {"url": "https://example.com/webhooks/till"},
            {"x-square-hmacsha256-signature": b64(digest(b"https://example.com/webhooks/till" + BODY))},
        ),
    ],
)
def test_a_preset_knows_what_its_platform_signs(preset: str, more: Mapping[str, str], headers: Headers) -> None:
    made = settings(preset=preset, verify={"secrets": ["older", "new"], **more})
    name = next(iter(headers))

    assert verified(made, headers) == 1
    assert verified(made, {}) is None
    assert verified(made, {name: headers[name][:-1]}) is None
    assert preset == "gitlab" or verified(made, headers, BODY + b" ") is None


@pytest.mark.parametrize(
    ("preset", "headers", "body", "facts"),
    [
        (
            "shopify",
            {"x-shopify-event-id": "ev-1", "x-shopify-topic": "orders/paid", "x-shopify-webhook-id": "wh-1"},
            {"id": 820982911946154508, "name": "#1001", "customer": {"id": 5}},
            ("ev-1", "orders/paid", "820982911946154508", "5"),
        ),
        (
            "sentry",
            {"request-id": "r-1", "sentry-hook-resource": "issue", "sentry-hook-timestamp": "1700000000"},
            {"action": "created", "data": {"issue": {"id": "42"}}, "actor": {"id": 1, "type": "user"}},
            ("r-1", "issue.created", "42", "1"),
        ),
        (
            "linear",
            {"linear-delivery": "d-1", "linear-event": "Issue"},
            {"action": "create", "type": "Issue", "data": {"id": "i-1"}, "actor": {"id": "u-1"}},
            ("d-1", "Issue.create", "i-1", "u-1"),
        ),
        (
            "gitlab",
            {"idempotency-key": "k-1", "x-gitlab-event": "Issue Hook"},
            {"object_kind": "issue", "user": {"id": 4}, "project": {"id": 15}, "object_attributes": {"action": "open"}},
            ("k-1", "issue.open", "15", "4"),
        ),
        ("gitlab", {"idempotency-key": "k-2"}, {"object_kind": "push"}, ("k-2", "push", "event:k-2", None)),
        (
            "square",
            {"square-environment": "Sandbox"},
            {"event_id": "s-1", "type": "payment.updated", "data": {"type": "payment", "id": "p-1"}},
            ("s-1", "payment.updated", "p-1", None),
        ),
        (
            "standard-webhooks",
            {"webhook-id": "msg_1", "webhook-timestamp": "1699999990"},
            {"type": "user.created", "timestamp": "2022-11-03T20:26:10Z", "data": {"id": "u"}},
            ("msg_1", "user.created", "event:msg_1", None),
        ),
    ],
)
def test_a_preset_knows_where_things_stand(
    preset: str, headers: Headers, body: Mapping[str, Any], facts: tuple[object, ...]
) -> None:
    secret = f"whsec_{KEY}" if preset == "standard-webhooks" else "new"
    found = received(settings(preset=preset, verify={"secrets": secret, "url": "https://a.b"}), body, headers)

    assert (found.id, found.type, found.conversation, found.user) == facts
    assert (found.chat.kind, found.chat.id, found.ways) == ("none", "", ())
    assert found.raw["body"] == body


def test_the_time_is_told_only_where_it_is_signed() -> None:
    headers = {"webhook-id": "m", "webhook-timestamp": str(NOW - 10)}

    assert received(standard(), BODY, headers).timestamp == (NOW - 10) * 1000
    assert received(standard(), BODY, {**headers, "webhook-timestamp": "x"}).timestamp == NOW * 1000
    assert received(hmacs(), BODY, headers).timestamp == NOW * 1000


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_what_shows_who_sent_it_is_never_kept(preset: str) -> None:
    secret = f"whsec_{KEY}" if preset == "standard-webhooks" else "new"
    made = settings(preset=preset, verify={"secrets": secret, "url": "https://a.b"})

    assert made.verify.header not in made.headers
    assert made.headers <= WEBHOOK.kept_headers(made)


# Signatures.


@pytest.mark.parametrize(
    ("made", "headers", "number"),
    [
        (hmacs(), {"x-signature": digest(BODY).hex()}, 0),
        (hmacs(), {"x-signature": digest(BODY).hex().upper()}, 0),
        (hmacs(), {"x-signature": digest(BODY, b"old").hex()}, 1),
        (hmacs(), {"x-signature": f"{'0' * 64}, {digest(BODY, b'old').hex()}"}, 1),
        (hmacs(prefix="sha256="), {"x-signature": f"sha256={digest(BODY).hex()}"}, 0),
        (hmacs(prefix="v1="), {"x-signature": f"v1={'0' * 64},v1={digest(BODY).hex()}"}, 0),
        (hmacs(encoding="base64"), {"x-signature": b64(digest(BODY))}, 0),
        (
            hmacs(prefix="v0=", signed="v0:{timestamp}:{body}", timestamp="X-Time"),
            {"x-signature": f"v0={digest(b'v0:%d:' % NOW + BODY).hex()}", "x-time": str(NOW)},
            0,
        ),
        (
            hmacs(signed="{header.X-Nonce}{body}"),
            {"x-signature": digest(b"n\xe9" + BODY).hex(), "x-nonce": "n\xe9"},
            0,
        ),
        (
            hmacs(signed="{url}{body}", url="https://a.b/é"),
            {"x-signature": digest("https://a.b/é".encode() + BODY).hex()},
            0,
        ),
        (tokens(), {"x-token": "new"}, 0),
        (tokens(), {"x-token": "old"}, 1),
        (tokens(header="Authorization", prefix="Bearer "), {"authorization": "Bearer new"}, 0),
        (standard(), signed(standard()), 0),
        (standard("aaaa", KEY), signed(standard()), 1),
        (standard(), signed(standard(), webhook_timestamp=str(NOW - 300)), 0),
        (standard(), signed(standard(), webhook_timestamp=str(NOW + 300)), 0),
    ],
)
def test_what_a_live_secret_signed_is_let_in(made: WebhookSettings, headers: Headers, number: int) -> None:
    assert verified(made, headers) == number


def test_several_standard_signatures_are_tried() -> None:
    headers = signed(standard())
    several = f"v1a,{b64(b'x' * 64)} v2,{b64(b'x' * 32)} v1,{b64(b'x' * 32)} {headers['webhook-signature']}"

    assert verified(standard(), {**headers, "webhook-signature": several}) == 0


def test_other_header_names_go_before_those_of_the_standard() -> None:
    verify = {"secrets": KEY, "header": "svix-signature", "timestamp": "svix-timestamp"}
    made = settings(preset="standard-webhooks", id="header.svix-id", verify=verify)
    headers = {name.replace("webhook", "svix"): value for name, value in signed(made).items()}

    assert verified(made, headers) == 0
    assert verified(made, signed(made)) is None
    assert received(made, BODY, headers).id == "msg_1"


GOOD = signed(standard())
SIGNATURE = GOOD["webhook-signature"]


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


BAD: list[tuple[WebhookSettings, Headers, bytes]] = [
    (standard(), {}, BODY),
    (standard(), without("webhook-id"), BODY),
    (standard(), without("webhook-timestamp"), BODY),
    (standard(), without("webhook-signature"), BODY),
    *(
        (standard(), {**GOOD, "webhook-signature": value}, BODY)
        for value in (
            "",
            " ",
            "v1",
            "v1,",
            "v1,,",
            SIGNATURE[3:],
            SIGNATURE[:-1],
            SIGNATURE[:8],
            SIGNATURE + "=",
            SIGNATURE + "A",
            SIGNATURE.replace("v1,", "v2,"),
            SIGNATURE.replace("v1,", "v1a,"),
            SIGNATURE.replace("v1,", "V1,"),
            SIGNATURE.replace("v1,", "v1="),
            f"v1,{b64(b'x' * 32)}",
            f"v1,{b64(b'')}",
            f"v1,{'é' * 44}",
            f"v1,{'=' * 44}",
            "v1, " + SIGNATURE[3:],
            "v1," + digest(b"msg_1.%d." % NOW + BODY, base64.b64decode(KEY)).hex(),
            f"v1,{b64(b'x' * 32)} " * 8 + SIGNATURE,
            "\0" * 60,
            "v1," * 10_000,
        )
    ),
    *(
        (standard(), {**GOOD, "webhook-timestamp": value}, BODY)
        for value in ("", "x", "0", f" {NOW}", f"+{NOW}", f"-{NOW}", f"{NOW}.0", str(NOW + 1), "9" * 5000, "²")
    ),
    (standard(), signed(standard(), webhook_timestamp=str(NOW - 301)), BODY),
    (standard(), signed(standard(), webhook_timestamp=str(NOW + 301)), BODY),
    (standard(), signed(standard(), webhook_timestamp=str(NOW * 1000)), BODY),
    (standard(), {**GOOD, "webhook-id": "msg_2"}, BODY),
    (standard(), {**GOOD, "webhook-id": ""}, BODY),
    (standard(), {**GOOD, "webhook-id": "m" * 100_000}, BODY),
    (standard(), {name.replace("webhook", "svix"): value for name, value in GOOD.items()}, BODY),
    (standard(), GOOD, b""),
    (standard(), GOOD, BODY + b"\n"),
    (standard(), GOOD, BODY[:-1]),
    (standard(), GOOD, b"[" * 100_000),
    (standard("aaaa"), GOOD, BODY),
    (hmacs(), {"x-signature": hashlib.sha256(BODY).hexdigest()}, BODY),
    (hmacs(), {"x-signature": digest(BODY, b"").hex()}, BODY),
    (hmacs(), {"x-signature": digest(BODY, b"other").hex()}, BODY),
    (hmacs(), {"x-signature": b64(digest(BODY))}, BODY),
    (hmacs(), {"x-signature": f"sha256={digest(BODY).hex()}"}, BODY),
    (hmacs(), {"x-signature": digest(BODY).hex()[:-2]}, BODY),
    (hmacs(), {"x-signature": digest(BODY).hex() + "00"}, BODY),
    (hmacs(), {"signature": digest(BODY).hex()}, BODY),
    (hmacs(prefix="sha256="), {"x-signature": digest(BODY).hex()}, BODY),
    (hmacs(prefix="sha256="), {"x-signature": f"sha1={digest(BODY).hex()}"}, BODY),
    (hmacs(encoding="base64"), {"x-signature": digest(BODY).hex()}, BODY),
    (hmacs(encoding="base64"), {"x-signature": b64(digest(BODY)).rstrip("=")}, BODY),
    (hmacs(signed="{header.x-nonce}{body}"), {"x-signature": digest(BODY).hex()}, BODY),
    (hmacs(signed="{url}{body}", url="https://a.b"), {"x-signature": digest(b"https://a.c" + BODY).hex()}, BODY),
    (tokens(), {}, BODY),
    (tokens(), {"x-token": ""}, BODY),
    (tokens(), {"x-token": "ne"}, BODY),
    (tokens(), {"x-token": "newer"}, BODY),
    (tokens(), {"x-token": "NEW"}, BODY),
    (tokens(), {"x-token": "new old"}, BODY),
    (tokens(), {"x-token": "é" * 1000}, BODY),
    (tokens(prefix="Bearer "), {"x-token": "new"}, BODY),
    (tokens(prefix="Bearer "), {"x-token": "Bearer "}, BODY),
    (tokens(prefix="Bearer "), {"x-token": "bearer new"}, BODY),
]


@pytest.mark.parametrize(("made", "headers", "body"), BAD)
def test_what_is_badly_signed_is_refused(made: WebhookSettings, headers: Headers, body: bytes) -> None:
    assert verified(made, headers, body) is None


@pytest.mark.parametrize("doubled", sorted(GOOD))
def test_a_doubled_header_is_refused(doubled: str) -> None:
    raw = [(name.encode(), value.encode()) for name, value in GOOD.items()]

    assert WEBHOOK.door(standard()).verify(Request(BODY, raw, NOW * 1000)) == 0
    again = [*raw, (doubled.encode(), GOOD[doubled].encode())]
    assert WEBHOOK.door(standard()).verify(Request(BODY, again, NOW * 1000)) is None


def test_a_path_behind_the_name_is_refused() -> None:
    assert verified(standard(), GOOD, rest="more") is None
    assert verified(tokens(), {"x-token": "new"}, rest="more") is None


def test_a_webhook_is_answered_ok() -> None:
    assert WEBHOOK.door(standard()).answer(Request.of(BODY, GOOD, NOW * 1000)).status == 200


@given(
    st.binary(max_size=100), st.text(max_size=100).map(lambda text: text.encode("latin-1", "replace").decode("latin-1"))
)
def test_nothing_odd_is_let_in_or_raises(body: bytes, value: str) -> None:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature", "x-signature", "x-token")
    for made in (standard(), hmacs(), tokens()):
        if value not in ("new", "old"):
            assert verified(made, dict.fromkeys(names, value), body) is None


# What is read.


def everything(**changes: Any) -> WebhookSettings:
    verify = {"scheme": "token", "header": "x-token", "secrets": "new"}
    paths = {"id": "body.id", "type": "body.type", "conversation": "body.data.id", "text": "body.data.lines.0.name"}
    return settings(**{"verify": verify, **paths, "user": "header.X-User", **changes})


def test_paths_lead_into_headers_and_body() -> None:
    found = received(everything(), BODY, {"x-user": "mei", "x-token": "new", "other": "1"})

    assert (found.id, found.type, found.conversation, found.text, found.user) == (
        "e1",
        "order.paid",
        "7",
        "noodles",
        "mei",
    )
    assert found.raw == {"header": {"x-user": "mei"}, "body": json.loads(BODY)}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a", "a"),
        (1, "1"),
        (True, "true"),
        (1.5, "1.5"),
        (None, "webhook"),
        ("", "webhook"),
        ({}, "webhook"),
        ([1], "webhook"),
    ],
)
def test_a_type_is_any_single_value(value: object, kind: str) -> None:
    assert received(everything(text=None), {"type": value}).type == kind


def test_a_number_that_is_too_large_is_read_back() -> None:
    assert received(everything(), b'{"id": 1e999, "type": -1e999}').id == "Infinity"


def test_a_text_without_a_type_is_a_message() -> None:
    found = received(everything(text="body.said", type=None), {"said": "hi"})

    assert (found.type, found.text) == ("message.text", "hi")


def test_without_an_id_the_same_body_is_the_same_webhook() -> None:
    made = everything(id="header.x-id")
    first, second, other = (received(made, body) for body in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3}))

    assert first.id == second.id != other.id
    assert len(first.id) == 64


def test_a_form_becomes_a_flat_object() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    found = received(everything(), b"id=e1&type=a%20b&to=1&to=2&empty=&name=%E5%B0%8F", headers)

    assert found.raw["body"] == {"id": "e1", "type": "a b", "to": ["1", "2"], "empty": "", "name": "小"}
    assert (found.id, found.type) == ("e1", "a b")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"1", "application/json"),
        (b"null", ""),
        (b"a=1", "text/plain"),
        (b"\xff", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "application/json"),
        (b"", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"\xff=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(1001)), "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_object_is_no_webhook(body: bytes, kind: str) -> None:
    with pytest.raises(NotAWebhookError):
        received(everything(), body, {"content-type": kind})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "type", "data", "user", "x"), JSON)))
def test_no_body_raises(body: dict[str, Any]) -> None:
    found = received(everything(), body)

    assert found.id
    assert found.type
    adapter(everything()).redact(found.raw)


@given(st.binary(max_size=100), st.sampled_from(["application/json", "application/x-www-form-urlencoded", ""]))
def test_no_bytes_raise_anything_else(body: bytes, kind: str) -> None:
    with suppress(NotAWebhookError):
        received(everything(), body, {"content-type": kind})


def test_what_is_taken_back_keeps_its_ids() -> None:
    made = everything()
    found = received(made, BODY, {"x-user": "mei"})
    bare = adapter(made).read(adapter(made).redact(found.raw), NOW * 1000)

    assert (bare.id, bare.type, bare.conversation, bare.user, bare.text) == ("e1", "order.paid", "7", "mei", None)
    assert "noodles" not in json.dumps(bare.raw)


# Settings.

VERIFY = {"scheme": "hmac-sha256", "header": "x", "secrets": "s"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Field required"),
        ({"preset": "shopify"}, "Field required"),
        ({"preset": "shoppify", "verify": {"secrets": "s"}}, "'shopify'"),
        ({"preset": "square", "verify": {"secrets": "s"}}, "`url` is missing"),
        ({"verify": {"secrets": "s"}}, "`scheme` is missing"),
        ({"verify": {**VERIFY, "scheme": "md5"}}, "'standard-webhooks', 'hmac-sha256' or 'token'"),
        ({"verify": {"scheme": "hmac-sha256", "secrets": "s"}}, "`header` is missing"),
        ({"verify": {"scheme": "token", "secrets": "s"}}, "`header` is missing"),
        ({"verify": {**VERIFY, "header": "x y"}}, "String should match pattern"),
        ({"verify": {**VERIFY, "secrets": []}}, "at least 1 item"),
        ({"verify": {**VERIFY, "secrets": ["s"] * 5}}, "at most 4 items"),
        ({"verify": {**VERIFY, "secrets": " "}}, "a secret is empty"),
        ({"verify": {**VERIFY, "encoding": "binary"}}, "'hex' or 'base64'"),
        ({"verify": {**VERIFY, "signed": "{bdy}"}}, "there is no {bdy}; there are {body}, {timestamp}, {id}, {url}"),
        ({"verify": {**VERIFY, "signed": "{header.}{body}"}}, "there is no {header.}"),
        ({"verify": {**VERIFY, "signed": "{body"}}, "a brace stands alone"),
        ({"verify": {**VERIFY, "signed": "{url}", "url": "https://a.b"}}, "`signed` has no {body}"),
        ({"verify": {**VERIFY, "signed": "{timestamp}.{body}"}}, "`timestamp` is missing"),
        ({"verify": {**VERIFY, "timestamp": "x-time"}}, "`signed` has no {timestamp}"),
        ({"verify": {**VERIFY, "scheme": "token", "timestamp": "x-time"}}, "a token signs no time"),
        ({"verify": {**VERIFY, "signed": "{url}{body}"}}, "`url` is missing"),
        ({"verify": {**VERIFY, "url": "example.com"}}, "String should match pattern"),
        ({"verify": {**VERIFY, "tolerance": 0}}, "greater than or equal to 1"),
        ({"verify": {**VERIFY, "secret": "s"}}, "Extra inputs"),
        ({"verify": {**VERIFY, "signed": "{id}.{body}"}}, "`id` must name a header"),
        ({"verify": {**VERIFY, "signed": "{id}.{body}"}, "id": "body.id"}, "`id` must name a header"),
        ({"verify": {"scheme": "standard-webhooks", "secrets": "whsec_!!"}}, "`whsec_` and base64"),
        ({"verify": {"scheme": "standard-webhooks", "secrets": "whsec_"}}, "`whsec_` and base64"),
        ({"verify": {"scheme": "standard-webhooks", "secrets": KEY}, "id": "body.id"}, "`id` must name a header"),
        ({"verify": VERIFY, "id": "data.id"}, "`data.id`: a path begins with `header.` or `body.`"),
        ({"verify": VERIFY, "id": "body"}, "a path begins with"),
        ({"verify": VERIFY, "id": "body..id"}, "a path begins with"),
        ({"verify": VERIFY, "type": ["body.a", "head.b"]}, "`head.b`: a path begins with"),
        ({"verify": VERIFY, "type": []}, "at least 1 item"),
        ({"verify": VERIFY, "user": "header.X"}, "`x` shows who sent a webhook, and isn't kept"),
        ({"verify": VERIFY, "example": "/nowhere.json"}, "can't read /nowhere.json: No such file"),
        ({"verify": VERIFY, "events": "x"}, "Extra inputs"),
    ],
)
def test_settings_that_are_none_say_why(given: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**given)

    assert says in str(caught.value)


EXAMPLE = {"headers": {"X-Event": "order.paid"}, "body": {"data": {"id": 7, "note": None, "lines": [{"name": "a"}]}}}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("body.data.id", None),
        ("body.data.lines.0.name", None),
        ("body.data.note", None),
        ("header.x-event", None),
        ("header.X-Event", None),
        ("body.data.idd", "`body.data.idd` leads nowhere in the example; did you mean `body.data.id`?"),
        ("header.x-evnt", "did you mean `header.x-event`?"),
        ("body.zzzzzzzzz", "there are header.x-event, body.data.id, body.data.note, body.data.lines.0.name"),
        ("body.data.lines.1.name", "did you mean `body.data.lines.0.name`?"),
        ("body.data", "`body.data` is no single value in the example: go on to one, as in `body.data.id`"),
    ],
)
def test_a_path_is_followed_in_the_example(tmp_path: Path, path: str, says: str | None) -> None:
    (tmp_path / "example.json").write_text(json.dumps(EXAMPLE))
    given = {"verify": VERIFY, "example": str(tmp_path / "example.json"), "conversation": path}
    if says is None:
        assert settings(**given).conversation == path
        return
    with pytest.raises(ValidationError) as caught:
        settings(**given)

    assert says in str(caught.value)


def test_an_example_may_be_a_body_alone(tmp_path: Path) -> None:
    (tmp_path / "example.json").write_text(json.dumps(EXAMPLE["body"]))
    given = {"verify": VERIFY, "example": str(tmp_path / "example.json")}

    assert settings(**given, id="header.x-id", user="body.data.id").id == "header.x-id"
    with pytest.raises(ValidationError):
        settings(**given, id="body.data.x")


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_an_example_that_is_none_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "example.json").write_text(content)
    with pytest.raises(ValidationError, match=r"example\.json"):
        settings(verify=VERIFY, example=str(tmp_path / "example.json"))


def test_what_is_written_goes_before_the_preset() -> None:
    made = settings(preset="linear", verify={"secrets": "s", "header": "X-Other"}, type="body.kind", user="body.who")

    assert (made.verify.header, made.verify.encoding, made.verify.scheme) == ("x-other", "hex", "hmac-sha256")
    assert (made.id, made.type, made.user) == ("header.linear-delivery", ["body.kind"], "body.who")


def test_every_secret_is_known_as_one_that_signs() -> None:
    assert list(WEBHOOK.signs(hmacs())) == ["new", "old"]


# Nothing is sent.


async def test_nothing_can_be_sent() -> None:
    verdict = await adapter(hmacs()).send(Delivery(Way("send", "x"), [{"type": "text", "text": "hi"}], "key"))

    assert (verdict.outcome, verdict.reason) == ("refused", "a webhook can't be answered")
    assert adapter(hmacs()).push_way("x") is None
    assert not WEBHOOK.can_answer("order.paid")
    assert [flaw.path for flaw in WEBHOOK.check_messages([{"text": "a"}, {"card": {"title": "b"}}])] == [(0,), (1,)]


# The whole of it.

OWNER = "U" + "0" * 32


def whole(webhook: str, on: str = "order.paid", say: str = "{event.raw.body.total} by {event.user}") -> str:
    return f"""
version: 1
bots:
  orders:
    adapter: webhook
    webhook:
{webhook}
    routes:
      - {{name: paid, on: '{on}', push: {{bot: shop, to: {OWNER}, say: '{say}'}}}}
      - {{name: urgent, keyword: urgent, push: {{bot: shop, to: {OWNER}, say: 'urgent: {{event.text}}'}}}}
  shop:
    adapter: line
    routes:
      - {{name: hello, otherwise: true, reply: hello}}
"""


PATHS = "      {id: body.id, type: body.type, user: body.by, text: body.note, verify: {secrets: '${S}', VERIFY}}"
SCHEMES = [
    "scheme: hmac-sha256, header: x-signature",
    "scheme: hmac-sha256, header: x-signature, prefix: sha256=, encoding: base64",
    "scheme: hmac-sha256, header: x-signature, signed: 'v0:{timestamp}:{body}', timestamp: x-time",
    "scheme: hmac-sha256, header: x-signature, signed: '{url}{header.x-nonce}{body}', url: 'https://a.b/c'",
    "scheme: token, header: authorization, prefix: 'Bearer '",
]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_owner_is_told_on_another_bot(scheme: str) -> None:
    async with running_bot(whole(PATHS.replace("VERIFY", scheme))) as bot:
        exchange = await bot.sends("order.paid", total="180")

    assert (exchange.status, exchange.route, exchange.failures) == (200, "paid", [])
    assert [(to, *map(text_of, messages)) for to, messages in exchange.pushed] == [(OWNER, "180 by mei")]


@pytest.mark.parametrize("preset", sorted(PRESETS))
async def test_a_preset_works_end_to_end(preset: str) -> None:
    url = "url: 'https://a.b/c', " if preset == "square" else ""
    text = whole(f"      {{preset: {preset}, verify: {{{url}secrets: '${{S}}'}}}}", say="{event.type}")
    async with running_bot(text) as bot:
        exchange = await bot.sends("order.paid")

    assert (exchange.status, exchange.route) == (200, "paid")
    assert [text_of(one) for _, messages in exchange.pushed for one in messages] == ["order.paid"]


async def test_what_is_typed_stands_where_a_text_does() -> None:
    async with running_bot(whole(PATHS.replace("VERIFY", SCHEMES[0]))) as bot:
        exchange = await bot.says("this is urgent")

    assert (exchange.route, [text_of(one) for _, messages in exchange.pushed for one in messages]) == (
        "urgent",
        ["urgent: this is urgent"],
    )


async def test_without_a_place_for_texts_what_is_typed_is_a_type() -> None:
    async with running_bot(whole("      {preset: shopify, verify: {secrets: '${S}'}}", on="orders/paid")) as bot:
        exchange = await bot.says("orders/paid")

    assert exchange.route == "paid"


async def test_what_happens_is_made_of_the_example(tmp_path: Path) -> None:
    body = {"id": "x", "type": "y", "by": "z", "note": None, "total": "99"}
    (tmp_path / "example.json").write_text(json.dumps({"headers": {}, "body": body}))
    text = PATHS.replace("VERIFY", SCHEMES[0]).replace("{id:", f"{{example: {tmp_path}/example.json, id:", 1)
    async with running_bot(whole(text)) as bot:
        exchange = await bot.sends("order.paid")

    assert [text_of(one) for _, messages in exchange.pushed for one in messages] == ["99 by mei"]


async def test_a_form_is_sent_as_one(tmp_path: Path) -> None:
    example = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "body": {"total": "5"}}
    (tmp_path / "example.json").write_text(json.dumps(example))
    verify = {"scheme": "hmac-sha256", "header": "x", "secrets": "s"}
    made = settings(verify=verify, example=str(tmp_path / "example.json"))
    platform = SimulatedWebhook()
    platform.settings("orders", made)
    request = platform.request("orders", platform.happen("orders", "x"))

    assert request.body.startswith(b"total=5&")
    assert WEBHOOK.door(made).verify(request) == 0
    assert adapter(made).receive(request)[0].raw["body"]["total"] == "5"


async def test_a_redelivery_is_stored_once() -> None:
    async with running_bot(whole(PATHS.replace("VERIFY", SCHEMES[0]))) as bot:
        raw = bot.platform.happen("orders", "order.paid", total="180")
        await bot.playground.send("orders", raw)
        await bot.playground.send("orders", raw)

        assert len(bot.line.sent) == 1


async def test_a_forged_webhook_is_refused() -> None:
    async with running_bot(whole(PATHS.replace("VERIFY", SCHEMES[0]))) as bot:
        platform = bot.platform
        good = platform.request("orders", platform.happen("orders", "order.paid"))
        forged = Request.of(good.body + b" ", dict(good.headers), good.received_at)

        assert (await platform.post(platform.webhooks["orders"], forged))[0] == 401


@pytest.mark.parametrize(
    ("webhook", "says"),
    [
        ("      {verify: {scheme: hmac-sha256, secrets: '${S}'}}", "`verify`: `header` is missing"),
        ("      {preset: shopfy, verify: {secrets: '${S}'}}", "`preset`: expected `standard-webhooks`, `shopify`"),
        ("      {preset: shopify, verify: {secrets: '${S}'}, id: data.id}", "`id`: `data.id`: a path begins with"),
    ],
)
async def test_wrong_settings_are_errors_of_check(webhook: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        async with running_bot(whole(webhook)):
            pass

    assert says in str(caught.value)


async def test_a_reply_is_an_error_of_check() -> None:
    text = whole("      {preset: shopify, verify: {secrets: '${S}'}}")
    text = text[: text.index("push:")] + "reply: thank you}\n"
    with pytest.raises(ConfigError, match="webhook"):
        async with running_bot(text):
            pass


def test_nobody_taps() -> None:
    with pytest.raises(NotImplementedError, match="nobody taps anything"):
        SimulatedWebhook().tap("orders", "x")
