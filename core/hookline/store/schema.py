"""Bring a database to the schema of this version: compare first, import Alembic only when it differs."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from ..errors import SchemaError
from ..events import LANES
from .tables import lanes, metadata

HEAD = "0001"


def upgrade(connection: Connection) -> None:
    """Make the tables in an empty database, migrate an older one, refuse a newer one."""
    version = current(connection)
    if version == HEAD:
        return
    if version is None and not inspect(connection).has_table("inbox"):
        _create(connection)
    else:
        _migrate(connection)


def current(connection: Connection) -> str | None:
    """Return the schema version that the database says it has."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _create(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
    metadata.create_all(connection)
    connection.execute(lanes.insert(), [{"lane": lane} for lane in range(LANES)])
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
    connection.exec_driver_sql("COMMIT")


def _migrate(connection: Connection) -> None:
    from alembic import command  # lazy: 300 ms that an up-to-date store need not pay
    from alembic.util import CommandError

    from .migrations.configuration import configuration

    try:
        command.upgrade(configuration(connection), HEAD)
    except CommandError as error:
        raise SchemaError(
            f"the store has schema {current(connection)}, which this version doesn't know: "
            "a newer hookline wrote it. Upgrade hookline, or go back to that store's backup"
        ) from error
