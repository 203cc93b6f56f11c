"""Decide what one event changes in the dialogs of its chat: one rule for each situation, see ``docs/flows.md``.

Nothing here talks to a store or a platform. What a handler says comes through the :class:`~.effects.World`; when it
raises, nothing of the run counts, and the same answer may come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..clock import APART
from ..plugins.dialogs import Choice
from .answers import MAX_TEXT, MISSING, Said, key_of
from .course import Course
from .effects import (
    Chosen,
    Effect,
    Handed,
    Happening,
    Other,
    Remembered,
    Routed,
    Spoken,
    Stranded,
    Tap,
    Told,
    World,
)
from .flow import CONTROLS, MORE, Ask, Confirm, Control, Flow, Question, Rounds
from .instance import CHAT, Dialog, Instance
from .walk import (
    changeable,
    forget,
    is_confirmed,
    is_of_round,
    learn,
    owner_of,
    part_of,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold the rule that counted, by its name in ``docs/flows.md``, the dialogs as they are afterwards, and effects."""

    rule: str
    dialog: Dialog
    effects: Sequence[Effect]


async def decide(dialog: Dialog, happening: Happening, other: Other | None, world: World) -> Decision:
    """Return what *happening* makes of *dialog*, where the route *other* would answer it, if any would."""
    turn = _Turn(dialog.copied(), happening, other, world)
    rule = await turn.decide()
    return Decision(rule, turn.dialog, turn.effects)


