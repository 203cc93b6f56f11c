"""What two hosts on one PostgreSQL do at the very same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection

from hookline.errors import StoreError
from hookline.events import lane_of
from hookline.host.host import Host
from hookline.store.arrivals import row_of
from hookline.store.database.bulk import insert_rows
from hookline.store.deliveries import _outbox_row
from hookline.store.records import StoredEvent
from tests.e2e.test_restart import BOT, World
from tests.store.test_lane_races import direct, holding
from tests.store.test_lanes import beat, two_stores
from tests.store.worlds import delivery, open_store, values
from tests.support import make_event

ONLY_CAFE = BOT.replace("shop:", "cafe:")
WITH_CAFE = BOT + BOT.partition("bots:\n")[2].replace("shop:", "cafe:")


def answer_leases_late(host: Host, error: Exception | None) -> None:
    """Let the next lease that brings something answer 0.3 s after its commit, or fail then."""
    inbox, errors = host.store.inbox, [error]

    class Late(type(inbox)):  # type: ignore[misc]  # the inbox, with a slow line back from the server
        async def lease(self, *arguments: Any) -> list[StoredEvent]:
            found = await inbox.lease(*arguments)
            if found and errors:
                error = errors.pop()
                await asyncio.sleep(0.3)
                if error is not None:
                    raise error
            return found

    host.worker._inbox = Late(host.store._database)


@pytest.mark.parametrize("error", [None, StoreError("connection lost after the commit")])
async def test_event_that_comes_straight_waits_for_the_answer_of_a_lease(
    tmp_path: Path, shared_url: str, error: Exception | None
) -> None:
    world = World(tmp_path, shared_url)
    async with world.host() as (host, line), open_store(shared_url) as other:
        await host.start()
        await asyncio.sleep(0.5)
        answer_leases_late(host, error)
        await other.inbox.accept([make_event("first")])
        await asyncio.sleep(0.1)  # by now the host has been told, and its lease is committed
        await host.worker.accept([make_event("second")])
        async with asyncio.timeout(10):
            while len(line.sent) < 2:
                await asyncio.sleep(0.05)

    assert [text for _, text in line.sent] == ["first", "second"]


async def test_event_does_not_come_straight_where_a_former_holder_has_one_in_vain(shared_url: str) -> None:
    async with two_stores(shared_url) as (first, second), holding(shared_url) as hold:
        arrival = direct("first", await beat(first, "a"))
        accepting = await hold.run(first, first.inbox._accept, [([row_of(arrival)], {})])
        lease = await beat(second, "b", dead=["a"])
        await hold.release()
        await accepting
        (place,) = await second.inbox.admit([direct("second", lease)])
        leased = await second.inbox.lease(10, lease.epochs)

    assert place is not None
    assert not place.is_leased
    assert [event.raw["message"]["text"] for event in leased] == ["first", "second"]


async def test_deliveries_of_a_bot_that_their_holder_lacks_are_made_by_who_has_it(
    tmp_path: Path, shared_url: str
) -> None:
    def write(connection: Connection) -> None:
        for number in range(1, 21):
            chat = f"U{number}"
            push = delivery(bot="cafe", form="push", conversation=chat, lane=lane_of("cafe", chat), epoch=0)
            insert_rows(connection, "outbox", [{**_outbox_row(push, 1), "id": number}])

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    worlds = World(tmp_path / "a", shared_url), World(tmp_path / "b", shared_url, WITH_CAFE)
    async with worlds[0].host() as (first, _), worlds[1].host() as (second, _):
        await first.start()
        await second.start()
        await second.store._database.run(write)
        await _until(second, "SELECT count(*) FROM outbox WHERE status < 2")


async def test_two_hosts_that_each_lack_a_bot_of_the_other_work_both_off(tmp_path: Path, shared_url: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    worlds = World(tmp_path / "a", shared_url), World(tmp_path / "b", shared_url, ONLY_CAFE)
    async with worlds[0].host() as (first, _), worlds[1].host() as (second, _), open_store(shared_url) as web:
        await first.start()
        await second.start()
        events = [make_event(f"{n}", bot=bot, user=f"u{n}") for n in range(300) for bot in ("shop", "cafe")]
        await web.inbox.accept(events)
        await _until(first, "SELECT count(*) FROM inbox WHERE status < 2")


async def test_events_of_others_are_found_by_the_clock_where_no_signal_gets_through(
    tmp_path: Path, shared_url: str
) -> None:
    world = World(tmp_path, shared_url)
    world.configuration = replace(world.configuration, listen_url=shared_url)  # as behind a transaction pooler only
    with structlog.testing.capture_logs() as logs:
        async with world.host() as (host, line), open_store(shared_url) as other:
            await host.start()
            await asyncio.sleep(2.5)
            await other.inbox.accept([make_event("hi")])
            async with asyncio.timeout(10):
                while not line.sent:
                    await asyncio.sleep(0.02)

    assert [entry["every"] for entry in logs if entry["event"] == "store.polled"] == [0.2]


async def test_type_with_a_nul_is_stored(store_url: str) -> None:
    async with open_store(store_url) as store:
        assert await store.inbox.accept([replace(make_event("hi"), type="new\0type")])


async def _until(host: Host, query: str) -> None:
    """Wait until *query* counts nothing any more."""
    async with asyncio.timeout(25):
        while await values(host.store, query) != [0]:
            await asyncio.sleep(0.1)
