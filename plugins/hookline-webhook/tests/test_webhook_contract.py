"""Webhook's adapter keeps what hookline relies on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from hookline.testing.adapter_contract import AdapterContract
from hookline_webhook.adapter import WEBHOOK


class TestWebhook(AdapterContract):
    kind = WEBHOOK
    settings: ClassVar[Mapping[str, Any]] = {
        "verify": {"scheme": "hmac-sha256", "header": "x-signature", "secrets": ["new", "old"]},
        "id": "body.id",
        "type": "body.type",
    }
    hears_texts = False
    happens = "order.paid"
