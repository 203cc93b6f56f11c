"""Say what Stripe's events tell, by the names that bot.yaml has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hookline import Event, EventField
from hookline.adapters.fields import ALL, FieldKind, RawPath, walk
from hookline.adapters.payloads import mapping, number, text

from .parse import customer_of, object_of, reference

AMOUNTS = ("amount_paid", "amount_total", "amount", "amount_due")
_EMAILS = ("customer_email", "customer_details.email", "receipt_email", "billing_details.email")
_NAMES = ("customer_name", "customer_details.name", "billing_details.name")
_WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THREE = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
"""Amounts are in the smallest unit: of most currencies a hundredth, of these one, or a thousandth.

https://docs.stripe.com/currencies#zero-decimal
"""


def _field(read: Callable[[Event], object], doc: str, kind: FieldKind = "text") -> EventField:
    return EventField(ALL, kind, doc, read)


def _first(event: Event, paths: Sequence[str]) -> object:
    about = object_of(event.raw)
    each = (walk(about, path.split(".")) for path in paths)
    return next((found for found in each if isinstance(found, str) and found), None)


def _own(event: Event, name: str) -> str | None:
    about = object_of(event.raw)
    return text(about, name) if about.get("object") == "customer" else None


def name_of(event: Event) -> str | None:
    """Return the name of the customer whom *event* is about."""
    found = _first(event, _NAMES) or _own(event, "name")
    return found if isinstance(found, str) else None


def _amount(event: Event) -> int | None:
    about = object_of(event.raw)
    return next((found for name in AMOUNTS if (found := number(about, name)) is not None), None)


def _currency(event: Event) -> str | None:
    found = text(object_of(event.raw), "currency")
    return found and found.upper()


def _money(event: Event) -> str | None:
    amount, currency = _amount(event), _currency(event)
    if amount is None or currency is None or abs(amount) >= 10**15:
        return None
    digits = 0 if currency in _WHOLE else 3 if currency in _THREE else 2
    whole, rest = divmod(abs(amount), 10**digits)
    sign, decimals = "-" if amount < 0 else "", f".{rest:0{digits}}" if digits else ""
    return f"{sign}{whole:,}{decimals} {currency}"


def _subscription(event: Event) -> str | None:
    """Return the subscription's id; since API version 2025-03-31 invoices have it below `parent`.

    https://docs.stripe.com/changelog/basil/2025-03-18/adds-new-parent-field-to-invoicing-objects
    """
    about = object_of(event.raw)
    if about.get("object") == "subscription":
        return text(about, "id")
    details = mapping(mapping(about, "parent"), "subscription_details")
    return reference(about, "subscription") or reference(details, "subscription")


def _invoice(event: Event) -> str | None:
    about = object_of(event.raw)
    return text(about, "id") if about.get("object") == "invoice" else reference(about, "invoice")


FIELDS: Mapping[str, EventField] = {
    "money": _field(_money, "How much, for people: 1,800.00 TWD."),
    "amount": _field(
        _amount, "How much was paid, or is asked for, in the smallest unit of the currency: 180000.", "number"
    ),
    "currency": _field(_currency, "The currency: TWD."),
    "customer": _field(lambda event: customer_of(event.raw), "The customer's id: cus_…"),
    "customer_email": _field(
        lambda event: _first(event, _EMAILS) or _own(event, "email"), "The customer's e-mail address."
    ),
    "customer_name": _field(name_of, "The customer's name."),
    "object": _field(lambda event: text(object_of(event.raw), "id"), "The id of what it is about: in_…, cs_…, sub_…"),
    "status": _field(lambda event: text(object_of(event.raw), "status"), "Its status: paid, active, past_due, …"),
    "description": _field(lambda event: text(object_of(event.raw), "description"), "Its description."),
    "subscription": _field(_subscription, "The subscription's id: sub_…"),
    "invoice": _field(_invoice, "The invoice's id: in_…"),
    "livemode": _field(RawPath.of("livemode"), "Whether it is about real money.", "bool"),
    "account": _field(RawPath.of("account"), "The connected account where it happened: acct_…"),
    "api_version": _field(RawPath.of("api_version"), "The version of Stripe's API in which it is written."),
}
"""Everything by its name; what has none is found by its path, as in ``{event.raw.data.object.number}``."""
