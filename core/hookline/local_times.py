"""Turn local times into moments, also on the nights on which clocks are put forward or back."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def moment_of(local: datetime, zone: tzinfo) -> datetime:
    """Return the moment, in UTC, at which clocks in *zone* show *local*, a time without a zone.

    What they show twice counts the first time; what they never show, when they are put forward, is the end of the gap.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first if _shows(first, zone) == local else _end_of_gap(second, first, zone)


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return the moment between *before* and *after* at which clocks in *zone* are put forward."""
    offset = before.astimezone(zone).utcoffset()
    while (after - before).total_seconds() > 1:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _shows(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
