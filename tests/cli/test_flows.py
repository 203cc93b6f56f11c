"""`hookline flows` as an operator uses it: who is where, where people stop, and an end to it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hookline.store.people.history import EventFilter
from hookline.store.records import FlowRow
from hookline.store.store import Store
from tests.cli.test_dead import Shop
from tests.commands import hookline
from tests.store.worlds import finish_of, lease, open_store
from tests.support import NOW, SECRETS, SMALL_BOT, make_event, open_host

FLOWS = """    flows:
      booking:
        steps:
          - {ask: day, type: date}
          - {ask: name}
          - confirm: '{flow.day}?'
          - reply: done
    routes:
      - {name: book, keyword: book, begin: booking}
"""
CONFIG = SMALL_BOT.replace("bots:", "store: '${STORE}'\nbots:").replace("    routes:\n", FLOWS)
MINUTE = 60_000
CHAT = make_event().conversation


def row(name: str, asked: str, *, ago: int = 0, outcome: str | None = None, **facts: Any) -> FlowRow:
    """Return a run of the flow that stands at *asked* since *ago* minutes."""
    at = NOW - ago * MINUTE
    data = {"known": {"day": "2027-02-03"}, "order": ["day"]} if asked != "day" and outcome is None else {}
    values: dict[str, Any] = {
        "rank": 0 if outcome is None else -1,
        "ended_at": None if outcome is None else at,
        **facts,
    }
    return FlowRow(name, "U1", "booking", begun_at=at, turn=1, data=json.dumps(data), asked=asked, asked_at=at,
                   outcome=outcome, **values)  # fmt: skip


ROWS = [
    row("a", "day", ago=5),
    row("b", "name", rank=1),
    row("c", "day", outcome="expired"),
    row("d", "name", outcome="cancelled", ago=90),
    row("e", "confirm", outcome="done"),
    row("f", "slot", outcome="gone"),
]


async def fill(store: Store) -> None:
    await store.inbox.accept([make_event("book")], NOW)
    (event,) = await lease(store)
    await store.outcomes.finish(finish_of(event, flows=ROWS))


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    shop = Shop(tmp_path, store_url)
    (tmp_path / "bot.yaml").write_text(CONFIG, "utf-8")
    shop.fill(fill)
    return shop


def test_list_shows_who_is_asked_what(shop: Shop) -> None:
    status, output, errors = shop.hookline("flows", "list")

    assert (status, errors) == (0, "")
    assert [line.split()[:5] for line in output.splitlines()[1:]] == [
        ["b", "shop", "booking", "name", "(asked"],
        ["a", "shop", "booking", "day", "0"],
    ]
    assert "2027-02-03" not in output
    assert shop.hookline("flows", "list", "--asked", "slot")[1] == "no open flows\n"


def test_json_has_no_answers_unless_they_are_asked_for(shop: Shop) -> None:
    (first, _) = json.loads(shop.hookline("flows", "list", "--json")[1])
    assert (first["id"], first["answers"], "known" in first) == ("b", 1, False)

    assert json.loads(shop.hookline("flows", "show", "shop", "b", "--json", "--body")[1])["known"] == {
        "day": "2027-02-03"
    }


def test_one_flow_is_shown_with_its_answers_when_they_are_asked_for(shop: Shop) -> None:
    assert shop.hookline("flows", "show", "shop", "b", "--body")[1].splitlines() == [
        "flow b of bot shop: booking",
        f"  conversation  {CHAT}",
        "  person        U1",
        "  begun         2027-01-15 08:00:00+00:00",
        "  asked         name, which waits below 1 other",
        "  asked at      2027-01-15 08:00:00+00:00",
        "  answers       1",
        '    day: "2027-02-03"',
    ]
    assert "ended         2027-01-15 06:30:00+00:00, cancelled" in shop.hookline("flows", "show", "shop", "d")[1]
    assert shop.hookline("flows", "show", "shop", "z")[::2] == (
        1,
        "Error: bot shop has no flow z, or has forgotten it\n",
    )


def test_funnel_says_at_which_question_people_stop(shop: Shop) -> None:
    assert [line.split() for line in shop.hookline("flows", "funnel", "shop", "booking")[1].splitlines()] == [
        ["6", "runs:", "2", "open,", "1", "cancelled,", "1", "done,", "1", "expired,", "1", "gone"],
        ["question", "came", "so", "far", "here", "now", "cancelled", "expired", "gone"],
        ["day", "6", "1", "0", "1", "0"],
        ["name", "4", "1", "1", "0", "0"],
        ["confirm", "2", "0", "0", "0", "0"],
        ["slot", "1", "0", "0", "0", "1"],
    ]
    assert shop.hookline("flows", "funnel", "shop", "order")[1] == "nobody was in order of shop\n"


def test_end_counts_asks_and_lets_the_next_host_do_it(shop: Shop) -> None:
    assert shop.hookline("flows", "end", "shop")[0] == 2
    assert shop.hookline("flows", "end", "shop", "--all", "a")[0] == 2
    assert shop.hookline("flows", "end", "shop", "c", "--yes")[:2] == (0, "no such open flow of shop\n")
    assert shop.hookline("flows", "end", "shop", "--asked", "day", "--dry-run")[1] == "would end 1 open flow of shop\n"
    assert shop.hookline("flows", "end", "shop", "--all")[0] == 2
    assert shop.hookline("flows", "end", "shop", "--all", "--yes")[:2] == (0, "2 flows of shop will end at once\n")

    async def timers() -> list[str]:
        async with open_store(shop.url) as store:
            return [one.id for one in await store.timers.due(range(256), ["shop"], 2**62)]

    assert asyncio.run(timers()) == ["a/end", "b/end"]


async def test_running_host_lets_them_end_in_their_turn(tmp_path: Path, store_url: str) -> None:
    text = CONFIG.replace("${STORE}", store_url)
    async with open_store(store_url) as store:
        await fill(store)
        await store.lanes.leave("me")
    async with open_host(tmp_path, text) as host:
        await host.start()
        environment = {"STORE": store_url}
        (tmp_path / "bot.yaml").write_text(text, "utf-8")
        said = await asyncio.to_thread(
            hookline, tmp_path, "flows", "end", "shop", "--all", "--yes", environment=environment
        )
        assert (said.stdout, said.stderr) == ("2 flows of shop will end at once\n", "")
        async with asyncio.timeout(60):
            while await host.store.flows.open(("shop", CHAT)):
                await asyncio.sleep(0.01)
        await host.settle()

        found = [await host.store.flows.one(("shop", CHAT), name) for name in "abd"]
        assert [one and one.outcome for one in found] == ["ended", "ended", "cancelled"]
        assert {event.outcome for event in await host.store.history.list(EventFilter(), 9)} == {"handled"}


ELSEWHERE = CONFIG.replace("{ask: name}", "{ask: slot, when: {flow: {day: '2027-02-03'}}}")
MOVES = {
    "nothing of it is gone": (CONFIG, ["open flows: all that is asked is still there"]),
    "a question": (
        ELSEWHERE,
        ["shop: 2 flows of `booking` are open; 1 at `name`, which is gone: `slot` is asked next"],
    ),
    "a question that an answer leads by": (
        ELSEWHERE.replace("'2027-02-03'}}", "{not: '2027-02-03'}}}"),
        ["shop: 2 flows of `booking` are open; 1 at `name`, which is gone: `confirm` is asked next"],
    ),
    "all behind": (
        CONFIG.replace("          - {ask: name}\n          - confirm: '{flow.day}?'\n", ""),
        ["shop: 2 flows of `booking` are open; 1 at `name`, which is gone: nothing is left to ask next"],
    ),
    "the flow": (
        CONFIG.replace("booking", "order"),
        ["shop: 2 flows of `booking` are open, and it is gone: each ends with the next message"],
    ),
}


def check(shop: Shop, text: str, *options: str) -> tuple[int, str, str]:
    (shop.folder / "bot.yaml").write_text(text, "utf-8")
    environment = {**SECRETS, "STORE": shop.url}
    found = hookline(shop.folder, "check", "--open-flows", *options, environment=environment)
    return found.returncode, found.stdout, found.stderr


@pytest.mark.parametrize("moves", MOVES)
def test_check_says_who_was_asked_what_is_gone(shop: Shop, moves: str) -> None:
    text, said = MOVES[moves]
    status, output, _ = check(shop, text)

    assert (status, output.splitlines()[1:]) == (0, said)


def test_check_gives_it_as_json(shop: Shop) -> None:
    found = json.loads(check(shop, ELSEWHERE, "--format", "json")[1])

    assert found["open_flows"] == [
        {
            "bot": "shop",
            "flow": "booking",
            "asked": "name",
            "inside": 2,
            "number": 1,
            "following": "slot",
            "is_gone": False,
        }
    ]
