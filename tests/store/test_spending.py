"""Pushes of a month are counted up to what a bot may send, whoever sends them at once."""

from __future__ import annotations

import asyncio

from tests.store.worlds import open_store


async def test_so_many_are_counted_and_no_more_even_at_once(store_url: str) -> None:
    async with open_store(store_url) as store:
        counts = await asyncio.gather(*(store.outbox.spend("shop", "2026-12", 7, 1) for _ in range(16)))

        assert sorted(count for count in counts if count is not None) == [1, 2, 3, 4, 5, 6, 7]
        assert await store.outbox.spend("shop", "2027-01", 7, 1) == 1
        assert (await store.backlog())["shop"].pushed == 1


async def test_larger_budget_goes_on_where_a_smaller_one_ended(store_url: str) -> None:
    async with open_store(store_url) as store:
        for _ in range(3):
            await store.outbox.spend("shop", "2026-12", 2, 1)

        assert await store.outbox.spend("shop", "2026-12", 0, 1) is None
        assert await store.outbox.spend("shop", "2026-12", 3, 1) == 3
