"""Count in the conversation's state and say so: what is lost, doubled or overtaken shows in the numbers."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from typing import Any

from hookline import Context, Handler, hookimpl


async def note(context: Context[Any]) -> str:
    """Answer ``TEXT|COUNT``, after a moment in which the process may be killed."""
    count = context.state.get("count", 0) + 1
    context.state["count"] = count
    await asyncio.sleep(0.003)
    return f"{context.event.text}|{count}"


async def crash(context: Context[Any]) -> str:
    """Be killed in the middle of a run, as often as the environment says."""
    if os.environ.get("CRASH_AT") == "mid-handler":
        os.kill(os.getpid(), signal.SIGKILL)
    return await note(context)


async def slow(context: Context[Any]) -> str:
    """Take as long as the text says, in seconds."""
    await asyncio.sleep(float((context.event.text or "").split()[-1]))
    return await note(context)


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Return the handlers."""
    return {"note": note, "crash": crash, "slow": slow}
