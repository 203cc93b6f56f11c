"""Find the days and times of day that people write, in Chinese, Japanese, Thai and English.

No language is given, and one text may mix them. A day without a year or a week is the coming one, today included;
a weekday of the next week is of the next calendar week, and weeks begin on Monday. Texts are cleaned and casefolded.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice
from typing import Generic, TypeVar

from . import moment_words as words
from .moment_words import DayPart
from .numbers import Found, leftmost_longest, read_number

T = TypeVar("T", date, time)

MAX_FOUND = 100
"""Moments written in one way; a text with more of them is no message, and it shall cost no more."""


@dataclass(frozen=True, slots=True)
class _Rule(Generic[T]):
    """Hold one way of writing a moment, and how it is read; the reader raises ValueError where it is none."""

    source: str
    read: Callable[[re.Match[str], datetime], T]


def find_dates(text: str, now: datetime) -> list[Found[date]]:
    """Return the days in *text* in their order, those counted from today (明天) by the date of *now*."""
    return leftmost_longest(_found(_DATE_RULES, text, now))


def find_times(text: str, now: datetime) -> list[Found[time]]:
    """Return the times of day in *text* in their order, those counted from now (半小時後) by *now*, which is aware.

    An hour that nothing says more about is as written: 3點 is 03:00.
    """
    return leftmost_longest(_found(_TIME_RULES, text, now))


def _found(rules: Sequence[_Rule[T]], text: str, now: datetime) -> Iterator[Found[T]]:
    for rule in rules:
        for match in islice(_compiled(rule.source).finditer(text), MAX_FOUND):
            with suppress(ValueError, OverflowError):  # 2月30日, 25:00 or the year 10000
                yield Found(rule.read(match, now), *match.span())


@cache
def _compiled(source: str) -> re.Pattern[str]:
    """Compile *source* when it is first asked for: all of them take 20 ms, which only bots that ask need pay."""
    return re.compile(source)


def _day_of_year(match: re.Match[str], now: datetime) -> date:
    """Read a month and a day, with a year or the coming one."""
    month = words.MONTHS.get(match["month"]) or _whole(match["month"])
    return _coming(month, _whole(match["day"]), _year(match, now), now)


def _slashed(match: re.Match[str], now: datetime) -> date:
    """Read 12/25 and 25/12; with a Thai year the day always comes first."""
    first, second = int(match["first"]), int(match["second"])
    year = _year(match, now)
    if first > 12 or (year is not None and year != int(match["year"])):
        first, second = second, first
    return _coming(first, second, year, now)


def _coming(month: int, day: int, year: int | None, now: datetime) -> date:
    if year is not None:
        return date(year, month, day)
    for near in range(now.year, now.year + 9):  # 29 February may be eight years away
        with suppress(ValueError):
            if (coming := date(near, month, day)) >= now.date():
                return coming
    raise ValueError("no such day")


def _year(match: re.Match[str], now: datetime) -> int | None:
    """Return the Gregorian year that is written, or None."""
    groups = match.groupdict()
    if groups.get("near"):
        return now.year + words.YEARS_AWAY[match["near"]]
    if not groups.get("year"):
        return None
    year = 1 if match["year"] == "元" else _whole(match["year"])
    if groups.get("era"):
        return year + words.ERAS[match["era"]]
    if 2400 <= year <= 2700:  # พ.ศ.
        return year - 543
    if 100 <= year < 200:  # 民國
        return year + 1911
    if year < 1000:
        raise ValueError("a year of no known era")
    return year


def _day_of_month(match: re.Match[str], now: datetime) -> date:
    first = _months_later(now.date().replace(day=1), words.MONTHS_AWAY[match["month"]])
    return first.replace(day=_whole(match["day"]))


def _named_day(match: re.Match[str], now: datetime) -> date:
    return now.date() + timedelta(words.DAYS_AWAY[match[0]])


def _english_named_day(match: re.Match[str], now: datetime) -> date:
    return now.date() + timedelta(words.ENGLISH_DAYS_AWAY[match["day"]])


def _day_after_tomorrow(_match: re.Match[str], now: datetime) -> date:
    return now.date() + timedelta(2)


def _weekday(match: re.Match[str], now: datetime) -> date:
    groups = match.groupdict()
    weekday = words.WEEKDAYS[groups["day"] or groups["bare"]]
    week = match["week"] or groups.get("after")
    if week is None:
        return now.date() + timedelta((weekday - now.weekday()) % 7)
    return now.date() + timedelta(weekday - now.weekday() + 7 * words.WEEKS_AWAY[week])


def _days_later(match: re.Match[str], now: datetime) -> date:
    count = _count(match["count"]) * _sense(match)
    if match["unit"] in words.MONTHS_LONG:
        return _months_later(now.date(), _integral(count * words.MONTHS_LONG[match["unit"]]))
    return now.date() + timedelta(_integral(count * words.DAYS_LONG[match["unit"]]))


def _months_later(day: date, months: int) -> date:
    """Return the same day *months* later, or that month's last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if not date.min.year <= year <= date.max.year:
        raise ValueError("beyond the calendar")
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _clock(match: re.Match[str], _now: datetime) -> time:
    """Read an hour with what may stand around it: minutes, 半, 刻, a part of the day."""
    groups = match.groupdict()
    if re.fullmatch(words.A_LITTLE, match[0]) and match[0] != match.string.strip():
        raise ValueError("a little, or for a while")
    minute = _whole(groups.get("minute") or groups.get("tens") or "0")
    if groups.get("half"):
        minute = 30
    elif groups.get("quarter"):
        minute = 15 * _whole(match["quarter"])
    return _time(_whole(match["hour"]), minute, _day_part(groups), _whole(groups.get("second") or "0"))


