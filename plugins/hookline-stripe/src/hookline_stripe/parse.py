"""Turn Stripe's events into events of ours; unknown types, fields and shapes are kept.

https://docs.stripe.com/api/events/object
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hookline import Chat, Event, NotAWebhookError
from hookline.adapters.payloads import load_object, mapping, number, text
from hookline.events import NO_CHAT

_FAMILIES: Mapping[str, str] = {
    "account": "updated external_account.created external_account.deleted external_account.updated "
    "application.authorized application.deauthorized",
    "application_fee": "created refunded refund.updated",
    "balance": "available",
    "billing_portal": "configuration.created configuration.updated session.created",
    "capability": "updated",
    "charge": "captured expired failed pending refunded succeeded updated refund.updated dispute.closed "
    "dispute.created dispute.funds_reinstated dispute.funds_withdrawn dispute.updated",
    "checkout.session": "async_payment_failed async_payment_succeeded completed expired",
    "coupon": "created deleted updated",
    "credit_note": "created updated voided",
    "customer": "created deleted updated discount.created discount.deleted discount.updated source.created "
    "source.deleted source.expiring source.updated tax_id.created tax_id.deleted tax_id.updated",
    "customer.subscription": "created deleted paused pending_update_applied pending_update_expired resumed "
    "trial_will_end updated",
    "entitlements.active_entitlement_summary": "updated",
    "identity.verification_session": "canceled created processing redacted requires_input verified",
    "invoice": "created deleted finalization_failed finalized marked_uncollectible paid payment_action_required "
    "payment_failed payment_succeeded sent upcoming updated voided",
    "invoiceitem": "created deleted",
    "mandate": "updated",
    "payment_intent": "amount_capturable_updated canceled created partially_funded payment_failed processing "
    "requires_action succeeded",
    "payment_link": "created updated",
    "payment_method": "attached automatically_updated detached updated",
    "payout": "canceled created failed paid reconciliation_completed updated",
    "person": "created deleted updated",
    "plan": "created deleted updated",
    "price": "created deleted updated",
    "product": "created deleted updated",
    "promotion_code": "created updated",
    "quote": "accepted canceled created finalized",
    "radar.early_fraud_warning": "created updated",
    "refund": "created failed updated",
    "review": "closed opened",
    "setup_intent": "canceled created requires_action setup_failed succeeded",
    "subscription_schedule": "aborted canceled completed created expiring released updated",
    "tax_rate": "created updated",
    "topup": "canceled created failed reversed succeeded",
    "transfer": "created reversed updated",
}
"""The types that are common, by what they begin with (https://docs.stripe.com/api/events/types)."""

EVENTS: Mapping[str, bool] = {
    "*": False,
    **{f"{family}.{name}": False for family, names in _FAMILIES.items() for name in names.split()},
}
"""Each event type and whether it can be answered: none can."""

UNNAMED = "event"
"""The type of what says none."""

_LATEST = 10**11


def load(body: bytes) -> Mapping[str, Any]:
    """Return the event in a webhook's body, or raise NotAWebhookError."""
    event = load_object(body)
    if text(event, "id") is None and text(event, "type") is None:
        raise NotAWebhookError("neither `id` nor `type`")
    return event


def read(bot: str, raw: Mapping[str, Any], received_at: int) -> Event:
    """Turn one raw event into an Event; whatever is missing or odd becomes None or empty.

    All that concerns one customer is one conversation; what concerns none is one with the rest about its object.
    """
    event_id = text(raw, "id") or hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
    customer = customer_of(raw)
    about = customer or text(object_of(raw), "id") or text(mapping(raw, "related_object"), "id")
    return Event(
        bot=bot,
        id=event_id,
        type=text(raw, "type") or UNNAMED,
        conversation=about or f"{NO_CHAT}{event_id}",
        chat=Chat("none", ""),
        user=customer,
        text=None,
        timestamp=_time(raw) or received_at,
        raw=raw,
        received_at=received_at,
    )


def object_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that an event is about, as it is since then."""
    return mapping(mapping(raw, "data"), "object")


def customer_of(raw: Mapping[str, Any]) -> str | None:
    """Return the id of the customer whom an event is about; None when it is about none."""
    about = object_of(raw)
    return text(about, "id") if about.get("object") == "customer" else reference(about, "customer")


def reference(about: Mapping[str, Any], name: str) -> str | None:
    """Return the id under *name*, where the whole object may stand instead.

    https://docs.stripe.com/api/expanding_objects
    """
    return text(about, name) or text(mapping(about, name), "id")


def redact(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *raw* with only the ids of its object."""
    kept = {name: value for name, value in object_of(raw).items() if name in ("id", "object", "customer")}
    return {**raw, "data": {"object": kept}} if "data" in raw else raw


def _time(raw: Mapping[str, Any]) -> int | None:
    """Return when it happened: seconds, or with thin events a date and a time.

    https://docs.stripe.com/api/v2/core/events/object
    """
    seconds, written = number(raw, "created"), text(raw, "created")
    if written is not None:
        try:
            seconds = int(datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp())
        except (ValueError, OverflowError):
            return None
    return seconds * 1000 if seconds is not None and 0 < seconds < _LATEST else None
