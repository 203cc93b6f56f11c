"""Check who signed: every secret is tried, in constant time, and how long a refusal takes says nothing of the bot."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from functools import lru_cache

MAX_SECRETS = 4
"""So many secrets may be live at once, while they are rotated."""


def mac(secret: bytes, message: bytes) -> bytes:
    """Return the HMAC-SHA256 of *message*.

    `hmac.digest` lets the interpreter go for every message, and gets it back when another thread lets it go: that took
    twenty times as long as the digest, beside one that writes. This keeps it for messages of less than 2 KiB.
    """
    begun = _begun(secret).copy()
    begun.update(message)
    return begun.digest()


@lru_cache(maxsize=4096)
def _begun(secret: bytes) -> hmac.HMAC:
    return hmac.new(secret, digestmod=hashlib.sha256)


def signed_by(secrets: Sequence[bytes], message: bytes, given: Collection[bytes]) -> int | None:
    """Return the number of the secret that made one of the HMAC-SHA256 digests *given* of *message*, or None.

    A refusal takes as many MACs as a bot may have secrets.
    """
    for index, secret in enumerate(secrets):
        if _is_among(mac(secret, message), given):
            return index
    for _ in range(MAX_SECRETS - len(secrets)):
        _is_among(mac(b"", message), given)
    return None


def equal_to(secrets: Sequence[bytes], given: bytes, body: bytes = b"") -> int | None:
    """Return the number of the secret that is the token *given*, or None.

    A refusal takes as long as one of a signature over *body*: who has no token shall not learn which bots there are.
    """
    found = [index for index, secret in enumerate(secrets) if hmac.compare_digest(secret, given)]
    return found[0] if found else signed_by((), body, ())


def is_recent(seconds: str | None, received_at: int, tolerance: float) -> bool:
    """Say whether *seconds* since 1970, as a header has them, are at most *tolerance* from *received_at*.

    *received_at* is in milliseconds, by the host's clock; a clock that is ahead is as wrong as one that is behind.
    """
    if seconds is None or not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return False
    return abs(int(seconds) - received_at / 1000) <= tolerance


def _is_among(digest: bytes, given: Collection[bytes]) -> bool:
    return sum(hmac.compare_digest(digest, one) for one in given) > 0  # each is compared
