"""`hookline check --against-history` as an owner uses it, and what it makes of events that are hard to compare."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookline.adapters.line.adapter import LINE, LineAdapter
from hookline.events import Event
from hookline.store.memory.switches import Off, Switch
from hookline.store.people.history import PastRouting
from hookline.telling.rehearsal import compare, lines
from hookline.telling.rerouting import Remembered
from tests.commands import hookline
from tests.store.test_history import answer
from tests.store.worlds import finish_of, lease, open_store
from tests.support import NOW, SMALL_BOT, configured, make_event
from tests.unit.routing.worlds import bot_yaml

CONFIG = SMALL_BOT.replace("bots:", "store: '${STORE}'\nbots:")
HOURS = "      - {name: hours, keyword: [幾點, open], reply: 十點}\n      - {name: other"


class Shop:
    """Hold a folder with a configuration that differs from the one under which its store's events were routed."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        (folder / "bot.yaml").write_text(CONFIG.replace("      - {name: other", HOURS), "utf-8")

    def check(self, *arguments: str) -> tuple[int, str, str]:
        environment = {"STORE": self.url, "SECRET": "x", "TOKEN": "y"}
        result = hookline(self.folder, "check", *arguments, environment=environment)
        return result.returncode, result.stdout, result.stderr


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Shop:
    shop = Shop(tmp_path, store_url)

    async def fill() -> None:
        async with open_store(shop.url) as store:
            for text in ("幾點關門", "今天幾點開", "今天幾點開", "謝謝"):
                await answer(store, text, "other")
            await answer(store, "菜單", "menu")
            await answer(store, "價目", "prices")
            await store.inbox.accept([make_event("open?")], NOW)
            (row,) = await lease(store)
            await store.outcomes.finish(finish_of(row, outcome="unrouted"))
            await store.inbox.accept([make_event("still waiting")], NOW)

    asyncio.run(fill())
    return shop


def test_check_says_which_of_the_last_events_would_go_elsewhere(shop: Shop) -> None:
    assert shop.check("--against-history", "500") == (
        0,
        (
            "fine: 1 bot, 3 routes\n"
            "5 of the last 7 events would go elsewhere:\n"
            "\n"
            "shop: other → hours: 3 events\n"
            "    今天幾點開\n"
            "    幾點關門\n"
            "\n"
            "shop: no route → hours: 1 event\n"
            "    open?\n"
            "\n"
            "shop: prices (gone) → other: 1 event\n"
            "    價目\n"
        ),
        "",
    )


def test_only_as_many_events_as_were_asked_for_are_compared(shop: Shop) -> None:
    status, output, _ = shop.check("--against-history", "3")

    assert (status, output.splitlines()[1]) == (0, "2 of the last 3 events would go elsewhere:")


def test_check_gives_the_comparison_as_json(shop: Shop) -> None:
    status, output, _ = shop.check("--against-history", "2", "--format", "json")
    given = json.loads(output)
    ids = [change["examples"][0].pop("event_id") for change in given["history"]["changes"]]

    assert (status, len({*ids})) == (0, 2)
    assert given == {
        "findings": [],
        "history": {
            "events": 2,
            "elsewhere": 2,
            "changes": [
                {"bot": "shop", "from": None, "to": "hours", "is_denied": False, "is_gone": False, "events": 1,
                 "by_state": 0, "by_rest": 0, "examples": [{"text": "open?"}]},
                {"bot": "shop", "from": "prices", "to": "other", "is_denied": False, "is_gone": True, "events": 1,
                 "by_state": 0, "by_rest": 0, "examples": [{"text": "價目"}]},
            ],
            "no_route_asked": {},
            "not_kept": 0,
            "bots_gone": {},
            "bots_unheard": [],
            "switched_off": {},
        },
    }  # fmt: skip


def test_broken_file_is_compared_with_nothing(shop: Shop) -> None:
    path = shop.folder / "bot.yaml"
    path.write_text(path.read_text("utf-8").replace("keyword: [幾點", "keywrod: [幾點"), "utf-8")
    status, output, errors = shop.check("--against-history", "500")

    assert (status, output, "did you mean `keyword`?" in errors) == (1, "", True)


def test_json_is_an_object_with_findings_also_where_there_are_errors(shop: Shop) -> None:
    path = shop.folder / "bot.yaml"
    path.write_text(path.read_text("utf-8").replace("keyword: [幾點", "keywrod: [幾點"), "utf-8")
    status, output, _ = shop.check("--against-history", "500", "--format", "json")
    given = json.loads(output)

    assert (status, given.keys(), given["history"]) == (1, {"findings", "history"}, None)
    assert [finding["hint"] for finding in given["findings"]] == ["did you mean `keyword`?"]


def test_comparing_leaves_the_store_as_it_was(shop: Shop) -> None:
    before = [shop.check("--against-history", "9")[1] for _ in range(2)]

    async def backlog() -> int:
        async with open_store(shop.url) as store:
            return (await store.backlog())["shop"].waiting

    assert (before[0] == before[1], asyncio.run(backlog())) == (True, 1)


