"""Hold what a drawing of routes shows: each in the order in which they are tried, the first that fits answers."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ..config.configuration import BotConfiguration
from ..flows.flow import Begin, Do, Flow
from ..flows.flow import Step as FlowStep
from ..routing.actions import BeginFlow, Handle
from ..routing.routes import Route
from .wording import actions_of, actions_of_step, events_of, matchers_of

NOBODY = "no route fits: no answer"
_JOINER = "\u200d"  # it holds emoji together
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_NO_CHARACTER = 0xFFFE
"""The last two code points of every plane are none, and XML takes them nowhere."""


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one route, or one step of a flow, which stands at ``place``.

    All of ``needs`` must hold; ``actions`` is what it does, ``begins`` the flow that it begins.
    """

    number: int
    name: str
    needs: Sequence[str]
    actions: Sequence[str]
    is_handler: bool
    place: str
    begins: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hold routes that follow each other: those of one ``pack``, or a bot's own."""

    pack: str | None
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Graph:
    """Hold one bot's routes, or the steps of its ``flow``.

    ``begin`` and ``end`` are what stands before and behind them; ``between`` says when the next one's turn comes.
    """

    bot: str
    groups: Sequence[Group]
    begin: str = "an event"
    end: str = NOBODY
    between: str = "no"
    flow: str | None = None

    @property
    def title(self) -> str:
        """Return what stands above it."""
        return self.bot if self.flow is None else f"{self.bot}: {self.flow}"

    @property
    def steps(self) -> list[Step]:
        """Return all routes, in order."""
        return [step for group in self.groups for step in group.steps]


def graphs_of(bot: BotConfiguration) -> list[Graph]:
    """Return what a drawing of *bot* shows: its routes, then each of its flows."""
    return [_routes(bot), *(_flow(bot.name, flow) for flow in bot.flows.values())]


def _routes(bot: BotConfiguration) -> Graph:
    """Return the routes of *bot*; a route's pack is what stands before the dot of its name."""
    numbered = list(enumerate(bot.routes, 1))
    groups = groupby(numbered, lambda entry: _pack(entry[1].name))
    return Graph(bot.name, [Group(pack, [_step(*entry) for entry in entries]) for pack, entries in groups])


def plain(text: str) -> str:
    """Return *text* in one line, without what no drawing can show: controls, and marks that turn its direction."""
    kept = (character if _is_shown(character) else " " for character in text)
    return " ".join("".join(kept).split())


def _is_shown(character: str) -> bool:
    if character == _JOINER:
        return True
    return unicodedata.category(character) not in _HIDDEN and ord(character) & _NO_CHARACTER != _NO_CHARACTER


def _pack(name: str) -> str | None:
    pack, dot, _ = name.partition(".")
    return pack if dot else None


def _step(number: int, route: Route) -> Step:
    return Step(
        number=number,
        name=route.name,
        needs=[plain(need) for need in (*_events(route), *matchers_of(route))],
        actions=[plain(action) for action in actions_of(route)],
        is_handler=isinstance(route.action, Handle),
        place=plain(route.place),
        begins=route.action.flow if isinstance(route.action, BeginFlow) else None,
    )


def _flow(bot: str, flow: Flow) -> Graph:
    """Return the steps of *flow*: the first that isn't known, and whose conditions hold, comes next."""
    steps = [
        Step(
            number=number,
            name=_title(step),
            needs=[plain(term) for conditions in step.when for term in conditions.terms()],
            actions=[plain(action) for action in actions_of_step(step)],
            is_handler=isinstance(step, Do),
            place=plain(step.place),
            begins=step.flow if isinstance(step, Begin) else None,
        )
        for number, step in enumerate(flow.steps, 1)
    ]
    return Graph(bot, [Group(None, steps)], "it begins", "done", "then", flow.name)


def _title(step: FlowStep) -> str:
    """Return the name of *step*, or the key that says what it does."""
    return step.name.partition(":")[0]


def _events(route: Route) -> list[str]:
    """Return the event types unless the matchers say as much."""
    looks_at_text = route.has_text_matcher or route.asks_meaning
    is_plain = (route.on == {"message.text"} and looks_at_text) or (route.on == {"postback"} and bool(route.postback))
    return [] if is_plain else [f"on {events_of(route)}"]
