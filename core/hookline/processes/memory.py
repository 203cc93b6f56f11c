"""Keep a process within what the system gives it: memory, files, and the collector's rounds."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress

import structlog

from ..ingress.limits import Limits

MEBIBYTE = 1024 * 1024
MOST_FILES = 1 << 20

log = structlog.stdlib.get_logger("hookline.host")


def raise_files() -> int:
    """Let this process, and those that it starts, have as many files open as the system lets it; return how many."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if wanted > soft:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def within_files(limits: Limits) -> Limits:
    """Return *limits* as far as this process may have files open."""
    files = raise_files()
    within = limits.within(files)
    if within != limits:
        log.warning("connections.fewer", limit=within.connections, wanted=limits.connections, files=files)
    return within


def limit_memory(mebibytes: int) -> None:
    """Let this process allocate no more than *mebibytes*: what it reserves and doesn't touch is not counted."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (mebibytes * MEBIBYTE, hard))


def spare_the_collector() -> None:
    """Take all that was made so far out of the garbage collector's rounds: it lives as long as the process.

    Each full round would stop every request for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
