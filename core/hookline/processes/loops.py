"""Run an event loop to the end of its main work, whatever the work of others does to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import structlog

from ..pace import Rarely
from ..tracebacks import summary_of, traceback_of

LAST_SECONDS = 1.0
"""How long what is left at the end has to clean up."""

T = TypeVar("T")

log = structlog.stdlib.get_logger("hookline.host")


def run(work: Coroutine[Any, Any, T], factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> T:
    """Run *work* to its end on a new event loop, and return what it returns.

    The loop goes on where a task or a callback that some plugin has left behind raises SystemExit or KeyboardInterrupt,
    or stops it. At the end nothing is waited for long: the process is about to end, and threads and tasks with it.
    """
    loop = (factory or asyncio.new_event_loop)()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(_Teller())
    task = loop.create_task(work)
    _run(loop, task)
    left = asyncio.all_tasks(loop)
    for other in left:
        other.cancel()
    if left:
        _run(loop, loop.create_task(_wait(left)))
    return task.result()


async def _wait(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks, timeout=LAST_SECONDS)


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
    rarely = Rarely()
    while not task.done():
        try:
            loop.run_until_complete(task)
        except BaseException as error:  # the work's own, which its result tells; or anybody's
            if not task.done() and rarely.is_due():
                log.error(  # noqa: TRY400  in words: see tracebacks
                    "loop.disturbed", error=summary_of(error), exception=traceback_of(error).rstrip()
                )


class _Teller:
    """Log what nobody has caught, in words: the loop's own way to do it runs the code of what was raised."""

    def __init__(self) -> None:
        self._rarely = Rarely(1.0)

    def __call__(self, _loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        error = context.get("exception")
        if not self._rarely.is_due():
            return
        if isinstance(error, BaseException):
            log.error("loop.uncaught", error=summary_of(error), exception=traceback_of(error).rstrip())
        else:
            log.error("loop.uncaught", error=str(context.get("message")))
