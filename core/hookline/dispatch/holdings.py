"""Count what a worker holds of each bot: conversations, which can run, and events, which may wait behind others."""

from __future__ import annotations

from collections import Counter

MAX_HELD = 4096
MAX_BEHIND_OF_BOT = 512
"""So many events of a bot are held behind others of their conversation; beyond that they wait in the store, so that few
people who write very much leave room for all others."""


class Holdings:
    """Count ``events`` and ``conversations``, by bot; none of a bot that has none."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.conversations: Counter[str] = Counter()
        self._total = 0

    def take(self, bot: str, *, is_new: bool) -> None:
        """Count one more event of *bot*, of a new conversation or of one that is held."""
        self._total += 1
        self.events[bot] += 1
        if is_new:
            self.conversations[bot] += 1

    def let_go(self, bot: str) -> None:
        """Count one event of *bot* less."""
        self._total -= 1
        _count_down(self.events, bot)

    def forget(self, bot: str) -> None:
        """Count one conversation of *bot* less."""
        _count_down(self.conversations, bot)

    def is_crowded(self, bot: str) -> bool:
        """Say whether of a conversation of *bot* no second event is to be held."""
        return self.events[bot] - self.conversations[bot] >= MAX_BEHIND_OF_BOT

    def has_room(self, besides: int) -> bool:
        """Say whether more events may be held, with so many *besides* that count, too."""
        return self._total + besides < MAX_HELD


def _count_down(counts: Counter[str], bot: str) -> None:
    counts[bot] -= 1
    if not counts[bot]:
        del counts[bot]
