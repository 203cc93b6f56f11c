"""Turn the entries under ``schedule:`` into what a bot does by the clock, and find what is wrong with them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from ...events import LATER
from ...findings.findings import Place
from ...local_times import moment_of
from ...routing.actions import Action, BeginFlow, Respond
from ...routing.schedules import Cron, Daily, Once, Scheduled, Targets, Times
from ...ways import EVERYONE
from ..keys.schedules import PeopleSpec, ScheduledSpec
from ..routes.conditions import check_timezone
from ..routes.lists import ids_of
from ..routes.surroundings import Site, Surroundings
from ..routes.targets import flow_of, handler_of
from ..routes.wordings import build_wording

MAX_ENTRIES = 1_000
_ON = frozenset([LATER])
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")
_SECONDS_TOO = 6
"""So many fields a cron expression has that counts seconds."""


class ScheduleBuilder:
    """Build the schedule of one bot."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._findings = around.findings

    def build(self, specs: Sequence[ScheduledSpec], site: Site) -> dict[str, Scheduled]:
        """Return the entries by their names; report what is wrong with them."""
        found: dict[str, Scheduled] = {}
        places: dict[str, Place] = {}
        for index, spec in enumerate(specs):
            here = site.below(index)
            if spec.name in places:
                hint = f"the first is at {places[spec.name]}"
                self._findings.error(here.value("name"), f"`schedule`: a second entry `{spec.name}`", hint)
            places.setdefault(spec.name, here.key("name"))
            for entry in self._built(spec, here):
                found.setdefault(entry.name, entry)
        if len(specs) > MAX_ENTRIES:
            self._findings.error(site.key(), f"`schedule`: {len(specs)} entries, at most {MAX_ENTRIES}")
        return found

    def _built(self, spec: ScheduledSpec, site: Site) -> Iterator[Scheduled]:
        times, action, targets = self._times(spec, site), self._action(spec, site), self._targets(spec, site)
        if action is None or site.is_damaged:
            return
        if spec.run is None:
            self._around.pushed.append((site.key(), f"`schedule` entry `{spec.name}`"))
        yield Scheduled(
            name=str(spec.name),
            action=action,
            targets=targets,
            times=times,
            missed=0.0 if spec.missed == "skip" else spec.missed,
            place=str(site.key()),
            rule=hashlib.sha256(repr(times).encode()).hexdigest()[:12],
            roots=frozenset().union(*(wording.roots for wording in action.choices))
            if isinstance(action, Respond)
            else frozenset(),
        )

    def _action(self, spec: ScheduledSpec, site: Site) -> Action | None:
        given = [name for name in ("reply", "run", "begin") if getattr(spec, name) is not None]
        if len(given) != 1:
            if not site.is_damaged:
                what = f"has both `{given[0]}:` and `{given[1]}:`" if given else "does nothing"
                message = f"`schedule` entry `{spec.name}` {what}"
                self._findings.error(site.key(), message, "it needs one of `reply`, `run` and `begin`")
            return None
        if spec.begin is not None:
            full = flow_of(spec.begin, "begin", site, self._around)
            return None if full is None else BeginFlow(full)
        if spec.run is not None:
            return handler_of(spec.run, "run", site.below("run"), self._around)
        assert spec.reply is not None
        return Respond((build_wording(spec.reply, site.below("reply"), self._around, frozenset(), _ON),))

    def _targets(self, spec: ScheduledSpec, site: Site) -> Targets:
        if isinstance(spec.to, PeopleSpec):
            return Targets(wanted=spec.to.person)
        if EVERYONE in spec.to:
            if not self._around.adapter.can_broadcast:
                message = f"`to`: {self._around.adapter.name} has no way to write to everyone"
                self._findings.error(site.value("to"), message, "name a list of ids, or {person: {…}}")
            elif spec.reply is None:
                message = "`to: everyone` takes `reply:` alone: nobody knows who that is"
                self._findings.error(site.value("to"), message, "name a list of ids, or {person: {…}}")
            return Targets(is_everyone=True)
        return Targets(ids=tuple(sorted(ids_of(spec.to, site.below("to"), self._around.lists, self._findings))))

    def _times(self, spec: ScheduledSpec, site: Site) -> Times | None:
        zone = self._zone(spec, site)
        if spec.at is not None and spec.cron is not None:
            self._findings.error(site.key("cron"), "`cron` can't stand beside `at`", "leave one out")
            return None
        if spec.days and (spec.at is None or not _TIME.match(spec.at)):
            self._findings.error(site.key("days"), "`days` belong to a time of day", "write it as in `at: '11:30'`")
        if spec.cron is not None:
            return self._cron(spec.cron, zone, site)
        return None if spec.at is None else self._at(spec.at, frozenset(spec.days), zone, site)

    def _zone(self, spec: ScheduledSpec, site: Site) -> ZoneInfo:
        if spec.timezone is not None:
            return check_timezone(spec.timezone, site.below("timezone"), self._findings)
        try:
            return ZoneInfo(self._around.timezone)
        except (ValueError, OSError, KeyError):  # reported where it stands
            return ZoneInfo("UTC")

    def _at(self, text: str, days: frozenset[str], zone: ZoneInfo, site: Site) -> Times | None:
        found = _TIME.match(text.strip())
        if found is not None:
            return Daily(time(int(found[1]), int(found[2])), days, zone)
        try:
            written = datetime.fromisoformat(text.strip())
            once = moment_of(written, zone) if written.tzinfo is None else written.astimezone(UTC)
        except ValueError:
            place = site.value("at")
            if place not in site.marks.made_up:
                hint = "write it as in '11:30', or 2026-12-24 12:00"
                self._findings.error(place, f"`at`: `{text}` is neither a time of day nor a day with one", hint)
            return None
        if once <= datetime.now(UTC):
            self._findings.warning(site.value("at"), f"`at`: {text} is over, so it never happens", "leave it out")
        return Once(once)

    def _cron(self, text: str, zone: ZoneInfo, site: Site) -> Times | None:
        from cronsim import CronSim, CronSimError  # lazy: most bots have no cron expression

        place, hint = site.value("cron"), "minute, hour, day of the month, month, day of the week: '30 11 * * 1-5'"
        if place in site.marks.made_up:
            return None
        if len(text.split()) == _SECONDS_TOO:
            self._findings.error(place, f"`cron`: `{text}` has six fields", f"five are meant: {hint}")
            return None
        try:
            CronSim(text, datetime.now(UTC))
        except CronSimError as error:
            self._findings.error(place, f"`cron`: `{text}` is no cron expression: {error}", hint)
            return None
        times = Cron(text, zone)
        if times.after(datetime.now(UTC)) is None:
            self._findings.error(place, f"`cron`: `{text}` never happens", "there is no such day in any year")
            return None
        return times
