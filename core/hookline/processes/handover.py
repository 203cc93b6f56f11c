"""Become another program in the same process, without letting go of the socket and of the processes that run."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .child import SIGNALS, Child
from .mail import Mail

HANDOVER = "HOOKLINE_HANDOVER"


@dataclass(frozen=True, slots=True)
class Handover:
    """Hold what the program before this one, in the same process, had open and running."""

    listener: socket.socket | None
    children: Sequence[Child]
    has_been_ready: bool
    admin: socket.socket | None = None
    mail: Mail | None = None

    @classmethod
    def taken(cls) -> Handover | None:
        """Take what was handed to this process, if anything was, and let nobody inherit it."""
        given = json.loads(os.environ.pop(HANDOVER, "null"))
        if given is None or given["pid"] != os.getpid():
            return None
        children = [Child(**{**child, "line": _adopted(child["line"])}) for child in given["children"]]
        listener, admin = (None if given.get(name) is None else _adopted(given[name]) for name in ("listener", "admin"))
        mail = None if given.get("mail") is None else _adopted_mail(**given["mail"])
        return cls(listener, children, given["has_been_ready"], admin, mail)

    def execute(self) -> None:
        """Become the program that the command line names now, which may be a newer one; raises OSError if it can't."""
        given = {
            "pid": os.getpid(),
            "listener": None if self.listener is None else self.listener.fileno(),
            "admin": None if self.admin is None else self.admin.fileno(),
            "mail": None if self.mail is None else _written(self.mail),
            "children": [
                {each.name: getattr(child, each.name) for each in fields(child)} | {"line": child.line.fileno()}
                for child in self.children
            ],
            "has_been_ready": self.has_been_ready,
        }
        self._let_inherit(True)
        try:
            os.execve(sys.executable, command_line(), {**os.environ, HANDOVER: json.dumps(given)})  # noqa: S606  our own
        finally:
            self._let_inherit(False)

    def _let_inherit(self, is_inheritable: bool) -> None:
        for held in (*(child.line for child in self.children), self.listener, self.admin):
            if held is not None:
                held.set_inheritable(is_inheritable)
        if self.mail is not None:
            self.mail.pages.set_inheritable(is_inheritable)
            for end in self.mail.bell.ends:
                os.set_inheritable(end, is_inheritable)


class Signals:
    """Collect the signals that come, and wake whoever waits for one.

    While they are held back they stay pending, even through the execution of another program.
    """

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda _number, _frame: None)
        self.release()

    def taken(self) -> list[int]:
        """Return the signals that have come since the last call."""
        with suppress(BlockingIOError):
            return list(self._ours.recv(4096))
        return []

    def wait(self, lines: Iterable[socket.socket], seconds: float | None) -> None:
        """Wait until a signal has come, one of *lines* has something to say, or *seconds* are over."""
        select.select([self._ours, *lines], [], [], seconds)

    def hold(self) -> bool:
        """Hold signals back from now on, or return False when one waits to be taken."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        if select.select([self._ours], [], [], 0)[0]:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let signals come."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def command_line() -> list[str]:
    """Return the command that started this process, options of the interpreter included."""
    return [sys.executable, *sys.orig_argv[1:]]


def _written(mail: Mail) -> Mapping[str, Any]:
    pages = mail.pages.fileno()
    return {"folder": str(mail.folder), "base": mail.stamps.base, "bell": mail.bell.ends, "pages": pages}


def _adopted_mail(folder: str, base: int, bell: Sequence[int], pages: int) -> Mail:
    return Mail.adopted(Path(folder), base, (bell[0], bell[1]), _adopted(pages))


def _adopted(descriptor: int) -> socket.socket:
    adopted = socket.socket(fileno=descriptor)
    adopted.set_inheritable(False)
    adopted.setblocking(False)
    return adopted
