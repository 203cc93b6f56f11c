"""Say what must stay true of dialogs with each event, whatever happened before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hookline.flows.effects import Asked, Ended, Routed, Spoken, Told
from hookline.flows.flow import Ask, Confirm
from hookline.flows.instance import CHAT, Instance
from hookline.flows.words import Words
from tests.unit.flows.happened import Happened

MOST = 3
"""So many flows may wait of one person; said again here, so that nobody changes it unnoticed."""
SILENT = frozenset(["T2v", "T3", "T7", "T10", "T12", "T12r", "A2", "A3", "M3", "M4", "U1", "U2", "L1"])
RULES = SILENT | {
    "A1", "A1c", "A1c7", "A1n", "A4", "A4c", "A4c7", "A4m", "A4mc", "A4mc7", "A4n", "A5", "A5x", "A6", "A7",
    "B0", "B1", "B2", "B3", "B4", "B5", "M1", "M2", "M5", "M6", "N0", "N1", "T1", "T1c", "T1c7", "T1n", "T2", "T4",
    "T4c", "T4c7", "T5", "T6", "T8", "T9", "T11", "T13", "V1", "V2", "V4", "W1", "W2", "W2x", "W3", "W3m",
    "W3x", "W4", "W4x", "W5",
}  # fmt: skip
CONTROLS = ("cancel", "back", "change", "skip")


def rule_is_one_that_is_known(one: Happened) -> None:
    assert set(one.decision.rule.split("+")) - {""} <= RULES
    if one.decision.rule in SILENT:
        assert not [each for each in one.decision.effects if isinstance(each, Asked | Told | Spoken | Routed)]


def three_are_open_at_most_and_none_twice(one: Happened) -> None:
    for user, stack in one.decision.dialog.stacks.items():
        assert 0 < len(stack) <= MOST
        assert len({each.flow for each in stack}) == len(stack)
        assert all(each.is_open and each.user == user for each in stack)
    assert all(not each.is_open for each in one.decision.dialog.ended)


def what_is_asked_is_the_first_that_is_not_known(one: Happened) -> None:
    for effect in one.decision.effects:
        if isinstance(effect, Asked):
            flow = one.flow(effect.instance)
            assert effect.question.name in {step.name for step in flow.each()}
            now = one.after(effect.instance)
            if now is not None and now.asked == effect.question.name:
                assert one.question(now).name == now.asked
    last = next((each for each in reversed(one.decision.effects) if isinstance(each, Asked)), None)
    assert last is None or not last.instance.is_open or last.instance.asked == last.question.name


def what_is_known_answers_the_flow_as_it_is(one: Happened) -> None:
    for instance in _touched(one):
        flow = one.flow(instance)
        steps = {step.name: step for step in flow.steps}
        assert instance.known.keys() <= steps.keys()
        for name, value in instance.known.items():
            step = steps[name]
            if isinstance(step, Ask) and value is not None and step.everyone is None:
                assert one.fits(step, value), name


def others_change_nothing_of_mine(one: Happened) -> None:
    user = one.happening.user
    if user is None or one.happening.has_left or one.happening.is_unsent:
        return
    for whose, stack in one.before.stacks.items():
        if whose not in (user, CHAT):
            kept = [each for each in stack if each.flow in one.world.flows]
            assert kept == one.decision.dialog.stacks.get(whose, [])


def control_is_no_answer_unless_it_is_offered(one: Happened) -> None:
    top = one.top
    if top is None or not one.is_said or one.happening.said is None or one.happening.said.text is None:
        return
    meaning = Words.of().replaced(one.flow(top).words).meaning(one.happening.said.text, CONTROLS)
    asked, now = one.question(top), one.after(top)
    offered = [choice.value for choice in one.offered(top, asked)]
    if meaning is None or now is None or asked is None or one.happening.said.text.spoken.strip() in offered:
        return
    learnt = [value for name, value in _answers(now).items() if top.known.get(name) != value]
    assert one.happening.said.text.spoken not in learnt


def offered_choice_is_an_answer_whatever_else_it_means(one: Happened) -> None:
    top = one.top
    said = one.happening.said
    if top is None or not one.is_said or said is None or said.text is None:
        return
    asked = one.question(top)
    if not isinstance(asked, Ask) or asked.kind != "choice" or top.asked != asked.name or asked.everyone is not None:
        return
    if said.text.spoken not in [choice.value for choice in one.offered(top, asked)] or asked.only is not None:
        return
    if one.other is None or one.other.interrupts != "always":
        assert one.decision.rule.startswith(("A1", "A4", "W3m")), one.decision.rule


def nothing_is_answered_that_was_not_asked_yet(one: Happened) -> None:
    top, rule = one.top, one.decision.rule
    if top is None or not one.is_said:
        return
    asked, now = one.question(top), one.after(top)
    if asked is not None and asked.name != top.asked and not rule.startswith(("A5", "N", "W")):
        assert rule == "V2", rule
        assert now is None or _answers(now).keys() <= _answers(top).keys()
    if asked is not None and one.happening.at < top.asked_at and not (isinstance(asked, Ask) and asked.everyone):
        assert rule not in ("A6", "A7")
        is_free = isinstance(asked, Ask) and asked.is_free
        assert not is_free or now is None or asked.name not in now.known


def timer_of_an_earlier_question_does_nothing(one: Happened) -> None:
    due = one.happening.due
    if due is None or due.kind == "end":
        return
    instance = one.before.find(due.instance)
    if instance is None or instance.flow not in one.world.flows or instance.turn != due.turn:
        assert one.decision.rule == "M4"
        assert {each.id for each in one.decision.dialog.each()} == {
            each.id for each in one.before.each() if each.flow in one.world.flows
        }


def time_asks_nothing_but_the_end_of_a_vote(one: Happened) -> None:
    due = one.happening.due
    if due is None or one.decision.rule == "M5":
        return
    assert not [each for each in one.decision.effects if isinstance(each, Asked | Told | Routed)]
    for effect in one.decision.effects:
        if isinstance(effect, Spoken) and due.kind == "remind":
            assert one.decision.dialog.stacks[effect.instance.user][-1].id == effect.instance.id


def route_costs_no_try_and_waits_where_it_must(one: Happened) -> None:
    top = one.top
    if top is None or not one.is_said or top.user != one.happening.user:
        return
    now = one.after(top)
    if one.decision.rule.startswith("A5") and now is not None:
        assert now.tries in (0, top.tries)
    is_routed = any(isinstance(effect, Routed) for effect in one.decision.effects)
    if is_routed and not one.flow(top).lets_digress and one.question(top) is not None:
        assert one.other is not None
        assert one.other.interrupts == "always"


def changed_answer_takes_along_what_handlers_made_of_it(one: Happened) -> None:
    """What a handler has offered, checked or done behind it counts no more, nor a confirmation."""
    rule, top = (
        one.decision.rule.split("+")[-1],
        one.before.find(one.happening.tap.instance) if (one.happening.tap is not None) else one.top,
    )
    now = None if top is None else one.after(top)
    if top is None or now is None or rule not in ("T4", "W3m", "W2"):
        return
    flow = one.flow(top)
    names = [step.name for step in flow.steps]
    gone = [name for name in top.known if name not in now.known or now.known[name] != top.known[name]]
    first = min((names.index(name) for name in gone if name in names), default=len(names))
    for step in flow.steps[first + 1 :]:
        if isinstance(step, Confirm) or (isinstance(step, Ask) and step.comes_from_plugin):
            assert step.name not in now.known, step.name


def nothing_goes_back_behind_a_confirmation(one: Happened) -> None:
    if one.was_edited or one.happening.has_left:
        return
    for instance in one.before.each():
        now = one.after(instance)
        if now is None or instance.flow not in one.world.flows:
            continue
        steps = one.flow(instance).steps
        for at, step in enumerate(steps):
            if isinstance(step, Confirm) and instance.known.get(step.name) is True:
                assert now.known.get(step.name) is True
                assert all(now.known.get(each.name) == instance.known.get(each.name) for each in steps[:at])


def whoever_is_asked_may_still_be_wrong(one: Happened) -> None:
    for effect in one.decision.effects:
        if isinstance(effect, Asked) and effect.instance.is_open and isinstance(effect.question, Ask):
            limit = effect.question.tries or one.flow(effect.instance).tries
            assert effect.instance.tries < limit or one.was_edited


def only_its_hosts_stop_what_is_for_all(one: Happened) -> None:
    for effect in one.decision.effects:
        if isinstance(effect, Ended) and effect.instance.user == CHAT and one.decision.rule in ("W1", "T11"):
            assert one.happening.user in (effect.instance.by, *one.flow(effect.instance).hosts)


def what_is_uncovered_is_asked(one: Happened) -> None:
    """Where somebody has ended a flow of theirs, the one below it is asked; in silence only time does it.

    A flow of the whole chat that was begun instead, and had nothing to ask, leaves it at that.
    """
    user = one.happening.user
    ended = [effect.instance for effect in one.decision.effects if isinstance(effect, Ended)]
    if user not in one.before.stacks or one.happening.has_left or any(each.user == CHAT for each in ended):
        return
    was_on_top = one.before.stacks[user][-1].id
    is_over = any(each.id == was_on_top and each.ended in ("cancelled", "done", "gave_up") for each in ended)
    if is_over and one.decision.dialog.stacks.get(user):
        assert any(isinstance(each, Asked) for each in one.decision.effects)


def _touched(one: Happened) -> Iterator[Instance]:
    """Yield what is open and was looked at again with this event."""
    if one.happening.due is None and not one.happening.is_unsent and not one.happening.has_left:
        before = {each.id: each for each in one.before.each()}
        yield from (each for each in one.decision.dialog.each() if before.get(each.id) != each)


def _answers(instance: Instance) -> Mapping[str, Any]:
    return {name: value for name, value in instance.known.items() if isinstance(value, str | int | float)}


INVARIANTS: Sequence[Callable[[Happened], None]] = (
    rule_is_one_that_is_known,
    three_are_open_at_most_and_none_twice,
    what_is_asked_is_the_first_that_is_not_known,
    what_is_known_answers_the_flow_as_it_is,
    others_change_nothing_of_mine,
    control_is_no_answer_unless_it_is_offered,
    offered_choice_is_an_answer_whatever_else_it_means,
    nothing_is_answered_that_was_not_asked_yet,
    timer_of_an_earlier_question_does_nothing,
    time_asks_nothing_but_the_end_of_a_vote,
    route_costs_no_try_and_waits_where_it_must,
    changed_answer_takes_along_what_handlers_made_of_it,
    nothing_goes_back_behind_a_confirmation,
    whoever_is_asked_may_still_be_wrong,
    only_its_hosts_stop_what_is_for_all,
    what_is_uncovered_is_asked,
)
