"""Start work in a task, and wait for it without hurting it."""

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


def shielded(future: asyncio.Future[T]) -> asyncio.Future[T]:
    """Return what ends as *future* does, and may be cancelled without it: `asyncio.shield`, in fewer steps."""
    waiter: asyncio.Future[T] = future.get_loop().create_future()

    def end(future: asyncio.Future[T]) -> None:
        error = None if future.cancelled() else future.exception()  # looked at, whether anybody waits or not
        if waiter.done():
            return
        if future.cancelled():
            waiter.cancel()
        elif error is not None:
            waiter.set_exception(error)
        else:
            waiter.set_result(future.result())

    future.add_done_callback(end)
    return waiter
