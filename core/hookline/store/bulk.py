"""Write many rows in one statement, so that a batch costs one step of the database, not one a row.

A row-by-row ``executemany`` would give up and fetch back Python's global lock for each row, and wait behind the busy
event loop every time. The texts are made once for each number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

MAX_PARAMETERS = 30_000

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: str, rows: Sequence[Row], *, conflict: str = "") -> int:
    """Insert *rows*, which all have the same columns, and return how many were written.

    *conflict* is what follows ``ON CONFLICT``, as in ``(bot, event_id) DO NOTHING``.
    """
    written = 0
    for part in _parts(rows):
        columns = tuple(part[0])
        text = _insert_text(table, columns, len(part), conflict)
        written += connection.exec_driver_sql(text, tuple(row[name] for row in part for name in columns)).rowcount
    return written


def update_rows(connection: Connection, table: str, key: str, rows: Sequence[Row], *, extra: str = "") -> int:
    """Set, in the row of *table* whose *key* is each row's, all its other values; return how many were changed.

    ``name+`` adds to column *name*; ``?name`` only stands for ``v.name`` in *extra*, a further condition.
    """
    changed = 0
    for part in _parts(rows):
        columns = tuple(part[0])
        text = _update_text(table, key, columns, len(part), extra)
        changed += connection.exec_driver_sql(text, tuple(row[name] for row in part for name in columns)).rowcount
    return changed


@lru_cache(maxsize=1024)
def _insert_text(table: str, columns: Sequence[str], count: int, conflict: str) -> str:
    clause = f" ON CONFLICT {conflict}" if conflict else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {_values(len(columns), count)}{clause}"  # noqa: S608  our own names


@lru_cache(maxsize=1024)
def _update_text(table: str, key: str, columns: Sequence[str], count: int, extra: str) -> str:
    place = {name: f"v.column{number}" for number, name in enumerate(columns, 1)}
    assignments = []
    for name in columns:
        column = name.rstrip("+")
        if name == key or name.startswith("?"):
            continue
        added = f"t.{column} + " if name.endswith("+") else ""
        assignments.append(f"{column} = {added}{place[name]}")
    condition = f" AND {extra}" if extra else ""
    for name in columns:
        if name.startswith("?"):
            condition = condition.replace(f"v.{name[1:]}", place[name])
    return (
        f"UPDATE {table} AS t SET {', '.join(assignments)} FROM (VALUES {_values(len(columns), count)}) AS v "  # noqa: S608
        f"WHERE t.{key} = {place[key]}{condition}"
    )


def _values(width: int, count: int) -> str:
    one = f"({', '.join('?' * width)})"
    return ", ".join([one] * count)


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    if not rows:
        return
    size = MAX_PARAMETERS // len(rows[0])
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
