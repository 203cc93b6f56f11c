"""Who hears events in standby, what becomes of them, and what `check` says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hookline.routing.conditions.condition import Situation
from hookline.routing.conditions.fields import Standby
from hookline.testing import events
from hookline.testing.events import user_id
from tests.store.worlds import errors_of
from tests.support import make_event
from tests.unit.config.broken import Case, bot, case, differences, error, found_in, route
from tests.unit.dispatch.worlds import club
from tests.unit.routing.worlds import router

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BROKEN = [
    case(
        "reply in standby",
        route("on: message", "when: {standby: true}", "reply: b"),
        error(
            10,
            9,
            "`reply`: route `hours` hears events in standby, which can't be replied to",
            "use `push:`, or `run:` and push to someone who can be reached",
        ),
    ),
    case(
        "busy in standby",
        bot(
            "plugins: {echo: {}}",
            "routes:",
            "  - {name: a, on: message, when: {standby: true}, run: echo.say, overlap: reject, busy: wait}",
        ),
        error(8, 87, "`busy`: route `a` hears events in standby, which can't be replied to", "leave it out"),
    ),
    case(
        "standby that is no bool",
        route("on: message", "when: {standby: 'yes'}", "reply: b"),
        error(9, 25, "expected true or false, unquoted, for `standby`"),
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_mistake_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


LISTENING = """
- {name: note, on: '*', when: {standby: true, mentioned: false}, run: echo.say}
- {name: hours, keyword: hours, reply: a}
- {name: rest, otherwise: true, reply: b}
"""


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("standby", "note"), ("active", "hours"), ("", "hours"), (None, "hours"), (["standby"], "hours")],
)
def test_only_who_asks_for_it_hears_standby(mode: object, expected: str) -> None:
    hit = router(LISTENING, more="plugins: {echo: {}}\n").route(make_event("hours", mode=mode), NOW)

    assert hit is not None
    assert hit.route.name == expected


def test_other_routes_say_that_they_do_not_hear_standby() -> None:
    routes = "- {name: hours, keyword: hours, reply: a}\n- {name: rest, otherwise: true, reply: b}"
    tried = router(routes).explain(make_event("hours", mode="standby"), NOW)

    reason = "the event is in standby, and it doesn't say `when: {standby: true}`"
    assert [item.failure for item in tried] == [reason, reason]
    assert (
        Standby().failure(Situation(make_event(), is_called=True, now=NOW))
        == "when.standby is true, the event isn't in standby"
    )


def test_condition_says_itself_what_it_asks() -> None:
    assert list(Standby().terms()) == ["standby true"]


STANDBY = "{name: note, on: message, when: {standby: true}, run: trial.%s}"
ANSWER = "{name: rest, otherwise: true, reply: ok}"


def waiting(text: str = "hi", **fields: Any) -> dict[str, Any]:
    return {"mode": "standby", "message": events.text_message(text), **fields}


async def test_handler_listens_in_standby_and_pushes_to_others() -> None:
    async with club(STANDBY % "tell", ANSWER) as bot:
        noted, said = await bot.sends("message", **waiting()), await bot.says("hi")

        assert (noted.route, noted.outcome, noted.texts) == ("note", "handled", [])
        assert bot.received("staff") == [f"{user_id('mei')} says hi"]
        assert (said.route, said.texts) == ("rest", ["ok"])


async def test_answer_in_standby_is_the_handlers_failure() -> None:
    async with club(STANDBY % "count", ANSWER) as bot:
        exchange = await bot.sends("message", **waiting())

        assert (exchange.outcome, exchange.texts) == ("buried", [])
        assert await errors_of(bot.playground.host.store) == [
            "HandlerError: `message.text` is in standby: another has the chat, so nothing is answered;"
            " return nothing, or use context.push(to, …)"
        ]


@pytest.mark.parametrize(
    ("routes", "event", "expected"),
    [
        ([ANSWER], waiting(), "standby"),
        ([STANDBY % "silent", ANSWER], waiting(), "handled"),
        ([STANDBY % "silent", ANSWER], waiting(group="friends"), "standby"),
        (["{name: a, exact: x, when: {standby: true}, run: trial.silent}", ANSWER], waiting(), "standby"),
        (["{name: a, exact: x, when: {standby: true}, run: trial.silent}", ANSWER], waiting("x"), "handled"),
        ([STANDBY % "silent"], {"message": events.text_message("hi")}, "unrouted"),
        (["{name: a, on: '*', when: {standby: false}, run: trial.silent}"], waiting(), "standby"),
    ],
)
async def test_standby_goes_only_to_who_asks_for_it(routes: list[str], event: dict[str, Any], expected: str) -> None:
    async with club(*routes) as bot:
        exchange = await bot.sends("message", **event)

        assert (exchange.outcome, exchange.texts) == (expected, [])
