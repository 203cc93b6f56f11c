"""Check Stripe: who signed, what is read, and that nothing is answered."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
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
from hookline_stripe.adapter import STRIPE, StripeSettings
from hookline_stripe.parse import EVENTS
from hookline_stripe.simulated import SimulatedStripe

NOW = 1_700_000_000
SECRET, OLD_SECRET = "whsec_new", "whsec_old"
BODY = b'{"id": "evt_1", "object": "event", "type": "invoice.paid"}'


def settings(**changes: Any) -> StripeSettings:
    return StripeSettings.model_validate({"webhook_secret": [SECRET, OLD_SECRET], **changes})


def digest(secret: str = SECRET, body: bytes = BODY, at: object = NOW) -> str:
    return hmac.digest(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hex()


def header(secret: str = SECRET, body: bytes = BODY, at: object = NOW) -> str:
    return f"t={at},v1={digest(secret, body, at)}"


def request(signature: str | None, body: bytes = BODY, rest: str = "") -> Request:
    return Request.of(body, {} if signature is None else {"stripe-signature": signature}, NOW * 1000, rest=rest)


def verified(signature: str | None, body: bytes = BODY, **changes: Any) -> int | None:
    return STRIPE.door(settings(**changes)).verify(request(signature, body))


def received(raw: Mapping[str, Any] | bytes) -> Event:
    body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    found: Event = adapter().receive(Request(body, received_at=NOW * 1000))[0]
    return found


def adapter() -> Any:
    return STRIPE.build("till", settings(), Services(HttpClient({})))


def event(kind: str = "invoice.paid", about: object = None, **more: Any) -> dict[str, Any]:
    return {"id": "evt_1", "object": "event", "type": kind, "created": NOW, "data": {"object": about or {}}, **more}


def field(name: str, about: Mapping[str, Any], **more: Any) -> object:
    return STRIPE.fields[name].value(received(event(about=about, **more)))


@pytest.mark.parametrize(
    ("signature", "number"),
    [
        (header(), 0),
        (header(OLD_SECRET), 1),
        (f"t={NOW},v1={digest(OLD_SECRET)},v1={digest()}", 0),
        (f"t={NOW},v1={'0' * 64},v1={digest(OLD_SECRET)}", 1),
        (f"t={NOW},v0={'0' * 64},v1={digest()}", 0),
        (f"v1={digest()},t={NOW}", 0),
        (f"t={NOW}, v1={digest()}, v9=anything", 0),
        (header(at=NOW - 300), 0),
        (header(at=NOW + 300), 0),
    ],
)
def test_what_a_live_secret_signed_is_let_in(signature: str, number: int) -> None:
    assert verified(signature) == number


def test_tolerance_is_a_setting() -> None:
    assert verified(header(at=NOW - 900), tolerance=1000) == 0
    assert verified(header(at=NOW - 11), tolerance=10) is None


BAD: list[tuple[str | None, bytes]] = [
    (None, BODY),
    ("", BODY),
    (" ", BODY),
    (",", BODY),
    ("=", BODY),
    (",=,=,", BODY),
    ("t", BODY),
    ("t=", BODY),
    ("v1", BODY),
    (f"t={NOW}", BODY),
    (f"t={NOW},v1=", BODY),
    (f"v1={digest()}", BODY),
    (digest(), BODY),
    (f"t={NOW},v1={digest()[:-1]}", BODY),
    (f"t={NOW},v1={digest()[:-2]}", BODY),
    (f"t={NOW},v1={digest()}0", BODY),
    (f"t={NOW},v1={digest()}00", BODY),
    (f"t={NOW},v1={'z' * 64}", BODY),
    (f"t={NOW},v1={'é' * 64}", BODY),
    (f"t={NOW},v1={'0' * 64}", BODY),
    (f"t={NOW},v1= {digest()[:-1]}", BODY),
    (f"t={NOW},v1={digest()[::-1]}", BODY),
    (f"t={NOW},v0={digest()}", BODY),
    (f"t={NOW},v2={digest()}", BODY),
    (f"t={NOW},V1={digest()}", BODY),
    (f"T={NOW},v1={digest()}", BODY),
    (f"t={NOW};v1={digest()}", BODY),
    (f"t={NOW},t={NOW},v1={digest()}", BODY),
    (f"t={NOW + 1},v1={digest()}", BODY),
    (f"t=-{NOW},v1={digest(at=-NOW)}", BODY),
    (f"t= {NOW}x,v1={digest(at=f' {NOW}x')}", BODY),
    (f"t={NOW}.0,v1={digest(at=f'{NOW}.0')}", BODY),
    (f"t=١٢٣,v1={digest()}".encode().decode("latin-1"), BODY),
    (f"t={'9' * 4000},v1={digest(at='9' * 4000)}", BODY),
    (header(at=NOW - 301), BODY),
    (header(at=NOW + 301), BODY),
    (header(at=0), BODY),
    (header(at=NOW * 1000), BODY),
    (header("whsec_other"), BODY),
    (header("new"), BODY),
    (header(""), BODY),
    (header(), b""),
    (header(), BODY + b" "),
    (header(), BODY[:-1]),
    (header(), b"{}"),
    (header(), b"\xff\xfe"),
    (header(), b"[" * 100_000),
    (header(body=b""), BODY),
    (f"t={NOW},v1={hashlib.sha256(BODY).hexdigest()}", BODY),
    (f"t={NOW},v1={hmac.digest(SECRET.encode(), BODY, 'sha256').hex()}", BODY),
    (f"t={NOW}," + "v1=0," * 10_000, BODY),
    (f"t={NOW}," + f"v1={'0' * 64}," * 8 + f"v1={digest()}", BODY),
    ("\x00" * 50, BODY),
    ("t=" * 5000, BODY),
]


@pytest.mark.parametrize(("signature", "body"), BAD)
def test_what_is_badly_signed_is_refused(signature: str | None, body: bytes) -> None:
    assert verified(signature, body) is None


def test_a_doubled_header_is_refused() -> None:
    given = (b"stripe-signature", header().encode())
    door = STRIPE.door(settings())

    assert door.verify(Request(BODY, [given], NOW * 1000)) == 0
    assert door.verify(Request(BODY, [given, given], NOW * 1000)) is None


def test_a_path_behind_the_name_is_refused() -> None:
    assert STRIPE.door(settings()).verify(request(header(), rest="more")) is None


def test_a_signed_webhook_is_answered_ok() -> None:
    assert STRIPE.door(settings()).answer(request(header())).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook_secret": []},
        {"webhook_secret": ["whsec_1"] * 5},
        {"webhook_secret": "sk_live_1"},
        {"webhook_secret": ""},
        {"tolerance": 0},
        {"tolerance": 86_401},
        {"api_key": "sk_live_1"},
    ],
)
def test_settings_are_checked(changes: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


def test_every_secret_is_known_as_one_that_signs() -> None:
    assert list(STRIPE.signs(settings())) == [SECRET, OLD_SECRET]
    assert list(STRIPE.signs(settings(webhook_secret=f" {SECRET}\n"))) == [SECRET]


@pytest.mark.parametrize("kind", [kind for kind in EVENTS if kind != "*"])
def test_every_type_is_read_and_read_back(kind: str) -> None:
    raw = SimulatedStripe().happen("till", kind)
    found = received(raw)

    assert (found.type, found.id, found.ways, found.text) == (kind, raw["id"], (), None)
    assert (found.chat.kind, found.chat.id) == ("none", "")
    assert adapter().read(found.raw, NOW * 1000) == found


def test_sixty_types_are_known_and_none_can_be_answered() -> None:
    assert len(EVENTS) > 60
    assert not any(map(STRIPE.can_answer, (*EVENTS, "unknown.type")))


@pytest.mark.parametrize(
    ("about", "conversation", "user"),
    [
        ({"id": "in_1", "object": "invoice", "customer": "cus_1"}, "cus_1", "cus_1"),
        ({"id": "in_1", "object": "invoice", "customer": {"id": "cus_1", "object": "customer"}}, "cus_1", "cus_1"),
        ({"id": "cus_1", "object": "customer"}, "cus_1", "cus_1"),
        ({"id": "po_1", "object": "payout"}, "po_1", None),
        ({"id": "cs_1", "object": "checkout.session", "customer": None}, "cs_1", None),
        ({}, "event:evt_1", None),
    ],
)
def test_events_of_one_customer_are_one_conversation(about: object, conversation: str, user: str | None) -> None:
    found = received(event(about=about))

    assert (found.conversation, found.user) == (conversation, user)


def test_a_thin_event_is_read() -> None:
    raw = {
        "id": "evt_2",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error_report_triggered",
        "created": "2023-11-14T22:13:20.330Z",
        "related_object": {"id": "mtr_1", "type": "billing.meter"},
    }
    found = received(raw)

    assert (found.type, found.conversation, found.timestamp) == (raw["type"], "mtr_1", NOW * 1000)


@pytest.mark.parametrize("created", [None, "x", -1, 0, 10**30, True, 1.5, [], "9999-12-31T23:59:59Z", "0001-01-01"])
def test_a_time_that_is_none_is_when_it_came(created: object) -> None:
    assert received(event(created=created)).timestamp == NOW * 1000


def test_without_an_id_the_content_is_one() -> None:
    first, second = received({"type": "x", "created": 1}), received({"created": 1, "type": "x"})

    assert first.id == second.id
    assert len(first.id) == 64


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"x=1", b'{"id": 1}', b"\xff", b'{"a":' * 100 + b"}" * 100]
)
def test_what_is_no_event_is_no_webhook(body: bytes) -> None:
    with pytest.raises(NotAWebhookError):
        received(body)


INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "customer": "cus_1",
    "amount_due": 500,
    "amount_paid": 180000,
    "currency": "twd",
    "customer_email": "mei@example.com",
    "customer_name": "Mei",
    "status": "paid",
    "description": "A year",
    "parent": {"subscription_details": {"subscription": "sub_1"}},
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 180000),
        ("money", "1,800.00 TWD"),
        ("currency", "TWD"),
        ("customer", "cus_1"),
        ("customer_email", "mei@example.com"),
        ("customer_name", "Mei"),
        ("object", "in_1"),
        ("status", "paid"),
        ("description", "A year"),
        ("subscription", "sub_1"),
        ("invoice", "in_1"),
        ("livemode", False),
        ("account", "acct_1"),
        ("api_version", "2025-03-31.basil"),
    ],
)
def test_an_invoice_tells(name: str, value: object) -> None:
    assert field(name, INVOICE, livemode=False, account="acct_1", api_version="2025-03-31.basil") == value


@pytest.mark.parametrize(
    ("name", "about", "value"),
    [
        ("amount", {"amount_total": 5}, 5),
        ("amount", {"amount": 5, "amount_due": 6}, 5),
        ("amount", {"amount_due": 6}, 6),
        ("amount", {"amount": "5"}, None),
        ("money", {"amount": 1800, "currency": "jpy"}, "1,800 JPY"),
        ("money", {"amount": 1234, "currency": "kwd"}, "1.234 KWD"),
        ("money", {"amount": -5, "currency": "usd"}, "-0.05 USD"),
        ("money", {"amount": 5}, None),
        ("money", {"amount": 10**400, "currency": "usd"}, None),
        ("customer_email", {"object": "customer", "email": "a@b.c"}, "a@b.c"),
        ("customer_email", {"customer_details": {"email": "a@b.c"}}, "a@b.c"),
        ("customer_email", {"billing_details": {"email": "a@b.c"}}, "a@b.c"),
        ("subscription", {"id": "sub_1", "object": "subscription"}, "sub_1"),
        ("subscription", {"subscription": {"id": "sub_1"}}, "sub_1"),
        ("subscription", {"parent": "odd"}, None),
        ("invoice", {"object": "charge", "invoice": "in_1"}, "in_1"),
        ("status", {"status": {"odd": 1}}, None),
    ],
)
def test_other_objects_tell(name: str, about: Mapping[str, Any], value: object) -> None:
    assert field(name, about) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WHOLE = SimulatedStripe().happen("till", "invoice.paid", subscription="sub_1", customer_details={"name": "Mei"})


@given(changes=st.dictionaries(st.sampled_from(sorted(WHOLE)), JSON), about=st.none() | JSON, data=st.data())
def test_nothing_odd_raises(changes: dict[str, Any], about: object, data: st.DataObject) -> None:
    keys = sorted(WHOLE["data"]["object"])
    odd = data.draw(st.dictionaries(st.sampled_from(keys), JSON))
    raw = {**WHOLE, "data": {"object": about if about is not None else {**WHOLE["data"]["object"], **odd}}, **changes}
    body = json.dumps(raw).encode()
    try:
        found = received(body)
    except NotAWebhookError:
        return

    assert adapter().read(json.loads(json.dumps(found.raw)), NOW * 1000) == found
    assert found.time.year > 1969
    adapter().redact(found.raw)
    for one in STRIPE.fields.values():
        one.value(found)


@given(st.binary(max_size=200))
def test_no_body_raises_anything_else(body: bytes) -> None:
    with suppress(NotAWebhookError):
        received(body)
    assert STRIPE.door(settings()).verify(request(body.decode("latin-1"), body)) is None


def test_what_is_taken_back_keeps_its_ids() -> None:
    found = received(event(about=INVOICE))
    bare = adapter().redact(found.raw)

    assert bare["data"] == {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}}
    assert adapter().read(bare, NOW * 1000).conversation == "cus_1"


async def test_nothing_can_be_sent() -> None:
    verdict = await adapter().send(Delivery(Way("send", "cus_1"), [{"type": "text", "text": "hi"}], "key"))

    assert (verdict.outcome, verdict.reason) == ("refused", "stripe can't be answered")
    assert adapter().push_way("cus_1") is None


@pytest.mark.parametrize(
    "message",
    [
        {"text": "hi"},
        {"image": "https://example.com/a.png"},
        {"video": "https://example.com/a.mp4"},
        {"audio": "https://example.com/a.m4a"},
        {"file": "https://example.com/a.pdf"},
        {"location": {"latitude": 25, "longitude": 121}},
        {"card": {"title": "A"}},
        {"text": "hi", "buttons": [{"label": "a", "postback": "b"}]},
        {"text": "hi", "quick": ["a"]},
    ],
)
def test_every_message_is_refused(message: Mapping[str, Any]) -> None:
    (flaw,) = STRIPE.check_messages([message])

    assert (flaw.path, flaw.reason, flaw.is_refused) == ((0,), "stripe can't be answered", True)


OWNER = "U" + "0" * 32
YAML = f"""
version: 1
bots:
  till:
    adapter: stripe
    stripe: {{webhook_secret: '${{STRIPE_WEBHOOK_SECRET}}'}}
    routes:
      - name: paid
        on: [invoice.paid, checkout.session.completed]
        push: {{bot: shop, to: {OWNER}, say: '{{sender.name}}: {{event.money}}'}}
  shop:
    adapter: line
    routes:
      - {{name: hello, otherwise: true, reply: hello}}
