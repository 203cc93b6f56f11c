"""Let each bot have its turn among requests that were read: a flood of one holds up no other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from .boxes import Found

LEAST_SHARE = 16


class Turns:
    """Hold requests by their bots, each bot's in the order in which they came; ``size`` is of all bodies, in bytes."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Found]] = {}
        self._count = 0
        self.size = 0

    def __len__(self) -> int:
        return self._count

    def add(self, found: Iterable[Found]) -> None:
        """Put *found* behind what waits of the same bots."""
        for one in found:
            self._waiting.setdefault(one.posted.bot, deque()).append(one)
            self._count += 1
            self.size += len(one.posted.body)

    def take(self, most: int, may_go: Callable[[str], bool] = lambda _: True) -> list[Found]:
        """Return up to *most*, an equal share of each bot that *may_go*; those come last the next time."""
        taken: list[Found] = []
        bots = [bot for bot in self._waiting if may_go(bot)]
        share = max(LEAST_SHARE, most // max(1, len(bots)))
        for bot in bots:
            waiting = self._waiting.pop(bot)
            taken += (waiting.popleft() for _ in range(min(share, len(waiting), most - len(taken))))
            if waiting:
                self._waiting[bot] = waiting
            if len(taken) == most:
                break
        self._count -= len(taken)
        self.size -= sum(len(one.posted.body) for one in taken)
        return taken

    def clear(self) -> None:
        """Hold nothing any more."""
        self._waiting.clear()
        self._count = self.size = 0
