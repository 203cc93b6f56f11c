"""Turn ``set:``, ``remember:`` and ``count:`` into what a route or a step keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...routing.notes import Notes
from .replies import check_text
from .surroundings import Site, Surroundings


def build_notes(
    state: Mapping[str, Any] | None,
    person: Mapping[str, Any] | None,
    count: str | None,
    site: Site,
    around: Surroundings,
    captures: frozenset[str] | None = frozenset(),
    on: frozenset[str] = frozenset(["*"]),
) -> Notes:
    """Return what is to be kept; *captures* are the names that ``{match.…}`` may use, None for any."""

    def built(key: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
        here = site.below(key)
        return {
            str(name): check_text(name, value, here, around, captures or frozenset(), on, may_be_any=captures is None)
            if isinstance(value, str)
            else value
            for name, value in (given or {}).items()
        }

    return Notes(built("set", state), built("remember", person), count)
