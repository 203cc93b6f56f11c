"""Harm the process that a handler runs in, as far as code can."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from hookline import Context, Handler, hookimpl


async def gobble(_: Context[Any]) -> str:
    """Take memory until there is none."""
    kept = []
    while True:
        kept.append(bytearray(1 << 24))
        kept[-1][:: 1 << 12] = b"x" * (1 << 12)  # so that the system has to give it


async def fork(_: Context[Any]) -> str:
    """Leave a process behind that has all this one has open."""
    if os.fork() == 0:
        time.sleep(5)  # noqa: ASYNC251  a process of its own
        os._exit(0)
    return "forked"


async def close(_: Context[Any]) -> str:
    """Close all that is open, whoever's it is."""
    os.closerange(3, 4096)
    return "closed"


async def leave(_: Context[Any]) -> str:
    """End the process without a word."""
    os._exit(0)


async def stand(_: Context[Any]) -> str:
    """Let the process stand still, and end it a little later."""
    if os.fork() == 0:
        time.sleep(0.5)  # noqa: ASYNC251  a process of its own
        os.kill(os.getppid(), signal.SIGKILL)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGSTOP)
    return "stood"


VILLAINS = (gobble, fork, close, leave, stand)


@hookimpl
def hookline_handlers() -> dict[str, Handler]:
    """Return the handlers."""
    return {villain.__name__: villain for villain in VILLAINS}
