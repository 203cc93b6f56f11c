"""Do what a route says, or a step of a flow: collect what is said, pushed and kept; nothing is written yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..events import Event, Sender
from ..languages import written_in
from ..messages import Message, Push, as_messages, copied
from ..plugins.context import Part
from ..plugins.dialogs import FlowAnswers
from ..plugins.shared import SharedChange
from ..routing.notes import Notes
from ..routing.routes import Handle, Respond
from ..store.records import FlowRow, Timer
from .answers import pushed, render, values_of
from .conversation import Routed
from .handlers import Handlers
from .run import Run
from .saving import saved


@dataclass(slots=True)
class Effects:
    """Hold what a run has come to: what is answered, pushed and kept, and how flows and timers have changed.

    ``outcome`` says how the event ends, None for ``answered`` or ``handled``.
    """

    answer: list[Message] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    outcome: str | None = None
    route: str | None = None
    flows: list[FlowRow] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)


NOTHING: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


class Doer:
    """Do what routes and steps say, within *deadline* seconds where they say no others."""

    def __init__(self, handlers: Handlers, deadline: float) -> None:
        self._handlers = handlers
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
                effects.answer += await self.call(run, routed, handle, effects, as_answer, parts=parts)
        if not route.notes.is_empty:
            await self.keep(run, routed, route.notes, {})
        if route.pushes:
            roots = frozenset(root for push in route.pushes for root in push.roots)
            effects.pushes += await pushed(run.bot, routed.event, routed.hit, await kept_for(run, roots))
        return routed

    async def responses(self, run: Run, routed: Routed, respond: Respond) -> Sequence[Message]:
        """Return what is answered by *respond*: nothing where nobody can be."""
        if not routed.event.ways:
            return ()
        wording = respond.chosen(routed.stored.event_id)
        chosen = wording.in_language(await language_of(run, routed.event, wording.languages))
        kept = await kept_for(run, wording.roots)
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
        return handled.answer

    async def keep(self, run: Run, routed: Routed, notes: Notes, more: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what *notes* say, placeholders filled, by *more* values, too."""
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


async def language_of(run: Run, event: Event, known: Sequence[str]) -> str | None:
    """Return which of the *known* languages whoever *event* is of reads; None where there is none to choose.

    That is the one kept of the person, or of the chat; else their profile's; else that of what they have written.
    """
    if len(known) < 2:
        return known[0] if known else None
    kept = (await run.memory.person()).get("language") or (await run.memory.state()).get("language")
    if isinstance(kept, str):
        return kept
    if event.user is not None and event.ways:
        sender: Sender = await run.bot.adapter.api.sender(event)
        if sender.language:
            return str(sender.language)
    return written_in(event.text) or known[0]


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
