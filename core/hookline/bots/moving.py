"""Say what another file means for people who are in flows: where what they were asked is there no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..flows.flow import Ask, Confirm, Flow
from ..flows.instance import Instance
from ..flows.walk import question
from ..routing.conditions.conditions import Conditions
from ..routing.conditions.kept import Known, fits
from ..store.people.standing import StandingFlows

SAMPLE = 200
"""Of so many who were asked the same it is looked what they will be asked."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Say that ``number`` people of a bot were asked what its ``flow`` no longer asks, of ``inside`` who are in it.

    Most of them will be asked ``following`` next; None when nothing is left to ask. A flow that ``is_gone`` is told of
    once, whatever was ``asked``.
    """

    bot: str
    flow: str
    asked: str | None
    inside: int
    number: int
    following: str | None
    is_gone: bool


async def moved(standing: StandingFlows, bots: Mapping[str, Mapping[str, Flow]]) -> Sequence[Moved]:
    """Return where those are who are in flows of *bots* and were asked something that the files no longer have."""
    places = await standing.places(bots)
    inside = Counter[tuple[str, str]]()
    for place in places:
        inside[place.bot, place.flow] += place.number
    gone = [
        Moved(bot, name, None, number, number, None, is_gone=True)
        for (bot, name), number in inside.items()
        if name not in bots[bot]
    ]
    found = []
    for place in places:
        flow = bots[place.bot].get(place.flow)
        if flow is None or place.asked is None or isinstance(flow.find(place.asked), Ask | Confirm):
            continue
        known = await standing.known(place.bot, place.flow, place.asked, SAMPLE)
        ((following, _),) = Counter(_following(flow, each) for each in known).most_common(1) or [(None, 0)]
        number = inside[place.bot, place.flow]
        found.append(Moved(place.bot, place.flow, place.asked, number, place.number, following, is_gone=False))
    return [*gone, *found]


def _following(flow: Flow, known: Mapping[str, Any]) -> str | None:
    """Return what is asked of whoever has answered so much; what doesn't depend on answers is taken to hold."""
    instance = Instance("", flow.name, "", known=dict(known))
    asked = question(flow, instance, _holds)
    return None if asked is None else asked.name


def _holds(conditions: Conditions, known: Mapping[str, Any]) -> bool:
    wanted = [one.wanted for one in conditions.each if isinstance(one, Known)]
    return all(fits(known.get(name), value) for each in wanted for name, value in each.items())
