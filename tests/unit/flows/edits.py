"""Change the file while people are in its flows: in ways that owners do, and in some that hardly any would."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hookline.flows.bounds import Bounds
from hookline.flows.flow import Ask, Confirm, Do, Flow, Rounds, Step, Tell
from tests.unit.flows.talks import BOOK, CHECK, FLOWS, SLOTS, choices, known, says

TWO = Flow(
    "two",
    (
        Ask("a", "choice", choices=choices("取消", "保留")),
        Ask("phone", "phone", is_remembered=True),
        Confirm(),
        Ask("b", "choice", choices=SLOTS),
        Ask("c", "number", bounds=Bounds(1, 9), when=known(a="保留"), check=CHECK),
        Confirm("sure", when=known(a="取消")),
        Tell("done", says("done")),
    ),
    expired=says("too late"),
)
GATE = Flow("gate", (Ask("a", "choice", choices=choices("p", "q")), Confirm(), Ask("z", "choice", choices=SLOTS)))
WALKED: Mapping[str, Flow] = {**FLOWS, "two": TWO, "gate": GATE}
"""What people walk through, as long as nobody changes it."""

Edit = Callable[[random.Random, Flow], Flow]


def edited(chance: random.Random, flows: Mapping[str, Flow]) -> dict[str, Flow]:
    """Return *flows* after one change: of one of them, or one is gone, or all is as it was in the beginning."""
    pick = chance.random()
    if pick < 0.15 or not flows:
        return dict(WALKED)
    name = chance.choice(sorted(flows))
    if pick < 0.3 and name not in _begun_by(flows):
        return {one: flow for one, flow in flows.items() if one != name}
    return {**flows, name: chance.choice(EDITS)(chance, flows[name])}


def _begun_by(flows: Mapping[str, Flow]) -> set[str | None]:
    """Return the flows that others begin; a file without them is refused."""
    return {flow.stuck.begin for flow in flows.values()}


def _removed(chance: random.Random, flow: Flow) -> Flow:
    return _with(flow, [step for step in flow.steps if step is not chance.choice(flow.steps)] or flow.steps)


def _shuffled(chance: random.Random, flow: Flow) -> Flow:
    return _with(flow, chance.sample(flow.steps, len(flow.steps)))


def _added(chance: random.Random, flow: Flow) -> Flow:
    names = {step.name for step in flow.steps}
    step = chance.choice([one for one in _some("new") if one.name not in names] or [Ask("one")])
    at = chance.randrange(len(flow.steps) + 1)
    return flow if step.name in names else _with(flow, [*flow.steps[:at], step, *flow.steps[at:]])


def _retyped(chance: random.Random, flow: Flow) -> Flow:
    """Let another kind of step have the name of one."""
    at = chance.randrange(len(flow.steps))
    name = flow.steps[at].name
    step = chance.choice(_some(name)[:-1])
    return _with(flow, [*flow.steps[:at], step, *flow.steps[at + 1 :]])


def _otherwise_chosen(chance: random.Random, flow: Flow) -> Flow:
    return _with(flow, [_changed(chance, step) for step in flow.steps])


def _otherwise_run(chance: random.Random, flow: Flow) -> Flow:
    facts: Sequence[Mapping[str, Any]] = (
        {"lets_digress": not flow.lets_digress},
        {"restarts": not flow.restarts},
        {"is_shared": not flow.is_shared},
        {"tries": chance.choice([1, 2, 5])},
        {"words": {"cancel": ["stop it"]}},
        {"remind_after": 60.0, "remind": says("hello?")},
    )
    return replace(flow, **chance.choice(facts))


def _changed(chance: random.Random, step: Step) -> Step:
    """Let a question take something else: other choices, another type, another bound, a condition."""
    if not isinstance(step, Ask) or chance.random() < 0.5:
        return step
    return chance.choice(
        (
            replace(step, kind="choice", choices=choices("red", "p", "內用"), pattern=None, everyone=None),
            replace(step, kind="number", choices=None, bounds=Bounds(), everyone=None),
            replace(step, is_optional=not step.is_optional),
            replace(step, when=known(how="自取")),
            replace(step, when=()),
        )
    )


def _some(name: str) -> Sequence[Step]:
    return (
        Ask(name, "number"),
        Ask(name),
        Ask(name, "choice", choices=choices("p", "q")),
        Ask(name, "choice", choices=SLOTS),
        Do(name, BOOK),
        Confirm(name),
        Rounds(name, (Ask(f"{name}/x", "choice", choices=choices("p", "q")),), says("{entry.x}")),
        Confirm(f"{name} again"),
    )


def _with(flow: Flow, steps: Sequence[Step]) -> Flow:
    return replace(flow, steps=tuple(steps), digest=str(len(flow.digest)))


EDITS: Sequence[Edit] = (_removed, _shuffled, _added, _retyped, _otherwise_chosen, _otherwise_run)