def _past(match: re.Match[str], _now: datetime) -> time:
    """Read half past three and quarter to five."""
    written = match["minutes"].removeprefix("a ")
    minutes = {"half": 30, "quarter": 15}.get(written) or _whole(written)
    if not 0 < minutes < 60:
        raise ValueError("no minutes")
    hour = _time(_whole(match["hour"]), 0, _day_part(match.groupdict())).hour
    minute_of_day = hour * 60 + (minutes if match["sense"] == "past" else -minutes)
    return time(minute_of_day // 60 % 24, minute_of_day % 60)


def _day_part(groups: dict[str, str | None]) -> DayPart | None:
    written = (groups.get("before") or groups.get("after") or groups.get("late") or "").replace(".", "")
    return words.DAY_PARTS.get(written) or words.ENGLISH_DAY_PARTS.get(written)


def _time(hour: int, minute: int, part: DayPart | None, second: int = 0) -> time:
    if hour == 24 and minute == second == 0:
        return time(0)
    return time(_hour_of_day(hour, part) if hour <= 12 else hour, minute, second)


def _hour_of_day(hour: int, part: DayPart | None) -> int:
    """Return which of 24 hours *hour*, of 12, is in *part*. At night 12 to 4 are after midnight, as people say it."""
    if part == "am":
        return hour % 12
    if part == "pm":
        return hour % 12 + 12
    if part == "noon":
        return hour + 12 if 0 < hour < 5 else hour
    if part == "night":
        return hour + 12 if 4 < hour < 12 else hour % 12
    return hour


def _thai_before_dawn(match: re.Match[str], _now: datetime) -> time:
    return _thai_time(match, range(1, 7), 0)


def _thai_afternoon(match: re.Match[str], _now: datetime) -> time:
    return _thai_time(match, range(1, 7), 12)


def _thai_by_day(match: re.Match[str], _now: datetime) -> time:
    """Read โมง: one to five are in the afternoon (at night they are ตี), in the morning they count from six."""
    if match["late"] == "เช้า":
        return _thai_time(match, range(1, 12), 6 if _whole(match["hour"]) < 6 else 0)
    if match["late"]:
        return _thai_time(match, range(1, 8), 12)
    return _thai_time(match, range(1, 12), 12 if _whole(match["hour"]) < 6 else 0)


def _thai_evening(match: re.Match[str], _now: datetime) -> time:
    return _thai_time(match, range(1, 7), 18)


def _thai_time(match: re.Match[str], hours: Iterable[int], shift: int) -> time:
    hour = _whole(match["hour"] or "1")
    if hour not in hours:
        raise ValueError("no such hour")
    minute = 30 if match["half"] else _whole(match["minute"] or "0")
    return time((hour + shift) % 24, minute)


def _named_time(match: re.Match[str], _now: datetime) -> time:
    return words.NAMED_TIMES[match[0]] if match[0] in words.NAMED_TIMES else words.ENGLISH_NAMED_TIMES[match[0]]


def _time_later(match: re.Match[str], now: datetime) -> time:
    groups = match.groupdict()
    half = 0.5 if groups.get("half") or (groups.get("more") or "").endswith("半") else 0
    minutes = (_count(match["count"]) + half) * words.MINUTES_LONG[match["unit"]] * _sense(match)
    # Hours are elapsed ones, which the wall clock doesn't count when the clocks change.
    later = now.astimezone(UTC) + timedelta(minutes=minutes)
    return later.astimezone(now.tzinfo).time().replace(microsecond=0)


def _sense(match: re.Match[str]) -> int:
    return -1 if match.groupdict().get("sense") in words.BACKWARDS else 1


def _count(written: str) -> int | float:
    if written in ("半", "ครึ่ง", "half an", "half a"):
        return 0.5
    number = 1 if written in ("a", "an") else read_number(written)
    if number is None:
        raise ValueError("not a number")
    return number


def _whole(written: str) -> int:
    return int(written) if written.isdecimal() else _integral(_count(written))


def _integral(number: float) -> int:
    if number != int(number):
        raise ValueError("not a whole number")
    return int(number)


_DATE_RULES: Sequence[_Rule[date]] = (
    _Rule(words.YEAR_MONTH_DAY, _day_of_year),
    _Rule(words.DAY_MONTH_YEAR, _slashed),
    _Rule(words.MONTH_DAY, _slashed),
    _Rule(words.EAST_DATE, _day_of_year),
    _Rule(words.EAST_DAY_OF_MONTH, _day_of_month),
    _Rule(words.THAI_DATE, _day_of_year),
    _Rule(words.ENGLISH_DATE, _day_of_year),
    _Rule(words.AMERICAN_DATE, _day_of_year),
    _Rule(words.NAMED_DAY, _named_day),
    _Rule(words.DAY_AFTER_TOMORROW, _day_after_tomorrow),
    _Rule(words.ENGLISH_NAMED_DAY, _english_named_day),
    _Rule(words.CHINESE_WEEKDAY, _weekday),
    _Rule(words.JAPANESE_WEEKDAY, _weekday),
    _Rule(words.THAI_WEEKDAY, _weekday),
    _Rule(words.ENGLISH_WEEKDAY, _weekday),
    _Rule(words.EAST_DAYS_LATER, _days_later),
    _Rule(words.IN_DAYS, _days_later),
    _Rule(words.DAYS_LATER, _days_later),
    _Rule(words.THAI_IN_DAYS, _days_later),
    _Rule(words.THAI_DAYS_AGO, _days_later),
)
_TIME_RULES: Sequence[_Rule[time]] = (
    _Rule(words.CLOCK, _clock),
    _Rule(words.THAI_CLOCK, _clock),
    _Rule(words.EAST_CLOCK, _clock),
    _Rule(words.ENGLISH_CLOCK, _clock),
    _Rule(words.OCLOCK, _clock),
    _Rule(words.PAST, _past),
    _Rule(words.TO, _past),
    _Rule(words.NAMED_TIME, _named_time),
    _Rule(words.THAI_BEFORE_DAWN, _thai_before_dawn),
    _Rule(words.THAI_AFTERNOON, _thai_afternoon),
    _Rule(words.THAI_BY_DAY, _thai_by_day),
    _Rule(words.THAI_EVENING, _thai_evening),
    _Rule(words.EAST_TIME_LATER, _time_later),
    _Rule(words.IN_TIME, _time_later),
    _Rule(words.TIME_LATER, _time_later),
    _Rule(words.THAI_IN_TIME, _time_later),
)