def test_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    status, _, errors = Shop(tmp_path, f"sqlite:///{path}").check("--against-history", "5")

    assert (status, errors, path.exists()) == (
        1,
        f"hookline: there is no store {path} yet: `hookline run` makes it\n",
        False,
    )


def past(text: str | None = "hi", route: str | None = "menu", **fields: Any) -> PastRouting:
    """Return an event that *route* took."""
    event = make_event(text, **fields.pop("event", {}))
    values = {
        "bot": "shop",
        "event_id": event.id,
        "conversation": event.conversation,
        "outcome": "answered" if route else "unrouted",
        "at": NOW,
        "raw": event.raw,
        "ended_at": fields.get("at", NOW),
        **fields,
    }
    return PastRouting(route=route, **values)


def said(
    folder: Path,
    routes: str,
    *each: PastRouting,
    states: Mapping[tuple[str, str], Any] | None = None,
    off: Sequence[Switch] = (),
    bot: str = "",
) -> list[str]:
    """Return what is said of *each* event, newest first, when the bot has *routes* now, and is what *bot* says."""
    text = bot_yaml(routes).replace("    routes:\n", f"{bot}    routes:\n")
    remembered = Remembered(states or {}, [Off(switch, NOW, "mei") for switch in off])
    return list(lines(compare(configured(folder, text), each, remembered)))


MENU = "- {name: menu, keyword: hi, reply: ok}"


def test_nothing_changes_for_the_same_routes(tmp_path: Path) -> None:
    assert said(tmp_path, MENU, past(), past("ho", None)) == ["none of the last 2 events would go elsewhere"]


def test_empty_history_says_so(tmp_path: Path) -> None:
    assert said(tmp_path, MENU) == ["no event has ended yet, so there is nothing to compare with"]


@pytest.mark.parametrize("outcome", ["standby", "unsent", "denied", "limited", "stale", "buried"])
def test_event_that_no_route_was_asked_for_is_set_aside(tmp_path: Path, outcome: str) -> None:
    assert said(tmp_path, MENU, past(route=None, outcome=outcome)) == [
        "none of the last 1 event would go elsewhere",
        "",
        f"not compared, since no route was asked for: {outcome} 1",
    ]


def test_event_that_a_flow_took_is_set_aside(tmp_path: Path) -> None:
    assert said(tmp_path, MENU, past("tomorrow", "flow:booking.day"), past("hi", "menu"))[2:] == [
        "not compared, since no route was asked for: taken by flows 1"
    ]


@pytest.mark.parametrize("outcome", ["handled", "buried", "merged"])
def test_event_that_a_route_took_is_compared_however_it_ended(tmp_path: Path, outcome: str) -> None:
    assert said(tmp_path, MENU, past(route="old", outcome=outcome))[0] == "1 of the last 1 event would go elsewhere:"


def test_text_that_is_not_kept_or_was_taken_back_is_not_compared(tmp_path: Path) -> None:
    blank = past(raw=None)
    unsent = past(raw={**make_event().raw, "message": {"id": "1", "type": "text", "text": ""}})

    assert said(tmp_path, MENU, blank, unsent)[-1] == "not compared, since what was written isn't kept any more: 2"


def test_bots_that_are_gone_and_new_ones_are_named(tmp_path: Path) -> None:
    assert said(tmp_path, MENU, past(bot="old"), past(bot="old"))[1:] == [
        "",
        "not compared, since their bots are gone: old 2",
        "without an event among them: shop",
    ]


def test_time_is_that_of_the_event(tmp_path: Path) -> None:
    routes = "- {name: night, keyword: hi, when: {time: 22:00-06:00}, reply: ok}\n- {name: day, keyword: hi, reply: ok}"
    noon, midnight = (round(datetime(2026, 1, 1, hour, tzinfo=UTC).timestamp() * 1000) for hour in (12, 0))

    found = said(tmp_path, routes, past(route="day", at=noon), past(route="day", at=midnight))

    assert found == ["1 of the last 2 events would go elsewhere:", "\nshop: day → night: 1 event", "    hi"]


def test_state_of_today_counts_and_is_told(tmp_path: Path) -> None:
    routes = "- {name: asked, keyword: hi, when: {state: {step: 1}}, reply: ok}\n- {name: menu, keyword: hi, reply: ok}"
    one = past()

    assert said(tmp_path, routes, one, states={one.key: {"step": 1}})[1] == (
        "\nshop: menu → asked: 1 event, 1 of them by what their chats remember now"
    )


def test_route_before_any_that_looks_at_the_state_does_not_depend_on_it(tmp_path: Path) -> None:
    routes = (
        "- {name: first, keyword: hi, reply: ok}\n- {name: asked, otherwise: true, when: {state: {a: 1}}, reply: ok}"
    )

    assert said(tmp_path, routes, past(route="asked"))[1] == "\nshop: asked → first: 1 event"


