"""Bring a database to the schema of this version: compare first, import Alembic only when it differs."""

from __future__ import annotations

from sqlalchemy import Connection, func, inspect, select, text

from ...errors import SchemaError
from ...events import LANES
from .tables import HEAD, OLDEST, lanes, metadata, support

UPGRADE_LOCK = 0x686F6F6B


def upgrade(connection: Connection) -> None:
    """Make the tables in an empty database, migrate an older one; the caller's transaction holds all of it.

    A newer one is accepted when it says that this version may still run on it, else refused with SchemaError.
    """
    if connection.dialect.name == "postgresql":  # several hosts may start at once
        connection.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
    version = current(connection)
    if version == HEAD:
        return
    if version is None and not inspect(connection).has_table("inbox"):
        _create(connection)
    elif version is not None and version > HEAD:
        _check_support(connection, version)
    else:
        _migrate(connection)


def current(connection: Connection) -> str | None:
    """Return the schema version that the database says it has."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _create(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(lanes.insert(), [{"lane": lane} for lane in range(LANES)])
    connection.execute(support.insert(), {"oldest": OLDEST})
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _check_support(connection: Connection, version: str) -> None:
    oldest = None
    if inspect(connection).has_table("support"):
        oldest = connection.execute(select(support.c.oldest)).scalar()
    if oldest is None or oldest > HEAD:
        raise SchemaError(
            f"the store has schema {version}, which this version doesn't know: a newer hookline wrote it. "
            "Upgrade hookline, or go back to that store's backup"
        )


def _migrate(connection: Connection, version: str = HEAD) -> None:
    from alembic import command  # lazy: 300 ms that an up-to-date store need not pay
    from alembic.util import CommandError

    from .migrations.configuration import configuration

    try:
        command.upgrade(configuration(connection), version)
    except CommandError as error:
        raise SchemaError(f"the store's schema {current(connection)} can't be brought to {version}: {error}") from error
