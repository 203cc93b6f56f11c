"""Read what conversations remember; it is written with the other effects of a run, in :mod:`.outcomes`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, tuple_

from .database import Database
from .records import Key
from .tables import conversations


class Conversations:
    """Hold the state of conversations, as JSON text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, key: Key) -> str | None:
        """Return the state of the conversation *key*, or None when it has none."""
        return await self._database.batch(_read, key)


def _read(connection: Connection, keys: Sequence[Key]) -> list[str | None]:
    query = select(conversations).where(tuple_(conversations.c.bot, conversations.c.conversation).in_(list(set(keys))))
    found = {(row.bot, row.conversation): row.state for row in connection.execute(query)}
    return [found.get(key) for key in keys]
