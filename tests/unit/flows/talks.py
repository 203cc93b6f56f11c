"""Talk to the rules of flows as a person would: what each event leaves behind is there for the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hookline.flows.answers import Reader, Said
from hookline.flows.bounds import Bounds
from hookline.flows.effects import Asked, Done, Due, Effect, Happening, Judged, Other, Routed, Tap, Told
from hookline.flows.flow import Ask, Confirm, Do, Flow, Rounds, Stuck, Tell
from hookline.flows.instance import Dialog, Instance
from hookline.flows.rules import Decision, decide
from hookline.flows.words import Words
from hookline.plugins.dialogs import Choice
from hookline.routing.actions import Handle
from hookline.routing.conditions.condition import Past, Situation
from hookline.routing.conditions.conditions import Conditions
from hookline.routing.conditions.kept import Known
from hookline.routing.matching.text import MatchText
from hookline.routing.templates import MessageTemplate
from hookline.routing.wordings import Wording
from tests.support import make_event

NOW = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
BEGAN = 1_800_000_000_000


def says(text: str) -> Wording:
    return Wording.of([MessageTemplate({"type": "text", "text": text})])


def choices(*values: str) -> tuple[Choice, ...]:
    return tuple(map(Choice, values))


def known(**wanted: Any) -> tuple[Conditions, ...]:
    return (Conditions((Known(wanted),)),)


SLOTS, BOOK, CHECK = Handle("p", "slots"), Handle("p", "book"), Handle("p", "check")
BOOKING = Flow(
    "book",
    (
        Ask("day", "date", bounds=Bounds(NOW.date())),
        Ask("time", "choice", choices=SLOTS),
        Ask("name", label="姓名"),
        Ask("note", is_optional=True),
        Ask("how", "choice", choices=choices("外送", "自取")),
        Ask("street", when=known(how="外送"), bounds=Bounds(3)),
        Confirm(),
        Do("book", BOOK),
        Tell("done", says("done")),
    ),
    remind_after=600.0,
    remind=says("still there?"),
)
FLOWS: Mapping[str, Flow] = {
    flow.name: flow
    for flow in (
        BOOKING,
        Flow("other", (Ask("color", "choice", choices=choices("red", "blue")), Tell("ok", says("ok")))),
        Flow("strict", (Ask("n", "number", bounds=Bounds(1, 9)),), lets_digress=False),
        Flow("third", (Ask("x", "choice", choices=choices("p", "q")),)),
        Flow("fourth", (Ask("y", "choice", choices=choices("p", "q")),), restarts=True),
        Flow(
            "order",
            (
                Rounds(
                    "cart",
                    (Ask("cart/drink", "choice", choices=choices("tea", "latte")), Ask("cart/count", "number")),
                    says("{entry.drink}"),
                ),
                Confirm(),
                Do("place", BOOK),
            ),
        ),
        Flow(
            "vote",
            (Ask("come", "choice", choices=choices("會到", "不會到"), everyone=7200.0), Tell("tally", says("tally"))),
            is_shared=True,
            words={"close": ["結束"]},
        ),
        Flow(
            "photo",
            (Ask("pic", "image", check=CHECK), Do("place", BOOK)),
            tries=2,
            stuck=Stuck(begin="other"),
        ),
    )
}
ROUTES: Mapping[str, Other] = {
    "help": Other("help"),
    "menu": Other("menu", "exact"),
    "human": Other("human", "always"),
    "quiet": Other("quiet", "never"),
    **{name: Other(name, begins=name) for name in FLOWS},
}


@dataclass
class World:
    """Answer what the rules ask; handlers are what a test says."""

    flows: Mapping[str, Flow]
    handlers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    ended: dict[str, Instance] = field(default_factory=dict)
    reader: Reader = field(default_factory=lambda: Reader(NOW, Words.of()))

    def holds(self, conditions: Conditions, answers: Mapping[str, Any]) -> bool:
        situation = Situation(make_event(), True, NOW, Past({}, self.person), answers)
        return conditions.failure(situation) is None

    def remembered(self, ask: Ask) -> Any:
        return self.person.get(ask.name)

    async def choices(self, ask: Ask, instance: Instance) -> Sequence[Choice]:
        slots: Sequence[str] = self._asked("slots", instance, otherwise=("10:00", "11:00"))
        return choices(*slots)

    async def judged(self, ask: Ask, instance: Instance, value: Any) -> Judged:
        found: Judged = self._asked("check", instance, value, otherwise=Judged(value))
        return found

    async def done(self, do: Do, instance: Instance) -> Done:
        found: Done = self._asked("book", instance, otherwise=Done({"number": 7}))
        return found

    def _asked(self, handler: str, *arguments: Any, otherwise: Any) -> Any:
        return self.handlers[handler](*arguments) if handler in self.handlers else otherwise

    async def past(self, instance: str) -> Instance | None:
        return self.ended.get(instance)


class Talk:
    """Be a chat of ``ann``, and of others where a test says so."""

    def __init__(self, flows: Mapping[str, Flow] = FLOWS, **handlers: Callable[..., Any]) -> None:
        self.world = World(dict(flows), handlers)
        self.dialog = Dialog()
        self.effects: Sequence[Effect] = ()
        self.rules: list[str] = []
        self.now = BEGAN
        self.last: tuple[Happening, Other | None] = (Happening("", 0, 0), None)
        self._count = 0

    async def do(self, **facts: Any) -> str:
        """Let something happen, and return the rule that counted."""
        decision = await self.tried(**facts)
        self.dialog, self.effects = decision.dialog, decision.effects
        self.world.ended |= {one.id: one for one in decision.dialog.ended}
        self.dialog.ended = []
        self.rules.append(decision.rule)
        return decision.rule

    async def tried(self, **facts: Any) -> Decision:
        """Return what would come of it."""
        self._count += 1
        self.now += 10
        text = facts.pop("text", None)
        other = facts.pop("other", ROUTES.get((text or "").split(" ")[0]))
        if text is not None:
            facts["said"] = Said(text=MatchText(text, is_called=True))
        usual = {"id": f"e{self._count}", "at": self.now, "now": self.now, "user": "ann", "message": f"m{self._count}"}
        usual["batch"] = self._count
        self.last = Happening(**{**usual, **facts}), other
        return await decide(self.dialog, *self.last, self.world)

    def back(self) -> None:
        """Let the next event be the last one again."""
        self._count -= 1
        self.now -= 10

    async def says(self, *texts: str, **facts: Any) -> str:
        """Write some texts, and return the rule of the last."""
        for text in texts:
            rule = await self.do(text=text, **facts)
        return rule

    async def taps(self, step: str, value: str, instance: Instance | None = None, **facts: Any) -> str:
        """Tap a button, by default one of the question on top."""
        identity = (instance or self.top).id
        return await self.do(tap=Tap(identity, step, value), said=Said(value=value), **facts)

    async def is_due(self, kind: Any, instance: Instance | None = None, turn: int | None = None) -> str:
        """Let the time of a timer come."""
        instance = instance or self.top
        due = Due(instance.id, instance.turn if turn is None else turn, kind)
        return await self.do(due=due, user=None, message=None)

    def changed(self, name: str, **changes: Any) -> None:
        """Let a reload change a flow."""
        self.world.flows = {**self.world.flows, name: replace(self.world.flows[name], **changes)}

    def gone(self, name: str) -> None:
        """Let a reload take a flow away."""
        self.world.flows = {one: flow for one, flow in self.world.flows.items() if one != name}

    @property
    def top(self) -> Instance:
        """Return what ann is asked."""
        found = self.dialog.top("ann")
        assert found is not None
        return found

    @property
    def asked(self) -> str | None:
        """Return the question that ann is asked."""
        found = self.dialog.top("ann")
        return None if found is None else found.asked

    @property
    def answers(self) -> Mapping[str, Any]:
        """Return what is known of ann."""
        return self.top.known

    def said(self) -> list[str]:
        """Return what the last event made hookline say, in short."""
        found = []
        for effect in self.effects:
            match effect:
                case Asked():
                    found.append(f"{'retry' if effect.is_retry else 'ask'} {effect.question.name}")
                case Told():
                    found.append(effect.key)
                case Routed():
                    found.append("route")
                case _:
                    found.append(type(effect).__name__.lower())
        return found


async def booked(*more: str, **handlers: Callable[..., Any]) -> Talk:
    """Return a talk in which all but the way of delivery is known."""
    talk = Talk(FLOWS, **handlers)
    await talk.says("book", "2026-12-02", "10:00", "Ann", "略過", *more)
    return talk
