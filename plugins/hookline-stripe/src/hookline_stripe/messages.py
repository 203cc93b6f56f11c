"""Refuse messages: Stripe can't be answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hookline import Flaw

REASON = "stripe can't be answered"
HINT = "push to another bot, as in `push: {bot: shop, to: …, say: …}`"


def check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Return that each of *messages* is refused."""
    return [Flaw((index,), REASON, hint=HINT) for index, _ in enumerate(messages)]
