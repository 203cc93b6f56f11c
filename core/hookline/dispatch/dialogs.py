"""Let the flows that people are in have their part of an event, before and beside the routes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ..bots.happenings import LEAVING, happening_of, is_ended_by_operator, other_of, tap_of
from ..clock import Clock
from ..errors import HandlerError
from ..events import TIMER, Event, Match, is_own
from ..flows.answers import Reader, typed_value
from ..flows.effects import (
    FLOW_ROUTE,
    Asked,
    Chosen,
    Done,
    Effect,
    Handed,
    Happening,
    Judged,
    Noted,
    Other,
    Remembered,
    Spoken,
    Stranded,
    Told,
)
from ..flows.effects import Routed as Answered
from ..flows.flow import Ask, Do, Flow
from ..flows.instance import CHAT, Dialog, Instance
from ..flows.rules import decide
from ..flows.words import Words
from ..languages import written_in
from ..messages import Message, Push
from ..plugins.dialogs import Again, Choice, FlowAnswers, Refuse
from ..routing.actions import BeginFlow, Handle
from ..routing.conditions.condition import Past, Situation
from ..routing.conditions.conditions import Conditions
from ..routing.router import Hit
from ..routing.routes import Route
from ..routing.templates import roots_of
from ..routing.wordings import Wording
from ..store.memory.flows import Flows
from ..store.records import FlowRow
from .answers import message_of, values_of
from .conversation import Routed, Unrun
from .doing import NOTHING, Doer, Effects, as_answer, kept_for
from .flow_rows import changed_rows, dialog_of, ensure_small, instance_of, timers_of
from .handoffs import Handoffs
from .language import language_of
from .laters import flow_of
from .questions import Speaker, data_of, key_of, line_of
from .run import Run

OUTCOMES: Mapping[str, str] = {
    "A3": "early", "M3": "outdated", "M4": "outdated",
    "T2v": "repeated", "T3": "repeated", "T7": "repeated", "T10": "repeated", "T12r": "repeated",
}  # fmt: skip
"""How an event ends by which rule nothing happens, see ``docs/flows.md``."""

HOSTS_APART = 250
"""By so many milliseconds the clocks of hosts that share a store may differ."""
MAX_CHOICES = 100


class Dialogs:
    """Run the flows of all bots of a host."""

    def __init__(self, doer: Doer, flows: Flows, clock: Clock, *, is_shared: bool) -> None:
        self._doer = doer
        self._flows = flows
        self._clock = clock
        self.handoffs = Handoffs(doer, clock)
        self._apart = HOSTS_APART if is_shared else 0

    @staticmethod
    def are_asked(event: Event) -> bool:
        """Say whether *event* is for them, and for no route: a tap on one of their buttons, or their time."""
        return event.type == TIMER or tap_of(event) is not None

    async def take(self, run: Run, event: Event, routed: Routed | Unrun | None) -> Effects | None:
        """Return what the flows make of *event*, which *routed* would answer; None where they have no part in it."""
        if isinstance(routed, Unrun):
            if routed.outcome != "unrouted":
                return None
            routed = None
        is_theirs = self.are_asked(event)
        rows = await self._open(run)
        begins = routed is not None and isinstance(routed.hit.route.action, BeginFlow)
        is_said = event.is_message or event.postback is not None
        if not (is_theirs or begins or (rows and (is_said or event.type in (*LEAVING, "unsend")))):
            return None
        if is_theirs and not is_ended_by_operator(event) and run.bot.configuration.access.failure(event) is not None:
            return Effects(outcome="denied")
        return await self._decided(run, event, routed, rows)

    async def inside(self, run: Run, event: Event) -> str | None:
        """Return the name of the flow that the person is in, the one that asks."""
        asking = {row.person: row.flow for row in await self._open(run) if row.rank == 0}
        return asking.get(event.user or CHAT) or asking.get(CHAT)

    async def _open(self, run: Run) -> Sequence[FlowRow]:
        conversation = run.conversation
        if conversation.flows is None:
            conversation.flows = await self._flows.open(conversation.key)
        return conversation.flows

    async def _decided(self, run: Run, event: Event, routed: Routed | None, rows: Sequence[FlowRow]) -> Effects | None:
        now = self._clock.now()
        effects = Effects()
        dialog = dialog_of(rows)
        person = await run.memory.person() if run.bot.flows_need_person else {}
        state = await run.memory.state() if run.bot.flows_need_state else {}
        world = _World(self, run, event, routed, effects, now, person, state)
        asked = dialog.top(event.user)
        other = None if routed is None else other_of(routed.hit)
        happening = happening_of(event, now, run.bot.router, run.bot.kind, self._apart, run.row.batch)
        if other is not None and is_own(event.type):
            happening = replace(happening, begins=other.begins)
        decision = await decide(dialog, happening, other, world)
        if decision.rule == "N0":
            return None
        effects.outcome = OUTCOMES.get(decision.rule)
        effects.route = _route_name(routed, decision.effects, asked)
        for effect in decision.effects:
            if effects.beginning is None or not isinstance(effect, Asked):  # else another flow's question comes instead
                await self._apply(run, event, routed, effect, world, effects)
        after = decision.dialog
        if effects.beginning is not None:
            after = await self._begun(run, event, after, happening, world, effects)
        self._keep(run, event, rows, after, effects)
        await self.handoffs.begin(run, event, effects)
        if not event.ways:
            effects.push_to(event)
        return effects

    async def settle(self, run: Run, routed: Routed, effects: Effects) -> None:
        """Begin what the handler of a route has begun, hand over, and push what nobody has asked for."""
        if effects.beginning is not None:
            await self._begin(run, routed, effects)
        await self.handoffs.begin(run, routed.event, effects)
        if is_own(routed.event.type):
            effects.push_to(routed.event)

    async def _begin(self, run: Run, routed: Routed, effects: Effects) -> None:
        event, now, rows = routed.event, self._clock.now(), await self._open(run)
        world = _World(self, run, event, routed, effects, now, await run.memory.person(), await run.memory.state())
        happening = happening_of(event, now, run.bot.router, run.bot.kind, self._apart, run.row.batch)
        after = await self._begun(run, event, dialog_of(rows), happening, world, effects)
        self._keep(run, event, rows, after, effects)

    async def _begun(
        self, run: Run, event: Event, dialog: Dialog, happening: Happening, world: _World, effects: Effects
    ) -> Dialog:
        """Return *dialog* with the flow that a handler has begun; raise HandlerError where there is none."""
        wanted, effects.beginning = effects.beginning, None
        assert wanted is not None
        name = flow_of(run.bot, effects.begun_by, wanted.flow)
        if name is None:
            raise HandlerError(f"`begin`: bot `{run.bot.name}` has no flow `{wanted.flow}`")
        happening = replace(happening, begins=name, tap=None, due=None, is_unsent=False)
        decision = await decide(dialog, happening, Other(name, begins=name, known=wanted.known), world)
        for effect in decision.effects:
            await self._apply(run, event, None, effect, world, effects)
        if effects.beginning is not None:
            raise HandlerError(f"`begin`: flow `{name}` begins another before it has asked anything")
        return decision.dialog

    def _keep(self, run: Run, event: Event, rows: Sequence[FlowRow], after: Dialog, effects: Effects) -> None:
        """Note which flows have changed, and their timers."""
        effects.flows = changed_rows(rows, after)
        ensure_small(effects.flows)
        timers, unset = timers_of(run, event, dialog_of(rows), after)
        effects.timers += timers
        effects.unset += unset

    async def _apply(
        self, run: Run, event: Event, routed: Routed | None, effect: Effect, world: _World, effects: Effects
    ) -> None:
        match effect:
            case Answered() if routed is not None:
                run.attempt.route, run.attempt.retries = routed.hit.route.name, routed.hit.route.retries
                await self._doer.do(run, routed, effects)
            case Noted():
                values = {"flow": await world.shown(effect.instance)}
                whose, at = effect.instance.user, world.routed_at(effect.note.name)
                await self._doer.keep(run, at, effect.note.changes, effects, None if whose == CHAT else whose, values)
            case Remembered():
                await run.memory.keep_person({**await run.memory.person(), effect.name: effect.value})
            case Spoken(is_push=True):
                said = await world.said(effect.wording, effect.instance)
                effects.pushes.append(Push(event.conversation, tuple(said)))
            case _:
                effects.answer += await self._say(run, effect, world)

    async def _say(self, run: Run, effect: Effect, world: _World) -> Sequence[Message]:
        """Return what is said by *effect*, if anything is."""
        match effect:
            case Asked():
                flow, speaker = world.flows[effect.instance.flow], await world.speaker(effect.instance)
                return speaker.question(effect, flow, await self._asking(run, world, effect))
            case Chosen():
                speaker = await world.speaker(effect.instance)
                return speaker.choosing(effect, await self._given(run, "which", world, effect.instance))
            case Spoken():
                return await world.said(effect.wording, effect.instance)
            case Told():
                return await self._told(run, effect, world)
            case Handed():
                return effect.messages
            case Stranded():
                handle = world.flows[effect.instance.flow].stuck.run
                return [] if handle is None else await world.call(handle, "stuck", effect.instance, as_answer)
        return []

    async def _asking(self, run: Run, world: _World, asked: Asked) -> Sequence[Message]:
        """Return what is written for a question: its ``say``, its ``retry``, what a handler says, or nothing."""
        question = asked.question
        if isinstance(question, Ask) and question.url is not None:
            found: Sequence[Message] = await world.call(question.url, question.name, asked.instance, as_answer)
            return found
        is_retry = isinstance(question, Ask) and asked.is_retry
        wording = question.retry if isinstance(question, Ask) and is_retry else question.say
        if wording is not None:
            taps = {one.value: data_of(asked.instance, question.name, one.value) for one in asked.choices}
            return await world.said(wording, asked.instance, {"tap": taps})
        given = await self._given(run, key_of(question, is_retry=is_retry), world, asked.instance)
        if isinstance(question, Ask):
            return given
        summary = (await world.speaker(asked.instance)).summary(world.flows[asked.instance.flow], asked.instance)
        return [Message.from_text("\n".join(summary)), *given] if given and summary else given

    async def _given(self, run: Run, key: str, world: _World, instance: Instance | None) -> Sequence[Message]:
        """Return what the bot's file says in the place of hookline's own sentence *key*, if anything."""
        given = run.bot.configuration.texts.get(f"flow.{key}")
        return [] if given is None else await world.said(given, instance)

    async def _told(self, run: Run, told: Told, world: _World) -> Sequence[Message]:
        """Return one of hookline's own sentences, with a button that begins again, where there is one."""
        speaker = await world.speaker(None)
        messages = speaker.told(told, await self._given(run, told.key, world, None))
        if told.flow is not None and world.tapped is not None:
            return speaker.again(world.tapped, messages)
        return messages


