"""Say what becomes of an event within a flow, and why, by the rules that decide: nothing is run, and nothing kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..bots.happenings import happening_of, other_of
from ..config.configuration import BotConfiguration
from ..events import Event, Match
from ..findings.findings import did_you_mean
from ..flows import walk
from ..flows.answers import MISSING, Reader, Said
from ..flows.effects import (
    Asked,
    Chosen,
    Done,
    Effect,
    Ended,
    Handed,
    Judged,
    Noted,
    Other,
    Remembered,
    Routed,
    Spoken,
    Stranded,
    Told,
)
from ..flows.flow import Ask, Confirm, Do, Flow
from ..flows.instance import CHAT, Dialog, Instance
from ..flows.rules import decide
from ..flows.words import Words
from ..plugins.dialogs import Choice
from ..routing.conditions.condition import Past, Situation
from ..routing.conditions.conditions import Conditions
from ..routing.matching.text import MatchText
from ..routing.router import Hit, Router, Tried
from ..routing.wordings import Wording

_SHOWN = 40
_BASE = re.compile(r"[A-Z]\d+")
_RULES = {
    "A1": "it was written before the question was asked, and answers it",
    "A2": "it was written before the question was asked: more of the answer before",
    "A3": "it was written before the question was asked: nothing comes of it",
    "A4": "it is an answer",
    "A4m": "the next of a list counts as yes",
    "A5": "a route answers, and then the question comes again",
    "A5x": "the flow lets nobody digress",
    "A6": "it is no answer, and asked again",
    "A7": "it is no answer, for the last time: the flow gives up",
    "B0": "there is no such flow, or nobody whose it would be",
    "B1": "a flow begins",
    "B2": "the flow is open already, and goes on",
    "B3": "the flow starts over",
    "B4": "another flow begins on top of it",
    "B5": "another flow begins, and the oldest is dropped",
    "L1": "whoever leaves is in no flow",
    "M1": "it reminds",
    "M2": "the flow has expired",
    "M3": "there is nothing to be reminded of now",
    "M4": "the timer is of an earlier question",
    "M5": "the vote is over",
    "M6": "an operator ends the flow",
    "N0": "no flow and no route takes it",
    "N1": "a route answers",
    "T1": "the button answers the question",
    "T2": "what was tapped isn't offered any more",
    "T3": "what was tapped is known already",
    "T4": "what was tapped changes an earlier answer",
    "T5": "the button's question isn't asked now",
    "T6": "the flow that waited comes back",
    "T7": "what was tapped last in a flow that is over was tapped again",
    "T8": "the button's flow is over",
    "T9": "the button is of no flow that is known",
    "T10": "the button is somebody else's",
    "T11": "the button ends the flow",
    "T12": "it is a vote",
    "T13": "more choices are shown",
    "U1": "the message that gave an answer was taken back: it is forgotten",
    "U2": "what was taken back was no answer",
    "V1": "the flow is gone from the file",
    "V2": "another question comes first by now: it is asked, and this is no answer to it",
    "V4": "nothing is left to ask",
    "W1": "it is a word that ends the flow",
    "W2": "it is a word that goes back",
    "W2x": "there is nothing to go back to",
    "W3": "it is a word that asks what to change",
    "W3m": "it says what to change",
    "W3x": "there is nothing to change",
    "W4": "it is a word that skips the question",
    "W4x": "the question can't be skipped",
    "W5": "it is a word that closes the vote",
}
_MORE = {"c": ", but the handler of `check:` may refuse it", "n": ": no, so it asks what to change"}


@dataclass(frozen=True, slots=True)
class Inside:
    """Say where somebody is in a flow: asked ``asks`` (None: what comes next), with so much ``known``.

    ``offers`` are the choices of a handler, where one says them.
    """

    flow: str
    asks: str | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    offers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """Say what becomes of an event in a flow: by which ``rule``, ``why``, what is done ``then``, in order.

    ``asks`` is the question before it, ``known`` what is known afterwards.
    """

    flow: str
    asks: str | None
    rule: str
    why: str
    then: Sequence[str]
    known: Mapping[str, Any]


async def decided(
    bot: BotConfiguration, event: Event, now: datetime, past: Past, winner: Tried | None, inside: Inside
) -> Decided:
    """Return what becomes of *event*, which the route *winner* would answer, for somebody who is *inside* a flow.

    Raises ValueError when the flow has no such question.
    """
    flow, world = bot.flows[inside.flow], _World(bot, event, now, past, inside.offers)
    instance = _instance(flow, event, now, inside, world)
    dialog = Dialog({instance.user: [instance]})
    router = Router((), bot.call_names)
    at = round(now.timestamp() * 1000)
    happening = replace(happening_of(event, at, router, bot.adapter), at=at)  # it comes after the question
    other = None if winner is None else other_of(Hit(winner.route, winner.match or Match(winner.route.name)))
    decision = await decide(dialog, happening, other, world)
    after = next((one for one in (*decision.dialog.each(), *decision.dialog.ended) if one.id == instance.id), instance)
    told = [*world.handlers, *(line for effect in decision.effects for line in _told(effect, other))]
    return Decided(flow.name, instance.asked, decision.rule, why(decision.rule), told, after.known)


def read_answers(bot: BotConfiguration, flow: str, given: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return what is known by texts that answer questions of *flow*; raise ValueError for what answers none."""
    reader, known = Reader(now.astimezone(bot.timezone), Words.of()), dict[str, Any]()
    for name, text in given.items():
        owner, _, part = name.partition(".")
        step = bot.flows[flow].find(name) or bot.flows[flow].find(owner)
        if isinstance(step, Do):
            known[step.name] = {**known.get(step.name, {}), **({part: text} if part else {})}
            continue
        if not isinstance(step, Ask):
            names = _questions(bot.flows[flow])
            hint = did_you_mean(name, names) or f"it has {_listed(names)}"
            raise ValueError(f"flow `{flow}` asks for no `{name}`; {hint}")  # noqa: TRY004  it is what somebody wrote
        offered = step.choices if isinstance(step.choices, tuple) else [Choice(text)]
        known[name] = reader.read(step, Said(text=MatchText(text, is_called=True)), offered)
        if known[name] is MISSING:
            raise ValueError(f"`{text}` is no answer to `{name}`, which is a {step.kind}")
    return known


