"""Deliver outbox rows: per conversation in order, every attempt recorded before it is made.

What may have arrived is tried again only by the same way, and only where the platform notices a second attempt.
Another is taken after a definite refusal or a passed deadline; one that is a push only where the bot allows it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import structlog

from ..adapters.deliveries import Verdict
from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..errors import StoreClosedError, StoreError
from ..events import lane_of
from ..pace import STORE_RETRY_SECONDS, Pace, Trouble, pause
from ..store.claims import Claim, Claims
from ..store.lanes import Tenure
from ..store.outbox import Outbox
from ..store.records import Ending, Key, NewDelivery, Sending, StoredDelivery, Withholding
from ..ways import Way
from .attempts import attempt
from .decisions import Decisions
from .quiet_hours import QuietHours
from .readiness import Readiness

MAX_SENDING = 64
MAX_HELD = 4096

log = structlog.stdlib.get_logger("hookline.courier")

Apologise = Callable[[StoredDelivery], Awaitable[Sequence[NewDelivery]]]
"""Return what is answered in the place of what the platform refused; it never raises."""


async def silently(refused: StoredDelivery) -> Sequence[NewDelivery]:
    """Answer nothing."""
    return ()


class Courier:
    """Deliver for all bots of a host. ``counts`` says how deliveries ended since the start, by bot and outcome."""

    def __init__(
        self, outbox: Outbox, bots: Bots, tenure: Tenure, clock: Clock, pace: Pace, apologise: Apologise = silently
    ) -> None:
        self._outbox = outbox
        self._bots = bots
        self._tenure = tenure
        self._clock = clock
        self._retries = pace.delivery_retries
        self._apologise = apologise
        self._waiting: dict[Key, deque[StoredDelivery]] = {}
        self._serving: dict[Key, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MAX_SENDING))
        self._work = asyncio.Event()
        self._claims = Claims(outbox, tenure, self._known)
        self._quiet = QuietHours(outbox, bots, clock)
        self._has_more = False
        self._trouble = Trouble(log, "outbox.lease_failed")
        self._sending_trouble = Trouble(log, "delivery.failed")
        self._is_leasing = False
        self._added: list[StoredDelivery] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()
        self.counts: Counter[tuple[str, str]] = Counter()
        self._decisions = Decisions(clock, self._quiet, self.counts)
        self._readiness = Readiness(outbox, self._decisions, clock)

    async def run(self) -> None:
        """Take up what other processes leave for the lanes of this one, until :meth:`stop`."""
        while True:
            await self._wait_for_work()
            if self._stopping.is_set():
                return
            try:
                await self.resume()
            except StoreClosedError:
                raise
            except Exception as error:
                self._trouble.report(error)
                self._claims.is_in_doubt = True
                await pause(STORE_RETRY_SECONDS, self._stopping)
                self._work.set()

    async def _wait_for_work(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._quiet.seconds_left()):
                await self._work.wait()
        self._work.clear()

    async def resume(self) -> None:
        """Take up what waits in the lanes of this process: left behind, or written by another."""
        if self._claims.is_in_doubt:
            await self._claims.settle()
        room = MAX_HELD - self.held
        self._is_leasing = True  # until it has succeeded: what is added meanwhile may be younger
        released = await self._quiet.release(self._tenure.epochs)
        found = await self._outbox.lease(dict(self._tenure.epochs), self._bots, room) if room > 0 else []
        self._is_leasing = False
        self._has_more = len(found) >= room
        added, self._added = self._added, []
        self.add(sorted([*found, *added], key=lambda delivery: delivery.id))
        self._quiet.let_go(released)
        if not (self._waiting or self._has_more):
            self._idle.set()

    async def sweep(self) -> None:
        """Find what stands leased to this process and isn't held here, and let it be leased anew."""
        if count := await self._claims.sweep():
            log.warning("outbox.reclaimed", rows=count)
            self._work.set()

    def _known(self) -> set[Claim]:
        """Return (id, epoch) of all that this process has leased, as far as it knows."""
        held = [delivery for waiting in self._waiting.values() for delivery in waiting]
        return {(delivery.id, delivery.epoch) for delivery in (*held, *self._added)}

    @property
    def held(self) -> int:
        """Return how many deliveries are held here."""
        return sum(len(waiting) for waiting in self._waiting.values())

    def wake(self) -> None:
        """Look whether something waits in the store."""
        self._work.set()

    def busy_lanes(self) -> set[int]:
        """Return the lanes for which something is held here."""
        return {lane_of(*key) for key in self._waiting} | {delivery.lane for delivery in self._added}

    def add(self, deliveries: Sequence[StoredDelivery]) -> None:
        """Deliver leased rows, each after what already waits for its conversation."""
        if self._stopping.is_set():
            return  # they stay in the outbox, for the next process
        if self._is_leasing:
            self._idle.clear()
            self._added.extend(deliveries)
            return
        for delivery in deliveries:
            if delivery.key in self._waiting:
                self._waiting[delivery.key].append(delivery)
            else:
                self._waiting[delivery.key] = deque([delivery])
                self._idle.clear()
                self._start(delivery.key)

    def _start(self, key: Key, after: float = 0.0) -> None:
        task = self._serving[key] = asyncio.create_task(self._serve(key, after))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        """Go on with a conversation whose task has died of something that nobody foresaw."""
        self._tasks.discard(task)
        if self._serving.get(key) is not task:
            return  # another serves it by now
        del self._serving[key]
        if key in self._waiting and not self._stopping.is_set():
            log.error("conversation.died", bot=key[0], exc_info=None if task.cancelled() else task.exception())
            self._start(key, after=STORE_RETRY_SECONDS)

    async def idle(self) -> None:
        """Wait until nothing is left to deliver."""
        await self._idle.wait()

    async def stop(self, grace: float) -> None:
        """Let attempts in flight end for *grace* seconds; the rest stays in the outbox."""
        self._stopping.set()
        self._work.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        left = [delivery for waiting in self._waiting.values() for delivery in waiting] + self._added
        try:
            await self._outbox.give_back(left)
        except StoreError as error:  # the next holder of the lanes takes them all the same
            log.warning("outbox.not_given_back", rows=len(left), reason=str(error))

    async def _serve(self, key: Key, after: float) -> None:
        waiting = self._waiting[key]
        if after:
            await pause(after, self._stopping)
        while waiting and not self._stopping.is_set():
            if key[0] not in self._bots:
                await self._hand_back(waiting)
                continue
            try:
                if await self._deliver(waiting):
                    waiting.popleft()
            except Exception as error:  # the store, or a defect of ours: neither may stop the conversation for good
                self._sending_trouble.report(error, bot=key[0], delivery=waiting[0].id)
                await pause(STORE_RETRY_SECONDS, self._stopping)
        if not waiting:
            del self._waiting[key]
        if self._has_more:
            self._work.set()
        elif not self._waiting:
            self._idle.set()

    async def _hand_back(self, waiting: deque[StoredDelivery]) -> None:
        """Let go of *waiting*, whose bot is gone, for when it is back or who has it; what is added meanwhile stays."""
        rows = list(waiting)
        try:
            await self._outbox.give_back(rows)
        except StoreError as error:
            self._sending_trouble.report(error, bot=rows[0].bot, delivery=rows[0].id)
            self._claims.is_in_doubt = True  # they may stand leased to this process, which won't know them
        for _ in rows:
            waiting.popleft()
        self._work.set()  # the bot may be back by now

    async def _deliver(self, waiting: deque[StoredDelivery]) -> bool:
        """Bring the first of *waiting* to its end: sent, or buried, or lost to another worker; False when stopped.

        It is replaced by what is known of it at each step, so that a store that fails in between makes nothing unknown.
        """
        tries = 0
        while await self._is_settled(waiting[0]) and (bot := self._bots.get(waiting[0].bot)) is not None:
            if not self._tenure.has(waiting[0].lane, waiting[0].epoch):
                log.warning("delivery.fenced", bot=bot.name, delivery=waiting[0].id)
                return True
            ready = await self._readiness.of(bot, waiting[0])
            if isinstance(ready, Ending):
                await self._end(ready)
                return True
            if isinstance(ready, Withholding):
                await self._withhold(ready)
                return True
            waiting[0] = ready
            verdict = await self._attempt(bot, waiting, ready.ways[ready.turn])
            if verdict is None:
                log.warning("delivery.fenced", bot=bot.name, delivery=ready.id)
                return True
            judged = self._decisions.judged(bot, replace(ready, attempts=ready.attempts + 1), verdict)
            if judged.is_buried and verdict.blames_messages and ready.is_answer and not ready.ways[ready.turn].is_push:
                judged = replace(judged, instead=await self._apologise(ready))
            await self._end_surely(judged)
            if judged.is_final:
                return True
            waiting[0] = judged.delivery
            if verdict.outcome != "way_refused":
                await self._wait_to_retry(judged.delivery, verdict, tries)
                tries += 1
        return False

    async def _is_settled(self, delivery: StoredDelivery) -> bool:
        """Wait until it is known whose the delivery's lane is; False when stopped."""
        while not self._stopping.is_set():
            if self._tenure.epoch(delivery.lane) == delivery.epoch:
                return True
            if not self._tenure.has(delivery.lane, delivery.epoch):
                return True
            await pause(STORE_RETRY_SECONDS, self._stopping)  # the store hasn't been heard of for long
        return False

    async def _attempt(self, bot: Bot, waiting: deque[StoredDelivery], way: Way) -> Verdict | None:
        delivery = waiting[0]
        async with self._sending[delivery.bot]:
            if not await self._outbox.attempt(_recorded(delivery, way)):
                return None
            if self._tenure.epoch(delivery.lane) != delivery.epoch:
                return Verdict("again", "the store took so long that another worker may have the lane")
            waiting[0] = replace(delivery, is_uncertain=True)  # until its verdict is recorded
            return await attempt(bot, delivery, way)

    async def _end_surely(self, ending: Ending) -> None:
        """Record how an attempt ended; while the store is in trouble, again and again, but not the attempt."""
        while True:
            try:
                await self._end(ending)
                return
            except StoreError as error:
                if self._stopping.is_set() or isinstance(error, StoreClosedError):
                    raise
                self._sending_trouble.report(error, bot=ending.delivery.bot, delivery=ending.delivery.id)
                await pause(STORE_RETRY_SECONDS, self._stopping)

    async def _end(self, ending: Ending) -> None:
        instead = await self._outbox.end(ending)
        if instead is None:
            log.warning("delivery.fenced", bot=ending.delivery.bot, delivery=ending.delivery.id)
            return
        self.add(instead)
        facts = {
            "bot": ending.delivery.bot,
            "delivery": ending.delivery.id,
            "event_row": ending.delivery.seq,
            "way": ending.delivery.via,
            "outcome": ending.outcome,
            "reason": ending.reason,
            "request_id": ending.request_id,
        }
        if not ending.is_final:
            if ending.outcome != "way_refused":
                log.warning("delivery.retried", **facts)
            return
        self.counts[ending.delivery.bot, ending.outcome] += 1
        if ending.is_buried:
            log.error("delivery.buried", **facts)
        elif ending.outcome == "stale":
            log.info("delivery.stale", **facts)
        else:
            log.debug("delivery.sent", **facts)

    async def _withhold(self, withholding: Withholding) -> None:
        delivery = withholding.delivery
        facts = {"bot": delivery.bot, "delivery": delivery.id}
        if not await self._outbox.withhold(withholding):
            log.warning("delivery.fenced", **facts)
            return
        log.info("delivery.withheld", **facts, event_row=delivery.seq, reason=withholding.reason)
        if withholding.is_short:
            self._quiet.look_soon()
            self._work.set()

    async def _wait_to_retry(self, delivery: StoredDelivery, verdict: Verdict, tries: int) -> None:
        backoff = self._retries[min(tries, len(self._retries) - 1)]
        left = (delivery.deadline - self._clock.now()) / 1000
        await pause(max(0.0, min(max(backoff, verdict.after or 0.0), left)), self._stopping)


def _recorded(delivery: StoredDelivery, way: Way) -> Sending:
    return Sending(
        id=delivery.id,
        epoch=delivery.epoch,
        turn=delivery.turn,
        is_push=way.is_push,
        is_fallback=delivery.is_fallback,
        deadline=delivery.deadline,
    )
