"""Say how much of a process whoever sends requests may take, and read what an operator says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from ..durations import duration
from ..sizes import size

RESERVED_FILES = 256
"""So many files and connections of its own a process may need beside those that come in."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold the limits of HTTP.

    ``connections`` are open at once: beyond that the one goes that is waited for longest, for a request or its rest.
    ``requests`` may come over one of them, and ``idle`` seconds pass before the next has come. A webhook's ``headers``
    and ``body`` have so many bytes and take ``reading`` seconds to arrive; so many are ``waiting`` to be made durable.
    """

    connections: int = 1024
    requests: int = 1000
    idle: float = 5.0
    headers: int = 32 * 1024
    body: int = 256 * 1024
    reading: float = 5.0
    waiting: int = 4096

    @classmethod
    def of(cls, given: Iterable[str]) -> Limits:
        """Return the limits with what is *given* as ``NAME=VALUE``; raise ValueError for what can't be."""
        limits = cls()
        for one in given:
            name, _, value = (part.strip() for part in one.partition("="))
            limits = replace(limits, **{name: _read(name, value)})
        return limits

    def within(self, files: int) -> Limits:
        """Return the limits of a process that may have so many *files* open."""
        return replace(self, connections=max(1, min(self.connections, files - RESERVED_FILES)))


DEFAULT_LIMITS = Limits()
LIMIT_NAMES = tuple(field.name for field in fields(Limits))


def _read(name: str, value: str) -> Any:
    if name not in LIMIT_NAMES:
        raise ValueError(f"there is no limit `{name}`; there are {', '.join(LIMIT_NAMES)}")
    try:
        if name in ("idle", "reading"):
            return duration(value)
        if name in ("headers", "body"):
            return size(value)
    except ValueError as error:
        raise ValueError(f"`{name}` can't be `{value}`: {error}") from None
    if not (value.isdecimal() and 0 < int(value) < 10**9):
        raise ValueError(f"`{name}` can't be `{value}`: expected a number over 0")
    return int(value)
