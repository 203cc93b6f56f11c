"""Do everything that a handler must not do."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from hookline import Context, Handler, hookimpl

MEBIBYTE = 1 << 20

if "HOLD_AT_IMPORT" in os.environ:
    threading.Thread(target=time.sleep, args=(3600,)).start()


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


async def cling(context: Context[Any]) -> str:
    """Go on when it is cancelled."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


async def spin(context: Context[Any]) -> str:
    """Keep the event loop busy."""
    while True:
        pass


async def match(context: Context[Any]) -> str:
    """Hold the interpreter."""
    return str(re.match(r"(a+)+$", "a" * 64 + "b"))


def rest(context: Context[Any]) -> str:
    """Stay in its thread."""
    time.sleep(3600)
    return "late"


async def leave_thread(context: Context[Any]) -> str:
    """Leave a thread that Python would wait for."""
    threading.Thread(target=time.sleep, args=(3600,)).start()
    return "left"


async def leave_executor(context: Context[Any]) -> str:
    """Leave a thread that the event loop would wait for."""
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 3600)
    return "left"


async def leave_process(context: Context[Any]) -> str:
    """Leave a process that has all that this one has open."""
    process = os.fork()
    if not process:
        signal.pause()
    return f"left {process}"


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Return the handlers."""
    named: list[Callable[[Context[Any]], Any]] = [fail, wait, block, leave, quit, nonsense, swell]
    named += [cling, spin, match, rest, leave_thread, leave_executor, leave_process]
    return {handler.__name__: handler for handler in named}
