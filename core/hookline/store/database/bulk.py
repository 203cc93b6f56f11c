"""Write and read many rows in one statement, so that a batch costs one step of the database, not one a row.

A row-by-row ``executemany`` would give up and fetch back Python's global lock for each row, and wait behind the busy
event loop every time. On SQLite rows are a list of VALUES; on PostgreSQL each column is one array, so that there is one
text, and one prepared statement, for any number of rows. The texts are made once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import CursorResult

from .tables import metadata

MAX_PARAMETERS = 30_000

Row = Mapping[str, Any]
_postgres = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def insert_rows(connection: Connection, table: str, rows: Sequence[Row], *, conflict: str = "") -> int:
    """Insert *rows*, which all have the same columns, and return how many were written.

    *conflict* is what follows ``ON CONFLICT``, as in ``(bot, event_id) DO NOTHING``.
    """
    clause = f" ON CONFLICT {conflict}" if conflict else ""
    return sum(found.rowcount for found in _each(connection, _insert_text, table, rows, clause))


def update_rows(connection: Connection, table: str, key: str, rows: Sequence[Row], *, extra: str = "") -> int:
    """Set, in the row of *table* whose *key* is each row's, all its other values; return how many were changed.

    ``name+`` adds to column *name*. *extra* is a further condition, in which each stands as ``v.name``; what is given
    as ``?name`` is not set and stands only there.
    """
    return sum(found.rowcount for found in _each(connection, _update_text, table, rows, key, extra))


def updated_rows(connection: Connection, table: str, key: str, rows: Sequence[Row], *, extra: str = "") -> set[Any]:
    """Do as :func:`update_rows` does, and return the keys of those that were changed."""
    found = _each(connection, _update_text, table, rows, key, extra, returning=f" RETURNING {key}")
    return {value for result in found for (value,) in result}


def select_rows(
    connection: Connection, table: str, keys: Sequence[Row], wanted: Sequence[str], *, extra: str = ""
) -> list[tuple[Any, ...]]:
    """Return the *wanted* columns of the rows of *table* that have the values of one of *keys*.

    *extra* is a further condition, in which a column of the table stands as ``t.name``.
    """
    found = _each(connection, _select_text, table, keys, tuple(wanted), extra)
    return [tuple(row) for result in found for row in result]


def delete_rows(connection: Connection, table: str, keys: Sequence[Row]) -> int:
    """Delete the rows of *table* that have the values of one of *keys*, and return how many there were."""
    return sum(found.rowcount for found in _each(connection, _delete_text, table, keys))


def _each(
    connection: Connection, text_of: Any, table: str, rows: Sequence[Row], *extra: Any, **more: Any
) -> Iterator[CursorResult[Any]]:
    """Run the statement for *rows*, in parts when they are many."""
    if not rows:
        return
    columns = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        text = text_of(table, columns, None, *extra) + more.get("returning", "")
        yield connection.exec_driver_sql(text, tuple([row[name] for row in rows] for name in columns))
        return
    size = MAX_PARAMETERS // len(columns)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        text = text_of(table, columns, len(part), *extra) + more.get("returning", "")
        yield connection.exec_driver_sql(text, tuple(row[name] for row in part for name in columns))


@lru_cache(maxsize=1024)
def _insert_text(table: str, columns: Sequence[str], count: int | None, clause: str) -> str:
    source = f"VALUES {_values(len(columns), count)}" if count else f"SELECT * FROM {arrays(table, columns)}"  # noqa: S608  our own names
    return f"INSERT INTO {table} ({', '.join(columns)}) {source}{clause}"


@lru_cache(maxsize=1024)
def _update_text(table: str, columns: Sequence[str], count: int | None, key: str, extra: str) -> str:
    place = {name: f"v.column{number}" for number, name in enumerate(columns, 1)}
    assignments = []
    for name in columns:
        column = _column(name)
        if name == key or name.startswith("?"):
            continue
        added = f"t.{column} + " if name.endswith("+") else ""
        assignments.append(f"{column} = {added}{place[name]}")
    by_name = {_column(name): where for name, where in place.items()}
    condition = re.sub(r"\bv\.(\w+)", lambda found: by_name[found[1]], f" AND {extra}" if extra else "")
    return (
        f"UPDATE {table} AS t SET {', '.join(assignments)} FROM {_source(table, columns, count)} "  # noqa: S608  our own names
        f"WHERE t.{key} = {place[key]}{condition}"
    )


@lru_cache(maxsize=1024)
def _select_text(table: str, columns: Sequence[str], count: int | None, wanted: Sequence[str], extra: str) -> str:
    same = " AND ".join(f"t.{name} = v.column{number}" for number, name in enumerate(columns, 1))
    chosen = ", ".join(f"t.{name}" for name in wanted)
    condition = f" AND {extra}" if extra else ""
    return f"SELECT {chosen} FROM {_source(table, columns, count)} JOIN {table} AS t ON {same}{condition}"  # noqa: S608  our own names


@lru_cache(maxsize=1024)
def _delete_text(table: str, columns: Sequence[str], count: int | None) -> str:
    places = ", ".join(f"v.column{number}" for number in range(1, len(columns) + 1))
    keys = f"SELECT {places} FROM {_source(table, columns, count)}"  # noqa: S608  our own names
    return f"DELETE FROM {table} WHERE ({', '.join(columns)}) IN ({keys})"  # noqa: S608  our own names


def _source(table: str, columns: Sequence[str], count: int | None) -> str:
    if count:
        return f"(VALUES {_values(len(columns), count)}) AS v"
    names = ", ".join(f"column{number}" for number in range(1, len(columns) + 1))
    return f"{arrays(table, columns)} AS v ({names})"


def arrays(table: str, columns: Sequence[str], *, first: str | None = None) -> str:
    """Return PostgreSQL's ``unnest($1::type[], …)`` for *columns* of *table*, after one more of the type *first*."""
    kinds = metadata.tables[table].c
    types = [first] if first else []
    types += [kinds[_column(name)].type.compile(_postgres) for name in columns]
    return f"unnest({', '.join(f'${number}::{kind}[]' for number, kind in enumerate(types, 1))})"


def _column(name: str) -> str:
    return name.strip("+?")


def _values(width: int, count: int) -> str:
    one = f"({', '.join('?' * width)})"
    return ", ".join([one] * count)
