"""Carry what fronts know of bots from the process that has the configuration: for each bot its door's settings."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from ..adapters.adapter import AdapterKind
from ..adapters.door import Door
from ..tracebacks import summary_of

log = structlog.stdlib.get_logger("hookline.ingress")


@dataclass(frozen=True, slots=True)
class FrontBot:
    """Hold one bot as a front knows it: an :class:`~.doors.Entrance`, and the names of the ``headers`` to keep."""

    name: str
    door: Door
    methods: Collection[str]
    body: int
    headers: frozenset[str]

    @classmethod
    def of(cls, name: str, kind: AdapterKind, settings: Any) -> FrontBot:
        """Return the bot *name* on the platform *kind*, with its *settings*."""
        return cls(name, kind.door(settings), kind.methods, kind.body or 0, kind.kept_headers(settings))


def packed(bots: Iterable[tuple[str, AdapterKind, Any]]) -> bytes:
    """Return what fronts are to know of *bots*, of which each is a name, its platform and its settings.

    A door is named by where it is imported from, and made anew in each front.
    """
    each = {}
    for name, kind, settings in bots:
        facts = (kind.door, settings, kind.methods, kind.body or 0, kind.kept_headers(settings))
        try:
            each[name] = pickle.dumps(facts)
        except Exception as error:  # a door that can't be named: the adapter's own tests say so, too
            log.error("roster.unsent", bot=name, reason=summary_of(error))  # noqa: TRY400  in words
    return pickle.dumps(each)


def unpacked(data: bytes, before: Mapping[str, FrontBot]) -> dict[str, FrontBot]:
    """Return the bots that :func:`packed` wrote; one that can't be had stays as it was *before*."""
    found: dict[str, FrontBot] = {}
    for name, facts in pickle.loads(data).items():  # noqa: S301  it comes from a process of this host, by no file
        try:
            door, settings, methods, body, headers = pickle.loads(facts)  # noqa: S301  as above
            found[name] = FrontBot(name, door(settings), methods, body, headers)
        except Exception as error:  # an adapter's module is imported here
            log.error("roster.refused", bot=name, reason=summary_of(error))  # noqa: TRY400  in words
            if name in before:
                found[name] = before[name]
    return found
