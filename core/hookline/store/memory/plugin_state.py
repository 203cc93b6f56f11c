"""Read plugin state; it is written with the other effects of a run, in :mod:`..outcomes`."""

from __future__ import annotations

from sqlalchemy import Connection, select

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


def _read(connection: Connection, key: SharedKey) -> SharedValue:
    query = select(plugin_state.c.value, plugin_state.c.version).where(
        plugin_state.c.bot == key.bot, plugin_state.c.plugin == key.plugin, plugin_state.c.key == key.key
    )
    row = connection.execute(query).first()
    return SharedValue(None, 0) if row is None else SharedValue(row.value, row.version)
