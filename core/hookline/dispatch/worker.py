"""Accept events, lease what waits, and run conversations side by side."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from ..bots import Bots
from ..clock import Clock
from ..errors import StoreClosedError
from ..events import Event
from ..pace import STORE_RETRY_SECONDS, Pace, pause
from ..store.records import Key, StoredEvent
from ..store.store import Store
from .conversation import Conversation, Deliver, Hide, Runner
from .dispatcher import Dispatcher

LEASE_ROWS = 256
MAX_HELD = 2048
MAX_HELD_OF_ONE = 16
UNSENT_MILLISECONDS = 86_400_000

log = structlog.stdlib.get_logger("hookline.worker")


class Worker:
    """Work off the inbox of one host.

    Events that this process accepts go straight from their commit to their conversation, without another look into
    the store, for as long as nothing older waits there. Otherwise, and after a restart, they are leased in order.
    """

    def __init__(
        self,
        store: Store,
        dispatcher: Dispatcher,
        bots: Bots,
        clock: Clock,
        deliver: Deliver,
        pace: Pace,
        hide: Hide = str,
    ) -> None:
        self._inbox = store.inbox
        self._runner = Runner(store, dispatcher, clock, deliver, pace, hide)
        self._bots = bots
        self._clock = clock
        self._conversations: dict[Key, Conversation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._held = 0
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = asyncio.Event()
        self._foreign: set[str] = set()
        self._unsent: set[tuple[str, str]] = set()
        self._is_caught_up = False
        self._queued = 0
        self._direct = 0
        self._admitting: dict[Key, int] = {}

    @property
    def foreign(self) -> frozenset[str]:
        """Return the bots that have unfinished events here but no configuration; their rows stay untouched."""
        return frozenset(self._foreign)

    def accept(self, events: Sequence[Event]) -> asyncio.Future[None]:
        """Make *events* durable and take them up; the future ends once they are durable.

        What becomes of them doesn't hang on the future: one that is cancelled stops nothing.
        """
        self._idle.clear()
        is_direct = self._is_caught_up and self._held + self._direct < MAX_HELD and not self._stopping.is_set()
        numbered = self._inbox.number(events, self._enter_admission if is_direct else None)
        if is_direct:
            self._direct += len(numbered)
        else:
            self._is_caught_up = False
            self._queued += 1
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        admission = self._inbox.admit(numbered, is_leased=is_direct)
        admission.add_done_callback(partial(self._admitted, numbered, is_direct, waiter))
        return waiter

    async def run(self) -> None:
        """Lease and run until :meth:`stop`."""
        self._unsent = await self._inbox.unsent(self._clock.now() - UNSENT_MILLISECONDS)
        self._foreign = await self._inbox.bots() - self._bots.keys()
        if self._foreign:
            log.warning("inbox.orphaned", bots=sorted(self._foreign))
        self._work.set()
        while True:
            await self._work.wait()
            self._work.clear()
            if self._stopping.is_set():
                return
            try:
                await self._lease_all()
            except StoreClosedError:
                raise
            except Exception:
                log.exception("inbox.lease_failed")
                await pause(STORE_RETRY_SECONDS, self._stopping)
                self._work.set()
            self._notice_idleness()

    async def idle(self) -> None:
        """Wait until nothing accepted is left to run."""
        await self._idle.wait()

    async def stop(self, grace: float) -> None:
        """Take no more; let handlers reach their commit for *grace* seconds, then give the rest back."""
        self._stopping.set()
        self._runner.stop()
        self._work.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        left = [
            (row.seq, row.seq in conversation.started)
            for conversation in self._conversations.values()
            for row in conversation.rows
        ]
        await self._inbox.give_back(left)

    def _enter_admission(self, key: Key) -> bool:
        """Say whether the next event of conversation *key* will run at once, as the first of its conversation."""
        ahead = self._admitting.get(key, 0)
        self._admitting[key] = ahead + 1
        return not ahead and key not in self._conversations

    def _admitted(
        self,
        numbered: Sequence[StoredEvent],
        is_direct: bool,
        waiter: asyncio.Future[None],
        admission: asyncio.Future[Collection[int]],
    ) -> None:
        error = admission.exception()
        fresh = admission.result() if error is None else ()
        if is_direct:
            self._direct -= len(numbered)
            for stored in numbered:
                self._left_admission(stored.key)
                if stored.seq in fresh:
                    self._hold(stored, is_started=stored.starts > 0)
        else:
            self._queued -= 1
            self._work.set()
        self._notice_idleness()
        if waiter.done():
            return
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)

    def _left_admission(self, key: Key) -> None:
        left = self._admitting[key] - 1
        if left:
            self._admitting[key] = left
        else:
            del self._admitting[key]

    async def _lease_all(self) -> None:
        while self._held < MAX_HELD and not self._stopping.is_set():
            busy = [key for key, held in self._conversations.items() if len(held.rows) >= MAX_HELD_OF_ONE]
            queued = self._queued
            self._work.clear()
            self._is_caught_up = False  # until this look has shown it
            rows = await self._inbox.lease(LEASE_ROWS, busy, self._foreign)
            for row in rows:
                self._hold(row)
            if len(rows) < LEASE_ROWS:
                # Nothing older waits, if no accept was under way and no conversation was left out.
                self._is_caught_up = not (queued or self._queued or busy or self._work.is_set())
                return

    def _hold(self, row: StoredEvent, *, is_started: bool = False) -> None:
        self._held += 1
        if row.message_id:
            row = self._with_unsent(row, row.message_id)
        conversation = self._conversations.get(row.key)
        if conversation is None:
            conversation = Conversation(row.key)
            self._conversations[row.key] = conversation
            conversation.rows.append(row)
            if is_started:
                conversation.started.add(row.seq)
            task = _started(self._run(conversation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            conversation.rows.append(row)
            if is_started:
                conversation.started.add(row.seq)

    def _with_unsent(self, row: StoredEvent, message_id: str) -> StoredEvent:
        """Remember what was taken back, and mark a message that comes after its own unsend."""
        if row.kind == "unsend":
            self._unsent.add((row.bot, message_id))
        elif (row.bot, message_id) in self._unsent:
            return replace(row, is_unsent=True)
        return row

    async def _run(self, conversation: Conversation) -> None:
        was_full = False
        while conversation.rows and not self._stopping.is_set():
            was_full = was_full or len(conversation.rows) >= MAX_HELD_OF_ONE
            if await self._runner.run_next(conversation):
                conversation.rows.popleft()
                self._held -= 1
        if not conversation.rows:
            del self._conversations[conversation.key]
        if was_full or not self._is_caught_up:
            self._work.set()  # there may be more than was held
        self._notice_idleness()

    def _notice_idleness(self) -> None:
        if not (self._conversations or self._work.is_set() or self._queued or self._direct):
            self._idle.set()


def _started(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Return a task for *work* that has run to its first wait already, where Python can do that."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.create_task(work)
