"""Stripe's adapter keeps what hookline relies on."""

from __future__ import annotations

from hookline.testing.adapter_contract import AdapterContract
from hookline_stripe.adapter import STRIPE


class TestStripe(AdapterContract):
    kind = STRIPE
    hears_texts = False
    happens = "invoice.paid"
