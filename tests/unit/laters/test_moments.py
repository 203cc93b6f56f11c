"""When something is due that was put off: by lengths of time, by answers, on nights on which clocks are changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hookline.local_times import moment_of
from hookline.routing.actions import BeginFlow
from hookline.routing.laters import Later

HOUR, DAY = 3_600.0, 86_400.0


def due(
    later: Mapping[str, Any], known: Mapping[str, object], now: str = "2026-12-01T10:00", zone: str = "Asia/Taipei"
) -> tuple[str, str | None] | None:
    """Return when it is due and until when it may be sent, as clocks in *zone* show it."""
    there = ZoneInfo(zone)
    wanted = Later("route/x", "x", BeginFlow("flow"), **later)
    found = wanted.due(datetime.fromisoformat(now).replace(tzinfo=there), known)
    if found is None:
        return None
    until = None if found.until is None else f"{found.until.astimezone(there):%m-%d %H:%M}"
    return f"{found.at.astimezone(there):%m-%d %H:%M}", until


ANSWERED = {"day": "2026-12-04", "time": "15:30", "moment": "2026-12-05T08:00", "skipped": None}
DAY_AND_TIME = ("day", "time")


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ({"length": 2 * HOUR}, ("12-01 12:00", None)),
        ({"length": 2 * DAY}, ("12-03 10:00", None)),
        ({"length": DAY, "at": time(9, 0)}, ("12-02 09:00", None)),
        ({"length": HOUR, "at": time(9, 0)}, ("12-02 09:00", None)),  # nine o'clock is over today
        ({"length": HOUR, "at": time(18, 0)}, ("12-01 18:00", None)),
        ({"answers": DAY_AND_TIME, "is_before": True, "by": DAY, "at": time(18, 0)}, ("12-03 18:00", "12-04 15:30")),
        ({"answers": DAY_AND_TIME, "is_before": True, "by": 2 * HOUR}, ("12-04 13:30", "12-04 15:30")),
        ({"answers": ("day",), "is_before": True, "by": DAY, "at": time(18, 0)}, ("12-03 18:00", "12-05 00:00")),
        ({"answers": ("day",), "is_before": True, "at": time(8, 0)}, ("12-04 08:00", "12-05 00:00")),
        ({"answers": ("day",), "by": 7 * DAY, "at": time(10, 0)}, ("12-11 10:00", None)),
        ({"answers": ("moment",), "by": 30 * 60.0}, ("12-05 08:30", None)),
        ({"answers": ("time",), "is_before": True, "by": HOUR}, ("12-01 14:30", "12-01 15:30")),
    ],
)
def test_moment(later: Mapping[str, Any], expected: tuple[str, str | None]) -> None:
    assert due(later, ANSWERED) == expected


@pytest.mark.parametrize(
    "later",
    [
        {"answers": ("skipped",)},
        {"answers": ("unknown",)},
        {"answers": ("day",), "is_before": True, "by": 7 * DAY},
        {"answers": ("time",), "is_before": True, "by": 6 * HOUR},
    ],
    ids=["skipped", "never asked", "a week before it is over", "this morning is over"],
)
def test_what_has_no_time_or_only_a_past_one_is_dropped(later: Mapping[str, Any]) -> None:
    assert due(later, ANSWERED) is None


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00"),  # never shown: the end of the gap, 03:00
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),  # shown twice: the first time
        ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),  # half an hour
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),  # a day that was left out
        ("Asia/Taipei", "2026-07-01T12:00", "2026-07-01T04:00"),
    ],
)
def test_local_time_becomes_one_moment(zone: str, local: str, utc: str) -> None:
    assert moment_of(datetime.fromisoformat(local), ZoneInfo(zone)) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(DAY, "03-08 12:00"), (23 * HOUR, "03-08 12:00"), (25 * HOUR, "03-08 14:00")],
    ids=["a day by the calendar", "23 hours", "25 hours"],
)
def test_a_day_is_one_of_the_calendar_and_hours_are_hours(length: float, expected: str) -> None:
    found = due({"length": length}, {}, now="2026-03-07T12:00", zone="America/New_York")

    assert found == (expected, None)
