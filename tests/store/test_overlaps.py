"""Rows that end together, and rows that came during a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hookline.store.database.tables import DEAD, DONE, LEASED
from hookline.store.overlaps import PastRun
from hookline.store.people.history import EventFilter
from hookline.store.records import StoredEvent
from hookline.store.store import Store
from tests.store.worlds import delivery, errors_of, finish_of, lease, open_store, take, values
from tests.support import NOW, make_event

RUN: dict[str, Any] = {"route": "all", "started_at": NOW, "now": NOW + 1000, "outcome": "answered"}


async def burst(store: Store, count: int = 3) -> Sequence[StoredEvent]:
    """Lease events of one conversation."""
    await take(store)
    await store.inbox.accept([make_event(str(number)) for number in range(count)])
    return await lease(store)


async def test_rows_of_a_burst_end_in_one_transaction(store_url: str) -> None:
    async with open_store(store_url) as store:
        first, second, last = await burst(store)
        together = [finish_of(row, outcome="merged", joined=last.seq, route="all") for row in (first, second)]
        result = await store.outcomes.finish(
            finish_of(last, outcome="answered", deliveries=[delivery()], together=together)
        )

        assert (result.result, len(result.deliveries)) == ("done", 1)
        found = [(event.outcome, event.joined) for event in await store.history.list(EventFilter(), 10)]
        assert found == [("answered", None), ("merged", last.seq), ("merged", last.seq)]


async def test_burst_of_which_one_row_was_lost_leaves_no_trace(store_url: str) -> None:
    async with open_store(store_url) as store:
        first, second, last = await burst(store)
        lost = replace(first, epoch=first.epoch + 1)
        together = [finish_of(row, outcome="merged", joined=last.seq) for row in (lost, second)]
        result = await store.outcomes.finish(finish_of(last, state="{}", deliveries=[delivery()], together=together))

        assert result.result == "fenced"
        assert await store.inbox.count(LEASED) == 3
        assert (await store.outbox.counts(), await store.conversations.read(last.key)) == ({}, None)


async def test_burst_that_is_lost_does_not_fail_its_neighbours_in_the_commit(store_url: str) -> None:
    async with open_store(store_url) as store:
        first, second, last = await burst(store)
        lost = finish_of(last, together=[finish_of(replace(first, epoch=first.epoch + 1), joined=last.seq)])
        results = await asyncio.gather(store.outcomes.finish(lost), store.outcomes.finish(finish_of(second)))

    assert [result.result for result in results] == ["fenced", "done"]


async def test_buried_burst_leaves_a_dead_letter_for_each_row(store_url: str) -> None:
    async with open_store(store_url) as store:
        first, last = await burst(store, 2)
        await store.outcomes.finish(finish_of(last, error="no", together=[finish_of(first, error="no")]))

        assert (await store.inbox.count(DEAD), await errors_of(store)) == (2, ["no", "no"])


@pytest.mark.parametrize(
    ("accepted_at", "is_found"), [(NOW, False), (NOW + 1, True), (NOW + 1000, True), (NOW + 1001, False)]
)
async def test_event_overlaps_a_run_that_began_before_it_and_ended_no_earlier(
    store_url: str, accepted_at: int, is_found: bool
) -> None:
    async with open_store(store_url) as store:
        first, second = await burst(store, 2)
        await store.outcomes.finish(finish_of(first, joined=first.seq, **RUN))
        found = await store.overlaps.find(replace(second, accepted_at=accepted_at), "all", NOW + 60_000)

    assert found == (PastRun(first.seq, NOW) if is_found else None)


@pytest.mark.parametrize("change", [{"route": "other"}, {"outcome": "rejected"}, {"error": "no", "outcome": "buried"}])
async def test_what_was_no_run_of_the_route_is_not_overlapped(store_url: str, change: dict[str, str]) -> None:
    async with open_store(store_url) as store:
        first, second = await burst(store, 2)
        await store.outcomes.finish(finish_of(first, joined=first.seq, **{**RUN, **change}))

        assert await store.overlaps.find(replace(second, accepted_at=NOW + 5), "all", NOW + 60_000) is None


async def test_history_shows_a_run_that_others_were_turned_away_for_as_any_other(store_url: str) -> None:
    async with open_store(store_url) as store:
        (row,) = await burst(store, 1)
        await store.outcomes.finish(finish_of(row, joined=row.seq, **RUN))

        assert [event.joined for event in await store.history.list(EventFilter(), 10)] == [None]


async def test_run_of_another_conversation_is_not_overlapped(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        await store.inbox.accept([make_event("one", user="ann"), make_event("two", user="ben")])
        first, second = await lease(store)
        await store.outcomes.finish(finish_of(first, joined=first.seq, **RUN))

        assert await store.overlaps.find(replace(second, accepted_at=NOW + 5), "all", NOW + 60_000) is None


async def test_store_knows_whether_a_run_has_rejected_anything(store_url: str) -> None:
    async with open_store(store_url) as store:
        first, second = await burst(store, 2)
        run = PastRun(first.seq, NOW)
        before = await store.overlaps.has_rejected(first.key, run)
        await store.outcomes.finish(finish_of(second, outcome="rejected", joined=first.seq, now=NOW + 5))

        assert (before, await store.overlaps.has_rejected(first.key, run)) == (False, True)
        assert await store.inbox.count(DONE) == 1


@pytest.mark.parametrize(("recorded", "expected"), [(NOW + 7, NOW + 7), (None, NOW)], ids=["begun later", "at once"])
async def test_row_that_is_given_back_says_when_its_run_began(
    store_url: str, recorded: int | None, expected: int
) -> None:
    async with open_store(store_url) as store:
        begun, waiting = await burst(store, 2)
        if recorded is not None:
            await store.inbox.start(begun.seq, begun.epoch, 1, recorded)
        await store.inbox.give_back([begun, waiting], {begun.seq})
        again = await lease(store)

        assert [(row.starts, row.begun_at) for row in again] == [(0, expected), (0, None)]


async def test_unfinished_row_says_when_its_first_run_began(store_url: str) -> None:
    async with open_store(store_url) as store:
        (row,) = await burst(store, 1)
        assert row.begun_at is None
        await store.inbox.start(row.seq, row.epoch, 1, NOW + 7)
        await take(store, "next")
        (again,) = await lease(store, worker="next")

        assert (again.begun_at, again.accepted_at) == (NOW + 7, NOW)
        assert await values(store, "SELECT starts FROM inbox") == [1]
