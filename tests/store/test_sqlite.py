from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from hookline.errors import StoreBusyError, StoreError
from hookline.store.database.sqlite import SqliteDatabase, file_of
from tests.store.worlds import open_store


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'test.db'}"


def value_of(connection: Connection, query: str) -> object:
    return connection.execute(text(query)).scalar()


def put(connection: Connection, items: Sequence[str]) -> list[int]:
    for item in items:
        connection.execute(text("INSERT INTO workers VALUES (:item, 0, 0, '[]')"), {"item": item})
    return [len(items)] * len(items)


async def test_commits_are_synced_to_disk(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(url(tmp_path))
    pragmas = [await database.run(value_of, f"PRAGMA {name}") for name in ("journal_mode", "synchronous")]
    await database.close()

    assert pragmas == ["wal", 2]


async def test_items_that_wait_together_are_written_together(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(url(tmp_path))
    sizes = await asyncio.gather(*(database.batch(put, f"worker {number}") for number in range(50)))
    await database.close()

    assert max(sizes) > 1


async def test_one_strange_item_fails_alone(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(url(tmp_path))
    items = [*(f"worker {number}" for number in range(20)), "worker 3"]
    results = await asyncio.gather(*(database.batch(put, item) for item in items), return_exceptions=True)
    count = await database.run(value_of, "SELECT count(*) FROM workers")
    await database.close()

    assert [isinstance(result, Exception) for result in results].count(True) == 1
    assert count == 20


async def test_failed_function_leaves_nothing_behind(tmp_path: Path) -> None:
    def half(connection: Connection) -> None:
        put(connection, ["half"])
        raise ValueError("stop")

    database = await SqliteDatabase.open(url(tmp_path))
    with pytest.raises(ValueError, match="stop"):
        await database.run(half)
    count = await database.run(value_of, "SELECT count(*) FROM workers")
    await database.close()

    assert count == 0


async def test_second_opening_of_the_file_is_refused(tmp_path: Path) -> None:
    async with open_store(url(tmp_path)):
        with pytest.raises(StoreBusyError, match="SQLite means one host per file"):
            await SqliteDatabase.open(url(tmp_path))


async def test_second_process_is_refused(tmp_path: Path) -> None:
    async with open_store(url(tmp_path)):
        context = multiprocessing.get_context("spawn")
        answers: multiprocessing.SimpleQueue[str] = context.SimpleQueue()
        process = context.Process(target=_try_to_open, args=(url(tmp_path), answers))
        process.start()
        await asyncio.to_thread(process.join, 30)

        assert answers.get() == "StoreBusyError"


async def test_file_can_be_opened_again_once_closed(tmp_path: Path) -> None:
    for _ in range(3):
        async with open_store(url(tmp_path)) as store:
            await store.check()


async def test_closed_database_says_so(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(url(tmp_path))
    await database.close()

    with pytest.raises(StoreError, match="closed"):
        await database.run(value_of, "SELECT 1")


async def test_folder_that_is_missing_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't write beside the store"):
        await SqliteDatabase.open(url(tmp_path / "nowhere"))


def test_memory_is_no_store() -> None:
    with pytest.raises(StoreError, match="must be a file"):
        file_of("sqlite:///:memory:")


def _try_to_open(where: str, answers: multiprocessing.SimpleQueue[str]) -> None:
    try:
        asyncio.run(SqliteDatabase.open(where))
    except StoreBusyError as error:
        answers.put(type(error).__name__)
    else:
        answers.put("opened")
