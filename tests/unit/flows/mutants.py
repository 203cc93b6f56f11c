"""Break the rules of flows, one at a time, so that it can be seen whether anybody would notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from hookline.flows import course, rules, walk
from hookline.flows.course import Course
from hookline.flows.effects import Spoken, Tap
from hookline.flows.flow import Ask, Flow, Question
from hookline.flows.instance import CHAT, Instance
from hookline.flows.rules import _Turn

Mutant = Callable[[pytest.MonkeyPatch], None]


def last_tap_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A second tap on the last button of a flow is told that it has expired."""
    past_of = _Turn._tap_of_the_past

    async def broken(self: _Turn, tap: Tap) -> str:
        self._world = _Forgetful(self._world)
        return await past_of(self, tap)

    patch.setattr(_Turn, "_tap_of_the_past", broken)


def timers_of_earlier_questions_count(patch: pytest.MonkeyPatch) -> None:
    timer = _Turn._timer

    async def broken(self: _Turn) -> str:
        due = self._happening.due
        instance = self.dialog.find(due.instance) if due is not None else None
        if due is not None and instance is not None:
            self._happening = replace(self._happening, due=replace(due, turn=instance.turn))
        return await timer(self)

    patch.setattr(_Turn, "_timer", broken)


def what_came_before_its_question_answers_it(patch: pytest.MonkeyPatch) -> None:
    answered = _Turn._answered

    async def broken(self: _Turn, instance: Instance, flow: Flow, asked: Question, said: Any) -> str:
        self._happening = replace(self._happening, at=self._happening.now)
        return await answered(self, instance, flow, asked, said)

    patch.setattr(_Turn, "_answered", broken)


def what_handlers_made_of_an_answer_stays(patch: pytest.MonkeyPatch) -> None:
    def broken(flow: Flow, instance: Instance, name: str) -> None:
        walk.forget(replace(flow, steps=()), instance, name)

    patch.setattr(rules, "forget", broken)
    patch.setattr(course, "forget", broken)


def answer_counts_for_what_was_never_asked(patch: pytest.MonkeyPatch) -> None:
    answered = _Turn._message

    async def broken(self: _Turn, said: Any) -> str:
        instance = self.dialog.top(self._happening.user)
        if instance is not None:
            flow = self._world.flows[instance.flow]
            self._course.renew(instance, flow)
            asked = self._course.question(instance, flow)
            instance.asked = None if asked is None else asked.name
        return await answered(self, said)

    patch.setattr(_Turn, "_message", broken)


def control_words_come_before_what_is_offered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Turn, "_is_choice", lambda self, asked, said, offered: False)


def anybody_may_tap(patch: pytest.MonkeyPatch) -> None:
    tapped = _Turn._tap

    async def broken(self: _Turn, tap: Tap) -> str:
        instance = self.dialog.find(tap.instance)
        if instance is not None and instance.user != CHAT:
            self._happening = replace(self._happening, user=instance.user)
        return await tapped(self, tap)

    patch.setattr(_Turn, "_tap", broken)


def anybody_may_cancel_what_is_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Turn, "_is_host", lambda self, instance, flow: True)


def any_number_is_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(course, "MAX_OPEN", 99)


def what_waits_below_is_reminded_of(patch: pytest.MonkeyPatch) -> None:
    timer = _Turn._timer

    async def broken(self: _Turn) -> str:
        due = self._happening.due
        instance = self.dialog.find(due.instance) if due is not None else None
        rule = await timer(self)
        if rule == "M3" and instance is not None and self._world.flows[instance.flow].remind is not None:
            wording = self._world.flows[instance.flow].remind
            assert wording is not None
            self.effects.append(Spoken(instance, wording, is_push=True))
            return "M1"
        return rule

    patch.setattr(_Turn, "_timer", broken)


def all_goes_back_behind_a_confirmation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "is_confirmed", lambda flow, instance, name: False)


def what_expires_asks_for_what_is_below(patch: pytest.MonkeyPatch) -> None:
    timer = _Turn._timer

    async def broken(self: _Turn) -> str:
        rule = await timer(self)
        for stack in [*self.dialog.stacks.values()] if rule == "M2" else []:
            await self._course.uncover(stack[-1])
        return rule

    patch.setattr(_Turn, "_timer", broken)


def what_is_cancelled_leaves_what_is_below(patch: pytest.MonkeyPatch) -> None:
    cancel = _Turn._cancel

    async def broken(self: _Turn, instance: Instance, flow: Flow) -> None:
        self._course.uncover = _nothing  # type: ignore[method-assign]  # for this turn only
        await cancel(self, instance, flow)

    patch.setattr(_Turn, "_cancel", broken)


def digressions_are_always_let(patch: pytest.MonkeyPatch) -> None:
    digress = _Turn._digress

    async def broken(self: _Turn, instance: Instance, flow: Flow) -> str:
        return await digress(self, instance, replace(flow, lets_digress=True))

    patch.setattr(_Turn, "_digress", broken)


def digressions_cost_a_try(patch: pytest.MonkeyPatch) -> None:
    digress = _Turn._digress

    async def broken(self: _Turn, instance: Instance, flow: Flow) -> str:
        instance.tries += 1
        return await digress(self, instance, flow)

    patch.setattr(_Turn, "_digress", broken)


def nothing_is_given_up(patch: pytest.MonkeyPatch) -> None:
    missed = _Turn._missed

    async def broken(self: _Turn, instance: Instance, flow: Flow, asked: Question) -> str:
        loose = replace(asked, tries=99) if isinstance(asked, Ask) else asked
        return await missed(self, instance, replace(flow, tries=99), loose)

    patch.setattr(_Turn, "_missed", broken)


def answers_that_no_longer_fit_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(course, "prune", lambda flow, instance, holds, fits: None)


def second_beginning_is_a_second_flow(patch: pytest.MonkeyPatch) -> None:
    begin = Course.begin

    async def broken(self: Course, name: str, known: Mapping[str, str]) -> str:
        before = {user: list(stack) for user, stack in self.dialog.stacks.items()}
        self.dialog.stacks = {}
        rule = await begin(self, name, known)
        for user, stack in before.items():
            self.dialog.stacks[user] = [*stack, *self.dialog.stacks.get(user, [])]
        return rule

    patch.setattr(Course, "begin", broken)


MUTANTS: Sequence[Mutant] = (
    last_tap_is_forgotten,
    timers_of_earlier_questions_count,
    what_came_before_its_question_answers_it,
    what_handlers_made_of_an_answer_stays,
    answer_counts_for_what_was_never_asked,
    control_words_come_before_what_is_offered,
    anybody_may_tap,
    anybody_may_cancel_what_is_for_all,
    any_number_is_open,
    what_waits_below_is_reminded_of,
    all_goes_back_behind_a_confirmation,
    what_expires_asks_for_what_is_below,
    what_is_cancelled_leaves_what_is_below,
    digressions_are_always_let,
    digressions_cost_a_try,
    nothing_is_given_up,
    answers_that_no_longer_fit_stay,
    second_beginning_is_a_second_flow,
)


async def _nothing(instance: Instance | None) -> None:
    pass


class _Forgetful:
    """Be a world that forgets which button was tapped last."""

    def __init__(self, world: Any) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    async def past(self, instance: str) -> Instance | None:
        found: Instance | None = await self._world.past(instance)
        return None if found is None else replace(found, last_tap=[])
