"""Watch the event loop from a thread: name the plugin that blocks it, and end a process that hangs.

Code that holds the interpreter itself, as a regular expression does that takes for ever, keeps the thread from
watching. Then the system ends the process, once it has used up as many seconds of CPU.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType

import structlog

WARN_SECONDS = 1.0
END_SECONDS = 20.0
BEAT_SECONDS = 0.2
EXIT_CODE = 70
STDERR = 2

log = structlog.stdlib.get_logger("hookline.watchdog")


def end_process() -> None:
    """End this process at once; a supervisor starts another, and nothing accepted is lost."""
    os._exit(EXIT_CODE)


class Watchdog:
    """Log plugin and stack when the loop is blocked for over a second, and end the process after twenty.

    ``modules`` maps each plugin's top module to its name.
    """

    def __init__(
        self,
        modules: Mapping[str, str],
        end: Callable[[], None] = end_process,
        warn_seconds: float = WARN_SECONDS,
        end_seconds: float = END_SECONDS,
        cpu_seconds: float = END_SECONDS,
    ) -> None:
        self.modules = modules
        self._end = end
        self._warn_seconds = warn_seconds
        self._end_seconds = end_seconds
        self._cpu_seconds = cpu_seconds
        self._beat = time.monotonic()
        self._stopped = threading.Event()
        self._loop_thread = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin watching the loop that this is called from."""
        self._loop_thread = threading.get_ident()
        self._beat = time.monotonic()
        with suppress(OSError, ValueError):  # there is no standard error
            faulthandler.register(signal.SIGPROF, file=STDERR, chain=True)  # it says where all threads are
        self._wind()
        self._thread = threading.Thread(target=self._watch, name="hookline watchdog", daemon=True)
        self._thread.start()

    async def run(self) -> None:
        """Beat for as long as the loop turns."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.unregister(signal.SIGPROF)

    def _watch(self) -> None:
        warned_at = 0.0
        thawed_at = looked_at = time.monotonic()
        while not self._stopped.wait(BEAT_SECONDS):
            self._wind()
            now = time.monotonic()
            if now - looked_at > 5 * BEAT_SECONDS:  # this thread stood still, too: the whole process was stopped
                thawed_at = now
            looked_at = now
            beat = max(self._beat, thawed_at)
            blocked = now - beat
            if blocked >= self._end_seconds:
                self._report("loop.hung", blocked)
                self._end()
                return
            if blocked >= self._warn_seconds and warned_at != beat:
                warned_at = beat
                self._report("loop.blocked", blocked)

    def _wind(self) -> None:
        """Let the system end the process in so many seconds of CPU, unless this is called again before."""
        signal.setitimer(signal.ITIMER_PROF, self._cpu_seconds)

    def _report(self, event: str, blocked: float) -> None:
        frame = sys._current_frames().get(self._loop_thread)
        stack = "".join(traceback.format_stack(frame)) if frame else ""
        log.error(event, seconds=round(blocked, 1), plugin=self._plugin_of(frame), stack=stack)

    def _plugin_of(self, frame: FrameType | None) -> str | None:
        while frame is not None:
            module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if module in self.modules:
                return self.modules[module]
            frame = frame.f_back
        return None
