"""Let webhooks be larger than usual where a bot's platform sends such ones, and hold few of them at once."""

from __future__ import annotations

from typing import Protocol

from ..errors import HooklineError
from .doors import Entrances
from .limits import Limits

MAX_LARGE_BYTES = 64 << 20
"""So many bytes of bodies that are larger than usual are held at once, of all callers together: signed or not."""


class RefusedError(HooklineError):
    """Refuse a request with an HTTP status."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


class Allowance(Protocol):
    """Allow a body to be larger than the limits say, or raise RefusedError."""

    def check(self, size: int) -> None:
        """Say of a body that promises to have *size* bytes."""

    def hold(self, size: int) -> None:
        """Say of one that has *size* bytes by now."""


class _Nothing:
    """Allow nothing larger."""

    def check(self, size: int) -> None:
        raise RefusedError(413)

    def hold(self, size: int) -> None:
        raise RefusedError(413)


NOTHING_LARGER = _Nothing()


class Room:
    """Count the bytes of large bodies that a process holds."""

    def __init__(self) -> None:
        self.held = 0


class Large:
    """Allow one body to be larger than usual.

    As large as the largest that any bot may be sent: nobody shall learn from it which bots there are.
    """

    def __init__(self, room: Room, limits: Limits, bots: Entrances) -> None:
        self._room = room
        self._limits = limits
        self._bots = bots
        self._held = 0

    def check(self, size: int) -> None:
        """Raise RefusedError (413) where no bot takes a body of *size* bytes."""
        if size > max((bot.body for bot in self._bots.values()), default=0):
            raise RefusedError(413)

    def hold(self, size: int) -> None:
        """Hold *size* bytes of it; raise RefusedError: 413, or 503 while too many are held."""
        self.check(size)
        self._room.held += size - self._held
        self._held = size
        if self._room.held > MAX_LARGE_BYTES:
            raise RefusedError(503)

    def leave(self) -> None:
        """Hold nothing any more."""
        self._room.held -= self._held
        self._held = 0
