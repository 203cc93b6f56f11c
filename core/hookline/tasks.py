"""Start work in a task."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from .tracebacks import summary_of

T = TypeVar("T")


def started(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Return a task for *work* that has run to its first wait already, where Python can do that."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.create_task(work)


async def contained(work: Coroutine[Any, Any, T]) -> T:
    """Await *work*, in which other people's code runs: what would end the event loop is an error like any other."""
    try:
        return await work
    except (Exception, asyncio.CancelledError):
        raise
    except BaseException as error:
        raise RuntimeError(summary_of(error)) from error
