"""Notice that a host's files or code have changed, and let it reload."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from .plugins.threads import in_daemon_thread
from .reloading import Source

DEBOUNCE_MILLISECONDS = 200
"""Editors write a file in several steps."""
LOOK_SECONDS = 5.0
"""How often it looks all the same: not every file system gives notice, nor does a folder that was replaced."""


async def watch(source: Source, reload: Callable[[str], Awaitable[object]]) -> None:
    """Call *reload* whenever *source* has changed, until cancelled."""
    while True:
        await _until_touched(source.folders())
        if await in_daemon_thread("looking at files", source.has_changed):
            await reload("a file has changed")


async def _until_touched(folders: set[Path]) -> None:
    """Wait until something in *folders* is touched, or some seconds have passed."""
    from watchfiles import awatch  # lazy: only for those who watch

    with suppress(TimeoutError, OSError):  # OSError: a folder is gone, or the system watches too many already
        async with asyncio.timeout(LOOK_SECONDS):
            async for _ in awatch(*folders, debounce=DEBOUNCE_MILLISECONDS, recursive=False, watch_filter=None):
                return
    if not folders:
        await asyncio.sleep(LOOK_SECONDS)
