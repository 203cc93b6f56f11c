"""Keep what is switched off at run time, and who did that when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from ..arrivals import clean_text
from ..database.bulk import insert_rows
from ..database.dialects import notify
from ..database.reading import Transactions
from ..database.tables import audit, switches

SwitchKind = Literal["bot", "plugin", "route"]

ACTIONS: Mapping[tuple[SwitchKind, bool], str] = {
    ("bot", True): "bots.resume",
    ("bot", False): "bots.pause",
    ("plugin", True): "plugins.enable",
    ("plugin", False): "plugins.disable",
    ("route", True): "routes.enable",
    ("route", False): "routes.disable",
}
"""What a change is called in the audit: by kind, and whether it was switched on."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Name what can be switched: a bot (``name`` is empty then), or one of its plugins or routes."""

    bot: str
    kind: SwitchKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Off:
    """Hold a switch that is off, since when (milliseconds since 1970), and who switched it."""

    switch: Switch
    since: int
    by: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Hold one thing that a person did to a running host; ``at`` is in milliseconds since 1970."""

    at: int
    who: str
    action: str
    bot: str
    target: str


class Switches:
    """Hold what is off; all else is on."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def off(self) -> list[Off]:
        """Return all that is switched off, by bot, kind and name."""
        return await self._database.run(_off)

    async def turn(self, switch: Switch, *, is_on: bool, who: str, now: int) -> bool:
        """Switch on or off and note who did it; False when it stood so already, which is not noted."""
        return await self._database.run(_turn, switch, is_on, clean_text(who, 128), now)

    async def audit(self, bot: str | None, limit: int) -> list[AuditEntry]:
        """Return up to *limit* of what was done, newest first."""
        return await self._database.run(_audit, bot, limit)


def _off(connection: Connection) -> list[Off]:
    query = select(switches).order_by(switches.c.bot, switches.c.kind, switches.c.name)
    rows = connection.execute(query)
    return [Off(Switch(row.bot, row.kind, row.name), row.changed_at, row.changed_by) for row in rows]


def _turn(connection: Connection, switch: Switch, is_on: bool, who: str, now: int) -> bool:
    if is_on:
        same = (switches.c.bot == switch.bot, switches.c.kind == switch.kind, switches.c.name == switch.name)
        is_changed = connection.execute(delete(switches).where(*same)).rowcount > 0
    else:
        row = {"bot": switch.bot, "kind": switch.kind, "name": switch.name, "changed_at": now, "changed_by": who}
        is_changed = insert_rows(connection, "switches", [row], conflict="(bot, kind, name) DO NOTHING") > 0
    if is_changed:
        action = ACTIONS[switch.kind, is_on]
        entry = {"at": now, "who": who, "action": action, "bot": switch.bot, "target": switch.name}
        connection.execute(insert(audit), entry)
        notify(connection, "switches", ())
    return is_changed


def _audit(connection: Connection, bot: str | None, limit: int) -> list[AuditEntry]:
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if bot is not None:
        query = query.where(audit.c.bot == bot)
    rows = connection.execute(query)
    return [AuditEntry(row.at, row.who, row.action, row.bot, row.target) for row in rows]
