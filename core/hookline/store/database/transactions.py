"""Say what runs our transactions: plain functions over a SQLAlchemy Core connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Work = TypeVar("Work", bound=Callable[..., object])

Batch = Callable[[Connection, Sequence[Item]], Sequence[Result]]
"""A transaction over many callers' items at once; it returns one result an item, in their order."""


class Numbers(Protocol):
    """Give growing numbers to rows."""

    def draw(self, table: str, count: int) -> int:
        """Return the first of *count* numbers for *table*, greater than all before."""
        ...


def one_statement(work: Work) -> Work:
    """Mark *work* as a single statement at heart: it is atomic by itself, and needs no transaction around it."""
    work.is_one_statement = True  # type: ignore[attr-defined]  # a mark that `is_one_statement` reads
    return work


def is_one_statement(work: object) -> bool:
    """Say whether *work* was marked so."""
    return getattr(work, "is_one_statement", False)


class Database(Protocol):
    """Run transactions. Every function is atomic: it happens whole, durably, or not at all.

    ``numbers`` gives rows their numbers where one process writes; it is None where the server does.
    """

    @property
    def numbers(self) -> Numbers | None:
        """Return what gives rows their numbers here."""
        ...

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

    async def close(self) -> None:
        """Finish what was submitted, then let go of everything."""
        ...
