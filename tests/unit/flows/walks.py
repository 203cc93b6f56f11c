"""Walk at random through flows, while handlers fail and the file changes, and look at each step whether all holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from hookline.flows.answers import Said
from hookline.flows.effects import Done, Due, Judged, Other, Tap
from hookline.flows.flow import MEDIA, Ask, Flow
from hookline.flows.instance import Instance
from hookline.flows.rules import Decision
from hookline.messages import Message
from tests.unit.flows.edits import WALKED, edited
from tests.unit.flows.exits import leads_on
from tests.unit.flows.happened import Happened
from tests.unit.flows.invariants import INVARIANTS
from tests.unit.flows.talks import ROUTES, Talk

TEXTS = [
    *WALKED, "help", "menu", "human", "quiet", "book 2026-12-02 自取", "2026-12-02", "2026-12-09", "10:00", "11:00",
    "Ann", "外送", "自取", "好", "不", "tea", "latte", "2", "red", "p", "取消", "上一步", "修改", "略過", "day", "how",
    "a", "結束", "會到", "保留", "0912-345-678", "@@", "",
]  # fmt: skip
OTHERS = {name: other for name, other in ROUTES.items() if name in ("help", "menu", "human", "quiet", "book")}
CONTROLS = ["@choose", "@more", "@again", "@back", "@cancel", "@change", "@skip"]
ANSWERS = {"date": ["2026-12-02", "2026-12-09"], "number": ["3"], "yes_no": ["好", "不"], "phone": ["0912345678"]}
WHY = (Message.from_text("no"),)

Edit = Callable[[random.Random, Mapping[str, Flow]], dict[str, Flow]]


class Walk:
    """Be one chat, in which anything happens; what breaks a rule raises AssertionError."""

    def __init__(
        self,
        chance: random.Random,
        flows: Mapping[str, Flow] = WALKED,
        *,
        edits: Edit | None = edited,
        often: float = 0.05,
    ) -> None:
        self._chance = chance
        self._edits = edits
        self._often = often
        self.talk = Talk(flows)
        self.rules: set[str] = set()
        self._texts = [
            *TEXTS,
            *(name for name in flows for _ in range(20 // len(flows))),
            *(choice for flow in flows.values() for choice in _choices(flow)),
        ]
        self._begun = {name: Other(name, begins=name) for name in flows}
        self._seen: list[tuple[str, str, int]] = []
        self._was_edited = False
        self._states: set[object] = set()
        self._over: dict[str, Instance] = {}

    async def begin(self, name: str) -> None:
        """Let ann begin a flow."""
        await self._step({"text": name, "other": self._begun[name]})

    async def go(self, steps: int) -> None:
        """Let so much happen."""
        for _ in range(steps):
            if self._edits is not None and self._chance.random() < self._often:
                self.talk.world.flows = self._edits(self._chance, self.talk.world.flows)
                self._was_edited = True
            await self._step(self._something())

    async def _step(self, facts: dict[str, Any]) -> None:
        talk, before = self.talk, deepcopy(self.talk.dialog)
        self._set_mood()
        try:
            decision = await self._twice(facts)
        except Trouble:
            assert talk.dialog == before
            talk.world.handlers = {}
            decision = await self._twice(facts)
        assert talk.dialog == before
        happening, other = talk.last
        one = Happened(before, happening, other, decision, talk.world, self._was_edited)
        for holds in INVARIANTS:
            holds(one)
        self.rules.add(decision.rule)
        self._keep(decision)
        is_answer = happening.tap is not None and happening.tap.control is None
        is_asked_anew = decision.rule.endswith(("T2", "T5"))  # and may be an answer now
        if (is_answer and not is_asked_anew) or happening.due is not None:
            await self._again(facts, decision)
        await self._look_for_exits()

    async def _twice(self, facts: dict[str, Any]) -> Decision:
        """Return what comes of it; run again it comes to the same."""
        talk = self.talk
        first = await talk.tried(**facts)
        talk.back()
        second = await talk.tried(**facts)
        assert first == second
        return second

    async def _again(self, facts: dict[str, Any], decision: Decision) -> None:
        """Let the same tap or timer come once more: nothing changes, and an answer is repeated in silence."""
        talk = self.talk
        known = [(one.id, one.known, one.votes) for one in talk.dialog.each()]
        talk.world.handlers = {}
        again = await talk.tried(**facts)
        assert [(one.id, one.known, one.votes) for one in again.dialog.each()] == known, (decision.rule, again.rule)
        tap = facts.get("tap")
        if decision.rule in ("T1", "T4", "T6+T1", "T6+T4") and tap is not None:
            now = talk.dialog.find(tap.instance)
            if now is None or now.asked != tap.step:
                assert list(again.effects) == [], again.rule

    def _keep(self, decision: Decision) -> None:
        talk = self.talk
        talk.dialog = decision.dialog
        for one in talk.dialog.ended:
            assert one.id not in self._over
            self._over[one.id] = deepcopy(one)
            talk.world.ended[one.id] = one
        talk.dialog.ended = []
        for one in talk.dialog.each():
            assert one.id not in self._over
            self._seen.append((one.id, one.asked or "", one.turn))
        assert talk.world.ended == self._over

    async def _look_for_exits(self) -> None:
        """Look from each new state whether a word, an answer and time lead on."""
        for instance in self.talk.dialog.each():
            flow = self.talk.world.flows.get(instance.flow)
            if flow is None:
                continue
            state = (flow.name, flow.steps, instance.asked, frozenset(instance.known), instance.chooses, instance.tries)
            key = hash(repr(state))
            if key not in self._states:
                self._states.add(key)
                await leads_on(self.talk, instance)

    def _set_mood(self) -> None:
        """Let handlers be as they like, the same for the whole event."""
        chance = self._chance
        self.talk.world.handlers = {}
        if chance.random() < 0.5:
            return
        slots = chance.choice([("10:00",), ("10:00", "11:00"), ("p", "red")])
        judged = chance.choice([Judged("better"), Judged(why=WHY), None])
        done = chance.choice([Done({"number": 1}), Done(again="time"), Done(again="cart"), Done(is_refused=True), None])

        def check(instance: Instance, value: Any) -> Judged:
            if judged is None:
                raise Trouble
            return judged if judged.why or not isinstance(value, str) else Judged(value)

        def book(instance: Instance) -> Done:
            if done is None:
                raise Trouble
            return done if done.again is None or done.again in instance.known else Done(says=WHY)

        self.talk.world.handlers = {"slots": lambda instance: slots, "check": check, "book": book}

    def _something(self) -> dict[str, Any]:
        """Return what happens next."""
        chance = self._chance
        user = chance.choice(["ann"] * 5 + ["bob"])
        pick = chance.random()
        if pick < 0.55 or not self._seen:
            early = {"at": 1} if chance.random() < 0.1 else {}
            return {**self._said(user), "user": user, "is_called": chance.random() < 0.85, **early}
        identity, asked, turn = chance.choice(self._seen[-12:])
        if pick < 0.78:
            return {**self._tap(identity, asked), "user": user}
        if pick < 0.9:
            due: Any = chance.choice(["remind", "remind", "expire", "close", "end"])
            return {"due": Due(identity, turn, due), "user": None}
        others: list[dict[str, Any]] = [
            {"said": Said(), "user": user},
            {"is_unsent": True, "message": f"m{chance.randrange(1, 60)}"},
            {"begins": chance.choice(sorted(self._begun)), "user": user},
            {"has_left": True},
        ]
        return chance.choices(others, weights=[4, 4, 4, 1])[0]

    def _said(self, user: str) -> dict[str, Any]:
        """Return something that is written, or an answer to what is asked."""
        top, chance = self.talk.dialog.top(user), self._chance
        flow = None if top is None else self.talk.world.flows.get(top.flow)
        asked = None if top is None or flow is None else flow.find(top.asked or "")
        if top is None or asked is None or chance.random() < 0.35:
            text = chance.choice(self._texts)
            return {"text": text, "other": self._begun.get(text, OTHERS.get(text.split(" ")[0]))}
        if top.tries and chance.random() < 0.5:  # whoever is wrong is so again
            return {"text": "@@"}
        if top.chooses and top.known:
            return {"text": chance.choice(sorted(top.known))}
        if not isinstance(asked, Ask):
            return {"text": chance.choice(["好", "好", "不"])}
        if asked.kind in MEDIA:
            return {"said": Said(media={"type": asked.kind, "id": "1"})}
        offered = [str(one[0]) for one in top.offered] + _choices_of(asked)
        return {"text": chance.choice(ANSWERS.get(asked.kind, offered or ["something"]))}

    def _tap(self, identity: str, asked: str) -> dict[str, Any]:
        chance = self._chance
        step = chance.choice([asked, asked, asked, "day", "time", "how", "come", "a", *CONTROLS])
        open_one = self.talk.dialog.find(identity)
        values = ["2026-12-02", "10:00", "yes", "no", "red", "tea", "自取", "外送", "保留", asked, "day", "how"]
        offered = [] if open_one is None else [one[0] for one in open_one.offered]
        flow = None if open_one is None else self.talk.world.flows.get(open_one.flow)
        question = None if flow is None else flow.find(step)
        if isinstance(question, Ask):
            offered += _choices_of(question)
            if chance.random() < 0.7:
                values = offered or ["2026-12-02", "2026-12-09", "yes", "no"]
        value = asked if step[0] == "@" and step != "@choose" else chance.choice([*values, *offered])
        return {"tap": Tap(identity, step, value), "said": Said(value=value)}


class Trouble(Exception):  # noqa: N818
    """Be what a handler raises."""


def _choices(flow: Flow) -> list[str]:
    return [value for step in flow.each() if isinstance(step, Ask) for value in _choices_of(step)]


def _choices_of(ask: Ask) -> list[str]:
    return [choice.value for choice in ask.choices] if isinstance(ask.choices, tuple) else []
