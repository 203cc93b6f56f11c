"""Bursts of messages through a running host, and through one that died in the middle of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hookline.store.people.history import EventFilter
from hookline.store.records import StoredEvent
from hookline.store.store import Store
from tests.e2e.hosts import BOT, NEEDS_PROC, run_site, simulated_line
from tests.e2e.test_restart import World
from tests.store.worlds import errors_of, finish_of, lease, values
from tests.support import NOW, make_event

ROUTE = """
version: 1
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}"}}
    routes:
      - {{name: all, otherwise: true, reply: '{{event.text}}', {overlap}}}
"""
MERGE = ROUTE.format(overlap="overlap: merge")
REJECT = ROUTE.format(overlap="overlap: reject, busy: 請稍候")
QUICK = BOT.replace("name: note, otherwise: true", "name: note, otherwise: true, overlap: merge, window: 2")


@NEEDS_PROC
async def test_five_quick_messages_get_one_answer_by_the_last_token(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/bursts.db"
    async with simulated_line() as line, run_site(tmp_path, store, line, bot=QUICK) as site:
        answered = asyncio.Event()
        line.on_sent = lambda _: answered.set()
        raws = [line.text("shop", str(number)) for number in range(5)]
        for raw in raws:
            assert await line.deliver("shop", [raw], webhook=site.webhook) == [200]
        await asyncio.wait_for(answered.wait(), 20)

        assert [(sent.form, sent.messages[0]["text"]) for sent in line.sent] == [("reply", "0\n1\n2\n3\n4|1")]
    connection = sqlite3.connect(tmp_path / "bursts.db")
    assert connection.execute("SELECT reply_token FROM outbox").fetchall() == [(raws[-1]["replyToken"],)]
    connection.close()


async def crashed(store: Store, starts: Sequence[int]) -> list[StoredEvent]:
    """Leave texts `0`, `1`, … of which the process didn't survive so many runs."""
    await store.inbox.accept([make_event(str(number)) for number in range(len(starts))])
    rows = await lease(store)
    for row, count in zip(rows, starts, strict=True):
        if count:
            assert await store.inbox.start(row.seq, row.epoch, count, NOW)
    await store.lanes.leave("me")
    return rows


async def answers(world: World) -> list[str]:
    """Run a host until all is done, and return what it sent."""
    async with world.host() as (host, line):
        await host.start()
        await host.settle()
        return [text for _, text in line.sent]


async def ends(world: World) -> list[tuple[str | None, int | None]]:
    """Return how all events ended, the oldest first, and which was run in their place."""
    async with world.host() as (host, _):
        return [(event.outcome, event.joined) for event in await host.store.history.list(EventFilter(), 100)][::-1]


async def test_burst_whose_process_died_is_answered_as_one_again(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url, MERGE)
    async with world.host() as (host, _):
        rows = await crashed(host.store, [1, 1, 1])

    assert await answers(world) == ["0\n1\n2"]
    assert await ends(world) == [("merged", rows[2].seq), ("merged", rows[2].seq), ("answered", None)]


async def test_texts_of_a_burst_that_killed_its_process_twice_are_run_alone(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url, MERGE)
    async with world.host() as (host, _):
        await crashed(host.store, [2, 2, 2, 0, 0])

    assert await answers(world) == ["0", "1", "2", "3\n4"]


async def test_poison_in_a_burst_is_buried_and_its_neighbours_are_answered(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url, MERGE)
    async with world.host() as (host, _):
        await crashed(host.store, [2, 3, 2])

    assert await answers(world) == ["0", "2"]
    async with world.host() as (host, _):
        assert await errors_of(host.store) == ["the process died 3 times while this event was running"]


async def test_row_that_came_during_a_run_elsewhere_is_rejected_at_its_turn(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url, REJECT)
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("run")], NOW)
        (run,) = await lease(host.store)
        for number, seconds in enumerate((1, 2, 5)):
            await host.store.inbox.accept([make_event(str(number))], NOW + seconds * 1000)
        finish = finish_of(run, outcome="answered", route="all", started_at=NOW, now=NOW + 3000, joined=run.seq)
        await host.store.outcomes.finish(finish)
        await host.store.lanes.leave("me")
    world.clock.advance(6)

    assert await answers(world) == ["請稍候", "2"]
    assert await ends(world) == [("answered", None), ("rejected", run.seq), ("rejected", run.seq), ("answered", None)]


async def test_row_that_came_during_a_run_which_the_process_did_not_survive_is_rejected(
    tmp_path: Path, store_url: str
) -> None:
    world = World(tmp_path, store_url, REJECT)
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event("run")], NOW)
        (run,) = await lease(host.store)
        assert await host.store.inbox.start(run.seq, run.epoch, 1, NOW + 500)
        await host.store.inbox.accept([make_event("before")], NOW + 500)
        await host.store.inbox.accept([make_event("during")], NOW + 501)
        await host.store.lanes.leave("me")
    world.clock.advance(60)

    assert sorted(await answers(world)) == sorted(["run", "before", "請稍候"])
    assert await ends(world) == [("answered", None), ("answered", None), ("rejected", run.seq)]


async def test_event_that_runs_alone_has_ended_before_the_next_begins(tmp_path: Path, store_url: str) -> None:
    world = World(tmp_path, store_url, ROUTE.format(overlap="overlap: queue"))
    async with world.host() as (host, _):
        await host.store.inbox.accept([make_event(str(number), user=f"u{number}") for number in range(8)])
        for row in await lease(host.store):
            assert await host.store.inbox.start(row.seq, row.epoch, 2, NOW)
        await host.store.lanes.leave("me")

    ended: list[int] = []
    async with world.host() as (host, _):

        class Watched(type(host.store.inbox)):  # type: ignore[misc]  # the inbox, and a tally
            async def start(self, *arguments: Any) -> bool:
                ended.extend(await values(host.store, "SELECT count(*) FROM inbox WHERE finished_at IS NOT NULL"))
                return bool(await super().start(*arguments))

        host.store.inbox = Watched(host.store._database)
        await host.start()
        await host.settle()

    assert ended == list(range(8))
