from __future__ import annotations

from hookline.store.store import Store
from tests.store.worlds import finish_of, lease, open_store, take
from tests.support import NOW, make_event

MEI = "mei"


async def rest(store: Store, until: int, route: str = "often", user: str = MEI) -> tuple[str, str]:
    """Let *route* rest in the conversation of *user*, and return that."""
    await store.inbox.accept([make_event("hi", user=user)])
    (row,) = await lease(store)
    assert (await store.outcomes.finish(finish_of(row, route=route, rests_until=until))).result == "done"
    return row.key


async def test_route_rests_in_its_conversation_alone(store_url: str) -> None:
    async with open_store(store_url) as store:
        mei, tom = await rest(store, NOW + 1), await rest(store, NOW + 2, "rarely", user="tom")

        assert await store.cooldowns.read(mei) == {"often": NOW + 1}
        assert await store.cooldowns.read(tom) == {"rarely": NOW + 2}
        assert await store.cooldowns.read(("cafe", mei[1])) == {}


async def test_later_rest_takes_the_place_of_an_earlier_one(store_url: str) -> None:
    async with open_store(store_url) as store:
        await rest(store, NOW + 1)
        await rest(store, NOW + 2, "rarely")
        key = await rest(store, NOW + 3)

        assert await store.cooldowns.read(key) == {"often": NOW + 3, "rarely": NOW + 2}


async def test_run_of_a_lost_lane_starts_no_rest(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])
        (row,) = await lease(store)
        await take(store, "new")
        late = await store.outcomes.finish(finish_of(row, route="often", rests_until=NOW + 1))

        assert (late.result, await store.cooldowns.read(row.key)) == ("fenced", {})


async def test_rests_that_are_over_are_forgotten_some_hundred_at_a_turn(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi", user=f"user {number}") for number in range(502)])
        rows = await lease(store, 502)
        for number, row in enumerate(rows):
            until = NOW if number else NOW + 1
            await store.outcomes.finish(finish_of(row, route="often", rests_until=until))

        assert [await store.cooldowns.prune(NOW + 1) for _ in range(3)] == [500, 1, 0]
        assert await store.cooldowns.read(rows[0].key) == {"often": NOW + 1}
