"""Turn one event into its effects: route it, run what the route says, and collect what that leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..errors import HandlerError, HandlerTimeoutError
from ..events import Event
from ..intents.reader import Desk
from ..messages import as_messages
from ..pace import Pace
from ..plugins.context import Context, Deadline, Part, Scope
from ..plugins.shared import KeyLocks, Shared, SharedChange, SharedStore
from ..routing.router import NOTHING_RESTS, Hit
from ..routing.routes import Overlap, Respond, Route, Run
from ..routing.templates import MessageTemplate
from ..routing.understood import Understood
from ..store.lanes import Tenure
from ..store.overlaps import PastRun
from ..store.records import Finish, Key, NewDelivery, StoredEvent
from ..tallies import Timed
from .admission import Admission
from .answers import Writer, render, said
from .bursts import Bursts, StoppingError, ended_with, merged, with_history
from .conversation import Conversation, Routed, Unrun

APOLOGY_SECONDS = 5.0

log = structlog.stdlib.get_logger("hookline.worker")

ReadResting = Callable[[Key], Awaitable[Mapping[str, int]]]
"""Return until when which route rests in a conversation."""
ReadState = Callable[[], Awaitable[str | None]]
"""Return the conversation's state as JSON text, from memory or from the store."""


@dataclass(slots=True)
class Attempt:
    """Hold one run of one event: what it must let go when its effects are committed or thrown away.

    ``contended`` are the plugin's shared keys that it holds from the start, since an earlier run lost them to another.
    ``retries`` are the seconds before each further run, where its route says so. ``rows`` are all that it is for, where
    those are several, the newest last; ``overlap`` is why.
    """

    contended: frozenset[str] = frozenset()
    begun_at: int | None = None
    route: str | None = None
    retries: tuple[float, ...] | None = None
    shared: Shared | None = None
    lingering: asyncio.Future[Any] | None = None
    rows: Sequence[StoredEvent] = ()
    overlap: Overlap | None = None

    def release(self) -> None:
        """Let go of the shared key that this run held."""
        if self.shared is not None:
            self.shared.release()


