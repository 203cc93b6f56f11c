"""Run a plugin author's plain ``def`` handlers, each call in a thread of its own."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any

from ..threads import in_daemon_thread
from .context import Context

THREADS_PER_BOT = 16

AsyncHandler = Callable[[Context[Any]], Awaitable[Any]]


class HandlerThreads:
    """Wrap sync handlers; at most 16 of a bot run at a time, the others wait, and none holds up an exit.

    A thread can't be killed. When its handler's deadline passes, ``context.lingering`` is the future
    that ends with the thread, and the event must not run again before.
    """

    def __init__(self) -> None:
        self._turns: defaultdict[str, _Turns] = defaultdict(_Turns)

    def wrap(self, name: str, handler: Callable[[Context[Any]], Any]) -> AsyncHandler:
        """Return an async handler that runs *handler* in a daemon thread."""

        @wraps(handler)
        async def in_thread(context: Context[Any]) -> Any:
            turns = self._turns[context.event.bot]
            await turns.enter(context)
            try:
                ended = in_daemon_thread(f"handler {name}", partial(handler, context))
            except BaseException:
                turns.leave()
                raise
            ended.add_done_callback(lambda _: turns.leave())
            context.lingering = ended
            result = await asyncio.shield(ended)
            context.lingering = None
            return result

        return in_thread


class _Turns:
    """Let so many handlers of a bot have a thread. Who waits for one has its whole time from then on.

    While no thread ends at all, though, the time of those who wait runs out: all threads are stuck.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(THREADS_PER_BOT)
        self._waiting: set[Context[Any]] = set()

    async def enter(self, context: Context[Any]) -> None:
        """Wait until the handler of *context* may have a thread."""
        context.waits = self._free.locked()
        if not context.waits:
            await self._free.acquire()
            return
        self._waiting.add(context)
        try:
            await self._free.acquire()
        finally:
            self._waiting.discard(context)
        context.waits = False
        _restart(context)

    def leave(self) -> None:
        """Let another have the thread's place."""
        self._free.release()
        for context in self._waiting:
            _restart(context)


def _restart(context: Context[Any]) -> None:
    if context.deadline is not None:
        context.deadline.restart()
