"""Let runs go side by side, except for one that killed its process before: that one runs alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Admit any number of runs, or a single one that wants to be alone."""

    def __init__(self) -> None:
        self._running = 0
        self._alone_wanted = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def run(self, *, alone: bool) -> AsyncIterator[None]:
        """Wait until this run may begin, and leave when it ends."""
        if alone or self._alone_wanted:
            await self._wait(alone=alone)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if alone:
                self._alone_wanted -= 1
            if self._alone_wanted or alone:
                async with self._changed:
                    self._changed.notify_all()

    async def _wait(self, *, alone: bool) -> None:
        if alone:
            self._alone_wanted += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._running == 0 if alone else self._alone_wanted == 0)
        except BaseException:
            if alone:
                self._alone_wanted -= 1
            raise
