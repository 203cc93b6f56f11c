"""Find the chats that people have, for whoever asks afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ...plugins.shared import HANDED
from ..database.reading import Transactions
from ..database.tables import plugin_state


@dataclass(frozen=True, slots=True)
class HandedChat:
    """Hold a chat that people have, and why, ``since`` milliseconds after 1970; ``waiting`` flows begin afterwards."""

    bot: str
    conversation: str
    since: int
    why: str
    person: str | None
    waiting: int


async def handed_chats(database: Transactions, bot: str | None, limit: int) -> Sequence[HandedChat]:
    """Return at most *limit* chats that people have, of one *bot* or of all, those first that they have the longest."""
    return await database.run(_handed, bot, limit)


def _handed(connection: Connection, bot: str | None, limit: int) -> Sequence[HandedChat]:
    query = select(plugin_state.c.bot, plugin_state.c.key, plugin_state.c.value).where(
        plugin_state.c.plugin == HANDED, plugin_state.c.value.is_not(None)
    )
    if bot is not None:
        query = query.where(plugin_state.c.bot == bot)
    found = [_chat(row.bot, row.key, row.value) for row in connection.execute(query)]
    return sorted(found, key=lambda one: one.since)[:limit]


def _chat(bot: str, conversation: str, text: str) -> HandedChat:
    kept = json.loads(text)
    return HandedChat(bot, conversation, kept["since"], kept["why"], kept.get("person"), len(kept["waiting"]))