class Dispatcher:
    """Run events for all bots of a host. ``handlers`` counts their runs, by bot, plugin and name."""

    def __init__(
        self,
        bots: Bots,
        shared: SharedStore,
        tenure: Tenure,
        clock: Clock,
        pace: Pace,
        desk: Desk,
        read_resting: ReadResting,
    ) -> None:
        self._bots = bots
        self._admission = Admission()
        self._read_resting = read_resting
        self._shared = shared
        self._locks = KeyLocks()
        self._writer = Writer(tenure, clock)
        self._clock = clock
        self._deadline = pace.handler_deadline
        self._desk = desk
        self.handlers: defaultdict[tuple[str, str, str], Timed] = defaultdict(Timed)

    async def dispatch(
        self, conversation: Conversation, attempt: Attempt, read_state: ReadState, bursts: Bursts
    ) -> Finish:
        """Run the conversation's first row once and return the effects; whatever its handler raises comes through.

        *attempt* is filled as far as the run gets, so that the caller can let go of what it holds. *read_state* is
        called only when something looks at the conversation's state. The route may have more of the conversation run
        with the first row, or end while that runs, through *bursts*. Raises StoppingError when the bot is gone.
        """
        stored = conversation.rows[0]
        attempt.begun_at = self._clock.now()
        bot = self._bots.get(stored.bot)
        if bot is None:
            raise StoppingError  # a reload has removed it since its turn came
        routed = await self._routed(bot, stored, read_state)
        if isinstance(routed, Unrun):
            return await self._left(bot, stored, routed, attempt.begun_at)
        route = routed.hit.route
        attempt.route, attempt.retries = route.name, route.retries
        if route.overlap is None:
            return await self._answer(bot, routed, attempt, read_state)
        if route.overlap.policy == "reject":
            return await self._answer_alone(bot, routed, conversation, attempt, read_state, bursts)
        return await self._answer_together(bot, routed, route.overlap, conversation, attempt, read_state, bursts)

    async def _routed(self, bot: Bot, stored: StoredEvent, read_state: ReadState) -> Routed | Unrun:
        """Return *stored* with the route that answers it, or why none does."""
        event = stored.event or bot.adapter.read(stored.raw, stored.received_at)
        if event.is_standby:
            return Unrun("standby")
        if stored.is_unsent:
            return Unrun("unsent")
        if bot.configuration.access.failure(event) is not None:
            return Unrun("denied")
        state = _loaded(await read_state()) if bot.router.needs_state else {}
        resting = await self._read_resting(stored.key) if bot.router.has_cooldowns else NOTHING_RESTS
        now = datetime.fromtimestamp(self._clock.now() / 1000, UTC)
        understood = await self._understood(bot, event, state, now, resting)
        hit = bot.router.route(event, state, now, understood, resting)
        if hit is None:
            return Unrun("unrouted")
        refusal = self._admission.refuse(bot, event, stored, hit.route, self._clock.now())
        return (
            Routed(stored, event, hit)
            if refusal is None
            else Unrun(refusal.outcome, Routed(stored, event, hit), refusal.reply)
        )

    async def _left(self, bot: Bot, stored: StoredEvent, unrun: Unrun, begun_at: int | None) -> Finish:
        """Return how *stored* ends, which isn't run."""
        refused = unrun.refused
        if refused is None:
            return self._finish(stored, unrun.outcome, begun_at)
        said = await self._said(bot, refused.event, unrun.reply) if refused.event.reply_token else ()
        return self._finish(stored, unrun.outcome, begun_at, refused.hit.route.name, said)

    async def _answer(
        self, bot: Bot, routed: Routed, attempt: Attempt, read_state: ReadState, parts: Sequence[Part] = ()
    ) -> Finish:
        """Do what the route says."""
        stored, event, hit = routed.stored, routed.event, routed.hit
        match hit.route.action:
            case Respond() as respond:
                deliveries = await self._responses(bot, routed, respond, read_state)
                finish = self._finish(stored, "answered", attempt.begun_at, hit.route.name, deliveries)
            case Run() as run:
                finish = await self._run(bot, event, stored, hit, run, attempt, await read_state(), parts)
        return _with_rest(finish, hit.route)

    async def _responses(
        self, bot: Bot, routed: Routed, respond: Respond, read_state: ReadState
    ) -> Sequence[NewDelivery]:
        state = _loaded(await read_state()) if "state" in respond.roots else {}
        answer = await render(
            bot, routed.event, routed.hit, state, respond.chosen(routed.stored.event_id), respond.roots
        )
        return self._writer.deliveries(bot, routed.event, answer)

    async def _answer_together(
        self,
        bot: Bot,
        first: Routed,
        overlap: Overlap,
        conversation: Conversation,
        attempt: Attempt,
        read_state: ReadState,
        bursts: Bursts,
    ) -> Finish:
        """Answer *first* and what joins it: all of it as one, or only the newest."""
        group = await bursts.gather(conversation, first, lambda row: self._routed(bot, row, read_state))
        if not group:
            return self._finish(conversation.rows[0], "unsent", attempt.begun_at)
        rows = [one.stored for one in group]
        is_merged = overlap.policy == "merge"
        await bursts.begin(conversation, rows if is_merged else rows[-1:])
        attempt.begun_at, attempt.rows, attempt.overlap = self._clock.now(), rows, overlap
        if is_merged:
            parts = [Part(one.event, one.hit.match) for one in group]
            return ended_with(await self._answer(bot, merged(group), attempt, read_state, parts), rows[:-1], "merged")
        newest = replace(group[-1], stored=with_history(rows))
        return ended_with(await self._answer(bot, newest, attempt, read_state), rows[:-1], "superseded")

    async def _answer_alone(
        self,
        bot: Bot,
        routed: Routed,
        conversation: Conversation,
        attempt: Attempt,
        read_state: ReadState,
        bursts: Bursts,
    ) -> Finish:
        """Answer *routed*, unless it came during another run of its route, and turn away what comes meanwhile."""
        stored, route = routed.stored, routed.hit.route

        async def reject(row: StoredEvent, run: PastRun, is_said: bool) -> Finish | None:
            other = await self._routed(bot, row, read_state)
            if isinstance(other, Unrun) or other.hit.route is not route:
                return None
            return await self._rejection(bot, other, run, is_said, read_state)

        earlier = await bursts.overlapped(stored, route.name)
        if earlier is not None:
            return await self._rejection(bot, routed, *earlier, read_state)
        if stored.begun_at is not None:
            attempt.begun_at = stored.begun_at
        run = PastRun(stored.seq, attempt.begun_at or self._clock.now())
        async with bursts.turning_away(conversation, run, reject):
            finish = await self._answer(bot, routed, attempt, read_state)
        return replace(finish, joined=stored.seq)

    async def _rejection(self, bot: Bot, routed: Routed, run: PastRun, is_said: bool, read_state: ReadState) -> Finish:
        """Return how *routed* ends that came during *run*; it is told so unless another was."""
        route = routed.hit.route
        busy = route.overlap.busy if route.overlap is not None else None
        deliveries: Sequence[NewDelivery] = ()
        if busy is not None and routed.event.reply_token and not is_said:
            deliveries = await self._responses(bot, routed, busy, read_state)
        finish = self._finish(routed.stored, "rejected", self._clock.now(), route.name, deliveries)
        return replace(finish, joined=run.seq)

    async def _understood(
        self, bot: Bot, event: Event, state: Mapping[str, Any], now: datetime, resting: Mapping[str, int]
    ) -> Understood | None:
        """Return what the event's text means, where the route depends on it."""
        text = bot.router.unread(event, state, now, resting) if bot.reader is not None else None
        if text is None or bot.reader is None:
            return None
        async with asyncio.timeout(self._deadline):
            return await self._desk.read(bot.reader, text, now)

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
        try:
            async with asyncio.timeout(APOLOGY_SECONDS):
                return replace(finish, deliveries=await self._apology(self._bots[stored.bot], stored))
        except Exception as trouble:  # it may be the very cause: the event is given up all the same
            log.warning("event.no_apology", bot=stored.bot, event_id=stored.event_id, exc_info=trouble)
            return finish

    async def _apology(self, bot: Bot, stored: StoredEvent) -> Sequence[NewDelivery]:
        templates = bot.configuration.on_error
        if not templates:
            return ()
        event = bot.adapter.read(stored.raw, stored.received_at)
        if not event.reply_token or event.is_standby:
            return ()
        return await self._said(bot, event, templates)

    async def _said(self, bot: Bot, event: Event, templates: Sequence[MessageTemplate]) -> Sequence[NewDelivery]:
        """Return what is answered to an event that no route answers: *templates*, filled."""
        return self._writer.deliveries(bot, event, await said(bot, event, templates))

    async def _run(
        self,
        bot: Bot,
        event: Event,
        stored: StoredEvent,
        hit: Hit,
        run: Run,
        attempt: Attempt,
        state: str | None,
        parts: Sequence[Part],
    ) -> Finish:
        handler = bot.configuration.plugins[run.plugin].plugin.handlers[run.handler]
        seconds = self._deadline if hit.route.deadline is None else hit.route.deadline
        context = self._context(bot, event, stored, hit, run, state, attempt, parts)
        try:
            async with asyncio.timeout(seconds) as deadline:
                context.deadline = Deadline(deadline, seconds)
                with self.handlers[bot.name, run.plugin, run.handler].run():
                    if attempt.contended:
                        await context.shared.lock(attempt.contended)
                    answer = as_messages(await handler(context))
        except asyncio.CancelledError as error:
            if _is_asked_for():
                raise
            raise HandlerError(f"`{run.plugin}.{run.handler}` waited for something that was cancelled") from error
        except TimeoutError as error:
            if not deadline.expired():
                raise  # the handler's own
            attempt.lingering = context.lingering
            what = "waited for a thread, which all were stuck, for" if context.waits else "took"
            raise HandlerTimeoutError(f"`{run.plugin}.{run.handler}` {what} over {seconds:g} seconds") from error
        except SystemExit as error:  # it would end the event loop, and all that runs on it
            raise HandlerError(f"`{run.plugin}.{run.handler}` tried to end the process") from error
        except (Exception, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a panic of a library in Rust, for one
            raise HandlerError(f"`{run.plugin}.{run.handler}`: {type(error).__name__}: {error}") from error
        finally:
            context.end()
        return self._finish(
            stored,
            "answered" if answer else "handled",
            attempt.begun_at,
            hit.route.name,
            self._writer.deliveries(bot, event, answer, context.pushes),
            context.saved_state(),
            attempt.shared.changes() if attempt.shared else (),
        )

    def _context(
        self,
        bot: Bot,
        event: Event,
        stored: StoredEvent,
        hit: Hit,
        run: Run,
        state: str | None,
        attempt: Attempt,
        parts: Sequence[Part],
    ) -> Context[Any]:
        def share() -> Shared:
            attempt.shared = Shared(bot.name, run.plugin, self._shared, self._locks, context.check)
            return attempt.shared

        context: Context[Any] = Context(
            event=event,
            match=hit.match,
            settings=bot.settings_of(run.plugin),
            state=state,
            platform=bot.adapter.api,
            scope=Scope(bot.name, run.plugin, stored.attempts + 1, self._clock.now()),
            share=share,
            parts=parts,
        )
        return context

    def _finish(
        self,
        stored: StoredEvent,
        outcome: str,
        begun_at: int | None,
        route: str | None = None,
        deliveries: Sequence[NewDelivery] = (),
        state: str | None = None,
        shared: Sequence[SharedChange] = (),
    ) -> Finish:
        return Finish(
            event=stored,
            outcome=outcome,
            now=self._clock.now(),
            started_at=begun_at,
            route=route,
            state=state,
            shared=shared,
            deliveries=deliveries,
            attempts=stored.attempts,
        )


def _with_rest(finish: Finish, route: Route) -> Finish:
    """Let *route* rest, if it does so once it has answered, and has."""
    if route.cooldown is None or not finish.deliveries:
        return finish
    return replace(finish, rests_until=finish.now + round(route.cooldown * 1000))


def _is_asked_for() -> bool:
    """Say whether the CancelledError at hand was meant for this task, not for something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _loaded(state: str | None) -> Mapping[str, Any]:
    return json.loads(state) if state else {}
