"""Read plugin state; it is written with the other effects of a run, in :mod:`..outcomes`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from ...plugins.shared import SharedKey, SharedValue
from ..database.reading import Transactions
from ..database.tables import plugin_state


class PluginState:
    """Hold what plugins share across conversations."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def read_shared(self, key: SharedKey) -> SharedValue:
        """Return what stands under *key*."""
        return await self._database.run(_read, key)

    async def list_shared(self, prefix: SharedKey, limit: int) -> Mapping[str, str]:
        """Return what stands under up to *limit* keys that begin with that of *prefix*, in their order."""
        return await self._database.run(_list, prefix, limit)


def _list(connection: Connection, prefix: SharedKey, limit: int) -> dict[str, str]:
    key = plugin_state.c.key
    query = select(key, plugin_state.c.value).where(
        plugin_state.c.bot == prefix.bot,
        plugin_state.c.plugin == prefix.plugin,
        func.substr(key, 1, len(prefix.key)) == prefix.key,  # LIKE knows no large letters in SQLite
        plugin_state.c.value.is_not(None),
    )
    return {row.key: row.value for row in connection.execute(query.order_by(key).limit(limit))}


def _read(connection: Connection, key: SharedKey) -> SharedValue:
    query = select(plugin_state.c.value, plugin_state.c.version).where(
        plugin_state.c.bot == key.bot, plugin_state.c.plugin == key.plugin, plugin_state.c.key == key.key
    )
    row = connection.execute(query).first()
    return SharedValue(None, 0) if row is None else SharedValue(row.value, row.version)
