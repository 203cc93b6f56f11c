"""Read plugin state; it is written with the other effects of a run, in :mod:`..outcomes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, func, select

from ...plugins.shared import SharedKey, SharedValue
from ..database.bulk import select_rows
from ..database.tables import plugin_state
from ..database.transactions import Database, one_statement

ABSENT = SharedValue(None, 0)


class PluginState:
    """Hold what plugins share across conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_shared(self, key: SharedKey) -> SharedValue:
        """Return what stands under *key*."""
        return await self._database.batch(_read, key)

    async def list_shared(self, prefix: SharedKey, limit: int) -> Mapping[str, str]:
        """Return what stands under up to *limit* keys that begin with that of *prefix*, in their order."""
        return await self._database.run(_list, prefix, limit)

    async def page(self, after: SharedKey, limit: int) -> Mapping[str, str]:
        """Return what stands under up to *limit* keys behind that of *after*, in their order."""
        return await self._database.run(_page, after, limit)


def _page(connection: Connection, after: SharedKey, limit: int) -> dict[str, str]:
    key = plugin_state.c.key
    query = select(key, plugin_state.c.value).where(
        plugin_state.c.bot == after.bot,
        plugin_state.c.plugin == after.plugin,
        key > after.key,
        plugin_state.c.value.is_not(None),
    )
    return {row.key: row.value for row in connection.execute(query.order_by(key).limit(limit))}


def _list(connection: Connection, prefix: SharedKey, limit: int) -> dict[str, str]:
    key = plugin_state.c.key
    query = select(key, plugin_state.c.value).where(
        plugin_state.c.bot == prefix.bot,
        plugin_state.c.plugin == prefix.plugin,
        func.substr(key, 1, len(prefix.key)) == prefix.key,  # LIKE knows no large letters in SQLite
        plugin_state.c.value.is_not(None),
    )
    return {row.key: row.value for row in connection.execute(query.order_by(key).limit(limit))}


@one_statement
def _read(connection: Connection, keys: Sequence[SharedKey]) -> list[SharedValue]:
    wanted = [asdict(key) for key in set(keys)]
    found = select_rows(connection, "plugin_state", wanted, ("bot", "plugin", "key", "value", "version"))
    values = {SharedKey(bot, plugin, key): SharedValue(value, version) for bot, plugin, key, value, version in found}
    return [values.get(key, ABSENT) for key in keys]
