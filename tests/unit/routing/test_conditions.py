"""What ``when:`` asks, and how it says that it doesn't hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hookline.events import Event
from hookline.routing.conditions.access import Access, Listed
from hookline.routing.conditions.condition import Condition, Past, Situation
from hookline.routing.conditions.conditions import Admitted, Called, Chat, Conditions, Groups, Users
from hookline.routing.conditions.files import Savable
from hookline.routing.conditions.hours import Hours, Window
from hookline.routing.conditions.kept import State
from hookline.testing.events import group_id, user_id
from tests.support import make_event
from tests.unit.routing.worlds import router

TAIPEI = ZoneInfo("Asia/Taipei")
TUESDAY_NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FRIDAY = 27
OFFICE = Window(time(9), time(18))
NIGHT = Window(time(22), time(2))
EVENING = Window(time(18), time.max)


def hours(*windows: Window, days: Sequence[str] = (), zone: ZoneInfo = TAIPEI) -> Hours:
    return Hours(frozenset(days), windows, zone)


def failure(
    asked: Condition | Sequence[Condition],
    event: Event | None = None,
    *,
    is_called: bool = False,
    state: Mapping[str, Any] | None = None,
    now: datetime = TUESDAY_NOON,
) -> str | None:
    conditions = Conditions(tuple(asked) if isinstance(asked, Sequence) else (asked,))
    return conditions.failure(Situation(event or make_event(), is_called, now, Past(state or {})))


def wins(when: str, now: datetime, event: Event | None = None) -> bool:
    hit = router(f"- {{name: it, keyword: hi, when: {when}, reply: ok}}").route(event or make_event(), now)
    return hit is not None


def at(clock: str, day: int = 24, zone: ZoneInfo = TAIPEI) -> datetime:
    return datetime.combine(datetime(2026, 11, day, tzinfo=zone).date(), time.fromisoformat(clock), zone)


def test_no_condition_always_holds() -> None:
    assert failure([]) is None
    assert Conditions().is_empty


def test_lifting_the_rule_for_groups_asks_nothing() -> None:
    assert Conditions((Called(is_needed=False),)).is_empty


@pytest.mark.parametrize(
    "condition",
    [
        Chat(frozenset(["user"])),
        Called(is_needed=True),
        Users(frozenset(["U1"])),
        Groups(frozenset(["C1"])),
        hours(days=["mon"]),
        hours(OFFICE),
        State({"step": 1}),
    ],
)
def test_every_other_condition_asks_something(condition: Condition) -> None:
    assert not Conditions((condition,)).is_empty


def test_chat_is_one_of_those_listed() -> None:
    condition = Chat(frozenset(["room", "group"]))

    assert failure(condition, make_event(group="friends")) is None
    assert failure(condition, make_event()) == "when.chat is group, room, this is user"


def test_event_without_a_chat_is_in_none() -> None:
    event = make_event(None, kind="delivery", source={})

    assert failure(Chat(frozenset(["user"])), event) == "when.chat is user, this is none"


def test_mentioned_needs_a_call() -> None:
    condition = Called(is_needed=True)

    assert failure(condition, is_called=True) is None
    assert failure(condition) == "when.mentioned is true, the bot was not called"


def test_user_is_one_of_those_listed() -> None:
    condition = Users(frozenset([user_id("mei")]))

    assert failure(condition, make_event(user="mei")) is None
    assert failure(condition, make_event(user="tom")) == f"when.users doesn't list {user_id('tom')}"


def test_unknown_user_is_nobody_listed() -> None:
    event = make_event(user=None, group="friends")

    assert failure(Users(frozenset(["U1"])), event) == "when.users doesn't list None"


def test_group_is_one_of_those_listed() -> None:
    condition = Groups(frozenset([group_id("friends")]))

    assert failure(condition, make_event(group="friends")) is None
    assert failure(condition, make_event(group="work")) == f"when.groups doesn't list {group_id('work')}"


def test_room_can_be_listed_as_a_group() -> None:
    event = make_event(source={"type": "room", "roomId": "R1"})

    assert failure(Groups(frozenset(["R1"])), event) is None


@pytest.mark.parametrize(
    ("window", "clock", "holds"),
    [
        (OFFICE, "08:59:59", False),
        (OFFICE, "09:00", True),
        (OFFICE, "17:59:59", True),
        (OFFICE, "18:00", False),
        (NIGHT, "21:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "23:59:59", True),
        (NIGHT, "00:00", True),
        (NIGHT, "01:59", True),
        (NIGHT, "02:00", False),
        (NIGHT, "12:00", False),
        (EVENING, "17:59:59", False),
        (EVENING, "18:00", True),
        (EVENING, "23:59:59.999999", True),
        (EVENING, "00:00", False),
        (Window(time(22), time(0)), "23:59:59.999999", True),
        (Window(time(22), time(0)), "00:00", False),
    ],
)
def test_window_holds_from_its_start_up_to_its_end(window: Window, clock: str, holds: bool) -> None:
    assert window.holds(time.fromisoformat(clock)) is holds


def test_any_of_several_windows_will_do() -> None:
    condition = hours(OFFICE, NIGHT)

    assert failure(condition, now=at("10:00")) is None
    assert failure(condition, now=at("23:00")) is None
    assert failure(condition, now=at("20:30")) == "when.time is 09:00-18:00, 22:00-02:00, now is 20:30"


def test_window_up_to_midnight_is_explained_as_it_is_written() -> None:
    condition = hours(EVENING)

    assert failure(condition, now=at("12:05")) == "when.time is 18:00-24:00, now is 12:05"


@pytest.mark.parametrize(
    ("clock", "day", "expected"),
    [
        ("22:00", FRIDAY, None),
        ("01:59", FRIDAY + 1, None),
        ("01:00", FRIDAY, "when.days is fri, today is fri and the time began on thu"),
        ("22:00", FRIDAY + 1, "when.days is fri, today is sat"),
        ("12:00", FRIDAY, "when.time is 22:00-02:00, now is 12:00"),
    ],
)
def test_day_of_a_window_that_crosses_midnight_is_the_day_it_begins(clock: str, day: int, expected: str | None) -> None:
    condition = hours(NIGHT, days=["fri"])

    assert failure(condition, now=at(clock, day)) == expected


def test_day_of_one_of_several_windows_will_do() -> None:
    early = Window(time(0), time(6))
    condition = hours(NIGHT, early, days=["fri"])

    assert failure(condition, now=at("01:00", FRIDAY)) is None
    assert failure(condition, now=at("01:00", FRIDAY + 1)) is None
    assert failure(condition, now=at("03:00", FRIDAY + 1)) == "when.days is fri, today is sat"


def test_day_of_the_time_zone_is_the_day_a_window_begins() -> None:
    saturday_one_in_taipei = datetime(2026, 11, FRIDAY, 17, tzinfo=UTC)

    assert wins("{days: fri, time: 22:00-02:00, timezone: Asia/Taipei}", saturday_one_in_taipei)
    assert not wins("{days: sat, time: 22:00-02:00, timezone: Asia/Taipei}", saturday_one_in_taipei)


def test_day_is_that_of_the_time_zone() -> None:
    monday_evening_in_london = datetime(2026, 11, 23, 17, tzinfo=UTC)
    here, there = hours(days=["tue"], zone=ZoneInfo("UTC")), hours(days=["tue"])

    assert failure(there, now=monday_evening_in_london) is None
    assert failure(here, now=monday_evening_in_london) == "when.days is tue, today is mon"


def test_window_follows_summer_time() -> None:
    condition = hours(OFFICE, zone=ZoneInfo("Europe/London"))

    assert failure(condition, now=datetime(2026, 7, 1, 8, 30, tzinfo=UTC)) is None
    assert failure(condition, now=datetime(2026, 1, 1, 8, 30, tzinfo=UTC)) is not None


@pytest.mark.parametrize(
    ("when", "clock", "expected"),
    [
        ("{time: '9:00-18:00', timezone: Asia/Taipei}", "09:00", True),
        ("{time: 09:00 – 18:00, timezone: Asia/Taipei}", "18:00", False),
        ("{time: 18:00-24:00, timezone: Asia/Taipei}", "23:59:59", True),
        ("{time: 18:00-24:00, timezone: Asia/Taipei}", "00:00", False),
        ("{time: 24:00-06:00, timezone: Asia/Taipei}", "00:00", True),
        ("{time: 00:00-24:00, timezone: Asia/Taipei}", "12:00", True),
        ("{time: [11:00-14:00, 17:00-21:00], timezone: Asia/Taipei}", "15:00", False),
        ("{time: [11:00-14:00, 17:00-21:00], timezone: Asia/Taipei}", "20:00", True),
        ("{days: [mon, tue], timezone: Asia/Taipei}", "12:00", True),
        ("{days: sat, timezone: Asia/Taipei}", "12:00", False),
        ("{time: 09:00-18:00}", "09:00", False),
    ],
)
def test_times_written_in_yaml(when: str, clock: str, expected: bool) -> None:
    assert wins(when, at(clock)) is expected


def test_state_has_the_value_asked_for() -> None:
    condition = State({"step": "paying", "count": 2})

    assert failure(condition, state={"step": "paying", "count": 2, "more": True}) is None
    assert failure(condition, state={"step": "paying"}) == "when.state.count is 2, the state has None"
    assert failure(condition, state={"step": "done"}) == "when.state.step is 'paying', the state has 'done'"


def test_state_keeps_the_types_of_json() -> None:
    routes = "- {name: it, keyword: hi, when: {state: {count: 2, is_new: true, step: '2'}}, reply: ok}"
    state = {"count": 2, "is_new": True, "step": "2"}

    assert router(routes).route(make_event(), TUESDAY_NOON, Past(state)) is not None
    assert router(routes).route(make_event(), TUESDAY_NOON, Past({**state, "step": 2})) is None


def test_all_conditions_must_hold() -> None:
    when = "{chat: user, users: ['" + user_id("mei") + "'], time: 11:00-13:00}"

    assert wins(when, TUESDAY_NOON)
    assert not wins(when, TUESDAY_NOON, make_event(user="tom"))
    assert not wins(when, TUESDAY_NOON.replace(hour=14))


def test_only_the_first_failure_is_told() -> None:
    conditions = [Chat(frozenset(["room"])), Users(frozenset(["U1"])), hours(NIGHT)]

    assert failure(conditions) == "when.chat is room, this is user"


STAFF = Listed(users=frozenset(["U2", "U1"]), groups=frozenset(["C1"]))


@pytest.mark.parametrize(
    ("condition", "terms"),
    [
        (Chat(frozenset(["user", "group"])), ["chat group, user"]),
        (Called(is_needed=False), ["mentioned false"]),
        (Users(frozenset(["U2", "U1"])), ["users U1, U2"]),
        (Groups(frozenset(["C1"])), ["groups C1"]),
        (hours(days=["sun", "mon"]), ["days mon, sun"]),
        (hours(OFFICE, NIGHT), ["time 09:00-18:00, 22:00-02:00 (Asia/Taipei)"]),
        (hours(OFFICE, days=["fri"]), ["days fri", "time 09:00-18:00 (Asia/Taipei)"]),
        (State({"step": 1, "name": "no"}), ["state step=1", "state name='no'"]),
        (State({"a": True, "b": None, "c": ["x", 2]}), ["state a=true", "state b=null", "state c='x' or 2"]),
        (State({"n": {"at_least": 2, "at_most": 5}}), ["state n at least 2 and at most 5"]),
        (State({"n": {"not": ["x", None]}}), ["state n not 'x' or null"]),
        (Admitted(Access(STAFF)), ["allow C1, U1, U2"]),
        (Admitted(Access(None, STAFF)), ["deny C1, U1, U2"]),
    ],
)
def test_condition_says_itself_what_it_asks(condition: Condition, terms: Sequence[str]) -> None:
    assert Conditions((condition,)).terms() == terms


def sent(kind: str, **message: Any) -> Event:
    return make_event(message={"id": "1", "type": kind, **message})


EXTERNAL = {"type": "external", "originalContentUrl": "https://shop.example/a.jpg"}


@pytest.mark.parametrize(
    ("types", "event", "reason"),
    [
        ("", sent("image"), None),
        ("", sent("file", fileName="a", fileSize=1000), None),
        ("", sent("file", fileName="a", fileSize=1001), "save.at_most is 1kB, this file has 1001 bytes"),
        ("", sent("file", fileName="a", fileSize=True), None),
        ("", sent("file"), None),
        ("", make_event("hi"), "save takes what comes with a file, and message.text doesn't"),
        ("", sent("sticker"), "save takes what comes with a file, and message.sticker doesn't"),
        ("", make_event(None, kind="follow"), "save takes what comes with a file, and follow doesn't"),
        (
            "",
            sent("image", contentProvider=EXTERNAL),
            "the platform doesn't keep this image; it is at https://shop.example/a.jpg",
        ),
        (
            "",
            sent("video", contentProvider={"type": "external"}),
            "the platform doesn't keep this video; it is at some other place",
        ),
        ("", sent("image", contentProvider={"type": "line"}), None),
        ("image", sent("image"), None),
        ("image", sent("video"), "save.types is image, this is video"),
        ("image video", sent("video"), None),
        ("image/png", sent("image"), None),
        ("image/*", sent("image"), None),
        ("image/png", sent("audio"), "save.types is image/png, this is audio"),
        ("application/pdf", sent("file", fileName="a.PDF"), None),
        (
            "application/pdf",
            sent("file", fileName="a.txt"),
            "save.types is application/pdf, this is a file of type text/plain",
        ),
        (
            "application/pdf",
            sent("file", fileName="pdf"),
            "save.types is application/pdf, this is a file of type unknown",
        ),
        ("text/*", sent("file", fileName="a.csv"), None),
        ("image/*", sent("file", fileName="a.jpg"), None),
        ("image", sent("file", fileName="a.jpg"), "save.types is image, this is a file of type image/jpeg"),
        ("file", sent("file", fileName="a.exe"), None),
    ],
)
def test_file_that_can_be_saved_is_known_by_what_its_event_says(types: str, event: Event, reason: str | None) -> None:
    assert failure(Savable(tuple(types.split()), 1000), event) == reason


@pytest.mark.parametrize(
    ("types", "event", "content_type", "is_taken"),
    [
        ("", sent("image"), "image/png", True),
        ("image", sent("image"), "image/png", True),
        ("image", sent("image"), "application/octet-stream", True),
        ("image/png", sent("image"), "image/png", True),
        ("image/png", sent("image"), "image/jpeg", False),
        ("image/*", sent("image"), "image/jpeg", True),
        ("image/*", sent("image"), "text/html", False),
        ("video/mp4", sent("video"), "video/quicktime", False),
        ("audio", sent("audio"), "audio/mp4", True),
        ("application/pdf", sent("file", fileName="a.pdf"), "application/octet-stream", True),
        ("application/pdf", sent("file", fileName="a.exe"), "application/pdf", False),
    ],
)
def test_type_is_certain_once_the_platform_has_told_it(
    types: str, event: Event, content_type: str, is_taken: bool
) -> None:
    assert event.attachment is not None
    assert Savable(tuple(types.split()), 1000).takes(event.attachment, content_type) is is_taken
