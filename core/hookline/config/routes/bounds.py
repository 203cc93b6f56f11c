"""Read ``at_least:`` and ``at_most:`` as the type of an answer asks for."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, time, timedelta

from ...findings.findings import Findings
from ...flows.bounds import Bound, Bounds
from .surroundings import Site

_DAYS = re.compile(r"(-?\d{1,5})\s*d\Z")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?\Z")
_MEASURED = {"number": "a number", "date": "today, days (60d) or a date", "datetime": "today, days (60d) or a date",
             "time": "a time of day, as in 18:30"}  # fmt: skip


def build_bounds(kind: str, least: str | None, most: str | None, site: Site, findings: Findings) -> Bounds:
    """Return the bounds of answers of type *kind*, which stand at *site*; report what is none."""
    found = {key: _bound(kind, key, text, site, findings) for key, text in (("at_least", least), ("at_most", most))}
    low, high = found["at_least"], found["at_most"]
    if type(low) is type(high) and low is not None and high is not None and low > high:  # type: ignore[operator]
        findings.error(site.value("at_least"), "`at_least` is over `at_most`, so no answer would do")
    return Bounds(low, high)


def _bound(kind: str, key: str, text: str | None, site: Site, findings: Findings) -> Bound:
    if text is None:
        return None
    place = site.value(key)
    if place in site.marks.made_up:
        return None
    written = text.strip()
    with suppress(ValueError):
        match kind:
            case "date" | "datetime":
                return _day(written)
            case "time":
                return time.fromisoformat(written)
            case "number" if _NUMBER.match(written):
                return float(written) if "." in written else int(written)
            case _ if kind not in _MEASURED and written.isascii() and written.isdigit():
                return int(written)
    findings.error(
        place, f"`{key}`: `{text}` is no bound of {kind}", f"write {_MEASURED.get(kind, 'how many characters')}"
    )
    return None


def _day(written: str) -> Bound:
    if written == "today":
        return timedelta()
    days = _DAYS.match(written)
    return timedelta(days=int(days[1])) if days else date.fromisoformat(written)
