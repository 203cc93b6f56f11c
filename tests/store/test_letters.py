from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hookline.store.people.letters import Letter, LetterFilter, Tally
from hookline.store.records import Ending, NewDelivery
from hookline.store.store import Store
from hookline.testing import ManualClock
from tests.store.worlds import delivery, finish_of, lease, lease_deliveries, open_store, take, values
from tests.support import NOW, make_event

HOUR = 3_600_000
ALL = LetterFilter()


async def bury_event(store: Store, text: str = "hi", error: str = "ValueError: no", **fields: Any) -> None:
    """Accept an event, which fails at once."""
    route = fields.pop("route", "menu")
    await store.inbox.accept([make_event(text, **fields)])
    (event,) = await lease(store)
    buried = finish_of(event, outcome="buried", error=error, detail="Traceback", attempts=4, route=route)
    await store.outcomes.finish(buried)


async def bury_many(store: Store, count: int, text: str = "hi") -> None:
    """Accept events of as many people, which all fail: in turn with `error 0` and `error 1`."""
    await store.inbox.accept([make_event(text, user=f"user {number}") for number in range(count)])
    buried = [
        finish_of(event, outcome="buried", error=f"error {number % 2}")
        for number, event in enumerate(await lease(store, count))
    ]
    await asyncio.gather(*(store.outcomes.finish(finish) for finish in buried))


async def bury_delivery(store: Store, outcome: str = "refused", **fields: Any) -> None:
    """Answer an event with a delivery that is given up."""
    new: NewDelivery = delivery(**fields)
    await store.inbox.accept([make_event("hi", user=new.conversation)])
    (event,) = await lease(store)
    (written,) = (await store.outcomes.finish(finish_of(event, deliveries=[new], route="menu"))).deliveries
    is_uncertain = outcome == "uncertain"
    await store.outbox.end(Ending(written, True, is_uncertain, outcome, "400 no", "request", NOW, is_buried=True))


async def total(turns: AsyncIterator[int]) -> int:
    return sum([count async for count in turns])


async def replay(store: Store, chosen: LetterFilter = ALL, now: int = NOW + HOUR, **options: Any) -> int:
    return await total(store.letters.replay(chosen, ManualClock(now), **options))


async def rows(store: Store, query: str) -> list[Any]:
    return await values(store, query)


