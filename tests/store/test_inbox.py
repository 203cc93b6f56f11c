from __future__ import annotations

import asyncio
import json

from hookline.store.database.tables import LEASED, READY
from hookline.store.records import Failure
from hookline.store.store import Store
from tests.store.worlds import finish_of, lease, open_store, take, values
from tests.support import NOW, make_event


async def test_accepted_event_is_there_after_a_restart(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])

    async with open_store(store_url) as store:
        (event,) = await lease(store)

    assert event.raw["message"]["text"] == "hi"


async def test_same_event_is_stored_once_and_told_apart_by_bot(store_url: str) -> None:
    event, twin = make_event("hi"), make_event("hi", bot="other")
    same_id = {**twin.raw, "webhookEventId": event.id}
    async with open_store(store_url) as store:
        first = await store.inbox.accept([event, event])
        again = await store.inbox.accept([event])
        from hookline.adapters.line.parse import read

        other = await store.inbox.accept([read("other", same_id, NOW)])

        assert (len(first), len(again), len(other)) == (1, 0, 1)
        assert await store.inbox.count() == 2


async def test_events_of_one_request_are_of_one_batch_and_what_comes_later_of_another(shared_url: str) -> None:
    async with open_store(shared_url) as store:
        first, second = await store.inbox.accept([make_event("a"), make_event("b")])
        (later,) = await store.inbox.accept([make_event("c")])
        leased = await lease(store)

    assert first.batch == second.batch != later.batch
    assert [row.batch for row in leased] == [first.batch, second.batch, later.batch]


async def test_many_callers_at_once_are_each_told_what_was_new(store_url: str) -> None:
    events = [make_event(str(number)) for number in range(200)]
    async with open_store(store_url) as store:
        results = await asyncio.gather(*(store.inbox.accept([event]) for event in [*events, *events]))

        assert sum(len(fresh) for fresh in results) == 200
        assert await store.inbox.count() == 200


async def test_events_are_leased_in_order_of_acceptance_and_only_once(store_url: str) -> None:
    async with open_store(store_url) as store:
        for number in range(5):
            await store.inbox.accept([make_event(str(number), now=NOW - number)])
        first = await lease(store, 3)
        second = await lease(store)

    assert [event.raw["message"]["text"] for event in [*first, *second]] == ["0", "1", "2", "3", "4"]


async def test_busy_conversations_and_foreign_bots_are_left_alone(store_url: str) -> None:
    mine, busy, foreign = make_event("a", user="ann"), make_event("b", user="ben"), make_event("c", bot="gone")
    async with open_store(store_url) as store:
        await store.inbox.accept([mine, busy, foreign])
        leased = await lease(store, bots=["shop"], busy=[("shop", busy.conversation)])

        assert [event.event_id for event in leased] == [mine.id]
        assert (await store.inbox.foreign(range(256), ["shop"])).keys() == {"gone"}


async def test_new_holder_of_the_lanes_gets_what_was_leased_with_its_unfinished_starts(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])
        (event,) = await lease(store)
        assert await store.inbox.start(event.seq, event.epoch, 1, NOW)

    async with open_store(store_url) as store:
        await take(store, "next")
        (again,) = await lease(store, worker="next")

    assert again.starts == 1


async def test_clean_stop_gives_the_start_back(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])
        (event,) = await lease(store)
        assert await store.inbox.start(event.seq, event.epoch, 1, NOW)
        await store.inbox.give_back([event])
        (again,) = await lease(store)

    assert again.starts == 0


async def test_failed_run_is_counted_and_the_row_stays_leased(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])
        (event,) = await lease(store)
        assert await store.inbox.start(event.seq, event.epoch, 1, NOW)
        await store.inbox.fail(Failure(event.seq, event.epoch, 1, NOW))

        assert await store.inbox.count(LEASED) == 1
        await store.inbox.give_back([event])
        (again,) = await lease(store)
        assert (again.attempts, again.first_failed_at, again.starts) == (1, NOW, 0)


async def test_nul_lone_surrogate_and_5000_combining_marks_are_stored(store_url: str) -> None:
    texts = ["a\0b", "\ud800", "e" + "\u0301" * 5000]
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event(text) for text in texts])
        leased = await lease(store)

    assert [event.raw["message"]["text"] for event in leased] == texts


async def test_odd_ids_become_hashes(store_url: str) -> None:
    event = make_event("hi")
    from hookline.adapters.line.parse import read

    odd = read("shop", {**event.raw, "webhookEventId": "x\0y", "source": {"type": "user", "userId": "é" * 300}}, NOW)
    async with open_store(store_url) as store:
        (stored,) = await store.inbox.accept([odd])
        again = await store.inbox.accept([odd])

    assert (len(stored.event_id), len(stored.conversation), again) == (64, 64, [])


async def test_unsend_blanks_the_text_and_keeps_the_id(store_url: str) -> None:
    message = make_event("secret")
    unsend = make_event(None, kind="unsend", unsend={"messageId": message.message_id})
    async with open_store(store_url) as store:
        await take(store)
        await store.inbox.accept([message, unsend])
        for event in await lease(store):
            await store.outcomes.finish(finish_of(event))
        again = await store.inbox.accept([message])
        raw = json.loads((await _bodies(store))[0])

    assert (raw["message"]["text"], raw["message"]["id"], again) == ("", message.message_id, [])


async def test_message_that_comes_after_its_unsend_is_marked_and_blanked(store_url: str) -> None:
    message = make_event("secret")
    unsend = make_event(None, kind="unsend", unsend={"messageId": message.message_id})
    async with open_store(store_url) as store:
        await take(store)
        await store.inbox.accept([unsend])
        await store.inbox.accept([message])
        first, second = await lease(store)
        for event in (first, second):
            await store.outcomes.finish(finish_of(event))
        bodies = await _bodies(store)

    assert (first.is_unsent, second.is_unsent) == (False, True)
    assert "secret" not in "".join(body.decode() for body in bodies)


async def test_old_finished_rows_are_forgotten_and_open_ones_never(store_url: str) -> None:
    async with open_store(store_url) as store:
        await take(store)
        await store.inbox.accept([make_event("old"), make_event("middle"), make_event("dead"), make_event("open")])
        old, middle, dead, waiting = await lease(store)
        await store.outcomes.finish(finish_of(old, now=NOW - 3000))
        await store.outcomes.finish(finish_of(middle, now=NOW - 2000))
        await store.outcomes.finish(finish_of(dead, now=NOW - 3000, outcome="buried", error="broken"))
        await store.inbox.give_back([waiting])
        touched = await store.inbox.prune(ids_before=NOW - 2500, bodies_before=NOW - 1000)

        assert (touched, await store.inbox.count(), await store.inbox.count(READY)) == (2, 3, 1)
        assert [body == b"{}" for body in await _bodies(store)] == [True, False, False]


async def _bodies(store: Store) -> list[bytes]:
    return await values(store, "SELECT body FROM inbox ORDER BY seq")
