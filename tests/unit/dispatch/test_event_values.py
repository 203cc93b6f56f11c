"""What an event says, as it is shown in the answers to it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hookline.adapters.line.fields import FIELDS
from hookline.dispatch.event_values import EventValues
from hookline.routing.templates import parse
from hookline.testing import Fault, Profile
from hookline.testing.events import user_id
from tests.unit.dispatch.worlds import club
from tests.unit.line.odd_events import odd_event


def joined(*people: str) -> dict[str, Any]:
    return {"joined": {"members": [{"type": "user", "userId": user_id(name)} for name in people]}}


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (["Amy"], "歡迎 Amy！"),
        (["Amy", "Bob"], "歡迎 Amy, Bob！"),
        (["美美", "小明"], "歡迎 美美、小明！"),
        (["Amy", "小明"], "歡迎 Amy、小明！"),
        (["Amy", "nobody"], "歡迎 Amy！"),
        (["nobody"], "歡迎 新朋友！"),
        ([], "歡迎 新朋友！"),
    ],
)
async def test_who_joined_is_welcomed_by_name(people: list[str], expected: str) -> None:
    async with club("{name: a, on: memberJoined, reply: '歡迎 {event.joined_names|新朋友}！'}") as bot:
        bot.line.profiles.update({user_id(name): Profile(name) for name in people if name != "nobody"})

        answer = await bot.sends("memberJoined", user=None, group="friends", **joined(*people))

        assert answer.texts == [expected]


async def test_names_that_the_platform_does_not_tell_stop_no_answer() -> None:
    async with club("{name: a, on: memberJoined, reply: '{event.joined_names|?} {event.joined_ids.1}'}") as bot:
        bot.line.faults.append(Fault("error"))

        answer = await bot.sends("memberJoined", user=None, group="friends", **joined("Amy", "Bob"))

        assert answer.texts[0].endswith(user_id("Bob"))


async def test_platform_is_asked_only_for_names_that_are_shown() -> None:
    async with club("{name: a, on: memberJoined, reply: '{event.joined_ids.0}'}") as bot:
        answer = await bot.sends("memberJoined", user=None, group="friends", **joined("Amy"))

        assert answer.texts == [user_id("Amy")]
        assert [path for path, _ in bot.line.requests if "member" in path] == []


async def test_at_most_twenty_are_asked_for() -> None:
    async with club("{name: a, on: memberJoined, reply: '{event.joined_names}'}") as bot:
        people = [f"P{number}" for number in range(30)]
        bot.line.profiles.update({user_id(name): Profile(name) for name in people})

        answer = await bot.sends("memberJoined", user=None, group="friends", **joined(*people))

        assert answer.texts == [", ".join(people[:20])]


async def test_one_who_joined_is_the_sender_and_can_be_mentioned() -> None:
    message = (
        "{type: textV2, text: '{who} {sender.name}', substitution:"
        " {who: {type: mention, mentionee: {type: user, userId: '{event.joined_ids.0}'}}}}"
    )
    async with club(f"{{name: a, on: memberJoined, reply: {message}}}") as bot:
        bot.line.profiles[user_id("Amy")] = Profile("Amy")

        answer = await bot.sends("memberJoined", user=None, group="friends", **joined("Amy"))

        assert answer.messages[0]["text"] == "{who} Amy"
        assert answer.messages[0]["substitution"]["who"]["mentionee"]["userId"] == user_id("Amy")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("{event.sticker_keywords}", "love, heart"),
        ("{event.sticker_keywords.1}", "heart"),
        ("{event.sticker_keywords.7|none}", "none"),
        ("{event.sticker_id}/{event.sticker_text|no text}", "52002734/no text"),
        ("{event.raw.message.keywords}", "love, heart"),
        ("{event.raw.message.keywords.0}", "love"),
        ("{event.raw.message.nothing.at.all|none}", "none"),
        ("{event.raw.deliveryContext}", '{"isRedelivery": false}'),
        ("{event.raw.message.list}", '[["a"], {"b": null}]'),
        ("{event.raw.message.few}", "1, true, x"),
        ("{event.redelivered}", "false"),
        ("{event.type}", "message.sticker"),
    ],
)
async def test_what_an_event_says_is_shown(shown: str, expected: str) -> None:
    sticker = {
        "type": "sticker",
        "id": "7",
        "stickerId": "52002734",
        "keywords": ["love", "heart"],
        "list": [["a"], {"b": None}],
        "few": [1, True, None, "x"],
    }
    async with club(f"{{name: a, on: message.sticker, reply: '{shown}'}}") as bot:
        answer = await bot.sends("message", message=sticker)

        assert answer.texts == [expected]


def test_values_are_a_mapping_of_all_that_can_be_said() -> None:
    values = EventValues(odd_event(random.Random(1)), FIELDS, {"joined_names": ["Amy"]})

    assert len(values) == len(list(values)) == len(set(values))
    assert {"raw", "text", "beacon_type"} <= set(values)
    assert values["joined_names"] == ["Amy"]
    assert values.get("nothing") is None


def test_no_event_is_an_error_to_a_reply() -> None:
    chance = random.Random(22)
    paths = ["raw.message", "raw.joined.members.0.userId", "raw.source", "raw.a.0.b", "raw"]
    template = parse(" ".join(f"{{event.{name}|?}}" for name in (*EventValues(odd_event(chance), FIELDS, {}), *paths)))
    for _ in range(10_000):
        text = template.render({"event": EventValues(odd_event(chance), FIELDS, {})})

        assert text
