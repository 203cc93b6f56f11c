"""Say how an answer can travel: one :class:`Way` for each, whatever the platform calls it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

MAX_ADDRESS = 2048
"""So many bytes may an address have."""


EVERYONE = "everyone"
"""Stands for all whom a bot reaches, where the platform can write to all of them at once."""

Address: TypeAlias = str
"""What a platform is sent to: an adapter's own, opaque to all others. What a push is named by is a conversation."""


class Way(NamedTuple):
    """Hold one way by which messages can be sent.

    ``name`` is its name in logs, metrics and :attr:`Exchange.via`: ``reply``, ``push``, ``followup``. ``to`` is the
    address, the adapter's own: nobody else looks into it, and it is never hashed or cut. It may have 2 KiB.
    ``until`` is when it ends, in milliseconds since 1970, by the host's clock; None for never. ``uses`` are the calls
    that it lasts for, None for any number. What ``is_push`` costs or disturbs: quiet hours, ``push_fallback`` and
    budgets speak of these alone. What ``is_repeatable`` may be tried again when nobody knows whether it arrived, since
    the platform notices a second attempt. What ``is_owed`` must be used once even if there is nothing to say.
    """

    name: str
    to: Address
    until: int | None = None
    uses: int | None = None
    is_push: bool = False
    is_repeatable: bool = False
    is_owed: bool = False

    def is_over(self, now: int) -> bool:
        """Say whether nothing can be sent by it any more, at *now*."""
        return self.until is not None and now >= self.until


Ways = tuple[Way, ...]
"""Ways to the same people, the best first."""


def live(ways: Sequence[Way], now: int) -> Ways:
    """Return those of *ways* that aren't over."""
    return tuple(way for way in ways if not way.is_over(now))


def for_part(ways: Sequence[Way], part: int) -> Ways:
    """Return those of *ways* that last until the call number *part* (the first is 0) of one answer."""
    return tuple(way for way in ways if way.uses is None or part < way.uses)


def is_free(ways: Sequence[Way]) -> bool:
    """Say whether any of *ways* neither costs nor disturbs."""
    return any(not way.is_push for way in ways)