def test_events_without_a_text_are_shown_by_their_type(tmp_path: Path) -> None:
    routes = "- {name: welcome, on: follow, reply: ok}\n- {name: buy, postback: {action: buy}, reply: ok}"
    follow = past(None, "old", event={"kind": "follow"})
    postback = past(None, "old", event={"kind": "postback", "postback": {"data": "action=buy&id=7"}})

    assert said(tmp_path, routes, follow, postback)[1:] == [
        "\nshop: old (gone) → welcome: 1 event",
        "    follow",
        "\nshop: old (gone) → buy: 1 event",
        "    postback action=buy&id=7",
    ]


def test_terminal_is_not_commanded_by_what_people_wrote(tmp_path: Path) -> None:
    assert said(tmp_path, MENU, past("hi \x1b[31m\nthere", "old"))[-1] == "    hi \\x1b[31m\\nthere"


def test_meaning_is_learned_when_an_event_depends_on_it(tmp_path: Path) -> None:
    text = bot_yaml("- {name: hours, intent: hours, reply: ok}\n- {name: other, otherwise: true, reply: ok}").replace(
        "    routes:",
        "    plugins: {bigrams: }\n    understanding: {classifier: bigrams}\n    intents:\n"
        "      hours: {examples: [open today, when open, hours, are you open, opening times]}\n    routes:",
    )
    found = compare(configured(tmp_path, text), [past("are you open", "other")], Remembered())

    assert [(change.old, change.new) for change in found.changes] == [("other", "hours")]


GREET = "- {name: greet, keyword: hi, cooldown: 1h, reply: ok}\n- {name: rest, otherwise: true, reply: ok}"
HOUR = 3_600_000


def test_route_rests_after_what_it_answered(tmp_path: Path) -> None:
    came = [past(route="greet", at=NOW - 2 * HOUR), past(route="rest", at=NOW - 2 * HOUR + 1), past(route="greet")]

    assert said(tmp_path, GREET, *reversed(came)) == ["none of the last 3 events would go elsewhere"]


def test_route_rests_in_its_conversation_alone(tmp_path: Path) -> None:
    other = past(route="greet", conversation="U2", at=NOW + 1)

    assert said(tmp_path, GREET, other, past(route="greet")) == ["none of the last 2 events would go elsewhere"]


def test_new_cooldown_sends_the_next_event_elsewhere(tmp_path: Path) -> None:
    came = past(route="greet", at=NOW + 1), past(route="greet")

    assert said(tmp_path, GREET, *came)[1] == "\nshop: greet → rest: 1 event"


def test_rest_that_may_have_begun_before_the_events_is_told(tmp_path: Path) -> None:
    assert said(tmp_path, GREET, past(route="rest"))[1] == (
        "\nshop: rest → greet: 1 event, 1 of them unless a `cooldown:` ran that began earlier"
    )


@pytest.mark.parametrize("outcome", ["handled", "buried", "merged", "superseded", "limited", "stale", "rejected"])
def test_route_that_said_nothing_does_not_rest(tmp_path: Path, outcome: str) -> None:
    first = past(route="greet", outcome=outcome)

    assert said(tmp_path, GREET, past(route="greet", at=NOW + 1), first)[0] == (
        "none of the last 2 events would go elsewhere"
    )


def test_event_that_came_during_a_run_finds_its_route_awake(tmp_path: Path) -> None:
    run = past(route="greet", ended_at=NOW + 1000)

    assert said(tmp_path, GREET, past(route="greet", outcome="rejected", at=NOW + 500), run)[0] == (
        "none of the last 2 events would go elsewhere"
    )


def test_event_of_who_is_denied_now_is_said_to_be(tmp_path: Path) -> None:
    one = past()
    user = make_event().user

    assert said(tmp_path, MENU, one, past("ho", None), bot=f"    deny: {{users: [{user}]}}\n") == [
        "1 of the last 2 events would go elsewhere:",
        "\nshop: menu → denied, by `allow:` or `deny:`: 1 event",
        "    hi",
    ]


@pytest.mark.parametrize("switch", [Switch("shop", "route", "first"), Switch("shop", "plugin", "echo")])
def test_what_is_switched_off_takes_no_event(tmp_path: Path, switch: Switch) -> None:
    routes = "- {name: first, keyword: hi, run: echo.say}\n- {name: menu, keyword: hi, reply: ok}"

    assert said(tmp_path, routes, past(), off=[switch], bot="    plugins: {echo: }\n") == [
        "none of the last 1 event would go elsewhere",
        "",
        "left out, since they are switched off at present: first of shop",
    ]


class Backwards(LineAdapter):
    """Read texts from their ends."""

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        event = super().read(raw, received_at)
        return replace(event, text=(event.text or "")[::-1])


def test_bodies_are_read_as_the_adapter_of_the_bot_reads_them(tmp_path: Path) -> None:
    configuration = configured(tmp_path, bot_yaml(MENU))
    kind = replace(LINE, build=Backwards)
    bots = {name: replace(bot, adapter=kind) for name, bot in configuration.bots.items()}

    found = compare(replace(configuration, bots=bots), [past("ih")], Remembered())

    assert found.elsewhere == 0
