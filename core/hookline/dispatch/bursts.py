"""Let events that come in a burst be answered together, or turned away, as their route says.

Rows join only in the order of acceptance, directly behind one another, and end in one transaction with the last of
them. Which they are is found out anew for every run, so that a crash or a failure leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from ..clock import Clock
from ..pace import Trouble, pause
from ..routing.router import Hit
from ..routing.routes import TEXT_EVENT
from ..store.inbox import MAX_OF_ONE
from ..store.lanes import Tenure
from ..store.overlaps import PastRun
from ..store.records import Finish, Finished, StoredEvent
from ..store.store import Store
from .conversation import Conversation, Routed, Unrun
from .run import Run
from .slots import Slots

ALONE_AFTER = 2
"""After so many starts that the process didn't survive, a row is run alone."""
MAX_WAIT_SECONDS = 30.0
"""How long the first of a burst waits at most, however many follow."""

log = structlog.stdlib.get_logger("hookline.worker")

NoteEnd = Callable[[Finish, Finished], None]
"""Hear how rows have ended, and what is to be delivered now."""
MadeRoom = Callable[[str], None]
"""Hear that a run of this bot only waits now."""
Runs = Callable[[str], bool]
"""Say whether events of a bot are run now: it is there, and not paused."""
Reject = Callable[[Run, StoredEvent, PastRun, bool], Awaitable[Finish | None]]
"""Return how a row ends that came during a run, None when it is left; the bool says whether busy was said."""
RouteOne = Callable[[Run, StoredEvent], Awaitable[Routed | Unrun]]
"""Return a row of a run's conversation with its route, or why it isn't run."""


class Bursts:
    """Gather rows for a run, and turn away those that come during one; *note_end* hears how these ended."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tenure: Tenure,
        slots: Slots,
        runs: Runs,
        made_room: MadeRoom,
        note_end: NoteEnd,
    ) -> None:
        self._store = store
        self._clock = clock
        self._tenure = tenure
        self._slots = slots
        self._runs = runs
        self._made_room = made_room
        self._note_end = note_end
        self._trouble = Trouble(log, "event.not_rejected")
        self._waiting: set[asyncio.Event] = set()
        self._is_stopping = False

    def stop(self) -> None:
        """End all waiting."""
        self._is_stopping = True
        for grown in self._waiting:
            grown.set()

    async def gather(self, run: Run, first: Routed, route: RouteOne) -> list[Routed]:
        """Return *first*, which *run* is for, and what joins it, the newest last; none when all were taken back.

        Raises StoppingError when the worker stops, or the bot no longer runs, and LostError when its lane goes while it
        waits for more.
        """
        group, conversation = [first], run.conversation
        overlap = first.hit.route.overlap
        if overlap is None or first.event.text is None or _is_alone(conversation, first.stored):
            return group
        while 0 < len(group) < MAX_OF_ONE:
            if len(group) == len(conversation.rows):
                if not await self._more_come(conversation, group, overlap.window):
                    break
                group = _without_unsent(conversation, group)
            elif joining := await _joining(run, conversation.rows[len(group)], first, route):
                group.append(joining)
            else:
                break
        return group

    async def _more_come(self, conversation: Conversation, group: Sequence[Routed], window: float) -> bool:
        """Wait until one more row is there; False when none comes in time."""
        oldest, newest = group[0].stored, group[-1].stored
        now = self._clock.now()
        quiet = (newest.accepted_at - now) / 1000 + window
        seconds = min(window, quiet, (oldest.accepted_at - now) / 1000 + MAX_WAIT_SECONDS)
        if seconds <= 0:
            return False
        grown = conversation.grown = asyncio.Event()
        self._waiting.add(grown)
        try:
            async with self._slots.away(oldest.bot):
                self._made_room(oldest.bot)
                await pause(0 if self._is_stopping else seconds, grown)
        finally:
            conversation.grown = None
            self._waiting.discard(grown)
        if self._is_stopping or not self._runs(oldest.bot):
            raise StoppingError
        if not self._tenure.has(oldest.lane, oldest.epoch):
            raise LostError
        return len(conversation.rows) > len(group)

    async def begin(self, conversation: Conversation, rows: Sequence[StoredEvent]) -> None:
        """Record durably that a run of *rows* begins, where that isn't yet; raises LostError when one was lost."""
        begun = [row for row in rows if row.seq not in conversation.started]
        now, start = self._clock.now(), self._store.inbox.start
        held = await asyncio.gather(*(start(row.seq, row.epoch, row.starts + 1, row.begun_at or now) for row in begun))
        if not all(held):
            raise LostError
        conversation.started.update(row.seq for row in begun)

    async def overlapped(self, row: StoredEvent, route: str) -> tuple[PastRun, bool] | None:
        """Return the run of *route* during which *row* was accepted, and whether anything was turned away for it.

        None when there was no such run.
        """
        run = await self._store.overlaps.find(row, route, self._clock.now())
        return None if run is None else (run, await self._store.overlaps.has_rejected(row.key, run))

    @asynccontextmanager
    async def turning_away(self, run: Run, own: PastRun, reject: Reject) -> AsyncIterator[None]:
        """End what comes meanwhile and *reject* has an end for, each at once; *own* is the run as rows remember it."""
        conversation = run.conversation
        grown = conversation.grown = asyncio.Event()
        over = asyncio.Event()
        work = asyncio.create_task(self._turn_away(run, own, reject, grown, over))
        try:
            yield
        finally:
            over.set()
            grown.set()
            try:
                await asyncio.wait([work])  # what it commits just now is committed
            finally:
                work.cancel()
                conversation.grown = None
        error = None if work.cancelled() else work.exception()
        if isinstance(error, Exception):  # at its turn each is looked at again
            self._trouble.report(error, bot=conversation.key[0])

    async def _turn_away(
        self, run: Run, own: PastRun, reject: Reject, grown: asyncio.Event, over: asyncio.Event
    ) -> None:
        conversation, place, is_said = run.conversation, 1, False
        while not over.is_set():
            if place == len(conversation.rows):
                await grown.wait()
                grown.clear()
                continue
            row = conversation.rows[place]
            place += 1
            if row.seq in conversation.decided or row.accepted_at <= own.begun_at:
                continue
            is_said = is_said or await self._store.overlaps.has_rejected(conversation.key, own)
            finish = await reject(run, row, own, is_said)
            if finish is not None:
                await self._end(conversation, finish)

    async def _end(self, conversation: Conversation, finish: Finish) -> None:
        result = await self._store.outcomes.finish(finish)
        if result.result != "done":
            return  # its lane was lost
        conversation.decided.add(finish.event.seq)
        self._note_end(finish, result)


