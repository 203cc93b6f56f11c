"""End a process in time, whatever handlers, threads and plugins hold it."""

from __future__ import annotations

import faulthandler
import os
import select
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog

from .child import FAILED, flush

OVERDUE_SECONDS = 4.0
"""What a process has beyond its grace: a second less than until its supervisor kills it."""
LAST_SECONDS = 0.5
"""What it has then to say so. After that it ends without Python's help, which may be held, too."""
DEAF_SECONDS = 0.3
"""What the event loop has to close its listener in order; it may be blocked."""
STDERR = 2

log = structlog.stdlib.get_logger("hookline.host")


def end_process() -> None:
    """End this process at once."""
    flush()
    os._exit(FAILED)


class Keeper:
    """Watch from a thread for the end of the supervisor, and let this process outlive no stop by more than its grace.

    *on_orphaned* is called in the thread when the other end of *line* has closed: the supervisor has died. From then
    on, or from :meth:`begin`, the process has *grace* seconds and a few more. Where the supervisor has died the
    *listeners* are shut, so that their addresses are free for the next.
    """

    def __init__(
        self,
        line: socket.socket,
        listeners: Iterable[socket.socket | None],
        grace: float,
        on_orphaned: Callable[[], object],
        end: Callable[[], object] = end_process,
    ) -> None:
        self._line = line
        self._listeners = [listener for listener in listeners if listener is not None]
        self._seconds = grace + OVERDUE_SECONDS
        self._on_orphaned = on_orphaned
        self._end = end
        self._wake, self._woken = socket.socketpair()
        self._main = threading.get_ident()

    def start(self) -> None:
        """Begin to watch; to be called in the thread that the work is done in."""
        threading.Thread(target=self._watch, name="hookline keeper", daemon=True).start()

    def begin(self) -> None:
        """Let the time run from now on."""
        with suppress(OSError):
            self._wake.send(b"!")

    def _watch(self) -> None:
        waiting = select.poll()
        waiting.register(self._line, select.POLLHUP | getattr(select, "POLLRDHUP", 0))
        waiting.register(self._woken, select.POLLIN)
        ready = {descriptor for descriptor, _ in waiting.poll()}
        self._end_without_python()
        end = time.monotonic() + self._seconds
        if self._line.fileno() in ready:
            self._on_orphaned()
            time.sleep(DEAF_SECONDS)
            self._shut()
        time.sleep(max(0.0, end - time.monotonic()))
        log.error("host.overdue", seconds=self._seconds, threads=_threads(), stack=self._stack())
        self._end()

    def _shut(self) -> None:
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

    def _end_without_python(self) -> None:
        """Let a thread of C end the process, should code hold the interpreter itself by then."""
        with suppress(OSError, ValueError):  # there is no standard error
            faulthandler.dump_traceback_later(self._seconds + LAST_SECONDS, exit=True, file=STDERR)

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._main)
        return "".join(traceback.format_stack(frame)) if frame else ""


def _threads() -> list[str]:
    """Return the names of the threads that are not hookline's own."""
    return sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith("hookline"))
