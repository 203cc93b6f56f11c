"""Hold one supervised process, from both sides: what the supervisor knows of it, and how it begins and ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

FAILED_TO_START, FAILED = 1, 70

STARTING, PREPARED, READY = 0, 1, 2
"""How far a child has come: PREPARED is all that can be done before it has the store."""

RESTART = 9
"""What a child says when new processes are to take over: the code has changed."""
ROSTER = 8
"""What a worker says when it hands over, as a file, what fronts are to know of bots; and so is it passed on to them."""
RELOAD = b"R"
"""What a supervisor says to its children when they are to read the configuration anew."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
"""What a supervisor listens to, and a child does not inherit."""


class Echo(Protocol):
    """Say a text to whoever has started the processes, with *err* as something that is wrong."""

    def __call__(self, message: str, /, *, err: bool) -> object:
        """Say *message*."""
        ...


@dataclass(frozen=True, slots=True)
class Assignment:
    """Tell a child who it is, whom it follows, how many seconds to wait for the store, and in which slot it runs.

    The *line* closes when the supervisor has died: then the child is to stop. A front may be given a *roster*, the file
    that a worker has handed over.
    """

    line: socket.socket
    worker: str
    predecessor: str | None
    patience: float
    slot: int = 0
    is_front: bool = False
    roster: int | None = None

    def say(self, word: int) -> None:
        """Tell the supervisor which stage this child has come to, or that it wants a RESTART."""
        with suppress(OSError):  # the supervisor has died, and the line says so to whoever reads it
            self.line.send(bytes([word]))

    def hand_over(self, roster: int) -> None:
        """Hand the file *roster* over to the supervisor, for all fronts."""
        with suppress(OSError):
            socket.send_fds(self.line, [bytes([ROSTER])], [roster])

    def heard(self) -> bytes:
        """Return what the supervisor has said, nothing when it has died; to be called when there is something."""
        return self.heard_with_files()[0]

    def heard_with_files(self) -> tuple[bytes, list[int]]:
        """Return what it has said, and the files that came with it, which are the caller's to close."""
        return received(self.line)


@dataclass(eq=False, slots=True)
class Child:
    """Hold what the supervisor knows of one of its processes."""

    slot: int
    pid: int
    line: socket.socket
    worker: str
    predecessor: str | None = None
    is_front: bool = False
    begun_at: float = field(default_factory=time.monotonic)
    stage: int = STARTING
    wants_restart: bool = False
    is_silent: bool = False
    told_at: float | None = None
    status: int | None = None

    def hear(self) -> int | None:
        """Take in what the child has said; once it is silent it has ended, or is about to.

        Returns the file that it has handed over, if it has.
        """
        with suppress(BlockingIOError):
            said, files = received(self.line)
            self.is_silent = not said
            self.stage = max([self.stage, *(word for word in said if word <= READY)])
            self.wants_restart = self.wants_restart or RESTART in said
            for older in files[:-1]:
                os.close(older)
            return files[-1] if files else None
        return None

    def pass_on(self, roster: int) -> None:
        """Pass the file *roster* on to it."""
        with suppress(OSError):
            socket.send_fds(self.line, [bytes([ROSTER])], [roster])

    def tell_to_reload(self) -> None:
        """Ask it to read the configuration anew."""
        with suppress(OSError):
            self.line.send(RELOAD)

    def tell_to_stop(self) -> None:
        """Ask it to end cleanly."""
        self.told_at = self.told_at or time.monotonic()
        os.kill(self.pid, signal.SIGTERM)


def received(line: socket.socket) -> tuple[bytes, list[int]]:
    """Return what came by *line*, nothing when its other end has closed, and the files that came with it."""
    try:
        said, files, _, _ = socket.recv_fds(line, 16, 16)
    except BlockingIOError:
        raise
    except OSError:
        return b"", []
    for file in files:
        os.set_inheritable(file, False)
    return said, files


def live(serve: Callable[[Assignment], int], assignment: Assignment, others: Iterable[socket.socket]) -> NoReturn:
    """Be the child, from the fork to the exit."""
    status = FAILED
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        for line in others:
            line.close()  # held here it would not close with the supervisor
        status = serve(assignment)
    except KeyboardInterrupt:
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        flush()
        os._exit(status)


def named(what: str) -> None:
    """Let those who list processes see *what* this one is."""
    import setproctitle  # lazy: the supervisor keeps the command line that it was started with

    setproctitle.setproctitle(f"hookline {what} ({' '.join(sys.argv[1:])})")


def flush() -> None:
    """Write out what the standard streams hold back, or lose it: a full disk or a closed pipe must end nobody."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # AttributeError: None, if it was closed at the start
            stream.flush()
