"""What ``when: {event: …}`` hears, and how it says why not."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from hookline.adapters.fields import RawPath
from hookline.events import Event
from hookline.routing.conditions.condition import Situation
from hookline.routing.conditions.fields import Says, number_of
from tests.support import make_event
from tests.unit.line.odd_events import SCALARS, odd_event
from tests.unit.routing.worlds import router

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def sticker(**fields: Any) -> Event:
    return make_event(
        None, message={"type": "sticker", "id": "1", "stickerId": "52002734", "packageId": "11537", **fields}
    )


def other(kind: str, **fields: Any) -> Event:
    return make_event(None, kind=kind, **fields)


def failure(event: Event, on: str, **asked: object) -> str | None:
    routes = f"- {{name: it, on: {on}, when: {{event: {json.dumps(asked, ensure_ascii=False)}}}, reply: ok}}"
    (tried,) = router(routes).explain(event, NOW)
    return tried.failure


@pytest.mark.parametrize(
    ("event", "asked"),
    [
        (
            other("beacon", beacon={"type": "enter", "hwid": "d4"}),
            {"beacon_type": "enter", "beacon_hwid": ["a1", "D4"]},
        ),
        (other("membership", membership={"type": "left", "membershipId": 3189}), {"membership_type": "left"}),
        (other("membership", membership={"type": "left", "membershipId": 3189}), {"membership_id": 3189}),
        (
            other("membership", membership={"membershipId": 12345678901234567891}),
            {"membership_id": 12345678901234567891},
        ),
        (other("follow", follow={"isUnblocked": True}), {"unblocked": True}),
        (other("follow", follow={"isUnblocked": False}), {"unblocked": False}),
        (sticker(), {"sticker_id": 52002734, "sticker_package": "11537"}),
        (sticker(), {"message.stickerId": "52002734"}),
        (sticker(), {"message.stickerId": 52002734}),
        (sticker(keywords=["Love", "sparkle"]), {"sticker_keywords": ["愛", "love"]}),
        (sticker(keywords=["爱", "x"]), {"sticker_keywords": "爱"}),
        (sticker(text="ＨＩ"), {"sticker_text": "hi"}),
        (sticker(keywords=["a", 2]), {"message.keywords": 2}),
        (sticker(), {"raw.mode": "active"}),
        (sticker(), {"raw.message.type": "STICKER"}),
        (make_event(None, message={"type": "location", "id": "1", "latitude": 25.0}), {"latitude": 25}),
        (make_event(None, message={"type": "file", "id": "1", "fileSize": 0}), {"file_size": [1, 0]}),
        (other("postback", postback={"data": "x", "params": {"status": "SUCCESS"}}), {"menu_status": "success"}),
        (
            other("things", things={"result": {"code": 7, "ok": True}}),
            {"things.result.code": 7, "things.result.ok": True},
        ),
        (make_event("hi", mode="active"), {"mode": "active", "redelivered": False}),
    ],
)
def test_event_that_says_it_is_heard(event: Event, asked: Mapping[str, object]) -> None:
    assert failure(event, event.type, **asked) is None


@pytest.mark.parametrize(
    ("event", "asked", "expected"),
    [
        (
            other("beacon", beacon={"type": "stay"}),
            {"beacon_type": "enter"},
            "when.event.beacon_type is enter, the event's is stay",
        ),
        (
            other("beacon", beacon={"type": "stay"}),
            {"beacon_type": ["enter", "banner"]},
            "when.event.beacon_type is enter, banner, the event's is stay",
        ),
        (
            other("beacon", beacon=7),
            {"beacon_type": "enter"},
            "when.event.beacon_type is enter, the event's is missing",
        ),
        (
            other("follow", follow={"isUnblocked": False}),
            {"unblocked": True},
            "when.event.unblocked is true, the event's is false",
        ),
        (
            other("follow", follow={"isUnblocked": "true"}),
            {"unblocked": True},
            "when.event.unblocked is true, the event's is missing",
        ),
        (
            sticker(keywords=["愛", "heart"]),
            {"sticker_keywords": "cat"},
            "when.event.sticker_keywords is cat, the event's is 愛、heart",
        ),
        (sticker(), {"sticker_id": "5200273"}, "when.event.sticker_id is 5200273, the event's is 52002734"),
        (
            sticker(),
            {"message.stickerId": 52002734.5},
            "when.event.message.stickerId is 52002734.5, the event's is 52002734",
        ),
        (sticker(), {"message.keywords.0": "love"}, "when.event.message.keywords.0 is love, the event's is missing"),
        (sticker(), {"raw.message": "x"}, None),
        (
            other("membership", membership={"type": "left"}),
            {"membership_type": "joined", "membership_id": 1},
            "when.event.membership_type is joined, the event's is left",
        ),
        (
            make_event(None, message={"type": "file", "id": "1", "fileName": "a" * 200}),
            {"file_name": "b"},
            f"when.event.file_name is b, the event's is {'a' * 80}…",
        ),
    ],
)
def test_event_that_says_something_else_is_explained(
    event: Event, asked: Mapping[str, object], expected: str | None
) -> None:
    found = failure(event, event.type, **asked)

    assert found is not None
    assert expected is None or found == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        (" 3 ", 3),
        ("3.0", 3.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("007", 7),
        ("12345678901234567891", 12345678901234567891),
        ("", None),
        ("three", None),
        ("３", None),
        ("1_000", None),
        ("0x10", None),
        ("nan", None),
        ("1e9999", None),
        ("9" * 5000, None),
    ],
)
def test_number_is_what_is_written_as_one(written: str, expected: float | None) -> None:
    assert number_of(written) == expected


@pytest.mark.parametrize(
    ("said", "wanted", "holds"),
    [
        (3, "3", True),
        (3.0, "3", True),
        (3, "3.0", True),
        ("3", "3", True),
        ("3.0", "3", False),
        ("007", "7", False),
        (True, "true", True),
        (True, "1", False),
        (1, "true", False),
        ("true", "true", True),
        (None, "null", False),
        ({}, "{}", False),
        ([["x"]], "x", False),
        ([], "", False),
        ("  Hi ", "hi", True),
        ("ｈｉ", "HI", True),
    ],
)
def test_value_is_compared_as_what_the_event_has(said: object, wanted: str, holds: bool) -> None:
    condition = Says("a.b", (wanted,), RawPath(("a", "b")))

    assert (condition.failure(situation(make_event(a={"b": said}))) is None) is holds


def test_condition_says_itself_what_it_asks() -> None:
    assert list(Says("beacon_type", ("enter", "stay"), RawPath(())).terms()) == ["event beacon_type=enter, stay"]


def test_no_event_is_an_error_to_a_condition() -> None:
    chance = random.Random(24)
    wanted = [str(value) for value in SCALARS]
    paths = [["message"], ["message", "keywords"], ["beacon", "type"], ["source"], ["joined", "members", "0", "userId"]]
    for _ in range(10_000):
        event = odd_event(chance)
        condition = Says("a", tuple(chance.sample(wanted, 3)), RawPath(tuple(chance.choice(paths))))

        assert condition.failure(situation(event)) is None or condition.read(event) not in condition.values


def situation(event: Event) -> Situation:
    return Situation(event, is_called=True, now=NOW)