async def test_letter_says_all_that_is_known(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_event(store)
        (letter,) = await store.letters.list(ALL, 10)
        opened = await store.letters.show(letter.id)

    assert (letter.origin, letter.kind, letter.route, letter.error, letter.attempts, letter.created_at) == (
        "event",
        "message.text",
        "menu",
        "ValueError: no",
        4,
        NOW,
    )
    assert opened is not None
    assert (opened.letter, opened.detail, opened.deliveries) == (letter, "Traceback", [])
    assert opened.raw is not None
    assert opened.raw["message"]["text"] == "hi"


async def test_letter_of_a_delivery_says_how_it_ended_and_which_event_it_answered(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_delivery(store, "uncertain")
        (letter,) = await store.letters.list(ALL, 10)
        opened = await store.letters.show(letter.id)

    assert (letter.origin, letter.via, letter.outcome, letter.is_uncertain, letter.route) == (
        "delivery",
        "reply",
        "uncertain",
        True,
        "menu",
    )
    assert opened is not None
    assert [item.messages for item in opened.deliveries] == [[{"type": "text", "text": "hi"}]]


@pytest.mark.parametrize(
    ("chosen", "errors"),
    [
        (LetterFilter(), {"ValueError: A%", "KeyError: b", "refused: 400 no"}),
        (LetterFilter(bot="shop"), {"ValueError: A%", "refused: 400 no"}),
        (LetterFilter(origin="delivery"), {"refused: 400 no"}),
        (LetterFilter(error="a%"), {"ValueError: A%"}),
        (LetterFilter(route="menu"), {"ValueError: A%", "refused: 400 no"}),
        (LetterFilter(conversation="U1"), {"refused: 400 no"}),
        (LetterFilter(since=NOW + 1), set()),
        (LetterFilter(until=NOW), {"ValueError: A%", "KeyError: b", "refused: 400 no"}),
        (LetterFilter(ids=(1, 77)), {"ValueError: A%"}),
        (LetterFilter(ids=(1, 2), bot="other"), {"KeyError: b"}),
        (LetterFilter(last=2), {"ValueError: A%", "KeyError: b"}),
    ],
)
async def test_filters_hold_together_and_mean_the_same_to_list_and_count(
    store_url: str, chosen: LetterFilter, errors: set[str]
) -> None:
    async with open_store(store_url) as store:
        await bury_event(store, error="ValueError: A%")
        await bury_event(store, error="KeyError: b", bot="other", route=None)
        await bury_delivery(store)
        listed = {letter.error for letter in await store.letters.list(chosen, 10)}
        tally = await store.letters.count(chosen, NOW)

    assert (listed, tally.total) == (errors, len(errors))


async def test_letters_are_listed_newest_first(store_url: str) -> None:
    async with open_store(store_url) as store:
        for number in range(3):
            await bury_event(store, error=f"error {number}")
        found = await store.letters.list(ALL, 2)

    assert [letter.error for letter in found] == ["error 2", "error 1"]


async def test_replayed_event_runs_again_as_if_it_had_just_come(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_event(store)
        done = await replay(store)
        (event,) = await lease(store)

        assert (done, event.raw["message"]["text"], event.starts, event.attempts) == (1, "hi", 0, 0)
        assert await store.letters.list(ALL, 10) == []
        assert await rows(store, "SELECT count(*) FROM inbox WHERE outcome = 'replayed' AND finished_at IS NULL") == [1]


async def test_replayed_events_of_a_conversation_keep_their_order(store_url: str) -> None:
    async with open_store(store_url) as store:
        for text in ("one", "two", "three"):
            await bury_event(store, text)
        await replay(store)
        events = await lease(store)

    assert [event.raw["message"]["text"] for event in events] == ["one", "two", "three"]


async def test_late_reply_is_replayed_as_a_push_with_a_key_of_its_own(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_delivery(store, retry_key="never used")
        assert await replay(store, now=NOW + HOUR) == 1
        (again,) = await lease_deliveries(store)

    assert (again.via, again.is_fallback, again.deadline, again.attempts) == ("push", True, NOW + HOUR + 600_000, 0)
    assert len(again.retry_key) == 36


async def test_reply_whose_token_may_still_be_good_stays_one(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_delivery(store, deadline=NOW + 50_000)
        await replay(store, now=NOW + 10_000)
        (again,) = await lease_deliveries(store)

    assert (again.via, again.is_fallback, again.deadline) == ("reply", False, NOW + 50_000)


@pytest.mark.parametrize(("hours", "is_kept"), [(23, True), (25, False)])
async def test_push_keeps_its_retry_key_for_as_long_as_the_platform_knows_it(
    store_url: str, hours: int, is_kept: bool
) -> None:
    async with open_store(store_url) as store:
        await bury_delivery(store, form="push", retry_key="the key")
        await replay(store, now=NOW + hours * HOUR)
        (again,) = await lease_deliveries(store)

    assert (again.retry_key == "the key", again.is_fallback) == (is_kept, False)


async def test_delivery_that_may_have_arrived_is_replayed_only_when_that_is_asked_for(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_delivery(store, "uncertain")
        counted = await store.letters.count(ALL, NOW)
        assert (counted, await replay(store)) == (Tally(uncertain=1, last=1), 0)

        assert await replay(store, include_uncertain=True) == 1
        (again,) = await lease_deliveries(store)
        assert not again.is_uncertain


async def test_delivery_without_a_chat_to_push_to_cannot_be_replayed(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_delivery(store, conversation="event:1")
        counted = await store.letters.count(ALL, NOW + HOUR)

        assert (counted, await replay(store)) == (Tally(unreachable=1, last=1), 0)
        assert len(await store.letters.list(ALL, 10)) == 1


async def test_dropped_event_is_forgotten_and_its_id_stays_known(store_url: str) -> None:
    async with open_store(store_url) as store:
        event = make_event("hi")
        await store.inbox.accept([event])
        (row,) = await lease(store)
        await store.outcomes.finish(finish_of(row, outcome="buried", error="no"))
        done = await total(store.letters.drop(ALL))

        assert (done, await store.letters.list(ALL, 10), await lease(store)) == (1, [], [])
        assert await store.inbox.accept([event]) == []
        assert await rows(store, "SELECT body FROM inbox WHERE status = 2 AND outcome = 'buried'") == [b"{}"]
        assert await store.inbox.prune(NOW + 1, NOW + 1) == 1


async def test_dropped_delivery_keeps_its_outcome_and_loses_its_messages(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_delivery(store, "uncertain")
        done = await total(store.letters.drop(ALL))

        assert (done, await store.outbox.counts()) == (1, {"uncertain": 1})
        assert await rows(store, "SELECT body FROM outbox WHERE status = 2") == [b"[]"]


async def test_many_letters_take_many_turns(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_many(store, 450)
        turns = [count async for count in store.letters.replay(LetterFilter(error="error 1"), ManualClock(NOW))]

        assert turns == [50, 50, 50, 50, 25]
        assert {letter.error for letter in await store.letters.list(ALL, 450)} == {"error 0"}


async def test_large_bodies_make_turns_short(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_many(store, 3, text="x" * 300_000)
        turns = [count async for count in store.letters.replay(LetterFilter(ids=(1, 3)), ManualClock(NOW))]

    assert turns == [1, 1]


async def test_letter_that_comes_during_a_replay_is_left_alone(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_event(store, error="first")
        counted = await store.letters.count(ALL, NOW)
        await bury_event(store, error="second")
        await replay(store, LetterFilter(last=counted.last))
        left: list[Letter] = await store.letters.list(ALL, 10)

    assert [letter.error for letter in left] == ["second"]


async def test_two_replays_at_once_replay_once(store_url: str) -> None:
    async with open_store(store_url) as store:
        for _ in range(20):
            await bury_event(store)
        done = await asyncio.gather(*(replay(store) for _ in range(4)))

    assert sum(done) == 20


async def test_replayed_rows_belong_to_nobody_until_they_are_leased(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        await bury_event(store)
        await bury_delivery(store)
        await replay(store)

        assert await rows(store, "SELECT epoch FROM inbox WHERE status = 0") == [0]
        assert await rows(store, "SELECT epoch FROM outbox WHERE status = 0") == [0]


async def test_ids_that_are_no_letters_or_do_not_fit_are_missing(store_url: str) -> None:
    async with open_store(store_url) as store:
        await bury_event(store)
        await bury_event(store, bot="other")
        missing = await store.letters.missing(LetterFilter(ids=(77, 1, 2, *range(1000, 1150)), bot="shop"))

    assert missing == [77, 2, *range(1000, 1150)]
