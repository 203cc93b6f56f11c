"""Count what bots have pushed in a month, where that is limited."""

from __future__ import annotations

from datetime import datetime, tzinfo

from sqlalchemy import Connection, select, text

from .database.tables import plugin_state

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


def spent(connection: Connection, bot: str, month: str) -> int:
    """Return how many pushes of *bot* are counted in *month*."""
    query = select(plugin_state.c.value).where(
        plugin_state.c.bot == bot, plugin_state.c.plugin == BUDGET, plugin_state.c.key == month
    )
    return int(connection.execute(query).scalar() or 0)


def month_of(now: int, zone: tzinfo) -> str:
    """Return the month at *now*, in milliseconds since 1970, where clocks go by *zone*."""
    return f"{datetime.fromtimestamp(now / 1000, zone):%Y-%m}"
