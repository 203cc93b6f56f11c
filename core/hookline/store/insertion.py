"""Insert rows with growing numbers, leased at once by this process's worker where that overtakes nobody."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, select

from .database.bulk import arrays, insert_rows
from .database.dialects import CHANNEL
from .database.tables import LEASED, NUMBERS, READY, metadata
from .database.transactions import Numbers
from .records import Standing

KEYS = {"inbox": "seq", "outbox": "id"}
IDENTITIES = {"inbox": ("bot", "event_id"), "outbox": ()}
"""What may be there already: then the row is not written."""

Table = Literal["inbox", "outbox"]


def insert_in_order(
    connection: Connection, numbers: Numbers | None, table: Table, rows: Sequence[dict[str, Any]]
) -> list[Standing | None]:
    """Insert *rows*, numbered in their order, and return the place of each: None for one that was there already.

    The numbers are set in *rows*, too. Those to be leased (status and epoch say so) are left ready where their lane
    has another epoch by now, or where something older waits in their conversation: another process may have written
    that, or hold it in vain since it lost the lane. Whoever has the lanes of what is ready is told.
    """
    places: list[Standing | None] = []
    for start in range(0, len(rows), NUMBERS):
        part = rows[start : start + NUMBERS]
        if numbers is None:
            places += _numbered_there(connection, table, part)
        else:
            places += _numbered_here(connection, numbers, table, part)
    return places


def _numbered_here(
    connection: Connection, numbers: Numbers, table: Table, rows: Sequence[dict[str, Any]]
) -> list[Standing | None]:
    key, identity = KEYS[table], IDENTITIES[table]
    first = numbers.draw(table, len(rows))
    for number, row in enumerate(rows, first):
        row[key] = number
    conflict = f"({', '.join(identity)}) DO NOTHING" if identity else ""
    places = [Standing(row[key], row["status"] == LEASED) for row in rows]
    if insert_rows(connection, table, rows, conflict=conflict) == len(rows):
        return [*places]
    column = metadata.tables[table].c[key]
    written = set(connection.execute(select(column).where(column.between(first, first + len(rows)))).scalars())
    return [place if place.seq in written else None for place in places]


def _numbered_there(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[Standing | None]:
    """Do it in one statement: one journey to the server, and no transaction in which a process could stand still."""
    key, identity = KEYS[table], IDENTITIES[table]
    order = sorted(range(len(rows)), key=lambda at: [rows[at][name] for name in identity])  # all lock in this order
    columns = tuple(name for name in rows[0] if name != key)
    values = tuple([rows[at][name] for at in order] for name in columns)
    found = connection.exec_driver_sql(_text(table, columns), (order, *values)).all()
    places: list[Standing | None] = [None] * len(rows)
    for number, at, status in found:
        rows[at][key] = number
        places[at] = Standing(number, status == LEASED)
    return places


@lru_cache(maxsize=8)
def _text(table: Table, columns: Sequence[str]) -> str:
    """Return the statement: draw a block of numbers, insert, tell the holders of lanes where something is ready."""
    key, names = KEYS[table], ", ".join(columns)
    chosen = ", ".join(
        f"CASE WHEN d.is_direct THEN v.{name} ELSE 0 END" if name in ("status", "epoch", "starts") else f"v.{name}"
        for name in columns
    )
    is_direct = (
        f"v.status = {LEASED} "  # noqa: S608  our own names
        "AND EXISTS (SELECT 1 FROM lanes WHERE lanes.lane = v.lane AND lanes.epoch = v.epoch) "
        f"AND NOT EXISTS (SELECT 1 FROM {table} AS r "
        f"WHERE r.status = {READY} AND r.bot = v.bot AND r.conversation = v.conversation) "
        f"AND NOT EXISTS (SELECT 1 FROM {table} AS s "
        f"WHERE s.status = {LEASED} AND s.lane = v.lane AND s.epoch < v.epoch)"
    )
    identity = IDENTITIES[table]
    clause = f"ON CONFLICT ({', '.join(identity)}) DO NOTHING " if identity else ""
    return (
        f"WITH n AS MATERIALIZED (SELECT nextval('{table}_{key}') AS base), "  # noqa: S608  our own names
        f"written AS (INSERT INTO {table} ({key}, {names}) SELECT n.base + v.place, {chosen} "
        f"FROM n CROSS JOIN {arrays(table, columns, first='bigint')} AS v (place, {names}) "
        f"CROSS JOIN LATERAL (SELECT {is_direct} AS is_direct) AS d {clause}RETURNING {key}, status, lane), "
        f"told AS MATERIALIZED (SELECT pg_notify('{CHANNEL}', '{table}:' || string_agg(ready.lane::text, ',')) "
        f"FROM (SELECT DISTINCT lane FROM written WHERE status = {READY}) AS ready HAVING count(*) > 0) "
        f"SELECT written.{key}, written.{key} - n.base, written.status FROM written CROSS JOIN n "
        "WHERE (SELECT count(*) FROM told) >= 0"
    )
