"""Keep what is to happen later, and turn it into events once its time has come: each exactly once."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, Select, String, delete, func, literal_column, select

from ...events import LANES
from ..arrivals import dump
from ..database.bulk import delete_rows, insert_rows
from ..database.dialects import is_postgres, one_of
from ..database.tables import timers
from ..database.transactions import Database
from ..insertion import insert_in_order
from ..records import Finish, Timer

SAVED_TIMER = (
    "(bot, id) DO UPDATE SET conversation = excluded.conversation, lane = excluded.lane, turn = excluded.turn, "
    "due_at = excluded.due_at, body = excluded.body"
)
BATCH = 256
_BOT = literal_column("+timers.bot", String)
"""Keeps SQLite from reading all timers of a bot by its primary key, and sorting them."""


class Timers:
    """Hold timers. What is due becomes rows of the inbox, ready for whoever has their lane.

    ``changed`` is set when one was set here that is due before ``looked_at``, when they are looked at anyway.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.changed = asyncio.Event()
        self.looked_at = math.inf

    async def next_at(self, lanes: Collection[int], bots: Collection[str]) -> int | None:
        """Return when the next timer of *bots* in *lanes* is due; None when there is none."""
        return await self._database.run(_next_at, lanes, bots)

    async def due(self, lanes: Collection[int], bots: Collection[str], now: int) -> Sequence[Timer]:
        """Return the timers of *bots* in *lanes* that are due, the oldest first, at most :data:`BATCH`."""
        return await self._database.run(_due, lanes, bots, now)

    async def set(self, wanted: Sequence[Timer]) -> None:
        """Set *wanted*, which no run has set."""
        await self._database.run(set_timers, wanted)
        self.have_been_set(wanted)

    async def waiting(self, bot: str, prefix: str) -> Sequence[Timer]:
        """Return the timers of *bot* whose ids begin with *prefix*, by their time."""
        return await self._database.run(waiting_timers, bot, prefix)

    def have_been_set(self, wanted: Sequence[Timer]) -> None:
        """Hear of timers that were set here."""
        if any(one.due_at < self.looked_at for one in wanted):
            self.changed.set()

    async def fire(self, due: Sequence[Timer], rows: Sequence[dict[str, Any]]) -> int:
        """Put the inbox *rows* that *due* timers become into the inbox, and take those timers away: in one transaction.

        A row that is there already is not written again, and a timer that was set anew meanwhile stays. Return how
        many rows were written.
        """
        return await self._database.run(self._fire, due, rows)

    async def plant(self, bot: str, prefix: str, rules: Mapping[str, str], wanted: Sequence[Timer]) -> None:
        """Set those of *wanted* that are missing among the timers of *bot* whose ids begin with *prefix*.

        Those that are there by the rule that *rules* have for their id stay as they are, due already or not; all others
        are taken away.
        """
        await self._database.run(_plant, bot, prefix, rules, wanted)
        self.have_been_set(wanted)

    def _fire(self, connection: Connection, due: Sequence[Timer], rows: Sequence[dict[str, Any]]) -> int:
        places = insert_in_order(connection, self._database.numbers, "inbox", rows)
        delete_rows(connection, "timers", [{"bot": one.bot, "id": one.id, "turn": one.turn} for one in due])
        return sum(place is not None for place in places)


def _plant(connection: Connection, bot: str, prefix: str, rules: Mapping[str, str], wanted: Sequence[Timer]) -> None:
    begins_so = func.substr(timers.c.id, 1, len(prefix)) == prefix
    there = connection.execute(select(timers.c.id, timers.c.body).where(timers.c.bot == bot, begins_so))
    found = {row.id: json.loads(row.body).get("rule") for row in there}
    kept = {name for name, rule in found.items() if rules.get(name) == rule}
    delete_rows(connection, "timers", [{"bot": bot, "id": name} for name in found if name not in kept])
    set_timers(connection, [one for one in wanted if one.id not in kept])


def write_timers(connection: Connection, finishes: Sequence[Finish]) -> None:
    """Set the timers that *finishes* set, and take back what they take back."""
    unset = [(finish.event.bot, name) for finish in finishes for name in finish.unset]
    delete_rows(connection, "timers", [{"bot": bot, "id": name} for bot, name in unset if not name.endswith("/")])
    for bot, prefix in unset:
        if prefix.endswith("/"):
            below = timers.c.id.between(prefix, f"{prefix}g")  # behind it stand hexadecimal digits
            connection.execute(delete(timers).where(timers.c.bot == bot, below))
    set_timers(connection, [one for finish in finishes for one in finish.timers])


def set_timers(connection: Connection, wanted: Sequence[Timer]) -> None:
    """Set *wanted*, of those with the same id the last."""
    rows = {
        (one.bot, one.id): {
            "bot": one.bot,
            "id": one.id,
            "conversation": one.conversation,
            "lane": one.lane,
            "turn": one.turn,
            "due_at": one.due_at,
            "body": dump(one.body),
        }
        for one in wanted
    }
    insert_rows(connection, "timers", list(rows.values()), conflict=SAVED_TIMER)


def _first(
    connection: Connection, query: Select[Any], count: int, lanes: Collection[int], bots: Collection[str]
) -> CursorResult[Any]:
    """Run *query* for the first *count* timers of *bots* in *lanes*, by their time: it reads none behind them."""
    query = query.where(one_of(connection, timers.c.bot if is_postgres(connection) else _BOT, bots))
    if len(lanes) < LANES:
        query = query.where(one_of(connection, timers.c.lane, lanes))
    return connection.execute(query.order_by(timers.c.due_at).limit(count))


def _next_at(connection: Connection, lanes: Collection[int], bots: Collection[str]) -> int | None:
    found: int | None = _first(connection, select(timers.c.due_at), 1, lanes, bots).scalar()
    return found


def _due(connection: Connection, lanes: Collection[int], bots: Collection[str], now: int) -> Sequence[Timer]:
    query = select(timers).where(timers.c.due_at <= now)
    return [_timer(row) for row in _first(connection, query, BATCH, lanes, bots)]


def waiting_timers(connection: Connection, bot: str, prefix: str) -> Sequence[Timer]:
    """Return the timers of *bot* whose ids begin with *prefix*, by their time."""
    query = select(timers).where(timers.c.bot == bot, func.substr(timers.c.id, 1, len(prefix)) == prefix)
    return [_timer(row) for row in connection.execute(query.order_by(timers.c.due_at))]


def _timer(row: Row[Any]) -> Timer:
    return Timer(row.bot, row.id, row.conversation, row.lane, row.turn, row.due_at, json.loads(row.body))
