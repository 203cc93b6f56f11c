"""Offer times of day and book one, as a plugin that needs no package."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from hookline import Context
from hookline.hooks import hookimpl


async def slots(context: Context[Any]) -> Sequence[str]:
    """Return the times that are free."""
    return ["10:00", "11:00"]


async def book(context: Context[Any]) -> Mapping[str, int]:
    """Return the number of a booking."""
    return {"number": 7}


@hookimpl
def hookline_handlers() -> Mapping[str, Callable[..., Awaitable[Any]]]:
    """Register the handlers."""
    return {"slots": slots, "book": book}
