"""Keep what a process has leased in step with what it holds: a store that fails while it answers parts the two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from .lanes import Tenure

Claim = tuple[int, int]
"""A leased row: its number, and the epoch of its lease."""


class Room(Protocol):
    """Hold rows that are leased: the inbox, the outbox."""

    async def leased(self, epochs: Mapping[int, int]) -> set[Claim]:
        """Return all rows that are leased under *epochs*."""
        ...

    async def reclaim(self, lost: Collection[Claim]) -> int:
        """Make those rows ready again that are still leased so, and return how many they were."""
        ...


class Claims:
    """Compare the rows of *room* that are leased to this process with the *known* ones, which it holds.

    ``is_in_doubt`` says that the store has failed since, so that it may have leased more than it said.
    """

    def __init__(self, room: Room, tenure: Tenure, known: Callable[[], set[Claim]]) -> None:
        self._room = room
        self._tenure = tenure
        self._known = known
        self._suspects: set[Claim] = set()
        self.is_in_doubt = False

    async def settle(self) -> None:
        """End the doubt: make ready again what is leased and not known. Nothing may come to be leased meanwhile."""
        await self._room.reclaim(await self._unknown())
        self.is_in_doubt = False

    async def sweep(self) -> int:
        """Make ready again what was leased and not known at the last look, too; return how many rows that were.

        A commit may have happened on the server after its connection was lost, however late.
        """
        unknown = await self._unknown()
        lost, self._suspects = unknown & self._suspects, unknown
        return await self._room.reclaim(lost) if lost else 0

    async def _unknown(self) -> set[Claim]:
        leased = await self._room.leased(dict(self._tenure.epochs))
        return leased - self._known()
