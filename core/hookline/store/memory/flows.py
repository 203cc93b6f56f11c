"""Read which flows people are in; that is written with the other effects of a run, in :mod:`..outcomes`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, literal_column, select, tuple_

from ..database.bulk import insert_rows, select_rows
from ..database.tables import flows
from ..database.transactions import Database, one_statement
from ..records import PRUNE_ROWS, Finish, FlowRow, Key

_has_ended = flows.c.rank < literal_column("0")
_COLUMNS = ("person", "flow", "asked", "turn", "rank", "outcome", "begun_at", "asked_at", "ended_at", "data")
_FIELDS = ("id", *_COLUMNS)
SAVED_FLOW = "(bot, conversation, id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
MAX_ROWS = 10_000


class Flows:
    """Hold flows that are open, and for a while those that have ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, key: Key) -> Sequence[FlowRow]:
        """Return those that are open in the conversation *key*, the one on top of each person first."""
        return await self._database.batch(_open, key)

    async def one(self, key: Key, flow: str) -> FlowRow | None:
        """Return the one with the id *flow* in the conversation *key*, open or not; None when it isn't known."""
        return await self._database.run(_one, key, flow)

    async def prune(self, before: int) -> int:
        """Forget those that ended before *before*, some hundred at a turn."""
        return await self._database.run(_prune, before)


def write_flows(connection: Connection, finishes: Sequence[Finish]) -> None:
    """Write the flows that *finishes* have changed, of each the last."""
    rows = {
        (*finish.event.key, row.id): {
            "bot": finish.event.bot,
            "conversation": finish.event.conversation,
            "id": row.id,
            **{name: getattr(row, name) for name in _COLUMNS},
        }
        for finish in finishes
        for row in finish.flows
    }
    insert_rows(connection, "flows", list(rows.values()), conflict=SAVED_FLOW)


@one_statement
def _open(connection: Connection, keys: Sequence[Key]) -> list[Sequence[FlowRow]]:
    wanted = [{"bot": bot, "conversation": conversation} for bot, conversation in set(keys)]
    rows = select_rows(connection, "flows", wanted, ("bot", "conversation", *_FIELDS), extra="t.rank >= 0")
    found: dict[Key, list[FlowRow]] = {}
    for bot, conversation, *values in rows:
        found.setdefault((bot, conversation), []).append(FlowRow(**dict(zip(_FIELDS, values, strict=True))))
    return [tuple(sorted(found.get(key, ()), key=lambda row: row.rank)) for key in keys]


def _one(connection: Connection, key: Key, flow: str) -> FlowRow | None:
    bot, conversation = key
    query = select(flows).where(flows.c.bot == bot, flows.c.conversation == conversation, flows.c.id == flow)
    row = connection.execute(query).first()
    return None if row is None else _row(row)


def _row(row: Row[Any]) -> FlowRow:
    return FlowRow(row.id, **{name: getattr(row, name) for name in _COLUMNS})


def _prune(connection: Connection, before: int) -> int:
    key = tuple_(flows.c.bot, flows.c.conversation, flows.c.id)
    ended = select(flows.c.bot, flows.c.conversation, flows.c.id).where(_has_ended, flows.c.ended_at < before)
    return connection.execute(delete(flows).where(key.in_(ended.limit(PRUNE_ROWS)), _has_ended)).rowcount
