"""Nights in which clocks are put forward or back: time passes as ever, and answers are what clocks on walls show."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hookline.testing import ManualClock, running_bot

BOT = """
version: 1
bots:
  desk:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    timezone: %s
    languages: [en]
    flows:
      call:
        remind: {after: 1h, reply: still there?}
        expire: 3h
        expired: too late
        steps:
          - {ask: at, type: datetime, say: when?, at_least: today, at_most: 2d}
          - reply: '{flow.at} is {flow.at.text}'
      night:
        steps:
          - {ask: hour, type: time, say: what time?, only: {time: 02:00-03:00}}
          - {ask: day, type: date, say: which day?, at_least: today, at_most: 1d}
          - reply: '{flow.day} {flow.hour}'
    routes:
      - {name: call, exact: call, begin: call}
      - {name: night, exact: night, begin: night}
"""
NIGHTS = [
    ("America/New_York", "2027-03-14 01:30", 0),  # there is no 02:30
    ("America/New_York", "2027-11-07 00:30", 0),  # there are two 01:30
    ("America/New_York", "2027-11-07 01:30", 0),
    ("America/New_York", "2027-11-07 01:30", 1),
    ("Europe/Berlin", "2027-03-28 01:30", 0),
    ("Europe/Berlin", "2027-10-31 02:30", 0),
    ("Europe/Berlin", "2027-10-31 02:30", 1),
]


def clock_of(zone: str, local: str, fold: int = 0) -> ManualClock:
    """Return a clock that stands at *local*, the second one of that name with *fold* 1."""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return ManualClock(round(moment.timestamp() * 1000))


@pytest.mark.parametrize(("zone", "local", "fold"), NIGHTS)
async def test_silence_is_measured_by_the_time_that_has_passed(zone: str, local: str, fold: int) -> None:
    async with running_bot(BOT % zone, clock=clock_of(zone, local, fold)) as bot:
        await bot.says("call")
        await bot.passes(3599)
        assert bot.received("mei") == ["when?"]
        await bot.passes(1)
        assert bot.received("mei") == ["when?", "still there?"]
        await bot.passes(7199)
        assert bot.received("mei") == ["when?", "still there?"]

        await bot.passes(1)
        assert bot.received("mei") == ["when?", "still there?", "too late"]


@pytest.mark.parametrize(
    ("zone", "local", "said"),
    [
        ("America/New_York", "2027-03-13 23:30", "2027-03-14 02:30"),
        ("America/New_York", "2027-03-14 01:59", "2027-03-14 02:30"),
        ("America/New_York", "2027-11-06 23:30", "2027-11-07 01:30"),
        ("Europe/Berlin", "2027-03-27 23:30", "2027-03-28 02:30"),
        ("Europe/Berlin", "2027-10-31 00:30", "2027-10-31 02:30"),
    ],
)
async def test_time_that_a_night_lacks_or_has_twice_is_an_answer_as_it_was_said(
    zone: str, local: str, said: str
) -> None:
    async with running_bot(BOT % zone, clock=clock_of(zone, local)) as bot:
        await bot.says("call")
        (answer,) = (await bot.says(said)).texts

    day = datetime.fromisoformat(said)
    assert answer == f"{said.replace(' ', 'T')} is {day:%a} {day.day} {day:%b} {day:%H:%M}"


@pytest.mark.parametrize(("zone", "local", "fold"), NIGHTS)
async def test_days_and_windows_go_by_the_clock_on_the_wall(zone: str, local: str, fold: int) -> None:
    async with running_bot(BOT % zone, clock=clock_of(zone, local, fold)) as bot:
        await bot.says("night")
        refused = await bot.says("03:30")
        assert refused.texts != ["which day?"]
        assert (await bot.says("02:30")).texts == ["which day?"]
        (answer,) = (await bot.says("tomorrow")).texts

    assert answer == f"{datetime.fromisoformat(local).date() + timedelta(days=1)} 02:30"
