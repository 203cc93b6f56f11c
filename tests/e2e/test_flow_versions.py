"""Somebody is in a flow while hookline and bot.yaml become newer: what an earlier version has kept goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, text

from hookline.store.store import Store
from tests.e2e.test_quiet_hours import HOUR, say, started
from tests.e2e.test_restart import World

BEFORE = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    flows:
      booking:
        expire: 2h
        expired: too late
        steps:
          - {ask: part, choices: [front, back], say: part?}
          - {ask: count, type: number, say: count?}
          - {ask: name, say: name?}
          - reply: '{flow.name}, {flow.count}, {flow.part}'
    routes:
      - {name: book, exact: book, begin: booking}
"""
AFTER = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    flows:
      booking:
        expire: 2h
        expired: too late
        steps:
          - {ask: count, type: number, say: count?, at_most: 3}
          - {ask: phone, type: phone, say: phone?}
          - {ask: guest, say: guest?}
          - reply: '{flow.guest}, {flow.count}, {flow.phone}'
    routes:
      - {name: book, exact: book, begin: booking}
"""
LEAST = ("known", "asked", "asked_at", "turn")
"""What a version must have kept of an instance, for its answers to count."""
NEWER: Mapping[str, Any] = {"mood": "fine", "stack": [{"step": "name"}], "offers": {"count": None}}
"""What another version may have kept, of which this one knows nothing."""


async def rewritten(store: Store, *, without: bool, more: Mapping[str, Any]) -> None:
    """Let the one flow stand in the store as another version has written it."""

    def rewrite(connection: Connection) -> None:
        (kept,) = connection.execute(text("SELECT data FROM flows")).scalars()
        data = {name: value for name, value in json.loads(kept).items() if not without or name in LEAST}
        written = {"data": json.dumps({**data, **more})}
        connection.execute(text("UPDATE flows SET data = :data").bindparams(bindparam("data")), written)

    await store._database.run(rewrite)


@pytest.mark.parametrize("without", [False, True])
@pytest.mark.parametrize("more", [{}, NEWER], ids=["", "more"])
async def test_flow_that_another_version_has_written_goes_on(
    tmp_path: Path, store_url: str, without: bool, more: Mapping[str, Any]
) -> None:
    world = World(tmp_path, store_url, BEFORE)
    async with started(world) as (host, _):
        await say(host, "book", "back", "2")
        await rewritten(host.store, without=without, more=more)

    async with started(world) as (host, line):
        await say(host, "Ann")

        assert [text for _, text in line.sent] == ["Ann, 2, back"]


@pytest.mark.parametrize("without", [False, True])
async def test_flow_of_an_older_file_goes_on_at_what_the_new_one_does_not_know(
    tmp_path: Path, store_url: str, without: bool
) -> None:
    async with started(World(tmp_path, store_url, BEFORE)) as (host, _):
        await say(host, "book", "back", "2")
        await rewritten(host.store, without=without, more=NEWER)

    async with started(World(tmp_path, store_url, AFTER)) as (host, line):
        await say(host, "Ann", "0912-345-678", "Ben")

        assert [text for _, text in line.sent] == ["phone?", "guest?", "Ben, 2, 0912345678"]


async def test_answer_that_the_new_file_takes_no_more_is_asked_for_again(tmp_path: Path, store_url: str) -> None:
    async with started(World(tmp_path, store_url, BEFORE)) as (host, _):
        await say(host, "book", "back", "9")

    async with started(World(tmp_path, store_url, AFTER)) as (host, line):
        await say(host, "Ann", "3")

        assert [text for _, text in line.sent] == ["count?", "phone?"]


async def test_timer_of_an_older_file_ends_the_flow_at_its_time(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url, BEFORE)
    async with started(world) as (host, _):
        await say(host, "book", "back")
        await rewritten(host.store, without=True, more=NEWER)

    later = World(tmp_path, store_url, AFTER)
    later.clock.advance(2 * HOUR)
    async with started(later) as (host, line):
        await host.look_at_time()
        await host.settle()
        await say(host, "hello")

        assert [text for _, text in line.sent] == ["too late"]
