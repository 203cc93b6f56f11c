"""Copy a SQLite store into an empty PostgreSQL database: all of it, checked, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Table, func, literal, literal_column, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import LargeBinary, String

from ...errors import StoreError
from ...events import LANES
from ..database import schema
from ..database.bulk import insert_rows
from ..database.dialects import notify, now_of
from ..database.postgres import PostgresDatabase, check_durability
from ..database.reading import SqliteReader
from ..database.sqlite import NUMBERED
from ..database.tables import LEASED, READY, audit, dead_letters, metadata, workers
from ..insertion import KEYS
from ..lanes import LEASE_SECONDS

COPIED: Sequence[Table] = tuple(table for table in metadata.tables.values() if table.info.get("outlives"))
"""All that outlives a host, in the order in which it is drawn; the rest is the target's own."""
CHUNK = 500
PRIME = 1_000_003
"""Numbers are summed modulo this one: sums of times would overflow."""

Report = Callable[[str, int], object]
"""Called with a table's name and how many of its rows are copied by then."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Say how many rows of one table were copied, and found again in the target."""

    table: str
    rows: int


async def sizes(source: SqliteReader) -> Mapping[str, int]:
    """Return the number of rows of each table that :func:`copy` would copy."""
    return await source.run(_sizes)


async def copy(source: SqliteReader, url: str, report: Report) -> list[Copied]:
    """Copy *source*, which nobody writes to meanwhile, to the PostgreSQL database at *url*, in one transaction.

    Its schema is brought up to date first. What was under way becomes ready. Raises StoreError, and leaves the target
    as it was, when that holds something already, says yes before it has written, hosts work on it, or anything differs
    afterwards.
    """
    target = PostgresDatabase(url, seconds=None)
    try:
        return await target.run(_copy_from, source, report)
    except SQLAlchemyError as error:
        raise StoreError(f"a row can't be copied, so nothing was: {getattr(error, 'orig', error)}") from error
    finally:
        await target.close()


def _copy_from(target: Connection, source: SqliteReader, report: Report) -> list[Copied]:
    with source.snapshot() as connection:
        return _copy(connection, target, report)


def _copy(source: Connection, target: Connection, report: Report) -> list[Copied]:
    check_durability(target)
    schema.upgrade(target)
    _occupy(target)
    for table in COPIED:
        _copy_table(source, target, table, report)
    _set_sequences(target)
    copied = [_compared(source, target, table) for table in COPIED]
    for room in ("inbox", "outbox"):
        notify(target, room, range(LANES))
    return copied


def _occupy(target: Connection) -> None:
    """Keep all others out until the end, and refuse a target that isn't empty."""
    names = ", ".join(table.name for table in COPIED)
    target.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    for table in COPIED:
        if target.execute(select(literal(1)).select_from(table).limit(1)).first() is not None:
            raise StoreError(
                f"the target isn't empty: there are rows in `{table.name}`. Copy into a database of its own"
            )
    heard_at = target.execute(select(func.max(workers.c.heartbeat_at))).scalar()
    if heard_at is not None and now_of(target) - heard_at < 2 * LEASE_SECONDS * 1000:
        raise StoreError("a host works on the target: stop it first")


def _copy_table(source: Connection, target: Connection, table: Table, report: Report) -> None:
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=CHUNK)
    done = 0
    for part in source.execute(query).mappings().partitions():
        done += insert_rows(target, table.name, [_freed(dict(row)) for row in part])
        report(table.name, done)


def _freed(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* without what ties it to a worker of the source."""
    if "epoch" not in row:
        return row
    return {**row, "epoch": 0, "status": READY if row["status"] == LEASED else row["status"]}


def _set_sequences(target: Connection) -> None:
    """Let the next numbers be greater than all that were copied."""
    columns = {f"{name}_{KEYS[name]}": numbered for name, numbered in NUMBERED.items()}
    for table in (dead_letters, audit):
        serial = target.execute(select(func.pg_get_serial_sequence(table.name, "id"))).scalar_one()
        columns[serial] = (table.c.id,)
    for sequence, numbered in columns.items():
        following = max(target.execute(select(func.max(column))).scalar() or 0 for column in numbered) + 1
        target.execute(select(func.setval(sequence, following, False)))


def _compared(source: Connection, target: Connection, table: Table) -> Copied:
    """Return how much was copied; raise StoreError when the two tables differ in number, numbers or lengths."""
    before, after = _checksum(source, table), _checksum(target, table)
    if before != after:
        raise StoreError(f"`{table.name}` differs after copying: {before} became {after}. Nothing was kept")
    return Copied(table.name, before["rows"])


def _checksum(connection: Connection, table: Table) -> dict[str, int]:
    sums: dict[str, ColumnElement[Any]] = {"rows": func.count()}
    for column in table.c:
        if isinstance(column.type, LargeBinary | String):
            sums[f"length of {column.name}"] = func.sum(func.length(column))
        elif not isinstance(column.type, Boolean) and column.name not in ("epoch", "status"):
            sums[f"sum of {column.name}"] = func.sum(column % literal_column(str(PRIME)))
    found = connection.execute(select(*sums.values()).select_from(table)).one()
    return {name: int(value or 0) for name, value in zip(sums, found, strict=True)}


def _sizes(connection: Connection) -> Mapping[str, int]:
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in COPIED}
