from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from hookline.errors import SchemaError
from hookline.store.database import schema, tables
from hookline.store.database.postgres import PostgresDatabase
from hookline.store.database.tables import metadata
from hookline.store.database.urls import is_shared
from tests.postgres import PostgresServer
from tests.store.worlds import finish_of, lease, open_store, values
from tests.support import make_event


async def bare(url: str, work: Callable[[Connection], None]) -> None:
    """Run *work* in a database that nobody has prepared."""
    if is_shared(url):
        database = PostgresDatabase(url)
        await database.run(work)
        await database.close()
        return
    engine = create_engine(url)
    with engine.begin() as connection:
        work(connection)
    engine.dispose()


async def test_migrations_make_the_tables_that_the_code_draws(store_url: str) -> None:
    await bare(store_url, schema._migrate)
    async with open_store(store_url) as store:
        version, lanes, differences, indexes = await store._database.run(_compared)

    assert (version, lanes, differences) == (tables.HEAD, 256, [])
    assert indexes == {str(index.name) for table in metadata.tables.values() for index in table.indexes}


async def test_store_of_the_first_version_is_brought_up_to_date_and_keeps_its_events(store_url: str) -> None:
    await bare(store_url, _make_old)
    async with open_store(store_url) as store:
        (event,) = await lease(store)
        result = await store.outcomes.finish(finish_of(event))

    assert (event.event_id, result.result) == ("old", "done")


async def test_store_of_a_newer_version_that_breaks_with_this_one_is_refused_and_stays_as_it_is(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store._database.run(_become_newer, oldest="9999")

    with pytest.raises(SchemaError, match="has schema 9999"):
        async with open_store(store_url):
            pass


async def test_this_version_runs_on_the_expanded_schema_of_the_next(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store._database.run(_become_newer, oldest=tables.HEAD)
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])
        (event,) = await lease(store)
        result = await store.outcomes.finish(finish_of(event, state="{}"))

        assert result.result == "done"
        assert await values(store, "SELECT version_num FROM alembic_version") == ["9999"]


@pytest.mark.parametrize("is_old", [False, True])
async def test_hosts_that_start_at_once_make_or_migrate_the_schema_once(postgres: PostgresServer, is_old: bool) -> None:
    url = await asyncio.to_thread(postgres.emptied)
    if is_old:
        await bare(url, _make_old)
    async with AsyncExitStack() as stack:
        stores = await asyncio.gather(*(stack.enter_async_context(open_store(url)) for _ in range(4)))

        assert await values(stores[0], "SELECT count(*) FROM lanes") == [256]
        assert await values(stores[3], "SELECT event_id FROM inbox") == (["old"] if is_old else [])


def test_head_is_the_newest_migration() -> None:
    versions = Path(schema.__file__).parent / "migrations" / "versions"

    assert max(path.name.partition("_")[0] for path in versions.glob("0*.py")) == tables.HEAD


def _compared(connection: Connection) -> tuple[str | None, int, list[object], set[str]]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    lanes = connection.execute(text("SELECT count(*) FROM lanes")).scalar_one()
    options = {"include_object": lambda _o, name, *_: name != "alembic_version"}
    differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    indexes = {str(index["name"]) for table in metadata.tables for index in inspect(connection).get_indexes(table)}
    return schema.current(connection), lanes, list(differences), indexes


def _make_old(connection: Connection) -> None:
    schema._migrate(connection, "0001")
    connection.execute(
        text(
            "INSERT INTO inbox (seq, bot, event_id, conversation, lane, kind, body, received_at) "
            "VALUES (1, 'shop', 'old', 'U1', 3, 'follow', :body, 1)"
        ),
        {"body": b"{}"},
    )


def _become_newer(connection: Connection, oldest: str) -> None:
    """Expand the schema as a coming version might: columns with defaults, a table, an index."""
    connection.execute(text("ALTER TABLE inbox ADD COLUMN mood VARCHAR(8) DEFAULT 'good' NOT NULL"))
    connection.execute(text("ALTER TABLE outbox ADD COLUMN colour VARCHAR(8)"))
    connection.execute(text("CREATE TABLE moods (mood VARCHAR(8) PRIMARY KEY)"))
    connection.execute(text("CREATE INDEX inbox_moods ON inbox (mood)"))
    connection.execute(text("UPDATE support SET oldest = :oldest"), {"oldest": oldest})
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
