"""Lease events and run their conversations: each in order, one event at a time, all side by side."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from ..bots import Bots
from ..clock import Clock
from ..errors import StoreError
from ..store.records import Failure, Finish, Finished, Key, StoredDelivery, StoredEvent
from ..store.store import Store
from .dispatcher import Attempt, Dispatcher
from .gate import Gate

LEASE_ROWS = 256
MAX_HELD = 2048
MAX_HELD_OF_ONE = 16
MAX_RUNNING = 512
MAX_RUNNING_OF_BOT = 256
BACKOFF_SECONDS = (1.0, 5.0, 15.0)
PATIENCE_SECONDS = 60.0
ALONE_AFTER = 2
BURIED_AFTER = 3
STORE_RETRY_SECONDS = 0.5

log = structlog.stdlib.get_logger("hookline.worker")

Deliver = Callable[[Sequence[StoredDelivery]], None]


@dataclass(slots=True)
class Conversation:
    """Hold what this worker has leased of one conversation, and its state as of the last commit."""

    key: Key
    state: str | None
    rows: deque[StoredEvent] = field(default_factory=deque)
    begun: set[int] = field(default_factory=set)


class Worker:
    """Work off the inbox of one host."""

    def __init__(self, store: Store, dispatcher: Dispatcher, bots: Bots, clock: Clock, deliver: Deliver) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._bots = bots
        self._clock = clock
        self._deliver = deliver
        self._conversations: dict[Key, Conversation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._held = 0
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = asyncio.Event()
        self._gate = Gate()
        self._slots = asyncio.Semaphore(MAX_RUNNING)
        self._bot_slots = {name: asyncio.Semaphore(MAX_RUNNING_OF_BOT) for name in bots}
        self._foreign: set[str] = set()

    def wake(self) -> None:
        """Look into the inbox now: something was accepted."""
        self._idle.clear()
        self._work.set()

    @property
    def foreign(self) -> frozenset[str]:
        """Return the bots that have unfinished events here but no configuration; their rows stay untouched."""
        return frozenset(self._foreign)

    async def run(self) -> None:
        """Lease and run until :meth:`stop`."""
        self._foreign = await self._store.inbox.bots() - self._bots.keys()
        if self._foreign:
            log.warning("inbox.orphaned", bots=sorted(self._foreign))
        self._work.set()
        while not self._stopping.is_set():
            await self._work.wait()
            self._work.clear()
            if self._stopping.is_set():
                return
            try:
                await self._lease_all()
            except StoreError:
                raise
            except Exception:
                log.exception("inbox.lease_failed")
                await self._pause(STORE_RETRY_SECONDS)
                self._work.set()
            if not self._conversations and not self._work.is_set():
                self._idle.set()

    async def idle(self) -> None:
        """Wait until nothing accepted is left to run."""
        await self._idle.wait()

    async def stop(self, grace: float) -> None:
        """Take no more; let handlers reach their commit for *grace* seconds, then give the rest back."""
        self._stopping.set()
        self._work.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        left = [
            (row.seq, row.seq in conversation.begun)
            for conversation in self._conversations.values()
            for row in conversation.rows
        ]
        await self._store.inbox.give_back(left)

    async def _lease_all(self) -> None:
        while self._held < MAX_HELD and not self._stopping.is_set():
            busy = [key for key, held in self._conversations.items() if len(held.rows) >= MAX_HELD_OF_ONE]
            rows = await self._store.inbox.lease(LEASE_ROWS, busy, self._foreign)
            for row in rows:
                self._hold(row)
            if len(rows) < LEASE_ROWS:
                return

    def _hold(self, row: StoredEvent) -> None:
        self._held += 1
        conversation = self._conversations.get(row.key)
        if conversation is not None:
            conversation.rows.append(row)
            return
        conversation = Conversation(row.key, row.state, deque([row]))
        self._conversations[row.key] = conversation
        task = asyncio.create_task(self._run_conversation(conversation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_conversation(self, conversation: Conversation) -> None:
        was_full = False
        while conversation.rows and not self._stopping.is_set():
            row = replace(conversation.rows[0], state=conversation.state)
            was_full = was_full or len(conversation.rows) >= MAX_HELD_OF_ONE
            try:
                is_done = await self._run_event(conversation, row)
            except Exception:
                log.exception("event.lost_grip", bot=row.bot, event_id=row.event_id)
                is_done = False
                await self._pause(STORE_RETRY_SECONDS)
            if is_done:
                conversation.rows.popleft()
                self._held -= 1
        if not conversation.rows:
            del self._conversations[conversation.key]
        if was_full or self._held >= MAX_HELD - LEASE_ROWS:
            self._work.set()  # there may be more than was held
        if not self._conversations and not self._work.is_set():
            self._idle.set()

    async def _run_event(self, conversation: Conversation, row: StoredEvent) -> bool:
        """Run one event to its end, retries included; False when it is left as it is."""
        if row.starts >= BURIED_AFTER:
            reason = f"the process died {row.starts} times while this event was running"
            return await self._bury(row, reason, "")
        while not self._stopping.is_set():
            attempt = Attempt()
            try:
                finish = await self._attempt(conversation, row, attempt)
                result = await self._store.outcomes.finish(finish)
                conversation.begun.discard(row.seq)
                if result.result != "conflict":
                    return self._committed(conversation, finish, result)
                continue  # another host changed what it read: run again, at once and uncounted
            except Exception as error:
                conversation.begun.discard(row.seq)
                attempt.release()
                failed = await self._failed(row, error, attempt)
            finally:
                attempt.release()
            if failed is None:
                return True
            row = failed
        return False

    async def _attempt(self, conversation: Conversation, row: StoredEvent, attempt: Attempt) -> Finish:
        async with (
            self._bot_slots[row.bot],
            self._slots,
            self._gate.run(alone=row.starts >= ALONE_AFTER),
        ):
            await self._store.inbox.start(row.seq)
            conversation.begun.add(row.seq)
            return await self._dispatcher.dispatch(row, attempt)

    def _committed(self, conversation: Conversation, finish: Finish, result: Finished) -> bool:
        if result.result == "fenced":
            log.warning("event.fenced", bot=finish.event.bot, event_id=finish.event.event_id)
            return True
        if finish.state is not None:
            conversation.state = finish.state
        if result.deliveries:
            self._deliver(result.deliveries)
        log.debug("event.finished", bot=finish.event.bot, event_id=finish.event.event_id, outcome=finish.outcome)
        return True

    async def _failed(self, row: StoredEvent, error: Exception, attempt: Attempt) -> StoredEvent | None:
        """Record a failed run and wait for the next; None when the event was buried instead."""
        attempts = row.attempts + 1
        since = row.first_failed_at or self._clock.now()
        wait = BACKOFF_SECONDS[attempts - 1] if attempts <= len(BACKOFF_SECONDS) else None
        waited = (self._clock.now() - since) / 1000
        where = {"bot": row.bot, "event_id": row.event_id, "attempts": attempts}
        if wait is None or waited + wait > PATIENCE_SECONDS:
            log.error("event.buried", **where, error=_summary(error))
            detail = "".join(traceback.format_exception(error))
            await self._bury(replace(row, attempts=attempts), _summary(error), detail)
            return None
        log.warning("event.failed", **where, retry_in=wait, error=_summary(error), exc_info=error)
        await self._store.inbox.fail(Failure(row.seq, attempts, since))
        await self._pause(wait)
        if attempt.lingering is not None and not attempt.lingering.done():
            left = PATIENCE_SECONDS - (self._clock.now() - since) / 1000
            await self._wait_for_thread(attempt.lingering, left)
            if not attempt.lingering.done() and not self._stopping.is_set():
                await self._bury(replace(row, attempts=attempts), f"{_summary(error)}; its thread still runs", "")
                return None
        return replace(row, attempts=attempts, first_failed_at=since, starts=0)

    async def _bury(self, row: StoredEvent, reason: str, detail: str) -> bool:
        finish = await self._dispatcher.bury(row, reason, detail, row.attempts)
        result = await self._store.outcomes.finish(finish)
        if result.deliveries:
            self._deliver(result.deliveries)
        return True

    async def _wait_for_thread(self, thread: asyncio.Future[Any], seconds: float) -> None:
        stopping: asyncio.Future[Any] = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait([thread, stopping], timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def _summary(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
