"""Queries that run at every turn or start must use their partial index, however many rows are finished."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from hookline.store.inbox import _leasing
from tests.store.worlds import open_store

QUERIES = {
    "inbox_open": "SELECT seq FROM inbox WHERE status = 0 ORDER BY seq LIMIT 256",
    "inbox_leased": "UPDATE inbox SET status = 0 WHERE status = 1",
    "outbox_open": "SELECT id FROM outbox WHERE status < 2 AND status = 0 ORDER BY id",
    "inbox_unsent": "SELECT bot FROM inbox WHERE kind = 'unsend' AND received_at > 1",
    "inbox_finished": "SELECT seq FROM inbox WHERE status = 2 AND finished_at < 1",
}


def plan(connection: Connection, query: str) -> str:
    return " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))


@pytest.mark.parametrize("index", QUERIES)
async def test_query_uses_its_index(tmp_path: Path, index: str) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}") as store:
        assert f"INDEX {index}" in await store._database.run(plan, QUERIES[index])


def test_lease_writes_the_index_s_condition_out() -> None:
    assert "inbox.status = 0" in str(_leasing)
