"""Until when a bot keeps quiet."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from hookline.routing.conditions.hours import Window
from hookline.routing.conditions.quiet import WHOLE_DAY, Quiet, quiet_until

TAIPEI, BERLIN = ZoneInfo("Asia/Taipei"), ZoneInfo("Europe/Berlin")
NIGHT = Window(time(22), time(8))
NOON = Window(time(12), time(13))
AFTER_NOON = Window(time(13), time(14, 30))


def until(quiet: Quiet, at: str) -> str | None:
    """Return the end of the quiet time at *at*, a day of November 2026 and a time there; the 27th is a Friday."""
    end = quiet.until(datetime.fromisoformat(f"2026-11-{at}").replace(tzinfo=quiet.timezone))
    return None if end is None else f"{end.astimezone(quiet.timezone):%d %H:%M}"


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("24 21:59", None),
        ("24 22:00", "25 08:00"),
        ("25 00:00", "25 08:00"),
        ("25 07:59", "25 08:00"),
        ("25 08:00", None),
    ],
)
def test_night_ends_in_the_morning(at: str, end: str | None) -> None:
    assert until(Quiet((NIGHT,), TAIPEI), at) == end


def test_windows_that_follow_each_other_are_one() -> None:
    assert until(Quiet((AFTER_NOON, NOON), TAIPEI), "24 12:10") == "24 14:30"


def test_evening_until_midnight_and_the_morning_are_one() -> None:
    quiet = Quiet((Window(time(22), time.max), Window(time(), time(8))), TAIPEI)

    assert until(quiet, "24 23:00") == "25 08:00"


@pytest.mark.parametrize(
    ("at", "end"),
    [("27 21:59", None), ("27 23:00", "28 08:00"), ("28 07:00", "28 08:00"), ("28 23:00", None), ("27 07:00", None)],
)
def test_days_are_those_on_which_the_night_begins(at: str, end: str | None) -> None:
    assert until(Quiet((NIGHT,), TAIPEI, frozenset(["fri"])), at) == end


def test_weekend_is_quiet_as_a_whole() -> None:
    quiet = Quiet((WHOLE_DAY,), TAIPEI, frozenset(["sat", "sun"]))

    assert [until(quiet, at) for at in ("27 23:59", "28 00:00", "29 23:59", "30 00:00")] == [
        None,
        "30 00:00",
        "30 00:00",
        None,
    ]


def test_clocks_that_are_put_back_make_the_night_longer() -> None:
    quiet = Quiet((NIGHT,), BERLIN)
    begin = datetime(2026, 10, 24, 22, tzinfo=BERLIN).astimezone(UTC)
    end = quiet.until(begin)

    assert end is not None
    assert (end.astimezone(UTC) - begin).total_seconds() == 11 * 3600


@pytest.mark.parametrize(
    ("at", "end"), [("00:10", "00:30"), ("00:40", None), ("01:10", "01:30"), ("01:29", "01:30"), ("01:30", None)]
)
def test_end_in_the_hour_that_comes_twice_is_never_in_the_past(at: str, end: str | None) -> None:
    quiet = Quiet((Window(time(22), time(2, 30)),), BERLIN)
    found = quiet.until(datetime.fromisoformat(f"2026-10-25T{at}:00+00:00"))

    assert (None if found is None else f"{found.astimezone(UTC):%H:%M}") == end


def test_what_is_always_quiet_never_ends_and_six_days_a_week_do() -> None:
    six = frozenset(["mon", "tue", "wed", "thu", "fri", "sat"])

    assert Quiet((WHOLE_DAY,), TAIPEI).never_ends
    assert not Quiet((WHOLE_DAY,), TAIPEI, six).never_ends
    assert until(Quiet((WHOLE_DAY,), TAIPEI, six), "23 01:00") == "29 00:00"


def test_no_quiet_hours_are_never() -> None:
    assert quiet_until(None, 1_800_000_000_000) is None
    assert quiet_until(Quiet((WHOLE_DAY,), ZoneInfo("UTC"), frozenset(["fri"])), 1_800_000_000_123) == 1_800_057_600_000
