"""Run a plugin author's plain ``def`` handlers, each call in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any

from .context import Context

THREADS_PER_BOT = 16

AsyncHandler = Callable[[Context[Any]], Awaitable[Any]]


class HandlerThreads:
    """Wrap sync handlers; at most 16 of a bot run at a time, and none holds up an exit.

    A thread can't be killed. When its handler's deadline passes, ``context.lingering`` is the future
    that ends with the thread, and the event must not run again before.
    """

    def __init__(self) -> None:
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(THREADS_PER_BOT))

    def wrap(self, name: str, handler: Callable[[Context[Any]], Any]) -> AsyncHandler:
        """Return an async handler that runs *handler* in a daemon thread."""

        @wraps(handler)
        async def in_thread(context: Context[Any]) -> Any:
            slot = self._slots[context.event.bot]
            await slot.acquire()
            try:
                ended = in_daemon_thread(f"handler {name}", partial(handler, context))
            except BaseException:
                slot.release()
                raise
            ended.add_done_callback(lambda _: slot.release())
            context.lingering = ended
            result = await asyncio.shield(ended)
            context.lingering = None
            return result

        return in_thread


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
            error = RuntimeError(f"{name} raised StopIteration") if isinstance(raised, StopIteration) else raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    threading.Thread(target=run, name=name, daemon=True).start()
    return ended
