"""Say in each database's words what the two say differently."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any, Literal

from sqlalchemy import BigInteger, Connection, Integer, SmallInteger, Text, any_, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

CHANNEL = "hookline"
Room = Literal["inbox", "outbox", "timers", "lanes", "switches"]


def is_postgres(connection: Connection) -> bool:
    """Say whether *connection* goes to PostgreSQL."""
    return connection.dialect.name == "postgresql"


def one_of(connection: Connection, column: Any, values: Collection[Any]) -> Any:
    """Return the condition that *column* is one of *values*: one text, however many there are, on PostgreSQL."""
    if is_postgres(connection):
        kind = Text() if not isinstance(column.type, Integer | SmallInteger | BigInteger) else column.type
        return column == any_(bindparam(None, list(values), type_=ARRAY(kind)))
    return column.in_(list(values))


def now_of(connection: Connection) -> int:
    """Return the milliseconds since 1970 by the store's clock."""
    if not is_postgres(connection):
        return time.time_ns() // 1_000_000
    query = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
    return int(connection.execute(query).scalar_one())


def notify(connection: Connection, room: Room, lanes: Iterable[int]) -> None:
    """Tell the workers that hold *lanes* that something waits there, once this transaction is committed."""
    if is_postgres(connection):
        wanted = ",".join(str(lane) for lane in sorted(set(lanes)))
        connection.exec_driver_sql("SELECT pg_notify($1, $2)", (CHANNEL, f"{room}:{wanted}"))
