"""Read which routes rest in a conversation; that is written with the other effects of a run, in :mod:`..outcomes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select, tuple_

from ..database.bulk import select_rows
from ..database.tables import cooldowns
from ..database.transactions import Database, one_statement
from ..records import PRUNE_ROWS, Key


class Cooldowns:
    """Hold until when routes rest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, key: Key) -> Mapping[str, int]:
        """Return until when which route rests in the conversation *key*, in milliseconds; some may be over."""
        return await self._database.batch(_read, key)

    async def prune(self, before: int) -> int:
        """Delete rests that ended before *before*, some hundred at a turn."""
        return await self._database.run(_prune, before)


@one_statement
def _read(connection: Connection, keys: Sequence[Key]) -> list[Mapping[str, int]]:
    wanted = [{"bot": bot, "conversation": conversation} for bot, conversation in set(keys)]
    resting: dict[Key, dict[str, int]] = {}
    for bot, conversation, route, until in select_rows(
        connection, "cooldowns", wanted, ("bot", "conversation", "route", "until")
    ):
        resting.setdefault((bot, conversation), {})[route] = until
    return [resting.get(key, {}) for key in keys]


def _prune(connection: Connection, before: int) -> int:
    key = tuple_(cooldowns.c.bot, cooldowns.c.conversation, cooldowns.c.route)
    ended = select(cooldowns.c.bot, cooldowns.c.conversation, cooldowns.c.route)
    ended = ended.where(cooldowns.c.until < before).limit(PRUNE_ROWS)
    is_over = cooldowns.c.until < before  # still, when it is locked
    return connection.execute(delete(cooldowns).where(key.in_(ended), is_over)).rowcount