class _World:
    """Answer what the rules ask, for one run."""

    def __init__(
        self,
        dialogs: Dialogs,
        run: Run,
        event: Event,
        routed: Routed | None,
        effects: Effects,
        now: int,
        person: Mapping[str, Any],
        state: Mapping[str, Any],
    ) -> None:
        self._doer = dialogs._doer
        self._store = dialogs._flows
        self._run = run
        self._event = event
        self._routed = routed
        self._effects = effects
        self._person = person
        self._state = state
        configuration = run.bot.configuration
        self._now = datetime.fromtimestamp(now / 1000, UTC)
        self.flows: Mapping[str, Flow] = configuration.flows
        self.reader = Reader(self._now.astimezone(configuration.timezone), Words.of(), self._holds_at)
        tap = tap_of(event)
        self.tapped = tap.instance if tap is not None else None
        self._language: str | None = None

    def holds(self, conditions: Conditions, known: Mapping[str, Any]) -> bool:
        return conditions.failure(self._situation(known, self._now)) is None

    def _holds_at(self, conditions: Conditions, moment: datetime) -> bool:
        return conditions.failure(self._situation({}, moment)) is None

    def _situation(self, known: Mapping[str, Any], now: datetime) -> Situation:
        return Situation(self._event, True, now, Past(self._state, self._person), known)

    def remembered(self, ask: Ask) -> Any:
        return self._person.get(ask.name)

    async def choices(self, ask: Ask, instance: Instance) -> Sequence[Choice]:
        assert isinstance(ask.choices, Handle)
        found: Sequence[Choice] = await self.call(ask.choices, ask.name, instance, _as_choices)
        return found

    async def judged(self, ask: Ask, instance: Instance, value: Any) -> Judged:
        assert ask.check is not None
        answers = self._answers(instance, typed_value(ask, value))
        before = answers.value
        why = await self._call(ask.check, ask.name, answers, as_answer)
        after = answers.value
        return Judged(value if after == before else _plain(after), why)

    async def done(self, do: Do, instance: Instance) -> Done:
        found: Done = await self.call(do.handle, do.name, instance, _as_done)
        return found

    async def past(self, instance: str) -> Instance | None:
        row = await self._store.one(self._run.conversation.key, instance)
        return None if row is None else instance_of(row)

    async def call(self, handle: Handle, step: str, instance: Instance, read: Any) -> Any:
        """Run a handler of *instance*'s flow, and return what it returned, as *read* takes it."""
        return await self._call(handle, step, self._answers(instance), read)

    async def _call(self, handle: Handle, step: str, answers: FlowAnswers, read: Any) -> Any:
        routed = self.routed_at(f"{answers.name}.{step}", handle)
        found = await self._doer.call(self._run, routed, handle, self._effects, read, flow=answers)
        self._person, self._state = await self._run.memory.person(), await self._run.memory.state()
        return found

    def _answers(self, instance: Instance, value: Any = None) -> FlowAnswers:
        flow = self.flows[instance.flow]
        typed: dict[str, Any] = {}
        for name, known in instance.known.items():
            step = flow.find(name)
            typed[name] = typed_value(step, known) if isinstance(step, Ask) and known is not None else known
        return FlowAnswers(flow.name, instance.id, typed, value)

    def routed_at(self, step: str, handle: Handle | None = None) -> Routed:
        """Return what stands for a route at *step* of a flow."""
        match = Match(step) if self._routed is None else self._routed.hit.match
        route = Route(f"{FLOW_ROUTE}{step}", handle or Handle("", ""), frozenset())
        return Routed(self._run.row, self._event, Hit(route, match))

    async def speaker(self, instance: Instance | None) -> Speaker:
        """Return what speaks to whoever is asked, in their language."""
        if self._language is None:
            self._language = await self._chosen_language(instance)
        return Speaker(self._run.bot, self._language, self.reader.now)

    async def _chosen_language(self, instance: Instance | None) -> str:
        chosen = await language_of(self._run, self._event, self._run.bot.configuration.languages)
        if chosen is not None:
            return chosen
        flow = self.flows.get(instance.flow) if instance is not None else next(iter(self.flows.values()), None)
        written = flow.language if flow is not None else None
        return written or written_in(self._event.text) or "en"

    async def shown(self, instance: Instance) -> Mapping[str, Any]:
        """Return what ``{flow.…}`` shows of *instance*."""
        speaker, flow = await self.speaker(instance), self.flows[instance.flow]
        shown = speaker.shown(
            flow, instance, lambda step, entry: line_of(step.line, speaker.language, step, entry, speaker)
        )
        return {name: await self._named(value) if isinstance(value, list) else value for name, value in shown.items()}

    async def _named(self, people: Sequence[str]) -> list[str]:
        """Return the names of *people*, as far as the platform tells."""
        api = self._run.bot.adapter.api
        senders = [await api.sender(replace(self._event, user=person)) for person in people[:MAX_CHOICES]]
        return [sender.name or str(sender.id or "?") for sender in senders]

    async def said(
        self, wording: Wording, instance: Instance | None, more: Mapping[str, Mapping[str, str]] = NOTHING
    ) -> list[Message]:
        """Return what is written, in the language of whoever is asked, filled with what is known, and by *more*."""
        speaker = await self.speaker(instance)
        templates = wording.in_language(speaker.language)
        roots = roots_of(templates)
        kept = {**await kept_for(self._run, roots), **more}
        if "flow" in roots and instance is not None:
            kept["flow"] = await self.shown(instance)
        plugin = self.flows[instance.flow].plugin if instance is not None and instance.flow in self.flows else None
        match = Match("") if self._routed is None else self._routed.hit.match
        values = await values_of(self._run.bot, self._event, match, kept, plugin, roots, templates)
        return [message_of(self._run.bot, self._event, template, values) for template in templates]


