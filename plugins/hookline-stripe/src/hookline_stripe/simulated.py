"""Be Stripe for bots on this machine: let its events happen, with objects as Stripe has them."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from hookline import Request
from hookline.adapters.simulated import Fault, SimulatedPlatform
from hookline.clock import Clock

from .adapter import HEADER, SCHEME, SIMULATED, StripeSettings

API_VERSION = "2025-03-31.basil"
SOMEONE = "someone"


class SimulatedStripe(SimulatedPlatform):
    """Be Stripe. Who types something in ``hookline chat`` types an event's type: ``invoice.paid``."""

    title = "Stripe"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)
        self._names: dict[str, str] = {}

    def settings(self, bot: str, given: StripeSettings) -> StripeSettings:
        """Return the settings by which *bot* hears it."""
        return given.model_copy(update={"webhook_secret": [SecretStr(SIMULATED)]})

    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        """Return the event of the type *text*, about the customer *user*."""
        return self.happen(bot, text.strip(), user=user)

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Raise NotImplementedError: Stripe has no buttons."""
        raise NotImplementedError("nobody taps anything at Stripe; let an event happen, as in invoice.paid")

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return an event of the type *kind*, about the customer *user*; *fields* are its object's."""
        return {
            "id": f"evt_{next(self._numbers):06}",
            "object": "event",
            "api_version": API_VERSION,
            "created": self._now(),
            "data": {"object": {**self._object(kind, user or SOMEONE), **fields}},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the signed request that brings *raw*."""
        body = json.dumps(raw).encode()
        digest = hmac.digest(SIMULATED.encode(), b"%d.%s" % (self._now(), body), hashlib.sha256).hex()
        headers = {"content-type": "application/json; charset=utf-8", HEADER: f"t={self._now()},{SCHEME}={digest}"}
        return Request.of(body, headers, self._clock.now())

    def id_of(self, user: str) -> str:
        """Return the id of a customer."""
        return user if user.startswith("cus_") else f"cus_{zlib.crc32(user.encode()):010}"

    def name_of(self, to: str) -> str:
        """Return the name of the customer *to*."""
        return self._names.get(to, to)

    def _object(self, kind: str, user: str) -> dict[str, Any]:
        customer, created = self.id_of(user), self._now()
        self._names[customer] = user
        family = next((name for name in sorted(_OBJECTS, key=len, reverse=True) if kind.startswith(f"{name}.")), None)
        if family is None:
            name = kind.rpartition(".")[0] or kind
            return {"id": f"{name[:3]}_{next(self._numbers):06}", "object": name, "created": created}
        found = _filled(_OBJECTS[family], {"name": user, "email": f"{user}@example.com", "customer": customer})
        prefix = found.pop("prefix")
        own = customer if family == "customer" else f"{prefix}_{next(self._numbers):06}"
        return {"id": own, **found, **_STATUSES.get(kind, {}), "created": created, "livemode": False}

    def _now(self) -> int:
        return self._clock.now() // 1000

    def _routes(self) -> Iterable[web.RouteDef]:
        return ()

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        return web.Response(status=500)  # nothing is ever sent to it


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, values) for name, one in value.items()}
    return value.format(**values) if isinstance(value, str) else value


_MONEY = {"currency": "twd", "customer": "{customer}"}
_OBJECTS: Mapping[str, Mapping[str, Any]] = {
    "invoice": {
        "prefix": "in",
        "object": "invoice",
        **_MONEY,
        "amount_due": 180000,
        "amount_paid": 180000,
        "amount_remaining": 0,
        "customer_email": "{email}",
        "customer_name": "{name}",
        "number": "HOOK-0001",
        "status": "paid",
        "description": None,
        "hosted_invoice_url": "https://invoice.stripe.com/i/simulated",
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_000001"}},
    },
    "checkout.session": {
        "prefix": "cs_test",
        "object": "checkout.session",
        **_MONEY,
        "amount_subtotal": 180000,
        "amount_total": 180000,
        "customer_details": {"email": "{email}", "name": "{name}", "phone": None},
        "mode": "payment",
        "payment_intent": "pi_000001",
        "payment_status": "paid",
        "status": "complete",
        "metadata": {},
    },
    "customer": {
        "prefix": "cus",
        "object": "customer",
        "email": "{email}",
        "name": "{name}",
        "description": None,
        "balance": 0,
        "currency": "twd",
        "metadata": {},
    },
    "customer.subscription": {
        "prefix": "sub",
        "object": "subscription",
        **_MONEY,
        "status": "active",
        "cancel_at_period_end": False,
        "description": None,
        "latest_invoice": "in_000001",
        "metadata": {},
    },
    "charge": {
        "prefix": "ch",
        "object": "charge",
        **_MONEY,
        "amount": 180000,
        "amount_captured": 180000,
        "amount_refunded": 0,
        "billing_details": {"email": "{email}", "name": "{name}", "phone": None},
        "payment_intent": "pi_000001",
        "receipt_email": "{email}",
        "paid": True,
        "status": "succeeded",
        "description": None,
    },
    "charge.dispute": {
        "prefix": "du",
        "object": "dispute",
        "amount": 180000,
        "currency": "twd",
        "charge": "ch_000001",
        "reason": "fraudulent",
        "status": "needs_response",
    },
    "payment_intent": {
        "prefix": "pi",
        "object": "payment_intent",
        **_MONEY,
        "amount": 180000,
        "amount_received": 180000,
        "receipt_email": "{email}",
        "status": "succeeded",
        "description": None,
    },
    "refund": {
        "prefix": "re",
        "object": "refund",
        "amount": 180000,
        "currency": "twd",
        "charge": "ch_000001",
        "reason": "requested_by_customer",
        "status": "succeeded",
    },
    "payout": {
        "prefix": "po",
        "object": "payout",
        "amount": 180000,
        "currency": "twd",
        "arrival_date": 1_700_000_000,
        "status": "paid",
        "description": "STRIPE PAYOUT",
    },
}
"""What events of the main families are about; ``prefix`` begins the id."""

_STATUSES: Mapping[str, Mapping[str, Any]] = {
    "invoice.payment_failed": {"status": "open", "amount_paid": 0},
    "invoice.finalized": {"status": "open", "amount_paid": 0},
    "invoice.voided": {"status": "void", "amount_paid": 0},
    "customer.subscription.deleted": {"status": "canceled"},
    "customer.subscription.paused": {"status": "paused"},
    "customer.subscription.trial_will_end": {"status": "trialing"},
    "checkout.session.expired": {"status": "expired", "payment_status": "unpaid"},
    "charge.failed": {"status": "failed", "paid": False},
    "charge.refunded": {"amount_refunded": 180000, "refunded": True},
    "payment_intent.payment_failed": {"status": "requires_payment_method", "amount_received": 0},
    "payout.failed": {"status": "failed"},
}
