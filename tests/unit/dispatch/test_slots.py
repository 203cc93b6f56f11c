from __future__ import annotations

import asyncio

from hookline.dispatch.slots import Slots


async def test_runs_beyond_the_limit_wait_for_a_place() -> None:
    slots = Slots(limit=2)
    await slots.enter("a")
    await slots.enter("a")
    third = asyncio.create_task(slots.enter("a"))
    await asyncio.sleep(0)

    assert not third.done()
    await slots.leave("a")
    await asyncio.wait_for(third, 1)


async def test_bot_at_its_own_limit_leaves_room_for_others() -> None:
    slots = Slots(limit=10, limits={"greedy": 1})
    await slots.enter("greedy")
    waiting = asyncio.create_task(slots.enter("greedy"))

    await asyncio.wait_for(slots.enter("modest"), 1)

    assert not waiting.done()
    waiting.cancel()


async def test_run_that_only_waits_takes_no_place() -> None:
    slots = Slots(limit=1)
    await slots.enter("a")
    async with slots.away("a"):
        await asyncio.wait_for(slots.enter("b"), 1)
        await slots.leave("b")
    again = asyncio.create_task(slots.enter("b"))
    await asyncio.sleep(0)

    assert not again.done()
    again.cancel()


async def test_dangerous_run_waits_for_all_and_keeps_all_out() -> None:
    slots = Slots()
    await slots.enter("a")
    dangerous = asyncio.create_task(slots.enter("b", alone=True))
    await asyncio.sleep(0)
    later = asyncio.create_task(slots.enter("c"))
    await asyncio.sleep(0)
    assert (dangerous.done(), later.done()) == (False, False)

    await slots.leave("a")
    await asyncio.wait_for(dangerous, 1)
    assert not later.done()

    await slots.leave("b")
    await asyncio.wait_for(later, 1)


async def test_cancelled_waiter_leaves_no_trace() -> None:
    slots = Slots()
    await slots.enter("a")
    dangerous = asyncio.create_task(slots.enter("b", alone=True))
    await asyncio.sleep(0)
    dangerous.cancel()
    await asyncio.gather(dangerous, return_exceptions=True)

    await asyncio.wait_for(slots.enter("c"), 1)


async def test_bots_take_turns_at_the_places_of_the_host() -> None:
    slots, order = Slots(limit=1), list[str]()

    async def run(bot: str) -> None:
        await slots.enter(bot)
        order.append(bot)
        await slots.leave(bot)

    await slots.enter("first")
    runs = [asyncio.create_task(run(bot)) for bot in ("flood", "flood", "flood", "modest")]
    await asyncio.sleep(0)
    await slots.leave("first")
    await asyncio.wait_for(asyncio.gather(*runs), 1)

    assert order == ["flood", "modest", "flood", "flood"]


async def test_waiter_that_is_cancelled_as_it_gets_a_place_gives_it_back() -> None:
    slots = Slots(limit=1)
    await slots.enter("a")
    waiting = asyncio.create_task(slots.enter("a"))
    await asyncio.sleep(0)
    await slots.leave("a")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await asyncio.wait_for(slots.enter("b"), 1)


async def test_higher_limit_lets_those_in_who_wait_already() -> None:
    slots = Slots(limits={"a": 1})
    await slots.enter("a")
    waiting = asyncio.create_task(slots.enter("a"))
    await asyncio.sleep(0)

    slots.change(10, {"a": 2})

    await asyncio.wait_for(waiting, 1)
