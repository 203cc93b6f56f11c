"""Run what blocks in a thread of its own, so that neither who begins it nor an exit waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from .tracebacks import message_of, name_of

Result = TypeVar("Result")


def begin(name: str, work: Callable[[], Result]) -> Future[Result]:
    """Run *work* in a thread that holds up no exit, and return the future of what it returns or raises."""
    begun: Future[Result] = Future()

    def run() -> None:
        try:
            begun.set_result(work())
        except BaseException as error:  # handed to whoever waits, who judges it
            begun.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return begun


def in_daemon_thread(name: str, work: Callable[[], Any]) -> asyncio.Future[Any]:
    """Run *work* in a thread that holds up no exit, and return the future of what it returns or raises."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()
    ended.add_done_callback(lambda future: future.cancelled() or future.exception())  # a late error is not lost noise

    def settle(result: Any, error: BaseException | None) -> None:
        if not ended.done():
            if error is None:
                ended.set_result(result)
            else:
                ended.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # handed to whoever waits, who judges it
            error = _as_error(name, raised)
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    threading.Thread(target=run, name=name, daemon=True).start()
    return ended


def _as_error(name: str, raised: BaseException) -> BaseException:
    """Return what is raised where *raised* came out of a thread: nothing that would end the event loop there."""
    if isinstance(raised, Exception) and not isinstance(raised, StopIteration | StopAsyncIteration):
        return raised
    error = RuntimeError(f"{name} raised {name_of(raised)}: {message_of(raised)}")
    error.__cause__ = raised
    return error
