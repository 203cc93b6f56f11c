"""Turn one event into its effects: route it, run what the route says, and collect what that leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog

from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..errors import AnswerError
from ..events import Event
from ..intents.reader import Desk
from ..pace import Pace
from ..plugins.context import Part
from ..routing.router import NOTHING_RESTS
from ..routing.routes import Handle, Overlap, Respond, Route
from ..routing.templates import MessageTemplate
from ..routing.understood import Understood
from ..store.lanes import Tenure
from ..store.overlaps import PastRun
from ..store.records import Finish, NewDelivery, StoredDelivery, StoredEvent
from ..store.store import Store
from ..tallies import Timed
from .admission import Admission
from .answers import Writer, pushed, render, said
from .bursts import Bursts, StoppingError, ended_with, merged, with_history
from .conversation import Conversation, Routed, Unrun
from .handlers import Handlers
from .run import Attempt, Run
from .saving import saved

APOLOGY_SECONDS = 5.0

log = structlog.stdlib.get_logger("hookline.worker")


class Dispatcher:
    """Run events for all bots of a host; of *store* it only reads what is remembered between events."""

    def __init__(self, bots: Bots, store: Store, tenure: Tenure, clock: Clock, pace: Pace, desk: Desk) -> None:
        self._bots = bots
        self._memory = store
        self._admission = Admission()
        self._handlers = Handlers(store.plugin_state, clock, pace.handler_deadline)
        self._writer = Writer(bots, tenure, clock)
        self._clock = clock
        self._deadline = pace.handler_deadline
        self._desk = desk

    @property
    def handlers(self) -> Mapping[tuple[str, str, str], Timed]:
        """Return how often handlers have run, by bot, plugin and name."""
        return self._handlers.counts

    @property
    def mends(self) -> Mapping[str, int]:
        """Return how often something was mended in a message that was to be sent, by bot."""
        return self._writer.fitting.counts

    async def dispatch(self, conversation: Conversation, attempt: Attempt, bursts: Bursts) -> Finish:
        """Run the conversation's first row once and return the effects; whatever its handler raises comes through.

        *attempt* is filled as far as the run gets, so that the caller can let go of what it holds. The route may have
        more of the conversation run with the first row, or end while that runs, through *bursts*. Raises StoppingError
        when the bot is gone.
        """
        attempt.begun_at = self._clock.now()
        bot = self._bots.get(conversation.rows[0].bot)
        if bot is None:
            raise StoppingError  # a reload has removed it since its turn came
        return self._writer.redeemed(bot, await self._dispatched(bot, conversation, attempt, bursts))

    async def _dispatched(self, bot: Bot, conversation: Conversation, attempt: Attempt, bursts: Bursts) -> Finish:
        run = Run(bot, conversation, attempt, self._memory.conversations.read)
        row = run.row
        routed = await self._routed(run, row)
        if isinstance(routed, Unrun):
            return await self._left(run, row, routed)
        route = routed.hit.route
        attempt.route, attempt.retries = route.name, route.retries
        if route.overlap is None:
            return await self._answer(run, routed)
        if route.overlap.policy == "reject":
            return await self._answer_alone(run, routed, bursts)
        return await self._answer_together(run, routed, route.overlap, bursts)

    async def _routed(self, run: Run, row: StoredEvent) -> Routed | Unrun:
        """Return *row* with the route that answers it, or why none does."""
        bot = run.bot
        event = await self._addressed(row.event or bot.adapter.read(row.raw, row.received_at), row)
        if event.is_standby and not bot.router.hears_standby:
            return Unrun("standby")
        if row.is_unsent:
            return Unrun("unsent")
        if bot.configuration.access.failure(event) is not None:
            return Unrun("denied")
        state = await run.state() if bot.router.needs_state else {}
        resting = await self._memory.cooldowns.read(row.key) if bot.router.has_cooldowns else NOTHING_RESTS
        now = datetime.fromtimestamp(self._clock.now() / 1000, UTC)
        understood = await self._understood(bot, event, state, now, resting)
        hit = bot.router.route(event, state, now, understood, resting)
        if hit is None:
            return Unrun("standby" if event.is_standby else "unrouted")
        routed = Routed(row, event, hit)
        refusal = self._admission.refuse(bot, event, row, hit.route, self._clock.now())
        return routed if refusal is None else Unrun(refusal.outcome, routed, refusal.reply)

    async def _addressed(self, event: Event, row: StoredEvent) -> Event:
        """Return *event* as one in which the bot is called, if it quotes what the bot has said in the group."""
        if event.quoted is None or event.calls or event.chat.kind not in ("group", "room"):
            return event
        is_own = await self._memory.outbox.has_sent(row.bot, row.conversation, event.quoted)
        return event.as_called() if is_own else event

    async def _understood(
        self, bot: Bot, event: Event, state: Mapping[str, Any], now: datetime, resting: Mapping[str, int]
    ) -> Understood | None:
        """Return what the event's text means, where the route depends on it."""
        text = bot.router.unread(event, state, now, resting) if bot.reader is not None else None
        if text is None or bot.reader is None:
            return None
        async with asyncio.timeout(self._deadline):
            return await self._desk.read(bot.reader, text, now)

    async def _left(self, run: Run, row: StoredEvent, unrun: Unrun) -> Finish:
        """Return how *row* ends, which isn't run."""
        refused = unrun.refused
        if refused is None:
            return self._finish(row, unrun.outcome, run.attempt.begun_at)
        said = await self._said(run.bot, refused.event, unrun.reply) if refused.event.is_free_to_answer else ()
        return self._finish(row, unrun.outcome, run.attempt.begun_at, refused.hit.route.name, said)

    async def _answer(self, run: Run, routed: Routed, parts: Sequence[Part] = ()) -> Finish:
        """Do what the route says: save what was sent, and answer."""
        route = routed.hit.route
        if route.save is not None:
            routed = await saved(run, routed, route.save, self._deadline)
        try:
            match route.action:
                case Respond() as respond:
                    deliveries = await self._responses(run, routed, respond)
                    outcome = "answered" if deliveries else "handled"
                    finish = self._finish(routed.stored, outcome, run.attempt.begun_at, route.name, deliveries)
                case Handle() as handle:
                    finish = await self._handle(run, routed, handle, parts)
        except AnswerError:
            run.attempt.retries = ()  # another run would answer the same
            raise
        if route.pushes:
            finish = replace(finish, deliveries=[*finish.deliveries, *await self._pushes(run, routed, route)])
        return _with_rest(finish, route)

    async def _pushes(self, run: Run, routed: Routed, route: Route) -> Sequence[NewDelivery]:
        """Return what *route* pushes to others."""
        needs_state = any("state" in push.roots for push in route.pushes)
        state = await run.state() if needs_state else {}
        pushes = await pushed(run.bot, routed.event, routed.hit, state)
        return self._writer.deliveries(run.bot, routed.event, (), pushes, route)

    async def _responses(self, run: Run, routed: Routed, respond: Respond) -> Sequence[NewDelivery]:
        """Return what is answered by *respond*: nothing where nobody can be."""
        if not routed.event.ways:
            return ()
        state = await run.state() if "state" in respond.roots else {}
        chosen = respond.chosen(routed.stored.event_id)
        answer = await render(run.bot, routed.event, routed.hit, state, chosen, respond.roots)
        return self._writer.deliveries(run.bot, routed.event, answer, route=routed.hit.route)

    async def _handle(self, run: Run, routed: Routed, handle: Handle, parts: Sequence[Part]) -> Finish:
        handled = await self._handlers.handle(run, routed, handle, parts)
        finish = self._finish(
            routed.stored,
            "answered" if handled.answer else "handled",
            run.attempt.begun_at,
            routed.hit.route.name,
            self._writer.deliveries(run.bot, routed.event, handled.answer, handled.pushes, routed.hit.route),
        )
        return replace(finish, state=handled.state, shared=handled.shared)

    async def _answer_together(self, run: Run, first: Routed, overlap: Overlap, bursts: Bursts) -> Finish:
        """Answer *first* and what joins it: all of it as one, or only the newest."""
        attempt = run.attempt
        group = await bursts.gather(run, first, self._routed)
        if not group:
            return self._finish(run.row, "unsent", attempt.begun_at)
        rows = [one.stored for one in group]
        is_merged = overlap.policy == "merge"
        await bursts.begin(run.conversation, rows if is_merged else rows[-1:])
        attempt.begun_at, attempt.rows, attempt.overlap = self._clock.now(), rows, overlap
        if is_merged:
            parts = [Part(one.event, one.hit.match) for one in group]
            return ended_with(await self._answer(run, merged(group), parts), rows[:-1], "merged")
        newest = replace(group[-1], stored=with_history(rows))
        return ended_with(await self._answer(run, newest), rows[:-1], "superseded")

    async def _answer_alone(self, run: Run, routed: Routed, bursts: Bursts) -> Finish:
        """Answer *routed*, unless it came during another run of its route, and turn away what comes meanwhile."""
        stored, attempt = routed.stored, run.attempt
        earlier = await bursts.overlapped(stored, routed.hit.route.name)
        if earlier is not None:
            return await self._rejection(run, routed, *earlier)
        began = stored.begun_at or attempt.begun_at or self._clock.now()
        began = attempt.begun_at = run.conversation.begun.setdefault(stored.seq, began)  # however often it is run
        own = PastRun(stored.seq, began)
        async with bursts.turning_away(run, own, self._rejected):
            finish = await self._answer(run, routed)
        return replace(finish, joined=stored.seq)

    async def _rejected(self, run: Run, row: StoredEvent, own: PastRun, is_said: bool) -> Finish | None:
        """Return how *row* ends that came during *run*, which its own past run stands for; None when it may wait."""
        other = await self._routed(run, row)
        if isinstance(other, Unrun) or other.hit.route.name != run.attempt.route:
            return None
        return self._writer.redeemed(run.bot, await self._rejection(run, other, own, is_said))

    async def _rejection(self, run: Run, routed: Routed, past: PastRun, is_said: bool) -> Finish:
        """Return how *routed* ends that came during the run *past*; it is told so unless another was."""
        route = routed.hit.route
        busy = route.overlap.busy if route.overlap is not None else None
        deliveries: Sequence[NewDelivery] = ()
        if busy is not None and routed.event.is_free_to_answer and not is_said:
            deliveries = await self._responses(run, routed, busy)
        finish = self._finish(routed.stored, "rejected", self._clock.now(), route.name, deliveries)
        return replace(finish, joined=past.seq)

    async def bury(self, rows: Sequence[StoredEvent], error: str, detail: str, attempt: Attempt) -> Finish:
        """Return the effects of giving *rows* up, which were run together: a dead letter for each that was run.

        The newest is answered with the bot's ``on_error:``, if it has one.
        """
        stored = rows[-1]
        finish = replace(
            self._finish(stored, "buried", attempt.begun_at, attempt.route),
            error=error,
            detail=detail,
            attempts=stored.attempts,
        )
        if attempt.overlap is not None and attempt.overlap.policy == "latest":
            finish = ended_with(finish, rows[:-1], "superseded")
        else:
            finish = replace(finish, together=[replace(finish, event=row) for row in rows[:-1]])
        apology = await self._apology(stored.bot, stored.event_id, stored.raw, stored.received_at)
        finish, bot = replace(finish, deliveries=apology), self._bots.get(stored.bot)
        return finish if bot is None else self._writer.redeemed(bot, finish)

    async def apologise(self, refused: StoredDelivery) -> Sequence[NewDelivery]:
        """Return the bot's ``on_error:`` as what is answered in the place of *refused*, while its way is open."""
        if self._clock.now() >= refused.deadline:
            return ()
        found = await self._memory.inbox.event(refused.seq)
        apology = () if found is None else await self._apology(refused.bot, *found)
        is_other = bool(apology) and not any(one.messages == refused.messages for one in apology)
        return apology if is_other else self._writer.redemption(refused)

    async def _apology(
        self, name: str, event_id: str, raw: Mapping[str, Any], received_at: int
    ) -> Sequence[NewDelivery]:
        """Return what the bot *name* answers to an event that came to nothing; nothing where it can't."""
        try:
            async with asyncio.timeout(APOLOGY_SECONDS):
                bot = self._bots[name]
                event = bot.adapter.read(raw, received_at)
                is_told = bot.configuration.on_error and event.is_free_to_answer
                return await self._said(bot, event, bot.configuration.on_error) if is_told else ()
        except Exception as trouble:  # it may be the very cause: the event is given up all the same
            log.warning("event.no_apology", bot=name, event_id=event_id, exc_info=trouble)
            return ()

    async def _said(self, bot: Bot, event: Event, templates: Sequence[MessageTemplate]) -> Sequence[NewDelivery]:
        """Return what is answered to an event that no route answers: *templates*, filled."""
        return self._writer.deliveries(bot, event, await said(bot, event, templates))

    def _finish(
        self,
        stored: StoredEvent,
        outcome: str,
        begun_at: int | None,
        route: str | None = None,
        deliveries: Sequence[NewDelivery] = (),
    ) -> Finish:
        return Finish(
            event=stored,
            outcome=outcome,
            now=self._clock.now(),
            started_at=begun_at,
            route=route,
            deliveries=deliveries,
            attempts=stored.attempts,
        )


def _with_rest(finish: Finish, route: Route) -> Finish:
    """Let *route* rest, if it does so once it has answered, and has."""
    if route.cooldown is None or not finish.deliveries:
        return finish
    return replace(finish, rests_until=finish.now + round(route.cooldown * 1000))
