"""Say what runs our transactions: plain functions over a SQLAlchemy Core connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

Batch = Callable[[Connection, Sequence[Item]], Sequence[Result]]
"""A transaction over many callers' items at once; it returns one result an item, in their order."""


class Database(Protocol):
    """Run transactions. Every function is atomic: it happens whole, durably, or not at all."""

    async def run(
        self,
        work: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run *work* in a transaction and return what it returned, once that is durable."""
        ...

    async def batch(self, work: Batch[Item, Result], item: Item) -> Result:
        """Run *work* for *item*, merged with whatever other items wait for the same *work*."""
        ...

    def submit(self, work: Batch[Item, Result], item: Item) -> asyncio.Future[Result]:
        """Begin what :meth:`batch` does and return the future of its result."""
        ...

    def number(self, connection: Connection, table: str, count: int) -> int:
        """Return the first of *count* row numbers for *table*, greater than all that any process drew before.

        Called from within a transaction; *count* is :data:`~hookline.store.tables.NUMBERS` at most.
        """
        ...

    async def close(self) -> None:
        """Finish what was submitted, then let go of everything."""
        ...
