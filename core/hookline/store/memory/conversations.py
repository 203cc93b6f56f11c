"""Read what conversations remember; it is written with the other effects of a run, in :mod:`..outcomes`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ..database.bulk import select_rows
from ..database.transactions import Database, one_statement
from ..records import Key


class Conversations:
    """Hold the state of conversations, as JSON text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, key: Key) -> str | None:
        """Return the state of the conversation *key*, or None when it has none."""
        return await self._database.batch(_read, key)


@one_statement
def _read(connection: Connection, keys: Sequence[Key]) -> list[str | None]:
    wanted = [{"bot": bot, "conversation": conversation} for bot, conversation in set(keys)]
    found = select_rows(connection, "conversations", wanted, ("bot", "conversation", "state"))
    states = {(bot, conversation): state for bot, conversation, state in found}
    return [states.get(key) for key in keys]
