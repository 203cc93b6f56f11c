"""Read plugin state; it is written with the other effects of a run, in :mod:`..outcomes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection

from ...plugins.shared import SharedKey, SharedValue
from ..database.bulk import select_rows
from ..database.transactions import Database, one_statement

ABSENT = SharedValue(None, 0)


class PluginState:
    """Hold what plugins share across conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_shared(self, key: SharedKey) -> SharedValue:
        """Return what stands under *key*."""
        return await self._database.batch(_read, key)


@one_statement
def _read(connection: Connection, keys: Sequence[SharedKey]) -> list[SharedValue]:
    wanted = [asdict(key) for key in set(keys)]
    found = select_rows(connection, "plugin_state", wanted, ("bot", "plugin", "key", "value", "version"))
    values = {SharedKey(bot, plugin, key): SharedValue(value, version) for bot, plugin, key, value, version in found}
    return [values.get(key, ABSENT) for key in keys]
