from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from hookline.errors import SchemaError, StoreError
from hookline.store.database.reading import SqliteReader
from hookline.store.people.history import EventFilter, History, PastEvent, Story
from hookline.store.records import Ending
from hookline.store.store import Store
from tests.store.worlds import delivery, finish_of, lease, open_store, values
from tests.support import NOW, make_event


async def answer(store: Store, text: str = "hi", route: str = "menu", outcome: str = "answered") -> PastEvent:
    """Accept an event 120 ms after it happened, and answer it within some milliseconds."""
    event = replace(make_event(text, now=NOW), received_at=NOW + 120)
    await store.inbox.accept([event], NOW + 123)
    (row,) = await lease(store)
    finish = finish_of(row, outcome=outcome, route=route, started_at=NOW + 130, now=NOW + 142, deliveries=[delivery()])
    (written,) = (await store.outcomes.finish(finish)).deliveries
    await store.outbox.end(Ending(written, True, False, "sent", "200", "request", NOW + 40))
    (past,) = await store.history.list(EventFilter(), 1)
    return past


async def shown(store: Store, event_id: str) -> Story:
    story = await store.history.show("shop", event_id)
    assert story is not None
    return story


async def test_story_says_how_long_every_station_took(store_url: str) -> None:
    async with open_store(store_url) as store:
        past = await answer(store)
        story = await shown(store, past.event_id)

    assert [(station.name, station.took) for station in story.stations()] == [
        ("happened", None),
        ("received", 120),
        ("accepted", 3),
        ("started", 7),
        ("finished", 12),
        ("reply", 40),
    ]


async def test_story_says_what_came_and_what_went_out(store_url: str) -> None:
    async with open_store(store_url) as store:
        past = await answer(store)
        story = await shown(store, past.event_id)

    assert (story.event, story.raw["message"]["text"], story.letters) == (past, "hi", [])
    assert [(item.via, item.outcome, item.request_id, item.messages) for item in story.deliveries] == [
        ("reply", "sent", "request", [{"type": "text", "text": "hi"}])
    ]


async def test_event_is_found_by_its_number_too(store_url: str) -> None:
    async with open_store(store_url) as store:
        past = await answer(store)

        assert (await shown(store, str(past.seq))).event == past
        assert await store.history.show("other", str(past.seq)) is None
        assert await store.history.show("shop", "9" * 30) is None


async def test_story_names_the_dead_letters_of_its_event(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])
        (row,) = await lease(store)
        finish = finish_of(row, outcome="buried", error="no", deliveries=[delivery()])
        (written,) = (await store.outcomes.finish(finish)).deliveries
        await store.outbox.end(Ending(written, True, False, "refused", "400", None, NOW, is_buried=True))
        story = await shown(store, row.event_id)

    assert (story.event.status, story.deliveries[0].status, story.letters) == ("dead", "dead", [1, 2])


async def test_old_rows_have_stations_without_times(store_url: str) -> None:
    async with open_store(store_url) as store:
        past = await answer(store)
        await store._database.run(_forget_times)
        story = await shown(store, past.event_id)

    assert [station.took for station in story.stations()[1:5]] == [None, None, None, None]


@pytest.mark.parametrize(
    ("chosen", "kinds"),
    [
        (EventFilter(), ["follow", "message.text"]),
        (EventFilter(status="waiting"), ["follow"]),
        (EventFilter(status="done", outcome="answered"), ["message.text"]),
        (EventFilter(route="menu", bot="shop"), ["message.text"]),
        (EventFilter(bot="other"), []),
        (EventFilter(conversation="nobody"), []),
        (EventFilter(since=NOW + 200), ["follow"]),
    ],
)
async def test_filters_hold_together_and_the_newest_comes_first(
    store_url: str, chosen: EventFilter, kinds: list[str]
) -> None:
    async with open_store(store_url) as store:
        await answer(store)
        await store.inbox.accept([make_event(None, kind="follow", now=NOW + 500)])
        found = await store.history.list(chosen, 10)

    assert [event.kind for event in found] == kinds


async def test_reader_sees_what_a_running_host_commits_and_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    async with open_store(url) as store:
        reader = await SqliteReader.open(url)
        await store.inbox.accept([make_event("hi")])
        events = await History(reader).list(EventFilter(), 10)
        with pytest.raises(StoreError, match="attempt to write a readonly database"):
            await reader.run(_forget_times)
        await reader.close()

        assert [event.status for event in events] == ["waiting"]
        assert len(await values(store, "SELECT seq FROM inbox WHERE accepted_at IS NOT NULL")) == 1


async def test_store_of_a_stopped_host_can_be_read_and_run_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a file.db"
    async with open_store(url) as store:
        await store.inbox.accept([make_event("hi")])
    reader = await SqliteReader.open(url)
    events = await History(reader).list(EventFilter(), 10)
    await reader.close()
    async with open_store(url) as store:
        assert (len(events), await store.inbox.count()) == (1, 1)


async def test_reader_of_a_missing_file_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store .*: `hookline run` makes it"):
        await SqliteReader.open(f"sqlite:///{tmp_path}/none.db")


async def test_reader_refuses_an_older_schema_and_what_is_no_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    async with open_store(url) as store:
        await store._database.run(_become_older)

    with pytest.raises(SchemaError, match=r"has schema 0001, and this version needs .*: run `hookline db upgrade`"):
        await SqliteReader.open(url)


def _forget_times(connection: Connection) -> None:
    connection.execute(text("UPDATE inbox SET accepted_at = NULL, started_at = NULL, body = :blank"), {"blank": b"{}"})


def _become_older(connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))


async def test_event_whose_run_never_ended_says_so(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi")])
        (row,) = await lease(store)
        assert await store.inbox.start(row.seq, row.epoch, 3, NOW)
        story = await shown(store, row.event_id)

    assert (story.event.starts, story.event.attempts) == (3, 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_file_in_a_folder_that_is_not_writable_is_refused_with_advice(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'test.db'}"):
        pass
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="; a WAL file needs a writable folder: copy it first"):
            await SqliteReader.open(f"sqlite:///{tmp_path / 'test.db'}")
    finally:
        tmp_path.chmod(0o700)


async def test_texts_are_those_that_are_kept_newest_first(store_url: str) -> None:
    async with open_store(store_url) as store:
        for text, route in (("one", "menu"), ("two", "other"), ("three", "other")):
            await answer(store, text, route)
        await store.inbox.accept([make_event("waiting"), make_event(None, kind="follow")])
        found = await store.history.texts("shop", None, 2)
        everything = await store.history.texts("shop", None, 10)
        later = await store.history.texts("shop", NOW + 1000, 10)
        elsewhere = await store.history.texts("other", None, 10)
        await store.inbox.prune(0, NOW + 10_000)
        pruned = await store.history.texts("shop", None, 10)

    assert [(text.raw["message"]["text"], text.route) for text in found] == [("three", "other"), ("two", "other")]
    assert (len(everything), later, elsewhere, pruned) == (3, [], [], [])


async def test_what_conversations_remember_is_read_for_those_asked_for(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.inbox.accept([make_event("hi", user="mei"), make_event("hi", user="lin")], NOW)
        rows = await lease(store)
        for row in rows:
            await store.outcomes.finish(finish_of(row, state='{"step": 2}'))
        first, _ = rows

        assert await store.history.states([first.key, ("shop", "nobody")]) == {first.key: {"step": 2}}
        assert await store.history.states([]) == {}
