"""Kill the process at a point between a front and the store, once: ``CRASH_AT`` names it, ``CRASH_MARK`` is a file.

It does nothing without them. Fronts and workers are forked from the process that imports this.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hookline.store.inbox
from hookline.mailbox.box import File
from hookline.mailbox.boxes import Boxes
from hookline.store.mailboxes import note_taken

POINTS = {
    "kept": "a front has what was posted in its file, durably, and has not answered",
    "taking-in": "events are written, and how far their file is read; their transaction is not committed",
    "taken-in": "both are durable, nobody here knows of it yet",
    "deleted": "a file that is read to its end is deleted, and the store still knows of it",
}


def crash(point: str) -> None:
    """Come to *point*."""
    if os.environ.get("CRASH_AT") == point:
        try:
            Path(os.environ["CRASH_MARK"]).touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def after(point: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return *work* that comes to *point* when it is done, unless it did nothing."""

    def done(*given: Any) -> Any:
        result = work(*given)
        if not isinstance(result, Sequence) or result:
            crash(point)
        return result

    return done


def before(point: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return *work* that comes to *point* first."""

    def done(*given: Any) -> Any:
        crash(point)
        return work(*given)

    return done


if "CRASH_AT" in os.environ:
    replaced: Any = File, hookline.store.inbox, Boxes
    replaced[0].insert = after("kept", File.insert)
    replaced[1].note_taken = after("taking-in", note_taken)
    replaced[2].have_taken = before("taken-in", Boxes.have_taken)
    replaced[2].sweep = after("deleted", Boxes.sweep)
