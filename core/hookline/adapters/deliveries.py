"""Hold one attempt to send, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..ways import Way

Outcome = Literal["sent", "way_refused", "refused", "again", "uncertain"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Hold one attempt to send *messages* by a *way*; there are none where a way is owed and nothing is said.

    ``retry_key`` is the same for every attempt: a platform that knows it notices a second one. ``unchecked`` are the
    indices of messages that nobody is to judge but the platform itself.
    """

    way: Way
    messages: Sequence[Mapping[str, Any]]
    retry_key: str
    unchecked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say how an attempt ended.

    ``sent``: it arrived. ``way_refused``: nothing was sent, and by this way nothing will be; another
    may do. ``refused``: nothing was sent, and the same again won't be. ``again``: nothing was sent, try
    after ``after`` seconds. ``uncertain``: it may have arrived, and is tried again only where the way is repeatable.
    ``blames_messages`` says that something in them was refused, so that others may be sent by the same way.
    """

    outcome: Outcome
    reason: str = ""
    after: float | None = None
    request_id: str | None = None
    message_ids: Sequence[str] = ()
    blames_messages: bool = False
