"""`hookline events` as an operator uses it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hookline.store.people.history import PastEvent
from tests.cli.test_dead import Shop
from tests.store.test_history import answer
from tests.store.worlds import finish_of, lease, open_store
from tests.support import make_event


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    return Shop(tmp_path, store_url)


def filled(shop: Shop) -> PastEvent:
    """Leave one event answered, and one waiting; return the first."""

    async def fill() -> PastEvent:
        async with open_store(shop.url) as store:
            past = await answer(store, "a secret of mine")
            await store.inbox.accept([make_event(None, kind="follow")])
            return past

    return asyncio.run(fill())


def test_list_shows_how_events_stand(shop: Shop) -> None:
    past = filled(shop)
    status, output, _ = shop.hookline("events", "list", "--status", "done")

    assert status == 0
    assert output.splitlines()[1].split() == [
        *("1", "2027-01-15", "08:00:00", "shop", "message.text", "done", "answered", "menu", "22", "ms"),
        *(past.conversation, past.event_id),
    ]


def test_list_gives_json_without_texts(shop: Shop) -> None:
    filled(shop)
    output = shop.run("events", "list", "--json").stdout

    assert [(event["kind"], event["status"]) for event in json.loads(output)] == [
        ("follow", "waiting"),
        ("message.text", "done"),
    ]
    assert "secret" not in output


def test_list_of_nothing_says_so(shop: Shop) -> None:
    filled(shop)

    assert shop.hookline("events", "list", "--bot", "none") == (0, "no such events\n", "bot.yaml has no bot `none`\n")


def test_show_tells_every_station_and_how_long_it_took(shop: Shop) -> None:
    past = filled(shop)

    assert shop.hookline("events", "show", "shop", past.event_id) == (
        0,
        (
            f"event {past.event_id} of bot shop: message.text, number 1\n"
            f"  conversation  {past.conversation}\n"
            "  stands        done, answered by route menu\n"
            "\n"
            "  happened   2027-01-15 08:00:00+00:00\n"
            "  received   2027-01-15 08:00:00+00:00     120 ms\n"
            "  accepted   2027-01-15 08:00:00+00:00       3 ms\n"
            "  started    2027-01-15 08:00:00+00:00       7 ms\n"
            "  finished   2027-01-15 08:00:00+00:00      12 ms\n"
            "  reply      2027-01-15 08:00:00+00:00      40 ms  sent to U1\n"
        ),
        "",
    )


def test_text_is_shown_only_when_that_is_asked_for(shop: Shop) -> None:
    filled(shop)
    outputs = [shop.run("events", "show", "shop", "1", *more).stdout for more in ([], ["--json"], ["--body"])]

    assert ["secret" in output for output in outputs] == [False, False, True]


def test_show_gives_json(shop: Shop) -> None:
    filled(shop)
    found = json.loads(shop.run("events", "show", "shop", "1", "--json", "--body").stdout)

    assert (found["outcome"], found["raw"]["message"]["text"]) == ("answered", "a secret of mine")
    assert [(station["name"], station["took"]) for station in found["stations"]][1] == ("received", 120)


def test_event_of_a_burst_names_the_one_that_was_run_in_its_place(shop: Shop) -> None:
    async def fill() -> str:
        async with open_store(shop.url) as store:
            await store.inbox.accept([make_event("one"), make_event("two")])
            first, last = await lease(store)
            merged = finish_of(first, outcome="merged", route="all", joined=last.seq)
            await store.outcomes.finish(finish_of(last, route="all", together=[merged]))
            return f"merged into {last.seq}"

    outcome = asyncio.run(fill())

    assert f"  stands        done, {outcome} by route all\n" in shop.run("events", "show", "shop", "1").stdout
    assert f"  {outcome}  " in shop.run("events", "list", "--outcome", "merged").stdout


def test_unknown_event_is_an_error(shop: Shop) -> None:
    filled(shop)

    assert shop.hookline("events", "show", "shop", "77") == (
        1,
        "",
        "Error: bot shop has no event 77, or has forgotten it\n",
    )
