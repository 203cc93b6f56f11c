"""Run one conversation's events in order: each to its commit, retried when it fails, buried when it keeps failing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from ..clock import Clock
from ..errors import HandlerError, StoreClosedError, StoreError
from ..pace import STORE_RETRY_SECONDS, Pace, Trouble, pause
from ..store.lanes import Tenure
from ..store.records import Failure, Finish, Finished, StoredDelivery, StoredEvent
from ..store.store import Store
from ..tallies import Timed
from ..tasks import contained
from ..tracebacks import Told, tell
from .bursts import ALONE_AFTER, Bursts, LostError, MadeRoom, Runs, StoppingError
from .conversation import Conversation
from .dispatcher import Dispatcher
from .failures import HandlerFailedError
from .run import Attempt
from .slots import Slots
from .turnstile import Turnstile

BURIED_AFTER = 3

log = structlog.stdlib.get_logger("hookline.worker")

Hide = Callable[[str], str]
"""Return a text without the secrets of the configuration."""
Deliver = Callable[[Sequence[StoredDelivery]], None]
"""Take what is to be delivered, and was written just now."""
Note = Callable[[StoredEvent, Attempt, Told | None], None]
"""Hear of an event whose run begins, or has failed in that way; the attempt is filled as far as the run gets."""


def unnoted(_row: StoredEvent, _attempt: Attempt, _failure: Told | None) -> None:
    """Note nothing."""


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
        made_room: MadeRoom,
        note: Note = unnoted,
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
        self._note = note
        self._bursts = Bursts(store, clock, tenure, slots, runs, made_room, self._note_end)
        self._trouble = Trouble(log, "event.lost_grip")
        self._turnstile = Turnstile()
        self._stopping = asyncio.Event()
        self.ended: Counter[tuple[str, str]] = Counter()

    @property
    def handlers(self) -> Mapping[tuple[str, str, str], Timed]:
        """Return how often handlers have run, by bot, plugin and name."""
        return self._dispatcher.handlers

    @property
    def mends(self) -> Mapping[str, int]:
        """Return how often something was mended in a message that was to be sent, by bot."""
        return self._dispatcher.mends

    def stop(self) -> None:
        """Begin no further run; waits for a retry end at once."""
        self._stopping.set()
        self._bursts.stop()

    async def run_next(self, conversation: Conversation) -> int:
        """Run the conversation's first row to its end, and return how many have ended with it; 0: it was left as it is.

        A row whose lane was lost has ended here: its next holder runs it.
        """
        row = conversation.rows[0]
        if row.seq in conversation.decided:
            conversation.decided.discard(row.seq)
            return 1
        try:
            ended = await self._run_row(conversation, row)
        except StoppingError:
            return 0
        except Exception as error:  # the store, or a defect of ours: neither may stop the conversation for good
            self._trouble.report(error, bot=row.bot, event_id=row.event_id)
            await pause(STORE_RETRY_SECONDS, self._stopping)
            return 0
        for index in range(ended):
            conversation.has_ended(conversation.rows[index])
        return ended

    async def _run_row(self, conversation: Conversation, row: StoredEvent) -> int:
        if not self._tenure.has(row.lane, row.epoch):
            return _lost(conversation, row)
        if self._tenure.epoch(row.lane) != row.epoch:
            await pause(STORE_RETRY_SECONDS, self._stopping)  # not heard of the store for long: it may be lost
            return 0
        return await self._run_event(conversation, row)

    async def _run_event(self, conversation: Conversation, row: StoredEvent) -> int:
        if row.starts >= BURIED_AFTER and row.seq not in conversation.started:
            reason = f"the process died {row.starts} times while this event was running"
            return await self._bury(conversation, [row], reason, "", Attempt())
        contended: frozenset[str] = frozenset()
        while self._runs(row.bot) and not self._stopping.is_set():
            attempt = Attempt(contended)
            self._note(row, attempt, None)
            try:
                finish = await self._attempt(conversation, attempt)
                if finish is None:
                    return _lost(conversation, row)
                result = await self._commit(finish)
            except (StoreError, StoppingError):
                raise  # not the handler's fault: tried again, uncounted
            except (Exception, asyncio.CancelledError) as error:
                failure = error if isinstance(error, Exception) else self._cancelled(error)
                attempt.release()
                told = failure.told if isinstance(failure, HandlerFailedError) else tell(failure)
                if ended := await self._failed(conversation, told, attempt):
                    return ended
                continue
            finally:
                attempt.release()
                await self._let_others_in(row, attempt)
            if result.result != "conflict":
                return self._committed(conversation, finish, result)
            # Somebody else changed what it read: it runs again, at once and uncounted, and holds those keys meanwhile.
            contended = frozenset(change.key.key for change in finish.shared)
        return 0

    def _cancelled(self, error: asyncio.CancelledError) -> Exception:
        """Return what a handler did that has cancelled its own task; raise when the worker stops."""
        task = asyncio.current_task()
        if self._stopping.is_set() or task is None:
            raise error
        while task.cancelling():
            task.uncancel()
        return HandlerError("something cancelled the run")

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

    async def _attempt(self, conversation: Conversation, attempt: Attempt) -> Finish | None:
        """Run the first row once; None when it belongs to another worker by now."""
        row = conversation.rows[0]
        is_started = row.seq in conversation.started
        is_alone = row.starts >= ALONE_AFTER and not is_started
        await self._slots.enter(row.bot, alone=is_alone)
        attempt.is_alone = is_alone
        try:
            if self._stopping.is_set() or not self._runs(row.bot):
                raise StoppingError  # while it waited for its turn
            if not is_started:
                now = row.begun_at or self._clock.now()
                if not await self._store.inbox.start(row.seq, row.epoch, row.starts + 1, now):
                    return None
                conversation.started.add(row.seq)
            await self._turnstile.enter(row.bot)
            return await contained(self._dispatcher.dispatch(conversation, attempt, self._bursts))
        except LostError:
            return None
        finally:
            if not is_alone:
                await self._slots.leave(row.bot)

    async def _let_others_in(self, row: StoredEvent, attempt: Attempt) -> None:
        """End that *row* runs alone, once what came of it is durable: the next may end the process."""
        if attempt.is_alone:
            attempt.is_alone = False
            await self._slots.leave(row.bot)

    def _committed(self, conversation: Conversation, finish: Finish, result: Finished) -> int:
        if result.result == "fenced":
            return _lost(conversation, finish.event)
        if finish.state is not None:
            conversation.state = finish.state
        if finish.flows:
            conversation.flows = None
        self._note_end(finish, result)
        return 1 + len(finish.together)

    def _note_end(self, finish: Finish, result: Finished) -> None:
        """Count what has ended, and let be delivered what came of it."""
        for one in (finish, *finish.together):
            self.ended[one.event.bot, one.outcome] += 1
            log.debug("event.finished", bot=one.event.bot, event_id=one.event.event_id, outcome=one.outcome)
        if result.deliveries:
            self._deliver(result.deliveries)

    async def _failed(self, conversation: Conversation, failure: Told, attempt: Attempt) -> int:
        """Record a failed run and wait for the next; return how many rows have ended instead, buried or lost."""
        rows = [conversation.rows[index] for index in range(len(attempt.rows) or 1)]
        for row in rows:
            self._note(row, attempt, failure)
        attempts = max(row.attempts for row in rows) + 1
        since = min(row.first_failed_at or self._clock.now() for row in rows)
        failed = [_after_failure(row, attempts, since, attempt) for row in rows]
        wait = self._wait_before(attempts, since, attempt)
        if wait is None and _may_be_split(failed, attempt):
            wait = 0.0
            conversation.alone.update(row.seq for row in rows)
            log.warning("event.split", bot=rows[0].bot, event_id=rows[0].event_id, rows=len(rows))
        if wait is None:
            return await self._bury(conversation, failed, failure.summary, failure.traceback, attempt)
        _log_failure(conversation, rows[-1], failure, attempts=attempts, retry_in=wait)
        fail = self._store.inbox.fail
        if not all(await asyncio.gather(*(fail(Failure(row.seq, row.epoch, attempts, since)) for row in rows))):
            return _lost(conversation, rows[0])
        for index, row in enumerate(failed):
            conversation.rows[index] = row
            conversation.started.discard(row.seq)
        await self._let_others_in(rows[0], attempt)
        await pause(wait, self._stopping)
        left = attempt.lingering
        if left is not None and not await self._is_over(left, self._pace.handler_patience - self._waited(since)):
            return await self._bury(conversation, failed, f"{failure.summary}; it still runs", "", attempt)
        return 0

    def _wait_before(self, attempts: int, since: int, attempt: Attempt) -> float | None:
        """Return the seconds until the next run, None when there is to be none. A route may say so itself."""
        if attempt.retries is not None:
            return attempt.retries[attempts - 1] if attempts <= len(attempt.retries) else None
        retries = self._pace.handler_retries
        wait = retries[attempts - 1] if attempts <= len(retries) else None
        return None if wait is None or self._waited(since) + wait > self._pace.handler_patience else wait

    def _waited(self, since: int) -> float:
        return max(0.0, (self._clock.now() - since) / 1000)  # the clock may have been set back

    async def _bury(
        self, conversation: Conversation, rows: Sequence[StoredEvent], reason: str, detail: str, attempt: Attempt
    ) -> int:
        finish = await self._dispatcher.bury(rows, self._hide(reason), self._hide(detail), attempt)
        for one in (finish, *finish.together):
            if one.error is not None:
                row = one.event
                log.error("event.buried", bot=row.bot, event_id=row.event_id, attempts=row.attempts, error=reason)
        return self._committed(conversation, finish, await self._commit(finish))

    async def _is_over(self, left: asyncio.Future[Any], seconds: float) -> bool:
        """Wait for what a handler has left running; False when it outlasts its conversation's patience."""
        stopping: asyncio.Future[Any] = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait([left, stopping], timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        return left.done() or self._stopping.is_set()


def _after_failure(row: StoredEvent, attempts: int, since: int, attempt: Attempt) -> StoredEvent:
    begun_at = row.begun_at or attempt.begun_at
    return replace(row, attempts=attempts, first_failed_at=since, starts=0, begun_at=begun_at)


def _may_be_split(rows: Sequence[StoredEvent], attempt: Attempt) -> bool:
    """Say whether *rows*, which were run as one in vain, are run one by one: only those that fail alone are buried."""
    is_merged = attempt.overlap is not None and attempt.overlap.policy == "merge"
    return is_merged and len(rows) > 1 and attempt.retries != ()


def _lost(conversation: Conversation, row: StoredEvent) -> int:
    """Forget what is known of the conversation: another worker goes on with it."""
    log.warning("event.fenced", bot=row.bot, event_id=row.event_id)
    conversation.forget()
    return 1


def _log_failure(conversation: Conversation, row: StoredEvent, failure: Told, **facts: object) -> None:
    """Log why a run of *row* has failed, with the traceback unless it is the same as that of the run before."""
    summary = failure.summary
    is_known = conversation.failure == (row.seq, summary)
    conversation.failure = row.seq, summary
    log.warning(
        "event.failed",
        bot=row.bot,
        event_id=row.event_id,
        error=summary,
        **facts,
        **({} if is_known else {"exception": failure.traceback.rstrip()}),
    )