class StoppingError(Exception):
    """Say that a run doesn't begin any more, since the worker stops, or its bot no longer runs."""


class LostError(Exception):
    """Say that a run doesn't begin any more, since another worker has its rows."""


def merged(parts: Sequence[Routed]) -> Routed:
    """Return *parts* as one event: the newest, with all their texts; so is its match."""
    newest = parts[-1]
    texts, calls, start = [], [], 0
    for part in parts:
        text = part.event.text or ""
        texts.append(text)
        calls += [(start + begin, start + end) for begin, end in part.event.calls]
        start += len(text) + 1
    spoken = "\n".join(part.hit.match.get("text") for part in parts)
    match = replace(newest.hit.match, captures={**newest.hit.match.captures, "text": spoken})
    return Routed(
        with_history([part.stored for part in parts]),
        replace(newest.event, text="\n".join(texts), calls=tuple(calls)),
        Hit(newest.hit.route, match),
    )


def with_history(rows: Sequence[StoredEvent]) -> StoredEvent:
    """Return the newest of *rows*, with the failed runs that any of them has seen."""
    return replace(rows[-1], attempts=max(row.attempts for row in rows))


def ended_with(finish: Finish, rows: Sequence[StoredEvent], outcome: str) -> Finish:
    """Return *finish* with *rows*, which end as *outcome* says, since its row was run in their place."""
    joined = [
        Finish(
            event=row,
            outcome=outcome,
            now=finish.now,
            started_at=finish.started_at,
            route=finish.route,
            attempts=finish.attempts,
            joined=finish.event.seq,
        )
        for row in rows
    ]
    return replace(finish, together=joined)


def _is_alone(conversation: Conversation, row: StoredEvent) -> bool:
    return row.seq in conversation.alone or row.starts >= ALONE_AFTER


async def _joining(run: Run, row: StoredEvent, first: Routed, route: RouteOne) -> Routed | None:
    """Return *row* with its route when it joins *first*: a text of the same person for the same route."""
    if row.kind != TEXT_EVENT or row.is_unsent or row.epoch != first.stored.epoch:
        return None
    if row.seq in run.conversation.decided or _is_alone(run.conversation, row):
        return None
    try:
        routed = await route(run, row)
    except TimeoutError:  # what it means took too long to find out: its own trouble, at its own turn
        return None
    if isinstance(routed, Unrun) or routed.hit.route is not first.hit.route or routed.event.user != first.event.user:
        return None
    return routed


def _without_unsent(conversation: Conversation, group: list[Routed]) -> list[Routed]:
    """Return *group* up to the first that was taken back meanwhile."""
    for index, part in enumerate(group):
        if conversation.rows[index] is not part.stored:
            return group[:index]
    return group
