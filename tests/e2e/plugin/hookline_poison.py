"""Do everything that a handler must not do."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any

from hookline import Context, Handler, hookimpl

MEBIBYTE = 1 << 20


async def fail(context: Context[Any]) -> str:
    """Raise."""
    raise ValueError("poison")


async def wait(context: Context[Any]) -> str:
    """Wait for ever."""
    await asyncio.sleep(3600)
    return "never"


async def block(context: Context[Any]) -> str:
    """Hold the event loop for as many seconds as the text says."""
    time.sleep(float((context.event.text or "").split()[-1]))  # noqa: ASYNC251  it is poison
    return "late"


async def leave(context: Context[Any]) -> str:
    """End the process."""
    os._exit(3)


async def quit(context: Context[Any]) -> str:  # noqa: A001  its name in the texts of the tests
    """End the process the polite way."""
    raise SystemExit(4)


async def nonsense(context: Context[Any]) -> Any:
    """Return what is no answer."""
    return {"not": "an answer"}


async def swell(context: Context[Any]) -> str:
    """Fill memory."""
    held = []
    while True:
        held.append(bytearray(32 * MEBIBYTE))


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Return the handlers."""
    named = [fail, wait, block, leave, quit, nonsense, swell]
    return {handler.__name__: handler for handler in named}
