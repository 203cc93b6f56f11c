"""Notice that a host's files or code have changed, and let it reload."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from ..pace import Rarely
from ..threads import in_daemon_thread
from .reloading import Source

DEBOUNCE_MILLISECONDS = 200
"""Editors write a file in several steps."""
LOOK_SECONDS = 5.0
"""How often it looks all the same: not every file system gives notice, nor does a folder that was replaced."""

log = structlog.stdlib.get_logger("hookline.config")

Touch = Callable[[set[Path]], Awaitable[None]]
"""Return once something in some folders is touched."""


async def touched(folders: set[Path]) -> None:
    """Wait until something in *folders* is touched; raise OSError or RuntimeError when they can't be watched."""
    from watchfiles import awatch  # lazy: only for those who watch

    async for _ in awatch(*folders, debounce=DEBOUNCE_MILLISECONDS, recursive=False, watch_filter=None):
        return


async def watch(
    source: Source, reload: Callable[[str], Awaitable[object]], touch: Touch = touched, seconds: float = LOOK_SECONDS
) -> None:
    """Call *reload* whenever *source* has changed, until cancelled; look each time that *seconds* have passed."""
    trouble = Rarely(3600.0)
    while True:
        try:
            async with asyncio.timeout(seconds):
                await touch(await in_daemon_thread("looking at folders", source.folders))
        except TimeoutError:
            pass
        except (OSError, RuntimeError) as error:  # RuntimeError is how watchfiles says that the system watches too many
            if trouble.is_due():
                log.warning("config.not_watched", reason=str(error), looked_every=seconds)
            await asyncio.sleep(seconds)
        if await in_daemon_thread("looking at files", source.has_changed):
            await reload("a file has changed")
