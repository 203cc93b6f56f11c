"""Turn one event into its effects: route it, run what the route says, and collect what that leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import structlog

from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..errors import AnswerError, TooLargeError
from ..events import SCHEDULE, Event, is_own
from ..intents.reader import Desk
from ..pace import Pace
from ..plugins.context import Part
from ..routing.conditions.condition import Past
from ..routing.routes import Overlap, Route
from ..routing.understood import Understood
from ..store.lanes import Tenure
from ..store.overlaps import PastRun
from ..store.records import Finish, NewDelivery, StoredEvent
from ..store.store import Store
from ..tallies import Timed
from .admission import Admission
from .answers import Writer
from .apologies import Apologies
from .bursts import Bursts, StoppingError, ended_with, merged, with_history
from .conversation import Conversation, Routed, Unrun
from .dialogs import Dialogs
from .doing import Doer, Effects, changes_of
from .handlers import Handlers
from .laters import awaited, let_go
from .memory import Memory
from .own_events import event_of
from .run import Attempt, Run
from .schedules import Scheduler

log = structlog.stdlib.get_logger("hookline.worker")


class Dispatcher:
    """Run events for all bots of a host; of *store* it only reads what is remembered between events."""

    def __init__(self, bots: Bots, store: Store, tenure: Tenure, clock: Clock, pace: Pace, desk: Desk) -> None:
        self._bots = bots
        self._memory = store
        self._admission = Admission()
        self._handlers = Handlers(store.plugin_state, clock, pace.handler_deadline)
        self._doer = Doer(self._handlers, store.plugin_state, pace.handler_deadline)
        self._dialogs = Dialogs(self._doer, store.flows, clock, is_shared=store.is_shared)
        self._scheduler = Scheduler(self._doer, store, clock)
        self._writer = Writer(bots, tenure, clock)
        self.apologies = Apologies(bots, store, self._writer, clock)
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
        try:
            return self._writer.redeemed(bot, let_go(await self._dispatched(bot, conversation, attempt, bursts)))
        except (AnswerError, TooLargeError):
            attempt.retries = ()  # another run would come to the same
            raise

    async def _dispatched(self, bot: Bot, conversation: Conversation, attempt: Attempt, bursts: Bursts) -> Finish:
        row = conversation.rows[0]
        event = await self._addressed(event_of(bot, row), row)
        if event is not row.event:
            row = conversation.rows[0] = replace(row, event=event)
        here = datetime.fromtimestamp(self._clock.now() / 1000, bot.configuration.timezone)
        memory = Memory(event, here, partial(self._state_of, conversation), self._memory.plugin_state)
        run = Run(bot, conversation, attempt, memory)
        if event.type == SCHEDULE:
            return self._written(run, row, event, await self._scheduler.run(run, event))
        if bot.configuration.handoff is not None:
            effects = await self._dialogs.handoffs.take(run, event, partial(self._routed, run, row))
            if effects is not None:
                return self._written(run, row, event, effects)
        routed = None if self._dialogs.are_asked(event) else await self._routed(run, row)
        if bot.configuration.flows or routed is None:
            effects = await self._dialogs.take(run, event, routed)
            if effects is not None:
                attempt.route = effects.route
                return self._written(run, row, event, effects)
        if not isinstance(routed, Routed):
            return replace(await self._left(run, row, routed or Unrun("unrouted")), shared=run.memory.changes())
        route = routed.hit.route
        attempt.route, attempt.retries = route.name, route.retries
        if route.overlap is None:
            return await self._answer(run, routed)
        if route.overlap.policy == "reject":
            return await self._answer_alone(run, routed, bursts)
        return await self._answer_together(run, routed, route.overlap, bursts)

    async def _state_of(self, conversation: Conversation) -> str | None:
        """Return a conversation's state as JSON text, from memory or from the store."""
        if not conversation.is_read:
            conversation.state = await self._memory.conversations.read(conversation.key)
            conversation.is_read = True
        return conversation.state

    async def _routed(self, run: Run, row: StoredEvent) -> Routed | Unrun:
        """Return *row* with the route that answers it, or why none does."""
        bot = run.bot
        event = await self._addressed(event_of(bot, row), row)
        if is_own(event.type):
            return awaited(bot, event, row, self._clock.now())
        if event.is_standby and not bot.router.hears_standby:
            return Unrun("standby")
        if row.is_unsent:
            return Unrun("unsent")
        if bot.configuration.access.failure(event) is not None:
            return Unrun("denied")
        rests, inside = partial(self._memory.cooldowns.read, row.key), partial(self._dialogs.inside, run, event)
        past = await run.memory.past(bot.router, rests, inside)
        now = datetime.fromtimestamp(self._clock.now() / 1000, UTC)
        understood = await self._understood(bot, event, now, past)
        hit = bot.router.route(event, now, past, understood)
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

    async def _understood(self, bot: Bot, event: Event, now: datetime, past: Past) -> Understood | None:
        """Return what the event's text means, where the route depends on it."""
        text = bot.router.unread(event, now, past) if bot.reader is not None else None
        if text is None or bot.reader is None:
            return None
        async with asyncio.timeout(self._deadline):
            return await self._desk.read(bot.reader, text, now)

    async def _left(self, run: Run, row: StoredEvent, unrun: Unrun) -> Finish:
        """Return how *row* ends, which isn't run."""
        refused = unrun.refused
        if refused is None:
            return self._finish(row, unrun.outcome, run.attempt.begun_at)
        said = await self.apologies.said(run.bot, refused.event, unrun.reply)
        return self._finish(row, unrun.outcome, run.attempt.begun_at, refused.hit.route.name, said)

    async def _answer(self, run: Run, routed: Routed, parts: Sequence[Part] = ()) -> Finish:
        """Do what the route says, and answer."""
        effects = Effects(route=routed.hit.route.name)
        routed = await self._doer.do(run, routed, effects, parts)
        await self._dialogs.settle(run, routed, effects)
        finish = self._written(run, routed.stored, routed.event, effects, routed.hit.route)
        return _with_rest(finish, routed.hit.route)

    def _written(
        self, run: Run, row: StoredEvent, event: Event, effects: Effects, route: Route | None = None
    ) -> Finish:
        """Return *effects* as they are committed: deliveries, and all that is kept."""
        return Finish(
            event=row,
            outcome=effects.outcome or ("answered" if effects.answer else "handled"),
            now=self._clock.now(),
            started_at=run.attempt.begun_at,
            route=effects.route,
            state=run.memory.changed_state,
            shared=changes_of(run),
            deliveries=self._writer.deliveries(run.bot, event, effects.answer, effects.pushes, route),
            attempts=row.attempts,
            flows=effects.flows,
            timers=effects.timers,
            unset=effects.unset,
            error=effects.error,
        )

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
            answer = await self._doer.responses(run, routed, busy)
            deliveries = self._writer.deliveries(run.bot, routed.event, answer, route=route)
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
        apology = await self.apologies.to(stored.bot, stored.event_id, stored.raw, stored.received_at)
        finish, bot = replace(finish, deliveries=apology), self._bots.get(stored.bot)
        return finish if bot is None else self._writer.redeemed(bot, finish)

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
