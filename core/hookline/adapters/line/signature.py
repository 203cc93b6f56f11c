"""Verify ``x-line-signature``: base64 of HMAC-SHA256 over the raw body.

https://developers.line.biz/en/reference/messaging-api/#signature-validation
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from ..requests import Request
from ..signatures import mac

HEADER = "x-line-signature"
MAX_SECRETS = 4
"""So many may be live at once."""


def sign(secret: bytes, body: bytes) -> bytes:
    """Return the signature that LINE would send for *body*."""
    return base64.b64encode(mac(secret, body))


def verify(secrets: Sequence[bytes], request: Request) -> int | None:
    """Return the index of the secret that signed the body of *request*, or None.

    A missing or a doubled header is a refusal. Every secret is tried, in constant time each, and as many more as a bot
    may have: how long a refusal takes says nothing of the bot.
    """
    given = (request.header(HEADER) or "").encode("latin-1")
    for index, secret in enumerate(secrets):
        if hmac.compare_digest(sign(secret, request.body), given):
            return index
    for _ in range(MAX_SECRETS - len(secrets)):
        hmac.compare_digest(sign(b"", request.body), given)
    return None
