"""Hold how a bot hands a chat over to people, and takes it back."""

from __future__ import annotations

from dataclasses import dataclass

from .wordings import Wording


@dataclass(frozen=True, slots=True)
class Handoff:
    """Say who is told, what is said, and when it ends.

    ``tell`` are the chats in which staff hear of it. ``reply`` and ``back`` are said at its begin and end, without them
    hookline's own words. It ends by one of ``words`` (none: hookline's own), ``idle`` seconds after the last message,
    and at the latest after ``at_most`` seconds.
    """

    tell: tuple[str, ...] = ()
    reply: Wording | None = None
    back: Wording | None = None
    words: tuple[str, ...] = ()
    idle: float = 1_800.0
    at_most: float = 28_800.0