def _route_name(routed: Routed | None, effects: Sequence[Effect], asked: Instance | None) -> str | None:
    """Return by which route the event was answered: that of a flow is ``flow:NAME.QUESTION``."""
    if routed is not None and (is_own(routed.event.type) or any(isinstance(one, Answered) for one in effects)):
        return routed.hit.route.name
    return None if asked is None else f"{FLOW_ROUTE}{asked.flow}.{asked.asked or ''}"


def _as_choices(value: Any) -> Sequence[Choice]:
    """Return what a handler of ``choices:`` has returned."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"a handler of `choices:` returns a list of texts or Choices, not {type(value).__name__}")
    each = [one if isinstance(one, Choice) else Choice(str(one)) for one in value]
    if len(each) > MAX_CHOICES:
        raise ValueError(f"a handler of `choices:` has returned {len(each)}, at most {MAX_CHOICES}")
    return [Choice(str(one.value)[:200].replace("|", "/"), str(one.label), tuple(map(str, one.words))) for one in each]


def _as_done(value: Any) -> Done:
    """Return what a handler of ``run:`` has returned: facts, or something to say."""
    match value:
        case Again():
            return Done(says=as_answer(value.why), again=value.name)
        case Refuse():
            return Done(says=as_answer(value.why), is_refused=True)
        case Mapping() if "type" not in value and "text" not in value:
            return Done(known=json.loads(json.dumps(dict(value), default=str)))
    return Done(says=as_answer(value))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
