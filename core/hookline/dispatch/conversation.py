"""Run one conversation's events in order: each to its commit, retried when it fails, buried when it keeps failing."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from ..clock import Clock
from ..errors import HandlerError, StoreClosedError, StoreError
from ..pace import STORE_RETRY_SECONDS, Pace, Trouble, pause
from ..store.lanes import Tenure
from ..store.records import Failure, Finish, Finished, Key, StoredDelivery, StoredEvent
from ..store.store import Store
from ..tallies import Timed
from .dispatcher import Attempt, Dispatcher
from .slots import Slots

ALONE_AFTER = 2
BURIED_AFTER = 3

log = structlog.stdlib.get_logger("hookline.worker")

Deliver = Callable[[Sequence[StoredDelivery]], None]
Hide = Callable[[str], str]
"""Return a text without the secrets of the configuration."""
Runs = Callable[[str], bool]
"""Say whether events of a bot are run now: it is there, and not paused."""


@dataclass(slots=True, eq=False)
class Conversation:
    """Hold what this worker has leased of one conversation, and its state as of the last commit, once read.

    ``started`` are rows whose start is counted in the store, and not ended there.
    """

    key: Key
    lane: int
    rows: deque[StoredEvent] = field(default_factory=deque)
    started: set[int] = field(default_factory=set)
    state: str | None = None
    is_read: bool = False


class Runner:
    """Run conversations side by side, within the limits of the host and of each bot.

    ``ended`` counts the events that have ended, by bot and outcome.
    """

    def __init__(
        self,
        store: Store,
        dispatcher: Dispatcher,
        clock: Clock,
        deliver: Deliver,
        pace: Pace,
        tenure: Tenure,
        slots: Slots,
        hide: Hide,
        runs: Runs,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._deliver = deliver
        self._pace = pace
        self._tenure = tenure
        self._slots = slots
        self._hide = hide
        self._runs = runs
        self._trouble = Trouble(log, "event.lost_grip")
        self._stopping = asyncio.Event()
        self.ended: Counter[tuple[str, str]] = Counter()

    @property
    def handlers(self) -> Mapping[tuple[str, str, str], Timed]:
        """Return how often handlers have run, by bot, plugin and name."""
        return self._dispatcher.handlers

    def stop(self) -> None:
        """Begin no further run; waits for a retry end at once."""
        self._stopping.set()

    async def run_next(self, conversation: Conversation) -> bool:
        """Run the conversation's first row to its end; False when it was left as it is.

        A row whose lane was lost has ended here: its next holder runs it.
        """
        row = conversation.rows[0]
        try:
            has_ended = await self._run_row(conversation, row)
        except _StoppingError:
            return False
        except Exception as error:  # the store, or a defect of ours: neither may stop the conversation for good
            self._trouble.report(error, bot=row.bot, event_id=row.event_id)
            await pause(STORE_RETRY_SECONDS, self._stopping)
            return False
        if has_ended:
            conversation.started.discard(row.seq)
        return has_ended

    async def _run_row(self, conversation: Conversation, row: StoredEvent) -> bool:
        if not self._tenure.has(row.lane, row.epoch):
            return _lost(conversation, row)
        if self._tenure.epoch(row.lane) != row.epoch:
            await pause(STORE_RETRY_SECONDS, self._stopping)  # not heard of the store for long: it may be lost
            return False
        return await self._run_event(conversation, row)

    async def _run_event(self, conversation: Conversation, row: StoredEvent) -> bool:
        if row.starts >= BURIED_AFTER and row.seq not in conversation.started:
            reason = f"the process died {row.starts} times while this event was running"
            await self._bury(conversation, row, reason, "", Attempt())
            return True
        contended: frozenset[str] = frozenset()
        while self._runs(row.bot) and not self._stopping.is_set():
            attempt = Attempt(contended)
            try:
                finish = await self._attempt(conversation, row, attempt)
                if finish is None:
                    return _lost(conversation, row)
                result = await self._commit(finish)
            except (StoreError, _StoppingError):
                raise  # not the handler's fault: tried again, uncounted
            except (Exception, asyncio.CancelledError) as error:
                failure = error if isinstance(error, Exception) else self._cancelled(error)
                attempt.release()
                failed = await self._failed(conversation, row, failure, attempt)
                if failed is None:
                    return True
                row = conversation.rows[0] = failed
                conversation.started.discard(row.seq)
                continue
            finally:
                attempt.release()
            if result.result != "conflict":
                self._committed(conversation, finish, result)
                return True
            # Somebody else changed what it read: it runs again, at once and uncounted, and holds those keys meanwhile.
            contended = frozenset(change.key.key for change in finish.shared)
        return False

    def _cancelled(self, error: asyncio.CancelledError) -> Exception:
        """Return what a handler did that has cancelled its own task; raise when the worker stops."""
        task = asyncio.current_task()
        if self._stopping.is_set() or task is None:
            raise error
        while task.cancelling():
            task.uncancel()
        return HandlerError("the handler cancelled its own task")

    async def _commit(self, finish: Finish) -> Finished:
        """Commit what a run left behind; while the store is in trouble, again and again, but not the run."""
        while True:
            try:
                return await self._store.outcomes.finish(finish)
            except StoreClosedError:
                raise
            except StoreError as error:
                if self._stopping.is_set():
                    raise
                self._trouble.report(error, bot=finish.event.bot, event_id=finish.event.event_id)
                await pause(STORE_RETRY_SECONDS, self._stopping)

    async def _attempt(self, conversation: Conversation, row: StoredEvent, attempt: Attempt) -> Finish | None:
        """Run *row* once; None when it belongs to another worker by now."""

        async def read_state() -> str | None:
            if not conversation.is_read:
                conversation.state = await self._store.conversations.read(conversation.key)
                conversation.is_read = True
            return conversation.state

        is_started = row.seq in conversation.started
        await self._slots.enter(row.bot, alone=row.starts >= ALONE_AFTER and not is_started)
        try:
            if self._stopping.is_set() or not self._runs(row.bot):
                raise _StoppingError  # while it waited for its turn
            if not is_started:
                if not await self._store.inbox.start(row.seq, row.epoch, row.starts + 1, self._clock.now()):
                    return None
                conversation.started.add(row.seq)
            return await self._dispatcher.dispatch(row, attempt, read_state)
        finally:
            await self._slots.leave(row.bot)

    def _committed(self, conversation: Conversation, finish: Finish, result: Finished) -> None:
        if result.result == "fenced":
            _lost(conversation, finish.event)
            return
        self.ended[finish.event.bot, finish.outcome] += 1
        if finish.state is not None:
            conversation.state = finish.state
        if result.deliveries:
            self._deliver(result.deliveries)
        log.debug("event.finished", bot=finish.event.bot, event_id=finish.event.event_id, outcome=finish.outcome)

    async def _failed(
        self, conversation: Conversation, row: StoredEvent, error: Exception, attempt: Attempt
    ) -> StoredEvent | None:
        """Record a failed run and wait for the next; None when the event was buried instead, or lost."""
        attempts = row.attempts + 1
        since = row.first_failed_at or self._clock.now()
        failed = replace(row, attempts=attempts, first_failed_at=since, starts=0)
        wait = self._wait_before(attempts, since, attempt)
        if wait is None:
            detail = "".join(traceback.format_exception(error))
            await self._bury(conversation, failed, _summary(error), detail, attempt)
            return None
        log.warning(
            "event.failed", bot=row.bot, event_id=row.event_id, attempts=attempts, retry_in=wait, exc_info=error
        )
        if not await self._store.inbox.fail(Failure(row.seq, row.epoch, attempts, since)):
            _lost(conversation, row)
            return None
        await pause(wait, self._stopping)
        thread = attempt.lingering
        if thread is not None and not await self._thread_ends(
            thread, self._pace.handler_patience - self._waited(since)
        ):
            await self._bury(conversation, failed, f"{_summary(error)}; its thread still runs", "", attempt)
            return None
        return failed

    def _wait_before(self, attempts: int, since: int, attempt: Attempt) -> float | None:
        """Return the seconds until the next run, None when there is to be none. A route may say so itself."""
        if attempt.retries is not None:
            return attempt.retries[attempts - 1] if attempts <= len(attempt.retries) else None
        retries = self._pace.handler_retries
        wait = retries[attempts - 1] if attempts <= len(retries) else None
        return None if wait is None or self._waited(since) + wait > self._pace.handler_patience else wait

    def _waited(self, since: int) -> float:
        return (self._clock.now() - since) / 1000

    async def _bury(
        self, conversation: Conversation, row: StoredEvent, reason: str, detail: str, attempt: Attempt
    ) -> None:
        log.error("event.buried", bot=row.bot, event_id=row.event_id, attempts=row.attempts, error=reason)
        finish = await self._dispatcher.bury(row, self._hide(reason), self._hide(detail), attempt)
        self._committed(conversation, finish, await self._commit(finish))

    async def _thread_ends(self, thread: asyncio.Future[Any], seconds: float) -> bool:
        """Wait for a sync handler's thread; False when it outlasts its conversation's patience."""
        stopping: asyncio.Future[Any] = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait([thread, stopping], timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return thread.done() or self._stopping.is_set()


class _StoppingError(Exception):
    """Say that a run doesn't begin any more, since the worker or the bot stops."""


def _lost(conversation: Conversation, row: StoredEvent) -> bool:
    """Forget what is known of the conversation: another worker goes on with it."""
    log.warning("event.fenced", bot=row.bot, event_id=row.event_id)
    conversation.is_read, conversation.state = False, None
    return True


def _summary(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
