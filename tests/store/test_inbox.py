from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

from hookline.store.records import Failure
from hookline.store.tables import LEASED, READY
from tests.store.worlds import finish_of, open_store, take
from tests.support import NOW, make_event


async def test_accepted_event_is_there_after_a_restart(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.inbox.accept([make_event("hi")])

    async with open_store(tmp_path) as store:
        (event,) = await store.inbox.lease(10, (), ())

    assert event.raw["message"]["text"] == "hi"


async def test_same_event_is_stored_once_and_told_apart_by_bot(tmp_path: Path) -> None:
    event, twin = make_event("hi"), make_event("hi", bot="other")
    same_id = {**twin.raw, "webhookEventId": event.id}
    async with open_store(tmp_path) as store:
        first = await store.inbox.accept([event, event])
        again = await store.inbox.accept([event])
        from hookline.adapters.line.parse import read

        other = await store.inbox.accept([read("other", same_id, NOW)])

        assert (len(first), len(again), len(other)) == (1, 0, 1)
        assert await store.inbox.count() == 2


async def test_many_callers_at_once_are_each_told_what_was_new(tmp_path: Path) -> None:
    events = [make_event(str(number)) for number in range(200)]
    async with open_store(tmp_path) as store:
        results = await asyncio.gather(*(store.inbox.accept([event]) for event in [*events, *events]))

        assert sum(len(fresh) for fresh in results) == 200
        assert await store.inbox.count() == 200


async def test_events_are_leased_in_order_of_acceptance_and_only_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for number in range(5):
            await store.inbox.accept([make_event(str(number), now=NOW - number)])
        first = await store.inbox.lease(3, (), ())
        second = await store.inbox.lease(10, (), ())

    assert [event.raw["message"]["text"] for event in [*first, *second]] == ["0", "1", "2", "3", "4"]


async def test_busy_conversations_and_foreign_bots_are_left_alone(tmp_path: Path) -> None:
    mine, busy, foreign = make_event("a", user="ann"), make_event("b", user="ben"), make_event("c", bot="gone")
    async with open_store(tmp_path) as store:
        await store.inbox.accept([mine, busy, foreign])
        leased = await store.inbox.lease(10, [("shop", busy.conversation)], ["gone"])

        assert [event.event_id for event in leased] == [mine.id]
        assert await store.inbox.bots() == {"shop", "gone"}


async def test_new_holder_of_the_lanes_gets_what_was_leased_with_its_unfinished_starts(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.inbox.accept([make_event("hi")])
        (event,) = await store.inbox.lease(10, (), ())
        await store.inbox.start(event.seq, 1)

    async with open_store(tmp_path) as store:
        await take(store, "next")
        (again,) = await store.inbox.lease(10, (), ())

    assert again.starts == 1


async def test_clean_stop_gives_the_start_back(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.inbox.accept([make_event("hi")])
        (event,) = await store.inbox.lease(10, (), ())
        await store.inbox.start(event.seq, 1)
        await store.inbox.give_back([(event.seq, True)])
        (again,) = await store.inbox.lease(10, (), ())

    assert again.starts == 0


async def test_failed_run_is_counted_and_the_row_stays_leased(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.inbox.accept([make_event("hi")])
        (event,) = await store.inbox.lease(10, (), ())
        await store.inbox.start(event.seq, 1)
        await store.inbox.fail(Failure(event.seq, 1, NOW))

        assert await store.inbox.count(LEASED) == 1
        await store.inbox.give_back([(event.seq, False)])
        (again,) = await store.inbox.lease(10, (), ())
        assert (again.attempts, again.first_failed_at, again.starts) == (1, NOW, 0)


async def test_nul_lone_surrogate_and_5000_combining_marks_are_stored(tmp_path: Path) -> None:
    texts = ["a\0b", "\ud800", "e" + "\u0301" * 5000]
    async with open_store(tmp_path) as store:
        await store.inbox.accept([make_event(text) for text in texts])
        leased = await store.inbox.lease(10, (), ())

    assert [event.raw["message"]["text"] for event in leased] == texts


async def test_odd_ids_become_hashes(tmp_path: Path) -> None:
    event = make_event("hi")
    from hookline.adapters.line.parse import read

    odd = read("shop", {**event.raw, "webhookEventId": "x\0y", "source": {"type": "user", "userId": "é" * 300}}, NOW)
    async with open_store(tmp_path) as store:
        (stored,) = await store.inbox.accept([odd])
        again = await store.inbox.accept([odd])

    assert (len(stored.event_id), len(stored.conversation), again) == (64, 64, [])


async def test_unsend_blanks_the_text_and_keeps_the_id(tmp_path: Path) -> None:
    message = make_event("secret")
    unsend = make_event(None, kind="unsend", unsend={"messageId": message.message_id})
    async with open_store(tmp_path) as store:
        epoch = await take(store)
        await store.inbox.accept([message, unsend])
        for event in await store.inbox.lease(10, (), ()):
            await store.outcomes.finish(finish_of(event, epoch))
        again = await store.inbox.accept([message])

    raw = json.loads(_bodies(tmp_path)[0])
    assert (raw["message"]["text"], raw["message"]["id"], again) == ("", message.message_id, [])


async def test_message_that_comes_after_its_unsend_is_marked_and_blanked(tmp_path: Path) -> None:
    message = make_event("secret")
    unsend = make_event(None, kind="unsend", unsend={"messageId": message.message_id})
    async with open_store(tmp_path) as store:
        epoch = await take(store)
        await store.inbox.accept([unsend])
        await store.inbox.accept([message])
        first, second = await store.inbox.lease(10, (), ())
        for event in (first, second):
            await store.outcomes.finish(finish_of(event, epoch))

    assert (first.is_unsent, second.is_unsent) == (False, True)
    assert "secret" not in "".join(body.decode() for body in _bodies(tmp_path))


async def test_old_finished_rows_are_forgotten_and_open_ones_never(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        epoch = await take(store)
        await store.inbox.accept([make_event("old"), make_event("middle"), make_event("dead"), make_event("open")])
        old, middle, dead, waiting = await store.inbox.lease(10, (), ())
        await store.outcomes.finish(finish_of(old, epoch, now=NOW - 3000))
        await store.outcomes.finish(finish_of(middle, epoch, now=NOW - 2000))
        await store.outcomes.finish(finish_of(dead, epoch, now=NOW - 3000, outcome="buried", error="broken"))
        await store.inbox.give_back([(waiting.seq, False)])
        touched = await store.inbox.prune(ids_before=NOW - 2500, bodies_before=NOW - 1000)

        assert (touched, await store.inbox.count(), await store.inbox.count(READY)) == (2, 3, 1)
        assert [body == b"{}" for body in _bodies(tmp_path)] == [True, False, False]


def _bodies(folder: Path) -> list[bytes]:
    with sqlite3.connect(folder / "test.db") as connection:
        rows = [row[0] for row in connection.execute("SELECT body FROM inbox ORDER BY seq")]
    connection.close()
    return rows
