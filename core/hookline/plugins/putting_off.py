"""Hold what handlers want later, or now: messages, handlers and flows that are put off, and a flow that begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from ..messages import Message


@dataclass(frozen=True, slots=True)
class PutOff:
    """Put off until ``at``, in milliseconds since 1970, what stands under ``name``: one of the three is given.

    ``known`` is what the flow that begins knows. After ``stale_after`` seconds of delay it is left out.
    """

    name: str
    at: int
    messages: tuple[Message, ...] = ()
    run: str | None = None
    begin: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    stale_after: float | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """Begin a flow, in which so much is ``known``."""

    flow: str
    known: Mapping[str, str] = field(default_factory=dict)


def as_answers(known: Mapping[str, Any]) -> dict[str, str]:
    """Return values as somebody might have written them: those of dates and times, of yes and no, any others."""
    return {name: _written(value) for name, value in known.items() if value is not None}


def _written(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(timespec="minutes")
        case time():
            return value.isoformat(timespec="minutes")
        case date():
            return value.isoformat()
    return str(value)
