"""Turn a route's ``when:`` into conditions that are checked, and find what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...findings.findings import Findings
from ...routing.conditions.access import OPEN, Access
from ...routing.conditions.condition import Condition
from ...routing.conditions.conditions import Admitted, Called, Chat, Conditions, Groups, Users
from ...routing.conditions.fields import Handed, Standby
from ...routing.conditions.hours import Hours, Window
from ...routing.conditions.kept import Person, State
from ...routing.conditions.quiet import WHOLE_DAY, Quiet
from ..keys.bots import QuietSpec
from ..keys.routes import WhenSpec
from .event_fields import Heard, build_says
from .lists import ids_of
from .surroundings import Lists, Site

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)\Z")


def build_conditions(
    spec: WhenSpec,
    site: Site,
    timezone: str,
    lists: Lists,
    findings: Findings,
    access: Access = OPEN,
    heard: Heard | None = None,
) -> Conditions:
    """Return the conditions that *spec* lists, and *access*; their time zone is *timezone* unless they name one.

    Without knowing what is *heard* nothing is asked of what events say.
    """
    users = ids_of(spec.users, site.below("users"), lists, findings)
    groups = ids_of(spec.groups, site.below("groups"), lists, findings)
    windows = tuple(windows_of(spec.time, site.below("time"), findings))
    zone = _zone(spec.timezone, site.below("timezone"), timezone, findings)
    asked: list[Condition | None] = [  # in the order in which they are asked
        Chat(frozenset(spec.chat)) if spec.chat else None,
        Called(spec.mentioned) if spec.mentioned is not None else None,
        Users(users) if users else None,
        Groups(groups) if groups else None,
        Admitted(access) if not access.is_open else None,
        Hours(frozenset(spec.days), windows, zone) if spec.days or windows else None,
        Standby() if spec.standby else None,
        Handed() if getattr(spec, "handoff", False) else None,
        *build_says(spec.event, site.below("event"), heard, findings),
        State(spec.state) if spec.state else None,
        Person(spec.person) if spec.person else None,
    ]
    return Conditions(tuple(condition for condition in asked if condition is not None), zone)


def build_quiet(spec: QuietSpec | None, site: Site, timezone: str, findings: Findings) -> Quiet | None:
    """Return when the bot keeps quiet; report a time that never begins or never ends."""
    if spec is None:
        return None
    windows = tuple(windows_of(spec.time, site.below("time"), findings))
    zone = _zone(spec.timezone, site.below("timezone"), timezone, findings)
    if site.is_damaged or len(windows) < len(spec.time):
        return None
    if not (spec.time or spec.days):
        findings.error(site.key(), "`quiet` says no time", "write it as in `quiet: {time: '22:00-08:00'}`")
        return None
    quiet = Quiet(windows or (WHOLE_DAY,), zone, frozenset(spec.days))
    if quiet.never_ends:
        findings.error(site.key(), "`quiet` never ends, so nothing would ever be pushed", "leave a time of day out")
    return quiet


def check_timezone(name: str, site: Site, findings: Findings) -> ZoneInfo:
    """Return the time zone *name*; report an unknown one and return UTC."""
    zone = _zone_or_none(name)
    place = site.value()
    if zone is None and place not in site.marks.made_up:
        findings.error(place, f"`timezone`: `{name}` is not a time zone", "write it as in Asia/Taipei")
    return zone or ZoneInfo("UTC")


def _zone(name: str | None, site: Site, timezone: str, findings: Findings) -> ZoneInfo:
    if name is not None:
        return check_timezone(name, site, findings)
    return _zone_or_none(timezone) or ZoneInfo("UTC")  # the bot's own timezone is reported where it stands


def _zone_or_none(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def windows_of(given: Sequence[str], site: Site, findings: Findings) -> Iterable[Window]:
    """Yield the times of day that are *given*; report what is none."""
    for place, text in site.items(given):
        found = _TIME.match(text.strip())
        hours = [int(part) for part in found.groups()] if found else []
        if place in site.marks.made_up:
            continue
        if not found or any(hour == 24 and minute for hour, minute in (hours[:2], hours[2:])):
            findings.error(place, f"`time`: `{text}` is not a time of day", "write it as in 09:00-18:00")
        elif hours[:2] == hours[2:]:
            findings.error(place, f"`time`: `{text}` never holds", "a whole day is 00:00-24:00")
        else:
            yield Window(time(hours[0] % 24, hours[1]), time(hours[2] % 24, hours[3]) if hours[2] < 24 else time.max)
