"""Compare ack and whole cycle on a SQLite store with a million finished rows and on an empty one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Table

from hookline.store.database import tables
from hookline.store.store import Store
from hookline.testing import events
from tests.bench.processes import Round, lines, measured, rate, sending_rate, served
from tests.bench.table import Figure, note

ROWS = 1_000_000
DAYS = 29.0
"""Younger than what a host forgets at its start."""
BODY_BYTES = 600


def measure(rounds: int, seconds: int) -> list[Figure]:
    """Load a host on each store in turn, *rounds* times."""
    results: dict[str, list[Round]] = {name: [] for name in ("ack, empty", "cycle, empty", "ack, full", "cycle, full")}
    with tempfile.TemporaryDirectory(prefix="hookline-rows-", dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        begun_at = time.perf_counter()
        fill(folder / "full.db", ROWS)
        size = (folder / "full.db").stat().st_size / 1e9
        note(
            f"\nA store of {ROWS:,} finished events and as many messages: {size:.1f} GB, filled in "
            f"{time.perf_counter() - begun_at:.0f} s; {rounds} rounds of {seconds} s"
        )
        with served("platform") as platform:
            for _ in range(rounds):
                for kind in ("empty", "full"):
                    store = ("--store", f"sqlite:///{_fresh(folder, kind)}")
                    results[f"ack, {kind}"].append(measured("ack", *store, seconds=seconds))
                    cycle = ("cycle", "--platform", str(platform), *store)
                    results[f"cycle, {kind}"].append(measured(*cycle, seconds=seconds, platform=platform))
    note(lines(results))
    ack = rate(results["ack, full"]) / rate(results["ack, empty"])
    cycle_rate = sending_rate(results["cycle, full"]) / sending_rate(results["cycle, empty"])
    return [
        Figure("rows", "ack with a million finished rows / with none", ack, ">= 0.9"),
        Figure("rows", "whole cycle with a million finished rows / with none", cycle_rate, ">= 0.9"),
    ]


def _fresh(folder: Path, kind: str) -> Path:
    """Return the path of a store that no run has touched."""
    path = folder / "run.db"
    for old in folder.glob("run.db*"):
        old.unlink()
    if kind == "full":
        shutil.copyfile(folder / "full.db", path)
        _written(path)
    return path


def _written(path: Path) -> None:
    """Wait until *path* is on the disk, so that its writes disturb no measurement."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def fill(path: Path, count: int) -> None:
    """Make a store at *path* with *count* finished events and as many sent messages."""

    async def make() -> None:
        store = await Store.open(f"sqlite:///{path}", lambda _bot, raw: raw)
        await store.close()

    asyncio.run(make())
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            connection.execute(f"PRAGMA {pragma}")
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        indexes = made.fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for table, values in ((tables.inbox, _inbox()), (tables.outbox, _outbox())):
            _insert(connection, table, values, count)
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    _written(path)


def _insert(connection: sqlite3.Connection, table: Table, values: Mapping[str, str], count: int) -> None:
    """Insert *count* rows; *values* are SQL that may use ``n``, from 1 to *count*, and ``at``, its time."""
    needed = {column.name for column in table.columns if not column.nullable and column.server_default is None}
    assert needed <= set(values), f"{table.name} has new columns: {needed - set(values)}"
    now = time.time_ns() // 1_000_000
    span = int(DAYS * 86_400_000)
    connection.execute("BEGIN")
    connection.execute(
        f"""
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}),
        rows AS (SELECT n, {now - span} + n * {span} / {count} AS at FROM numbers)
        INSERT INTO {table.name} ({", ".join(values)}) SELECT {", ".join(values.values())} FROM rows
        """
    )
    connection.execute("COMMIT")


def _inbox() -> dict[str, str]:
    raw = events.event(
        "message", now=0, reply_token="0" * 32, message=events.text_message("請問今天有營業嗎？"), destination="U" * 33
    )
    body = json.dumps(raw)
    body += " " * (BODY_BYTES - len(body))
    return {
        "seq": "n",
        "bot": "'shop'",
        "event_id": "printf('01%010XBENCHFULL%06X', at, n)",
        "conversation": "printf('U%032x', n % 20000)",
        "lane": "n % 256",
        "kind": "'message.text'",
        "message_id": "cast(400000000000000000 + n AS text)",
        "body": f"cast('{body}' AS blob)",
        "received_at": "at",
        "status": str(tables.DONE),
        "starts": "1",
        "route": "'all'",
        "outcome": "'handled'",
        "finished_at": "at + 20",
    }


def _outbox() -> dict[str, str]:
    body = json.dumps([{"type": "text", "text": "您好，今天營業到晚上九點，歡迎光臨！"}])
    return {
        "id": "n",
        "bot": "'shop'",
        "conversation": "printf('U%032x', n % 20000)",
        "lane": "n % 256",
        "seq": "n",
        "form": "'reply'",
        "reply_token": "printf('%032x', n)",
        "retry_key": "printf('%08x-0000-4000-8000-%012x', n, n)",
        "body": f"cast('{body}' AS blob)",
        "created_at": "at",
        "deadline": "at + 60000",
        "status": str(tables.DONE),
        "attempts": "1",
        "outcome": "'sent'",
        "finished_at": "at + 60",
    }
