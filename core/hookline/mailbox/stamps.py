"""Stamp requests by a clock that all processes of a host share, and that goes on where it was after a restart."""

from __future__ import annotations

import time
from pathlib import Path

from .boxes import Boxes


class Stamps:
    """Be that clock: nanoseconds since this machine started, and *base*."""

    def __init__(self, base: int) -> None:
        self.base = base

    def __call__(self) -> int:
        """Return what it shows now."""
        return time.monotonic_ns() + self.base

    @classmethod
    def after(cls, folder: Path) -> Stamps:
        """Return one that is later than all stamps in the mailboxes below *folder*; nobody may write to those."""
        boxes = Boxes(folder, time.monotonic_ns, {})
        try:
            latest = boxes.latest()
        finally:
            boxes.close()
        return cls(max(0, latest + 1 - time.monotonic_ns()))
