"""A whole year of times, also where clocks are put forward and back: each once, in order, none left out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hookline.routing.schedules import Cron, Daily, Times, due_times

ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Taipei"]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=366)


def year(times: Times) -> list[datetime]:
    """Return all times of 366 days."""
    return list(due_times(times, BEGIN, BEGIN + YEAR))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(2, 30), time(1, 30), time(0, 0), time(23, 59), time(2, 15)])
def test_each_day_has_its_time_once(zone: str, at: time) -> None:
    there = ZoneInfo(zone)
    found = year(Daily(at, frozenset(), there))
    days = [moment.astimezone(there).date() for moment in found]

    assert found == sorted(set(found))
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) in (365, 366)


@pytest.mark.parametrize("zone", ZONES)
def test_days_of_the_week_are_those_there(zone: str) -> None:
    there = ZoneInfo(zone)
    found = year(Daily(time(0, 15), frozenset(["mon", "thu"]), there))

    assert {moment.astimezone(there).weekday() for moment in found} == {0, 3}
    assert len(found) in (104, 105)


@pytest.mark.parametrize("zone", ZONES)
def test_cron_has_each_day_once_and_each_quarter_of_an_hour_of_the_year(zone: str) -> None:
    there = ZoneInfo(zone)
    daily, quarters = year(Cron("30 2 * * *", there)), year(Cron("*/15 * * * *", there))

    assert len({moment.astimezone(there).date() for moment in daily}) == len(daily) >= 365
    assert quarters == [BEGIN + timedelta(minutes=15 * number) for number in range(1, 366 * 96 + 1)]


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("America/New_York", "2026-03-08", "2026-03-08T07:00"),  # 02:30 is never shown: the end of the gap
        ("America/New_York", "2026-11-01", "2026-11-01T07:30"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T00:30"),  # shown twice: the first time
    ],
)
def test_both_kinds_of_times_agree_on_nights_of_changed_clocks(zone: str, day: str, expected: str) -> None:
    there = ZoneInfo(zone)
    begin = datetime.fromisoformat(day).replace(tzinfo=there).astimezone(UTC) - timedelta(seconds=1)
    each: list[Times] = [Daily(time(2, 30), frozenset(), there), Cron("30 2 * * *", there)]

    wanted = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert [times.after(begin) for times in each] == [wanted, wanted]