def _instance(flow: Flow, event: Event, now: datetime, inside: Inside, world: _World) -> Instance:
    instance = Instance("0", flow.name, CHAT if flow.is_shared or event.user is None else event.user, event.user)
    instance.digest, instance.asked_at = flow.digest, round(now.timestamp() * 1000) - 1
    for name, value in inside.known.items():
        if isinstance(flow.find(name), Do):
            instance.known[name] = value
        else:
            walk.learn(instance, name, value)
    first = walk.question(flow, instance, world.holds)
    instance.asked = inside.asks or (None if first is None else first.name)
    instance.offered = [[value, "", []] for value in inside.offers]
    names = _questions(flow)
    if inside.asks is not None and inside.asks not in names:
        hint = did_you_mean(inside.asks, names) or f"it has {_listed(names)}"
        raise ValueError(f"flow `{flow.name}` asks for no `{inside.asks}`; {hint}")
    return instance


def _questions(flow: Flow) -> list[str]:
    return [step.name for step in flow.each() if isinstance(step, Ask | Confirm)]


class _World:
    """Answer what the rules ask, as far as it stands in the file; handlers are named, and not run."""

    def __init__(self, bot: BotConfiguration, event: Event, now: datetime, past: Past, offers: Sequence[str]) -> None:
        self.flows = bot.flows
        self.handlers: list[str] = []
        self._event, self._now, self._past, self._offers = event, now, past, offers
        self.reader = Reader(now.astimezone(bot.timezone), Words.of(), lambda each, at: self._hold(each, {}, at))

    def holds(self, conditions: Conditions, known: Mapping[str, Any]) -> bool:
        return self._hold(conditions, known, self._now)

    def _hold(self, conditions: Conditions, known: Mapping[str, Any], now: datetime) -> bool:
        return conditions.failure(Situation(self._event, True, now, self._past, known)) is None

    def remembered(self, ask: Ask) -> Any:
        return self._past.person.get(ask.name)

    async def choices(self, ask: Ask, instance: Instance) -> Sequence[Choice]:
        self.handlers.append(f"{_named(ask.choices)} says what is offered for `{ask.name}`")
        return [Choice(value) for value in self._offers]

    async def judged(self, ask: Ask, instance: Instance, value: Any) -> Judged:
        self.handlers.append(f"{_named(ask.check)} is asked whether `{ask.name}` may be {value!r}")
        return Judged(value)

    async def done(self, do: Do, instance: Instance) -> Done:
        self.handlers.append(f"runs {_named(do.handle)}")
        return Done()

    async def past(self, instance: str) -> Instance | None:
        return None


def _told(effect: Effect, other: Other | None) -> Iterator[str]:
    """Yield what there is to say of *effect*."""
    match effect:
        case Asked():
            again = ", in the words of its `retry:`" if effect.is_retry else ""
            yield f"asks `{effect.question.name}` ({effect.question.place}){again}"
        case Chosen():
            yield f"asks which is to be changed: {_listed([ask.name for ask in effect.asks])}"
        case Spoken():
            yield f"{'pushes' if effect.is_push else 'says'} {_shown(effect.wording)}"
        case Told():
            yield f"says `flow.{effect.key}`"
        case Handed():
            yield "says what the handler has returned"
        case Noted():
            yield str(effect.note.changes)
        case Remembered():
            yield f"keeps `{effect.name}` of the person"
        case Routed() if other is not None:
            yield f"route `{other.name}` answers"
        case Ended():
            yield f"`{effect.instance.flow}` ends: {effect.outcome}"
        case Stranded():
            yield "runs the handler of `stuck:`"


def why(rule: str) -> str:
    """Return in words what *rule* stands for, as :class:`~..flows.rules.Decision` has it: ``T6+T1``."""
    parts = rule.split("+")
    return "; ".join(_why_of(one) for one in parts if one != "N1" or len(parts) == 1)


def _why_of(rule: str) -> str:
    if rule in _RULES:
        return _RULES[rule]
    base = _BASE.match(rule)
    assert base is not None
    return _RULES[base[0]] + _MORE.get(rule[base.end() :][:1], "")


def _named(handle: Any) -> str:
    return f"{handle.plugin}.{handle.handler}"


def _shown(wording: Wording) -> str:
    body = next(iter(wording.in_language(None))).body
    text = str(body.get("text") or body.get("altText") or body.get("type", ""))
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
