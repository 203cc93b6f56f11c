from __future__ import annotations

import asyncio

from hookline.plugins.shared import SharedChange, SharedKey, SharedValue
from hookline.store.records import Ending, Sending, StoredDelivery, StoredEvent
from hookline.store.store import Store
from tests.store.worlds import delivery, errors_of, finish_of, lease, lease_deliveries, open_store, take
from tests.support import NOW, make_event

KEY = SharedKey("shop", "tickets", "queue")


def sending_of(written: StoredDelivery) -> Sending:
    return Sending(written.id, written.epoch, 0, is_push=False, is_fallback=False, deadline=NOW)


async def leased(store: Store, count: int = 1) -> list[StoredEvent]:
    await store.inbox.accept([make_event(str(number), user=f"user {number}") for number in range(count)])
    return await lease(store, count)


async def test_all_effects_of_a_run_are_committed_together(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        (event,) = await leased(store)
        change = SharedChange(KEY, 0, is_written=True, json="[1]")
        finish = finish_of(event, state='{"a":1}', shared=[change], deliveries=[delivery()], route="menu")
        result = await store.outcomes.finish(finish)

        assert (result.result, len(result.deliveries)) == ("done", 1)
        assert await store.conversations.read(event.key) == '{"a":1}'
        assert await store.plugin_state.read_shared(KEY) == SharedValue("[1]", 1)
        story = await store.history.show("shop", event.event_id)
        assert story is not None
        assert (story.event.route, story.event.outcome, story.deliveries[0].messages) == (
            "menu",
            "handled",
            result.deliveries[0].messages,
        )


async def test_worker_that_lost_its_lanes_commits_nothing(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        (event,) = await leased(store)
        await take(store, "new")
        late = await store.outcomes.finish(finish_of(event, state='{"a":1}', deliveries=[delivery()]))

        assert late.result == "fenced"
        assert await store.conversations.read(event.key) is None
        assert await store.outbox.counts() == {}


async def test_changed_shared_state_is_a_conflict_that_leaves_no_trace(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        first, second = await leased(store, 2)
        await store.outcomes.finish(finish_of(first, shared=[SharedChange(KEY, 0, is_written=True, json="1")]))
        stale = [SharedChange(KEY, 0, is_written=True, json="2")]
        late = await store.outcomes.finish(finish_of(second, shared=stale, state='{"a":1}'))

        assert late.result == "conflict"
        assert await store.plugin_state.read_shared(KEY) == SharedValue("1", 1)
        assert await store.conversations.read(second.key) is None


async def test_conflict_of_one_does_not_fail_its_neighbours_in_the_commit(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        events = await leased(store, 20)
        changes = [[SharedChange(KEY, 0, is_written=True, json="1")] if index in (3, 7) else [] for index in range(20)]
        finishes = [
            finish_of(event, shared=change, deliveries=[delivery()])
            for event, change in zip(events, changes, strict=True)
        ]
        results = await asyncio.gather(*(store.outcomes.finish(finish) for finish in finishes))

        assert [result.result for result in results].count("conflict") == 1
        assert [result.result for result in results].count("done") == 19
        assert await store.outbox.counts() == {"waiting": 19}


async def test_key_that_was_only_read_is_checked_too(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        first, second = await leased(store, 2)
        await store.outcomes.finish(finish_of(first, shared=[SharedChange(KEY, 0, is_written=True, json="1")]))
        late = await store.outcomes.finish(finish_of(second, shared=[SharedChange(KEY, 0, False, None)]))

    assert late.result == "conflict"


async def test_deleted_key_keeps_its_version(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        first, second = await leased(store, 2)
        await store.outcomes.finish(finish_of(first, shared=[SharedChange(KEY, 0, is_written=True, json="1")]))
        await store.outcomes.finish(finish_of(second, shared=[SharedChange(KEY, 1, is_written=True, json=None)]))

        assert await store.plugin_state.read_shared(KEY) == SharedValue(None, 2)


async def test_attempt_that_never_ended_is_uncertain_after_a_restart(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        (event,) = await leased(store)
        (written,) = (await store.outcomes.finish(finish_of(event, deliveries=[delivery()]))).deliveries
        assert await store.outbox.attempt(sending_of(written))

    async with open_store(store_url) as store:
        await take(store, "next")
        (again,) = await lease_deliveries(store, "next")

    assert (again.attempts, again.is_uncertain) == (1, True)


async def test_attempt_is_refused_when_the_lane_has_another_holder(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        (event,) = await leased(store)
        (written,) = (await store.outcomes.finish(finish_of(event, deliveries=[delivery()]))).deliveries
        await take(store, "new")

        assert not await store.outbox.attempt(sending_of(written))


async def test_buried_delivery_leaves_a_dead_letter(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        (event,) = await leased(store)
        (written,) = (await store.outcomes.finish(finish_of(event, deliveries=[delivery()]))).deliveries
        ending = Ending(written, True, False, "refused", "400 no", "request-1", NOW, is_buried=True)
        await store.outbox.end(ending)

        assert await store.outbox.counts() == {"refused": 1}
        assert await errors_of(store) == ["refused: 400 no"]


async def test_sent_deliveries_are_forgotten_in_time(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        (event,) = await leased(store)
        (written,) = (await store.outcomes.finish(finish_of(event, deliveries=[delivery()]))).deliveries
        await store.outbox.end(Ending(written, True, False, "sent", "200", None, NOW - 10))

        assert (await store.outbox.prune(NOW - 20), await store.outbox.prune(NOW)) == (0, 1)