"""


async def test_the_owner_is_told_on_another_bot() -> None:
    async with running_bot(YAML) as bot:
        exchange = await bot.sends("invoice.paid", amount_paid=5000)

    assert (exchange.status, exchange.route, exchange.failures) == (200, "paid", [])
    assert [(to, *map(text_of, messages)) for to, messages in exchange.pushed] == [(OWNER, "mei: 50.00 TWD")]


async def test_what_is_typed_is_a_type() -> None:
    async with running_bot(YAML) as bot:
        exchange = await bot.says("checkout.session.completed")
        other = await bot.says("payout.failed")

    assert (exchange.route, other.route) == ("paid", None)
    assert exchange.happened is not None
    assert exchange.happened.type == "checkout.session.completed"


async def test_a_redelivery_is_stored_once() -> None:
    async with running_bot(YAML) as bot:
        raw = bot.platform.happen("till", "invoice.paid")
        await bot.playground.send("till", raw)
        await bot.playground.send("till", raw)

        assert len(bot.line.sent) == 1


async def test_a_forged_webhook_is_refused() -> None:
    async with running_bot(YAML) as bot:
        platform = bot.platform
        good = platform.request("till", platform.happen("till", "invoice.paid"))
        forged = Request.of(good.body + b" ", dict(good.headers), good.received_at)

        assert (await platform.post(platform.webhooks["till"], good))[0] == 200
        assert (await platform.post(platform.webhooks["till"], forged))[0] == 401


@pytest.mark.parametrize("sends", ["reply: thank you", "push: {to: cus_1, say: thank you}"])
async def test_what_would_be_sent_to_stripe_is_an_error_of_check(sends: str) -> None:
    text = YAML[: YAML.index("        push:")] + f"        {sends}\n"
    with pytest.raises(ConfigError, match="stripe"):
        async with running_bot(text):
            pass


async def test_nobody_taps() -> None:
    with pytest.raises(NotImplementedError, match="nobody taps anything at Stripe"):
        SimulatedStripe().tap("till", "x")


def test_a_customer_has_a_name() -> None:
    platform = SimulatedStripe()
    raw = platform.happen("till", "customer.created", user="mei")

    assert raw["data"]["object"]["id"] == platform.id_of("mei")
    assert platform.name_of(platform.id_of("mei")) == "mei"
