"""Do what a route says, or a step of a flow: collect what is said, pushed and kept; nothing is written yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from ..events import Event, is_own
from ..messages import Message, Push, as_messages, copied
from ..plugins.context import Part
from ..plugins.dialogs import FlowAnswers
from ..plugins.putting_off import Beginning, PutOff
from ..plugins.shared import SharedChange, SharedStore
from ..routing.actions import Handle, Respond
from ..routing.notes import Notes
from ..store.records import FlowRow, Timer
from .answers import pushed, render, values_of
from .conversation import Routed
from .handlers import Handlers
from .language import language_kept, language_of
from .laters import answers_of, handlers_timer, ids_of, shown_of, timer_of
from .run import Run
from .saving import saved

NOTHING: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


@dataclass(slots=True)
class Effects:
    """Hold what a run has come to: what is answered, pushed and kept, and how flows and timers have changed.

    ``outcome`` says how the event ends, None for ``answered`` or ``handled``. ``beginning`` is the flow that a handler
    of the plugin ``begun_by`` wants to begin; ``handed`` is why people are to get the chat.
    ``error`` is why the event is given up all the same.
    """

    answer: list[Message] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    outcome: str | None = None
    route: str | None = None
    flows: list[FlowRow] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)
    beginning: Beginning | None = None
    begun_by: str = ""
    handed: str | None = None
    error: str | None = None

    def put_off(self, timer: Timer) -> None:
        """Set *timer*, in the place of one with its id."""
        self.timers.append(timer)

    def take_back(self, ids: Sequence[str]) -> None:
        """Take back what was put off under *ids*, in this run or before."""
        self.timers = [timer for timer in self.timers if timer.id not in ids]
        self.unset += ids

    def push_to(self, event: Event) -> None:
        """Push what is answered to *event*, to its conversation, before what it says of itself."""
        if self.answer:
            self.pushes.append(Push(event.conversation, tuple(self.answer), until=event.raw.get("until")))
            self.answer = []


class Doer:
    """Do what routes and steps say, within *deadline* seconds where they say no others."""

    def __init__(self, handlers: Handlers, shared: SharedStore, deadline: float) -> None:
        self._handlers = handlers
        self._shared = shared
        self._deadline = deadline

    async def do(self, run: Run, routed: Routed, effects: Effects, parts: Sequence[Part] = ()) -> Routed:
        """Do what the route says; return *routed* with what was saved on the way among its captures."""
        route = routed.hit.route
        if route.save is not None:
            routed = await saved(run, routed, route.save, self._deadline)
        await run.memory.spend(route)
        match route.action:
            case Respond() as respond:
                effects.answer += await self.responses(run, routed, respond)
            case Handle() as handle:
                flow = answers_of(run.bot, routed.event) if is_own(routed.event.type) else None
                effects.answer += await self.call(run, routed, handle, effects, as_answer, parts=parts, flow=flow)
        if not route.notes.is_empty:
            await self.keep(run, routed, route.notes, effects, routed.event.user)
        if route.pushes:
            roots = frozenset(root for push in route.pushes for root in push.roots)
            read_by = partial(language_kept, self._shared)
            effects.pushes += await pushed(run.bot, routed.event, routed.hit, await kept_for(run, roots), read_by)
        return routed

    async def responses(self, run: Run, routed: Routed, respond: Respond) -> Sequence[Message]:
        """Return what is answered by *respond*: nothing where nobody can be."""
        if not (routed.event.ways or is_own(routed.event.type)):
            return ()
        wording = respond.chosen(routed.stored.event_id)
        chosen = wording.in_language(await language_of(run, routed.event, wording.languages))
        kept = {**await kept_for(run, wording.roots), **shown_of(routed.event)}
        return await render(run.bot, routed.event, routed.hit, kept, chosen, wording.roots)

    async def call(
        self,
        run: Run,
        routed: Routed,
        handle: Handle,
        effects: Effects,
        read: Callable[[Any], Any],
        *,
        parts: Sequence[Part] = (),
        flow: FlowAnswers | None = None,
    ) -> Any:
        """Run a handler and return what it has returned, as *read* takes it; keep what it has changed."""
        handled = await self._handlers.handle(run, routed, handle, read, parts, flow)
        run.memory.set_state(handled.state)
        if handled.person is not None:
            await run.memory.keep_person(handled.person)
        effects.pushes += handled.pushes
        if handled.beginning is not None:
            effects.beginning, effects.begun_by = handled.beginning, handle.plugin
        effects.handed = handled.handed or effects.handed
        for wanted in handled.laters:
            if isinstance(wanted, PutOff):
                effects.put_off(handlers_timer(run, routed.event, handle.plugin, wanted))
            else:
                effects.take_back(ids_of(routed.event, wanted))
        return handled.answer

    async def keep(
        self,
        run: Run,
        routed: Routed,
        notes: Notes,
        effects: Effects,
        whose: str | None,
        more: Mapping[str, Mapping[str, Any]] = NOTHING,
    ) -> None:
        """Keep what *notes* say, placeholders filled, by *more* values, too; put off what they put off for *whose*."""
        roots = notes.roots
        values = {
            **await values_of(
                run.bot, routed.event, routed.hit.match, await kept_for(run, roots), routed.hit.route.plugin, roots, ()
            ),
            **more,
        }
        if notes.state:
            run.memory.keep_state(notes.of_state(await run.memory.state(), values))
        if notes.person or notes.count:
            await run.memory.keep_person(notes.of_person(await run.memory.person(), values))
        effects.handed = notes.hands_over or effects.handed
        for name in notes.cancels:
            effects.take_back(ids_of(routed.event, name))
        for later in notes.laters:
            timer = timer_of(run, routed.event, later, whose, values)
            if timer is not None:
                effects.put_off(timer)


async def kept_for(run: Run, roots: frozenset[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what placeholders with *roots* may show of what is kept: read only where one of them asks."""
    if "state" not in roots and "person" not in roots:
        return NOTHING
    kept: dict[str, Mapping[str, Any]] = {}
    if "state" in roots:
        kept["state"] = await run.memory.state()
    if "person" in roots:
        kept["person"] = await run.memory.person()
    return kept


def changes_of(run: Run) -> Sequence[SharedChange]:
    """Return what the run has used of what is shared: by its plugins, and of its person."""
    if not run.attempt.shares:
        return run.memory.changes()
    shares = [change for shared in run.attempt.shares.values() for change in shared.changes()]
    return [*shares, *run.memory.changes()]


def as_answer(value: Any) -> Sequence[Message]:
    """Return what a handler has returned as messages of nothing but JSON; part of its run."""
    return copied(as_messages(value))
