"""Count what bots have pushed in a month, where that is limited."""

from __future__ import annotations

from sqlalchemy import Connection, text

BUDGET = "@budget"
"""Stands for a plugin where pushes are counted: by month, as in ``2026-12``."""
_SPEND = text(
    "INSERT INTO plugin_state (bot, plugin, key, value, version, updated_at) "
    "VALUES (:bot, :plugin, :month, '1', 1, :now) ON CONFLICT (bot, plugin, key) DO UPDATE "
    "SET value = CAST(CAST(plugin_state.value AS INTEGER) + 1 AS TEXT), version = plugin_state.version + 1, "
    "updated_at = excluded.updated_at WHERE CAST(plugin_state.value AS INTEGER) < :most RETURNING value"
)


def spend(connection: Connection, bot: str, month: str, most: int, now: int) -> int | None:
    """Count one push of *bot* in *month* and return how many there are now; None when it has had *most* already."""
    if most < 1:
        return None
    values = {"bot": bot, "plugin": BUDGET, "month": month, "most": most, "now": now}
    found = connection.execute(_SPEND, values).scalar()
    return None if found is None else int(found)
