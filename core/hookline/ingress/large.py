"""Let webhooks be larger than usual where a bot's platform sends such ones, and hold few of them at once."""

from __future__ import annotations

from ..bots.bot import Bots
from .guard import RefusedError
from .limits import Limits

MAX_LARGE_BYTES = 64 << 20
"""So many bytes of bodies that are larger than usual are held at once, of all callers together: signed or not."""


class Room:
    """Count the bytes of large bodies that a process holds."""

    def __init__(self) -> None:
        self.held = 0


class Large:
    """Allow one body to be larger than usual.

    As large as the largest that any bot may be sent: nobody shall learn from it which bots there are.
    """

    def __init__(self, room: Room, limits: Limits, bots: Bots) -> None:
        self._room = room
        self._limits = limits
        self._bots = bots
        self._held = 0

    def check(self, size: int) -> None:
        """Raise RefusedError (413) where no bot takes a body of *size* bytes."""
        if size > max((bot.kind.body or 0 for bot in self._bots.values()), default=0):
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
