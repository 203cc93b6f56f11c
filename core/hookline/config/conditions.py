"""Turn a route's ``when:`` into conditions that are checked, and find what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..routing.conditions import ALWAYS, Conditions, Window
from .diagnostics import Problems
from .spec import WhenSpec
from .surroundings import Source

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)\Z")


def build_conditions(spec: WhenSpec, source: Source, timezone: str, problems: Problems) -> Conditions:
    """Return the conditions that *spec* lists; their time zone is *timezone* unless they name one."""
    return Conditions(
        chat=_set(spec.chat),
        mentioned=spec.mentioned,
        users=_set(map(str, spec.users)),
        groups=_set(map(str, spec.groups)),
        days=_set(spec.days),
        windows=tuple(_windows(spec.time, source.below("time"), problems)),
        timezone=_zone(spec.timezone, source.below("timezone"), timezone, problems),
        state=spec.state,
    )


def _set(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values) or ALWAYS.users  # one empty set for all


def check_timezone(name: str, source: Source, problems: Problems) -> ZoneInfo:
    """Return the time zone *name*; report an unknown one and return UTC."""
    zone = _zone_or_none(name)
    place = source.value()
    if zone is None and place not in source.marks.made_up:
        problems.error(place, f"`timezone`: `{name}` is not a time zone", "write it as in Asia/Taipei")
    return zone or ZoneInfo("UTC")


def _zone(name: str | None, source: Source, timezone: str, problems: Problems) -> ZoneInfo:
    if name is not None:
        return check_timezone(name, source, problems)
    return _zone_or_none(timezone) or ZoneInfo("UTC")  # the bot's own timezone is reported where it stands


def _zone_or_none(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _windows(given: Sequence[str], source: Source, problems: Problems) -> Iterable[Window]:
    for place, text in source.items(given):
        found = _TIME.match(text.strip())
        hours = [int(part) for part in found.groups()] if found else []
        if place in source.marks.made_up:
            continue
        if not found or any(hour == 24 and minute for hour, minute in (hours[:2], hours[2:])):
            problems.error(place, f"`time`: `{text}` is not a time of day", "write it as in 09:00-18:00")
        elif hours[:2] == hours[2:]:
            problems.error(place, f"`time`: `{text}` never holds", "a whole day is 00:00-24:00")
        else:
            yield Window(time(hours[0] % 24, hours[1]), time(hours[2] % 24, hours[3]) if hours[2] < 24 else time.max)