class _Turn:
    def __init__(self, dialog: Dialog, happening: Happening, other: Other | None, world: World) -> None:
        self._course = Course(dialog, happening, world)
        self.dialog, self.effects = self._course.dialog, self._course.effects
        self._happening = happening
        self._other = other
        self._world = world
        self._is_any_gone = False

    async def decide(self) -> str:
        happening = self._happening
        if happening.has_left:
            for instance in [*self.dialog.each()]:
                self._course.end(instance, "left")
            return "L1"
        for instance in [*self.dialog.each()]:
            if instance.flow not in self._world.flows:
                self._course.end(instance, "gone")
                self._is_any_gone = True
        if happening.due is not None:
            return await self._timer()
        if happening.is_unsent:
            return self._taken_back()
        if happening.begins is not None:
            return await self._course.begin(happening.begins, {} if self._other is None else self._other.known)
        if happening.tap is not None:
            return await self._tap(happening.tap)
        return await self._message(happening.said or Said())

    # What nobody said: time, and messages that were taken back

    async def _timer(self) -> str:
        due = self._happening.due
        assert due is not None
        instance = self.dialog.find(due.instance)
        if instance is not None and due.kind == "end":
            self._course.end(instance, "ended")
            return "M6"
        if instance is None or instance.turn != due.turn:
            return "M4"
        flow = self._world.flows[instance.flow]
        self._course.renew(instance, flow)
        match due.kind:
            case "remind":
                if self.dialog.stacks[instance.user][-1] is not instance or flow.remind is None:
                    return "M3"
                self.effects.append(Spoken(instance, flow.remind, is_push=True))
                return "M1"
            case "expire":
                self._course.end(instance, "expired")
                if flow.expired is not None:
                    self.effects.append(Spoken(instance, flow.expired, is_push=True))
                return "M2"
        asked = flow.find(instance.asked or "")
        if not isinstance(asked, Ask) or asked.everyone is None:
            return "M4"
        await self._close(instance, flow, asked)
        return "M5"

    async def _close(self, instance: Instance, flow: Flow, ask: Ask) -> None:
        """End that everyone may answer *ask*."""
        learn(instance, ask.name, dict(instance.votes))
        instance.votes = {}
        await self._course.go(instance, flow)

    def _taken_back(self) -> str:
        for instance in self.dialog.each():
            flow = self._world.flows[instance.flow]
            for name, source in [*instance.sources.items()]:
                if source == self._happening.message and not is_confirmed(flow, instance, name):
                    forget(flow, instance, name)
                    return "U1"
        return "U2"

    # Taps on buttons of questions

    async def _tap(self, tap: Tap) -> str:
        instance = self.dialog.find(tap.instance)
        if instance is None:
            return await self._tap_of_the_past(tap)
        if instance.user not in (CHAT, self._happening.user):
            return "T10"
        flow = self._world.flows[instance.flow]
        raised = ""
        if self.dialog.stacks[instance.user][-1] is not instance:
            self.dialog.raise_up(instance)
            raised = "T6+"
        self._course.renew(instance, flow)
        return raised + await self._tapped(instance, flow, tap, is_raised=bool(raised))

    async def _tap_of_the_past(self, tap: Tap) -> str:
        past = next((one for one in self.dialog.ended if one.id == tap.instance), None)
        past = past or await self._world.past(tap.instance)
        if past is None:
            self.effects.append(Told("expired"))
            return "T9"
        if past.user not in (CHAT, self._happening.user):
            return "T10"
        if past.last_tap == [tap.step, tap.value]:
            return "T7"
        if tap.control == "again" and past.flow in self._world.flows:
            return await self._course.begin(past.flow, {})
        self.effects.append(Told("expired", past.flow if past.flow in self._world.flows else None))
        return "T8"

    async def _tapped(self, instance: Instance, flow: Flow, tap: Tap, *, is_raised: bool) -> str:
        asked = self._course.question(instance, flow)
        current = asked.name if asked is not None else None
        if tap.control is not None:
            return await self._control(instance, flow, asked, tap)
        step = flow.find(tap.step)
        said = Said(value=tap.value)
        if isinstance(step, Ask) and step.everyone is not None and tap.step == current:
            return self._vote(instance, step, said)
        if asked is not None and tap.step == current and instance.asked == current:
            offered = self._course.offered(instance, asked)
            value = self._world.reader.read(asked, said, offered)
            if value is not MISSING:
                return await self._answer(instance, flow, asked, value, "T1", tap)
            if self._world.reader.is_offered(asked, said, offered):
                return await self._missed(instance, flow, asked)
            await self._course.go(instance, flow)
            return "T2"
        is_single = isinstance(step, Ask) and step.everyone is None and not is_of_round(tap.step)
        if isinstance(step, Ask) and is_single and tap.step in instance.order:
            rule = await self._tap_of_an_answer(instance, flow, step, tap, is_raised=is_raised)
            if rule:
                return rule
        if instance.last_tap == [tap.step, tap.value]:
            await self._resume(instance, flow, is_raised=is_raised)
            return "T3"
        await self._course.go(instance, flow)
        return "T5"

    async def _tap_of_an_answer(self, instance: Instance, flow: Flow, ask: Ask, tap: Tap, *, is_raised: bool) -> str:
        """Return the rule for a button of a question that is answered, or nothing."""
        offered = ask.choices if isinstance(ask.choices, tuple) else self._course.stored(instance)
        value = self._world.reader.read(ask, Said(value=tap.value), offered)
        if instance.known.get(ask.name) == (tap.value if value is MISSING else value):
            await self._resume(instance, flow, is_raised=is_raised)
            return "T3"
        if value is MISSING or is_confirmed(flow, instance, ask.name):
            return ""
        forget(flow, instance, ask.name)
        return await self._answer(instance, flow, ask, value, "T4", tap)

    async def _resume(self, instance: Instance, flow: Flow, *, is_raised: bool) -> None:
        if is_raised:
            await self._course.go(instance, flow)

    async def _control(self, instance: Instance, flow: Flow, asked: Question | None, tap: Tap) -> str:
        control = tap.control
        if not self._is_host(instance, flow):
            return "T10"
        if control == "cancel":
            await self._cancel(instance, flow)
            return "T11"
        if control == "more":
            if asked is None or tap.value.partition("|")[0] != asked.name:
                return "T3"
            self._course.ask(instance, asked, skip=_number(tap.value.partition("|")[2]))
            return "T13"
        if control == "choose":
            return await self._chosen(instance, flow, tap.value)
        is_asked = asked is not None and tap.value == asked.name == instance.asked
        if not is_asked or control not in CONTROLS or asked is None:
            return "T3"
        return await self._word(instance, flow, asked, control)

    def _vote(self, instance: Instance, ask: Ask, said: Said) -> str:
        value, user = self._world.reader.read(ask, said, self._course.offered(instance, ask)), self._happening.user
        if value is MISSING or user is None:
            return "T2v"
        if instance.votes.get(user) == value:
            return "T12r"
        instance.votes[user] = value
        return "T12"

    # What people write and send

    async def _message(self, said: Said) -> str:
        instance = self.dialog.top(self._happening.user)
        if instance is None:
            return await self._routed()
        flow, was_asked = self._world.flows[instance.flow], instance.asked
        self._course.renew(instance, flow)
        asked = self._course.question(instance, flow)
        is_host = self._is_host(instance, flow)
        words = self._world.reader.words.replaced(flow.words)
        is_vote = isinstance(asked, Ask) and asked.everyone is not None
        if is_vote and is_host and said.text is not None and words.meaning(said.text, ("close",)):
            assert isinstance(asked, Ask)
            await self._close(instance, flow, asked)
            return "W5"
        if not self._happening.is_called and not self._answers_unasked(instance, asked, was_asked, said):
            return await self._routed()
        if asked is None:
            await self._course.go(instance, flow)
            return "V4"
        word = self._word_of(said, words, asked, self._course.offered(instance, asked))
        if word is not None:
            return await (self._word(instance, flow, asked, word) if is_host else self._routed())
        is_free = isinstance(asked, Ask) and asked.is_free
        interrupts = self._other.interrupts if self._other is not None else "never"
        if interrupts == "always" or (interrupts == "exact" and is_free):
            return await self._digress(instance, flow)
        if asked.name != was_asked:
            await self._course.go(instance, flow)
            return "V2"
        if instance.chooses and said.text is not None:
            rule = await self._chosen(instance, flow, said.text.key)
            if rule == "W3m":
                return rule
        return await self._answered(instance, flow, asked, said)

    async def _answered(self, instance: Instance, flow: Flow, asked: Question, said: Said) -> str:
        """Take what was said as the answer to what is asked, if it is one."""
        reader, offered = self._world.reader, self._course.offered(instance, asked)
        value = reader.read(asked, said, offered)
        is_for_all = isinstance(asked, Ask) and asked.everyone is not None
        if self._is_early(instance) and not is_for_all:
            return await self._early(instance, flow, asked, said, value)
        if value is not MISSING and isinstance(asked, Ask) and is_for_all:
            return self._vote(instance, asked, said)
        if value is not MISSING:
            return await self._answer(instance, flow, asked, value, "A4")
        if isinstance(asked, Ask) and part_of(asked.name) == MORE and is_of_round(asked.name):
            next_one = await self._next_round(instance, flow, asked, said)
            if next_one:
                return next_one
        if self._other is not None and self._other.interrupts != "never":
            return await self._digress(instance, flow)
        if is_for_all:
            return await self._routed()
        return await self._missed(instance, flow, asked)

    def _is_early(self, instance: Instance) -> bool:
        """Say whether this came before the question was asked, as far as clocks tell, or together with what led to it.

        By a clock that has been set back meanwhile it didn't.
        """
        at, asked_at, apart = self._happening.at, instance.asked_at, self._happening.apart
        is_before = at < asked_at and (at < asked_at - apart or self._happening.batch == instance.heard_in)
        return is_before and asked_at <= self._happening.now + APART

    async def _early(self, instance: Instance, flow: Flow, asked: Question, said: Said, value: Any) -> str:
        """Take what was written before the question could be seen: its answer all the same, or more of the last."""
        is_free = isinstance(asked, Ask) and asked.is_free
        if value is not MISSING and not is_free:
            return await self._answer(instance, flow, asked, value, "A1")
        last = flow.find(instance.order[-1]) if instance.order else None
        if said.text is None or not isinstance(last, Ask) or not last.is_free or is_of_round(last.name):
            return "A3"
        before = instance.known.get(last.name)
        joined = f"{before} {said.text.spoken.strip()}"
        if not isinstance(before, str) or len(joined) > MAX_TEXT:  # it was skipped, or becomes what is no answer
            return "A3"
        instance.known[last.name] = joined
        return "A2"

    async def _next_round(self, instance: Instance, flow: Flow, asked: Ask, said: Said) -> str:
        """Take what answers the first question of a list as a yes to whether there is more."""
        rounds = flow.find(owner_of(asked.name))
        assert isinstance(rounds, Rounds)
        first = rounds.steps[0]
        value = MISSING if first.is_free else self._world.reader.read(first, said, self._course.static(first))
        if value is MISSING:
            return ""
        learn(instance, asked.name, True)
        return await self._answer(instance, flow, first, value, "A4m")

    def _answers_unasked(self, instance: Instance, asked: Question | None, was_asked: str | None, said: Said) -> bool:
        """Say whether what was said among others fits what is asked, and is no free text."""
        if asked is None or asked.name != was_asked or (isinstance(asked, Ask) and asked.is_free):
            return False
        return self._world.reader.read(asked, said, self._course.offered(instance, asked)) is not MISSING

    async def _missed(self, instance: Instance, flow: Flow, asked: Question) -> str:
        """Ask again, politely, until the limit."""
        instance.tries += 1
        limit = asked.tries if isinstance(asked, Ask) and asked.tries is not None else flow.tries
        if instance.tries < limit:
            self._course.ask(instance, asked, is_retry=True)
            return "A6"
        await self._give_up(instance, flow)
        return "A7"

    async def _give_up(self, instance: Instance, flow: Flow) -> None:
        uncovered = self._course.end(instance, "gave_up")
        if flow.stuck.say is not None:
            self.effects.append(Spoken(instance, flow.stuck.say))
        elif flow.stuck.begin is None and flow.stuck.run is None:
            self.effects.append(Told("stuck"))
        if flow.stuck.run is not None:
            self.effects.append(Stranded(instance))
        if flow.stuck.begin is not None:
            await self._course.begin(flow.stuck.begin, {})
        else:
            await self._course.uncover(uncovered)

    # Words and buttons that want something else than to answer

    def _word_of(self, said: Said, words: Any, asked: Question, offered: Sequence[Choice]) -> Control | None:
        if said.text is None or (isinstance(asked, Ask) and self._is_choice(asked, said, offered)):
            return None
        found: Control | None = words.meaning(said.text, ("cancel", "back", "change", "skip"))
        return found

    def _is_choice(self, asked: Ask, said: Said, offered: Sequence[Choice]) -> bool:
        return asked.kind == "choice" and self._world.reader.read(asked, said, offered) is not MISSING

    async def _word(self, instance: Instance, flow: Flow, asked: Question, word: Control) -> str:
        match word:
            case "cancel":
                await self._cancel(instance, flow)
                return "W1"
            case "skip":
                if not (isinstance(asked, Ask) and asked.is_optional):
                    self.effects.append(Told("needed"))
                    self._course.ask(instance, asked)
                    return "W4x"
                learn(instance, asked.name, None)
                await self._course.go(instance, flow)
                return "W4"
            case "back":
                return await self._back(instance, flow, asked)
            case "change":
                asks = changeable(flow, instance)
                if not asks:
                    self.effects.append(Told("first_question"))
                    self._course.ask(instance, asked)
                    return "W3x"
                self._choose(instance, asks)
                return "W3"
        return "T3"

    async def _back(self, instance: Instance, flow: Flow, asked: Question) -> str:
        names = [name for name in instance.order if not is_confirmed(flow, instance, name)]
        if not names:
            self.effects.append(Told("first_question"))
            self._course.ask(instance, asked)
            return "W2x"
        forget(flow, instance, names[-1])
        await self._course.go(instance, flow)
        return "W2"

    def _choose(self, instance: Instance, asks: Sequence[Ask]) -> None:
        instance.chooses = True
        self.effects.append(Chosen(instance, asks))

    async def _chosen(self, instance: Instance, flow: Flow, given: str) -> str:
        """Forget the answer whose label or name is *given*, and ask for it."""
        for ask in changeable(flow, instance):
            if given in (ask.name, key_of(ask.name), key_of(ask.title)):
                forget(flow, instance, ask.name)
                await self._course.go(instance, flow)
                return "W3m"
        return "T3"

    async def _cancel(self, instance: Instance, flow: Flow) -> None:
        uncovered = self._course.end(instance, "cancelled")
        self.effects.append(Told("cancelled") if flow.cancelled is None else Spoken(instance, flow.cancelled))
        await self._course.uncover(uncovered)

    def _is_host(self, instance: Instance, flow: Flow) -> bool:
        """Say whether this person may do more than answer: a flow of a chat is its beginner's and the hosts'."""
        return instance.user != CHAT or self._happening.user in (instance.by, *flow.hosts)

    # Routes beside the dialog

    async def _digress(self, instance: Instance, flow: Flow) -> str:
        assert self._other is not None
        if self._other.interrupts != "always" and not flow.lets_digress:
            self.effects.append(Told("finish_first"))
            self._course.ask_again(instance, flow)
            return "A5x"
        rule = await self._routed()
        if self._other.begins is None:
            self._course.ask_again(instance, flow)
        return f"A5+{rule}"

    async def _routed(self) -> str:
        if self._other is None:
            if self._is_any_gone:
                self.effects.append(Told("gone"))
            return "V1" if self._is_any_gone else "N0"
        self.effects.append(Routed())
        if self._other.begins is not None:
            return await self._course.begin(self._other.begins, self._other.known)
        return "N1"

    # Answers

    async def _answer(
        self, instance: Instance, flow: Flow, asked: Question, value: Any, rule: str, tap: Tap | None = None
    ) -> str:
        if isinstance(asked, Ask) and asked.check is not None:
            judged = await self._world.judged(asked, instance, value)
            if judged.why:
                return rule + await self._refused(instance, flow, asked, judged.why)
            value = judged.value
        if tap is not None:
            instance.last_tap = [tap.step, tap.value]
        if isinstance(asked, Confirm) and value is False:
            asks = changeable(flow, instance)
            if asks:
                self._choose(instance, asks)
            else:
                await self._cancel(instance, flow)
            return f"{rule}n"
        learn(instance, asked.name, value, self._happening.message)
        if isinstance(asked, Ask) and asked.is_remembered:
            self.effects.append(Remembered(asked.name, value))
        instance.chooses = False
        said = self._happening.said
        if isinstance(asked, Ask) and not asked.is_free and said is not None and said.text is not None:
            await self._course.fill(instance, flow, {})
        await self._course.go(instance, flow)
        return rule

    async def _refused(self, instance: Instance, flow: Flow, asked: Ask, why: Sequence[Any]) -> str:
        """Say why an answer isn't taken; it is a try."""
        instance.tries += 1
        self.effects.append(Handed(why))
        if instance.tries >= (flow.tries if asked.tries is None else asked.tries):
            await self._give_up(instance, flow)
            return "c7"
        return "c"


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 0
