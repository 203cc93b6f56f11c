"""Handlers that the benches run: one that does nothing, one that waits."""

import asyncio
from collections.abc import Mapping

from hookline import Context, Handler, hookimpl


async def nothing(context: Context[object]) -> None:
    """Do nothing."""


async def sleep(context: Context[object]) -> None:
    """Wait as a handler does that calls a slow service."""
    await asyncio.sleep(1.0)


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers."""
    return {"nothing": nothing, "sleep": sleep}
