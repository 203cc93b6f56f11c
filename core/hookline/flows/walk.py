"""Walk through a flow: the next question is the first step that isn't known yet. There is no other position."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..routing.conditions.conditions import Conditions
from .flow import MORE, Ask, Confirm, Do, Flow, Question, Rounds, Step
from .instance import Instance

Holds = Callable[[Conditions, Mapping[str, Any]], bool]
"""Say whether conditions hold, while so much is known."""


def question(flow: Flow, instance: Instance, holds: Holds) -> Question | None:
    """Return the first question that isn't answered yet and applies; None when there is none."""
    for step in flow.steps:
        if isinstance(step, Rounds) and applies(step, instance.known, holds):
            found = _of_round(step, instance, holds)
            if found is not None:
                return found
        elif (
            isinstance(step, Ask | Confirm) and step.name not in instance.known and applies(step, instance.known, holds)
        ):
            return step
    return None


def _of_round(rounds: Rounds, instance: Instance, holds: Holds) -> Ask | None:
    """Return the next question of a list: the first that its entry lacks, then whether there is another."""
    cart = cart_of(instance, rounds.name)
    if cart["closed"]:
        return None
    for ask in rounds.steps:
        if part_of(ask.name) not in cart["entry"] and applies(ask, {**instance.known, **cart["entry"]}, holds):
            return ask
    return rounds.asks_more


def applies(step: Step, known: Mapping[str, Any], holds: Holds) -> bool:
    """Say whether *step* counts, while so much is known."""
    return not step.when or all(holds(conditions, known) for conditions in step.when)


def before(flow: Flow, asked: Question | None) -> Iterator[Step]:
    """Yield the steps that stand before the question *asked*; all of them when nothing is asked."""
    stop = None if asked is None else owner_of(asked.name)
    for step in flow.steps:
        if step.name == stop:
            return
        yield step


def learn(instance: Instance, name: str, value: Any, source: str | None = None) -> None:
    """Know *value* as the answer to the question *name*, which the message *source* gave."""
    if is_of_round(name):
        cart, part = cart_of(instance, owner_of(name)), part_of(name)
        instance.known[owner_of(name)] = cart
        if part == MORE:
            cart["rounds"].append(cart["entry"])
            cart["entry"] = {}
            cart["closed"] = not value
        else:
            cart["entry"][part] = value
    else:
        instance.known[name] = value
    if name in instance.order:
        instance.order.remove(name)
    instance.order.append(name)
    if source:
        instance.sources[name] = source
    instance.tries = 0


def forget(flow: Flow, instance: Instance, name: str) -> None:
    """Forget an answer, and what a handler had a say in behind it; what no longer applies goes with :func:`prune`."""
    if is_of_round(name):
        cart, part = cart_of(instance, owner_of(name)), part_of(name)
        if cart["rounds"] and (part == MORE or part not in cart["entry"]):
            cart["entry"], cart["closed"] = cart["rounds"].pop(), False
        cart["entry"].pop(part, None)
    else:
        instance.known.pop(name, None)
    if name in instance.order:
        instance.order.remove(name)
    instance.sources.pop(name, None)
    names = [step.name for step in flow.steps]
    if owner_of(name) in names:
        for step in flow.steps[names.index(owner_of(name)) + 1 :]:
            if isinstance(step, Do | Confirm) or (isinstance(step, Ask) and step.comes_from_plugin):
                drop(instance, step.name)
            elif step.name in instance.passed:
                instance.passed.remove(step.name)
    instance.chooses = False


def drop(instance: Instance, name: str) -> None:
    """Forget *name* and nothing else."""
    instance.known.pop(name, None)
    instance.sources.pop(name, None)
    if name in instance.order:
        instance.order.remove(name)


def prune(flow: Flow, instance: Instance, holds: Holds, fits: Callable[[Ask, Any], bool]) -> None:
    """Drop what no longer stands: steps that are gone or don't apply, and answers that no longer fit."""
    for step in flow.steps:
        if step.name in instance.known and not _is_of(step, instance.known[step.name]):
            _drop_rounds(instance, step.name)
        elif isinstance(step, Ask | Do | Confirm) and step.name in instance.known:
            value = instance.known[step.name]
            stands = applies(step, instance.known, holds)
            if stands and isinstance(step, Ask) and value is not None and step.everyone is None:
                stands = fits(step, value)
            if not stands:
                drop(instance, step.name)
        elif isinstance(step, Rounds) and step.name in instance.known and not applies(step, instance.known, holds):
            _drop_rounds(instance, step.name)
    names = {step.name for step in flow.steps}
    for name in [name for name in instance.known if name not in names]:
        _drop_rounds(instance, name)
    instance.order = [name for name in instance.order if owner_of(name) in instance.known]


def _is_of(step: Step, value: Any) -> bool:
    """Say whether *value* came from a step of this kind: a file that has changed may call another kind by its name."""
    is_cart = isinstance(value, Mapping) and value.keys() == {"rounds", "entry", "closed"}
    match step:
        case Rounds():
            return is_cart
        case Confirm():
            return value is True
        case Do() | Ask(everyone=float()):
            return isinstance(value, Mapping) and not is_cart
    return not is_cart


def _drop_rounds(instance: Instance, name: str) -> None:
    drop(instance, name)
    instance.order = [one for one in instance.order if owner_of(one) != name]


def is_confirmed(flow: Flow, instance: Instance, name: str) -> bool:
    """Say whether a confirmation that was given stands behind the question *name*: nothing goes back behind it."""
    names = [step.name for step in flow.steps]
    if owner_of(name) not in names:
        return False
    behind = flow.steps[names.index(owner_of(name)) :]
    return any(isinstance(step, Confirm) and instance.known.get(step.name) is True for step in behind)


def changeable(flow: Flow, instance: Instance) -> list[Ask]:
    """Return the answered questions that may be changed, in their order."""
    return [ask for ask in flow.asks if ask.name in instance.known and not is_confirmed(flow, instance, ask.name)]


def cart_of(instance: Instance, name: str) -> dict[str, Any]:
    """Return what is known of the list *name*: its ``rounds``, the ``entry`` that is asked for, if it is closed."""
    cart: dict[str, Any] = instance.known.get(name) or {"rounds": [], "entry": {}, "closed": False}
    return cart


def is_of_round(name: str) -> bool:
    """Say whether the question *name* is one of a list."""
    return "/" in name


def owner_of(name: str) -> str:
    """Return the name of the list that the question *name* is of, or its own."""
    return name.partition("/")[0]


def part_of(name: str) -> str:
    """Return the name of a question within its list."""
    return name.rpartition("/")[2]
