from __future__ import annotations

from dataclasses import replace

from hookline.store.outbox import RELEASE_ROWS
from hookline.store.records import StoredDelivery, Withholding
from hookline.store.store import Store
from tests.store.worlds import delivery, finish_of, lease, lease_deliveries, open_store, take
from tests.support import NOW, make_event

ALL_LANES = range(256)


async def written(store: Store, count: int = 1, **fields: object) -> list[StoredDelivery]:
    """Write *count* pushes and lease them."""
    await take(store)
    await store.inbox.accept([make_event("hi")])
    (row,) = await lease(store)
    await store.outcomes.finish(finish_of(row, deliveries=[delivery(form="push", epoch=0, **fields)] * count))
    return await lease_deliveries(store)


def withholding(push: StoredDelivery) -> Withholding:
    return Withholding(replace(push, deadline=NOW + 3_600_000), "quiet hours until 08:00")


async def test_withheld_push_is_leased_by_nobody_until_it_is_released(store_url: str) -> None:
    async with open_store(store_url) as store:
        (push,) = await written(store)
        assert await store.outbox.withhold(withholding(push))
        before = await lease_deliveries(store)
        released = await store.outbox.release(ALL_LANES, ["shop"])
        (after,) = await lease_deliveries(store)

        assert (before, released) == ([], 1)
        assert (after.id, after.deadline, after.retry_key) == (push.id, NOW + 3_600_000, push.retry_key)


async def test_withheld_push_is_counted_and_shown_with_its_reason(store_url: str) -> None:
    async with open_store(store_url) as store:
        (push,) = await written(store)
        await store.outbox.withhold(withholding(push))
        story = await store.history.show("shop", str(push.seq))

        assert sum(each.withheld for each in (await store.backlog()).values()) == 1
        assert story is not None
        assert [(one.status, one.reason) for one in story.deliveries] == [("withheld", "quiet hours until 08:00")]


async def test_only_pushes_of_those_bots_and_lanes_are_released(store_url: str) -> None:
    async with open_store(store_url) as store:
        (push,) = await written(store)
        await store.outbox.withhold(withholding(push))

        assert await store.outbox.release(ALL_LANES, ["cafe"]) == 0
        assert await store.outbox.release([push.lane + 1], ["shop"]) == 0
        assert await store.outbox.release([], ["shop"]) == 0
        assert await store.outbox.release([push.lane], ["cafe", "shop"]) == 1


async def test_pushes_are_released_in_order_some_hundred_at_a_turn(store_url: str) -> None:
    async with open_store(store_url) as store:
        pushes = await written(store, RELEASE_ROWS + 3)
        for push in reversed(pushes):
            await store.outbox.withhold(withholding(push))
        first = await store.outbox.release(ALL_LANES, ["shop"])
        leased = await lease_deliveries(store)
        second = await store.outbox.release(ALL_LANES, ["shop"])

        assert (first, second) == (RELEASE_ROWS, 3)
        assert [one.id for one in [*leased, *await lease_deliveries(store)]] == [push.id for push in pushes]


async def test_worker_that_lost_the_lane_withholds_nothing(store_url: str) -> None:
    async with open_store(store_url) as store:
        (push,) = await written(store)
        await take(store, "new")

        assert not await store.outbox.withhold(withholding(push))
        assert sum(each.withheld for each in (await store.backlog()).values()) == 0


async def test_withheld_push_lives_on_when_a_new_host_takes_the_lanes(store_url: str) -> None:
    async with open_store(store_url) as store:
        (push,) = await written(store)
        await store.outbox.withhold(withholding(push))
        await take(store, "new")

        assert sum(each.withheld for each in (await store.backlog()).values()) == 1
        assert await store.outbox.prune(NOW * 2) == 0
