"""Go on in a dialog: begin, know what is known already, do what stands before the next question, ask it, end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..plugins.dialogs import Choice
from ..routing.matching.text import MatchText
from .answers import MISSING, Said
from .effects import Asked, Effect, Ended, Handed, Happening, Noted, Spoken, Told, World
from .flow import MORE, Ask, Begin, Confirm, Do, Flow, Note, Question, Rounds, Tell
from .instance import CHAT, MAX_OPEN, Dialog, Instance, Outcome
from .walk import applies, before, cart_of, forget, is_of_round, learn, owner_of, part_of, prune, question

MOST_STEPS = 200
"""So often a flow may go on by itself before it asks something: handlers may ask again and again."""


class Course:
    """Change *dialog* upon what happens, and collect the effects."""

    def __init__(self, dialog: Dialog, happening: Happening, world: World) -> None:
        self.dialog = dialog
        self.effects: list[Effect] = []
        self._happening = happening
        self._world = world

    async def begin(self, name: str, known: Mapping[str, str]) -> str:
        """Begin the flow *name*, of which so much is *known*, and return the rule."""
        flow, user = self._world.flows.get(name), self._happening.user
        if flow is None:
            return "B0"
        if user is None and not flow.is_shared:
            self.effects.append(Told("no_person"))
            return "B0"
        whose = CHAT if flow.is_shared else str(user)
        stack = self.dialog.stacks.get(whose, [])
        same = next((one for one in stack if one.flow == name), None)
        rule = "B4" if stack else "B1"
        if same is not None and flow.restarts:
            self.end(same, "restarted")
            rule = "B3"
        elif same is not None:
            self.dialog.raise_up(same)
            await self.fill(same, flow, known)
            await self.go(same, flow)
            return "B2"
        if len(self.dialog.stacks.get(whose, [])) >= MAX_OPEN:
            self.end(self.dialog.stacks[whose][0], "dropped")
            rule = "B5"
        instance = Instance(_id_of(self._happening.id, name), name, whose, user, digest=flow.digest)
        instance.begun_at = self._happening.now
        self.dialog.begin(instance)
        await self.fill(instance, flow, known)
        await self.go(instance, flow)
        return rule

    def end(self, instance: Instance, outcome: Outcome) -> Instance | None:
        """End an open one, and return the one that it uncovers, if any."""
        uncovered = self.dialog.end(instance, outcome, self._happening.now)
        self.effects.append(Ended(instance, outcome))
        return uncovered

    async def uncover(self, instance: Instance | None) -> None:
        """Go on with what was below one that has ended, if anything was."""
        if instance is not None:
            await self.go(instance, self._world.flows[instance.flow])

    async def fill(self, instance: Instance, flow: Flow, known: Mapping[str, str]) -> None:
        """Know what was captured, what is remembered, and what the text mentions; never what any text would be."""
        said, reader = self._happening.said, self._world.reader
        for ask in flow.asks:
            if ask.name in instance.known or ask.everyone is not None or not ask.is_prefilled:
                continue
            if not applies(ask, instance.known, self._world.holds):
                continue
            value = self._captured(ask, known)
            if value is MISSING and said is not None and said.text is not None and not ask.is_free:
                value = reader.mention(ask, said.text, self.static(ask))
            if value is MISSING and ask.is_remembered:
                remembered = self._world.remembered(ask)
                value = remembered if remembered is not None and self._fits(ask, remembered) else MISSING
            if value is not MISSING and (ask.check is None or await self._is_right(ask, instance, value)):
                learn(instance, ask.name, value, self._happening.message)

    def _captured(self, ask: Ask, known: Mapping[str, str]) -> Any:
        given = known.get(ask.name)
        if given is None or ask.is_free:
            return MISSING if given is None else given
        return self._world.reader.read(ask, Said(text=MatchText(given, is_called=True)), self.static(ask))

    async def _is_right(self, ask: Ask, instance: Instance, value: Any) -> bool:
        return not (await self._world.judged(ask, instance, value)).why

    def renew(self, instance: Instance, flow: Flow) -> None:
        """Know no more than what still stands, whatever the file was changed to."""
        instance.digest = flow.digest
        prune(flow, instance, self._world.holds, self._fits)

    def _fits(self, ask: Ask, value: Any) -> bool:
        """Say whether what is known still answers *ask*; a handler's choices are not asked for again."""
        if not isinstance(ask.choices, tuple) and ask.kind == "choice":
            return isinstance(value, str)
        return self._world.reader.fits(ask, value, self.static(ask))

    async def go(self, instance: Instance, flow: Flow) -> None:
        """Do all steps up to the next question, and ask it; at the end, end."""
        for _ in range(MOST_STEPS):
            prune(flow, instance, self._world.holds, self._fits)
            asked = self.question(instance, flow)
            match await self._do_before(instance, flow, asked):
                case "again":
                    continue
                case "ended":
                    return
            if self._is_full(flow, instance, asked):
                continue
            if asked is not None:
                await self._offer(instance, asked)
                self.ask(instance, asked)
                return
            await self._finished(instance, flow)
            return
        raise RuntimeError(f"flow `{flow.name}` goes on for ever without a question")

    def _is_full(self, flow: Flow, instance: Instance, asked: Question | None) -> bool:
        """Close a list that may have no more rounds, and say whether it was one."""
        if asked is None or not is_of_round(asked.name) or part_of(asked.name) != MORE:
            return False
        rounds = flow.find(owner_of(asked.name))
        count = len(cart_of(instance, owner_of(asked.name))["rounds"]) + 1
        if not isinstance(rounds, Rounds) or rounds.at_most is None or count < rounds.at_most:
            return False
        learn(instance, asked.name, False)
        instance.order.remove(asked.name)
        return True

    async def _finished(self, instance: Instance, flow: Flow) -> None:
        last = next((step for step in reversed(flow.steps) if step.name in instance.passed), None)
        uncovered = self.end(instance, "done")
        if isinstance(last, Begin):
            await self.begin(last.flow, {})
        else:
            await self.uncover(uncovered)

    async def _do_before(self, instance: Instance, flow: Flow, asked: Question | None) -> str:
        """Do what stands before *asked* and wasn't done yet."""
        for step in before(flow, asked):
            if isinstance(step, Ask | Confirm | Rounds) or not applies(step, instance.known, self._world.holds):
                continue
            if isinstance(step, Do):
                if step.name not in instance.known:
                    ended = await self._run(instance, flow, step)
                    if ended:
                        return ended
            elif step.name not in instance.passed:
                instance.passed.append(step.name)
                if isinstance(step, Tell):
                    self.effects.append(Spoken(instance, step.say))
                elif isinstance(step, Note):
                    self.effects.append(Noted(instance, step))
        return ""

    async def _run(self, instance: Instance, flow: Flow, do: Do) -> str:
        done = await self._world.done(do, instance)
        if done.says:
            self.effects.append(Handed(done.says))
        if done.is_refused:
            await self.uncover(self.end(instance, "refused"))
            return "ended"
        if done.again is not None:
            forget(flow, instance, done.again)
            return "again"
        instance.known[do.name] = dict(done.known)
        return ""

    def question(self, instance: Instance, flow: Flow) -> Question | None:
        """Return what is to be asked next."""
        return question(flow, instance, self._world.holds)

    def static(self, ask: Ask) -> Sequence[Choice]:
        """Return the choices of *ask* that stand in the file."""
        return ask.choices if isinstance(ask.choices, tuple) else ()

    def stored(self, instance: Instance) -> Sequence[Choice]:
        """Return the choices that a handler gave when it was asked."""
        return [Choice(value, label, tuple(words)) for value, label, words in instance.offered]

    def offered(self, instance: Instance, asked: Question) -> Sequence[Choice]:
        """Return the choices of what is asked: those in the file, or what the handler said when it was asked."""
        if isinstance(asked, Confirm):
            return ()
        return asked.choices if isinstance(asked.choices, tuple) else self.stored(instance)

    async def _offer(self, instance: Instance, asked: Question) -> None:
        """Let a handler say what is offered, and keep that with the question."""
        instance.offered = []
        if isinstance(asked, Ask) and asked.choices is not None and not isinstance(asked.choices, tuple):
            given = await self._world.choices(asked, instance)
            instance.offered = [[one.value, one.label, list(one.words)] for one in given]

    def ask_again(self, instance: Instance, flow: Flow) -> None:
        """Ask what is to be asked next, if it is still open."""
        asked = self.question(instance, flow)
        if asked is not None and instance.is_open:
            self.ask(instance, asked)

    def ask(self, instance: Instance, asked: Question, *, is_retry: bool = False, skip: int = 0) -> None:
        """Ask *asked*, without the first *skip* choices; each time is another turn."""
        now = self._happening.now
        if instance.asked != asked.name:
            instance.tries, instance.since = 0, now
        instance.turn += 1
        instance.asked, instance.asked_at, instance.heard_in = asked.name, now, self._happening.batch
        self.effects.append(Asked(instance, asked, self.offered(instance, asked)[skip:], is_retry, skip))


def _id_of(event: str, flow: str) -> str:
    """Return the id of the instance of *flow* that *event* begins: the same when the event is run again."""
    return hashlib.sha256(f"{event}/{flow}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
