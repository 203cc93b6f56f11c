"""Accept events, lease what waits, and run conversations side by side."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from ..bots.bot import Bots
from ..clock import Clock
from ..errors import StoreClosedError, StoreError
from ..events import Event, lane_of
from ..pace import STORE_RETRY_SECONDS, Pace, Trouble, pause
from ..store.arrivals import Direct, arrival_of, stored_of
from ..store.claims import Claim, Claims
from ..store.inbox import MAX_OF_ONE, MAX_UNSENT, NOTHING
from ..store.lanes import Tenure
from ..store.records import Arrival, Key, Standing, StoredEvent
from ..store.store import Store
from ..tallies import Timed
from ..tasks import started
from .conversation import Conversation
from .dispatcher import Dispatcher
from .holdings import Holdings
from .runner import Deliver, Hide, Note, Runner, unnoted
from .slots import Slots

LEASE_ROWS, SHARED_LEASE_ROWS = 256, 64  # fewer where other bots may be waiting meanwhile
MAX_AWAY_OF_BOT = 2048
"""So many runs of a bot may wait for more of their bursts before they count as held."""
UNSENT_MILLISECONDS = 86_400_000

log = structlog.stdlib.get_logger("hookline.worker")


class Worker:
    """Run the events of the lanes that this process holds.

    Events that this process accepts go straight from their commit to their conversation, without another look into
    the store, for as long as nothing older waits there. Otherwise, and after a restart, they are leased in order.
    *is_shared* says that other processes accept events, too: the store itself then sees to it that none is overtaken.
    """

    def __init__(
        self,
        store: Store,
        dispatcher: Dispatcher,
        bots: Bots,
        clock: Clock,
        deliver: Deliver,
        pace: Pace,
        tenure: Tenure,
        slots: Slots | None = None,
        hide: Hide = str,
        paused: Collection[str] = frozenset(),
        note: Note = unnoted,
    ) -> None:
        self._inbox = store.inbox
        self._is_shared = store.is_shared
        self._slots = slots or Slots()
        self._runner = Runner(
            store, dispatcher, clock, deliver, pace, tenure, self._slots, hide, self._runs, self._made_room, note
        )
        self._bots = bots
        self._paused = paused
        self._clock = clock
        self._tenure = tenure
        self._claims = Claims(store.inbox, tenure, self._known)
        self._conversations: dict[Key, Conversation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._holdings = Holdings()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = asyncio.Event()
        self._unsent: dict[tuple[str, str], None] = {}
        self._behind: set[Key] = set()
        self._behind_bots: set[str] = set()
        self._is_caught_up = False
        self._trouble = Trouble(log, "inbox.lease_failed")
        self._is_leasing = False
        self._arrived: list[tuple[StoredEvent, bool]] = []
        self._queued: Counter[Key] = Counter()
        self._direct = 0
        self._admitting: dict[Key, int] = {}

    def accept(self, events: Sequence[Event], taken: Mapping[str, int] = NOTHING) -> asyncio.Future[None]:
        """Make *events* durable, note what of mailboxes was *taken* in with them, and take them up; ends once durable.

        What becomes of them doesn't hang on the future: one that is cancelled stops nothing.
        """
        self._idle.clear()
        now = self._clock.now()
        arrivals: list[Arrival] = []
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            for event in events:
                arrivals.append(arrival_of(event, now, self._direct_of))
            admission = self._inbox.admit(arrivals, taken)
        except Exception as error:  # what was counted by then must be taken back all the same
            admission = asyncio.get_running_loop().create_future()
            admission.set_exception(error)
        self._queued.update(_queued_of(arrivals))
        admission.add_done_callback(partial(self._admitted, arrivals, waiter))
        return waiter

    async def run(self) -> None:
        """Lease and run until :meth:`stop`."""
        self._unsent = dict.fromkeys(await self._inbox.unsent(self._clock.now() - UNSENT_MILLISECONDS))
        self._work.set()
        while True:
            await self._work.wait()
            self._work.clear()
            if self._stopping.is_set():
                return
            try:
                if await self._has_no_doubt():
                    await self._lease_all()
            except StoreClosedError:
                raise
            except Exception as error:
                self._trouble.report(error)
                self._claims.is_in_doubt = True
                await pause(STORE_RETRY_SECONDS, self._stopping)
                self._work.set()
            self._notice_idleness()

    @property
    def ended(self) -> Mapping[tuple[str, str], int]:
        """Return how many events have ended here, by bot and outcome."""
        return self._runner.ended

    @property
    def handlers(self) -> Mapping[tuple[str, str, str], Timed]:
        """Return how often handlers have run here, by bot, plugin and name."""
        return self._runner.handlers

    @property
    def mends(self) -> Mapping[str, int]:
        """Return how often something was mended in a message that was to be sent, by bot."""
        return self._runner.mends

    @property
    def held(self) -> Mapping[str, int]:
        """Return how many events of each bot are held here."""
        return dict(self._holdings.events)

    def wake(self) -> None:
        """Look whether something waits in the store."""
        self._work.set()

    def busy_lanes(self) -> set[int]:
        """Return the lanes in which something is under way here."""
        lanes = {conversation.lane for conversation in self._conversations.values()}
        lanes |= {row.lane for row, _ in self._arrived}
        return lanes | {lane_of(*key) for key in self._admitting}

    def resume(self, bots: Iterable[str]) -> None:
        """Look into the store for events of *bots*, which begin to run: they come before what arrives from now on."""
        self._behind_bots.update(bots)
        self._is_caught_up = False
        self._idle.clear()
        self._work.set()

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
        begun = {seq for conversation in self._conversations.values() for seq in conversation.started}
        await self._give_back([*self._all_held(), *(row for row, _ in self._arrived)], begun)

    async def sweep(self) -> None:
        """Find what stands leased to this process and isn't held here, and let it be leased anew."""
        if count := await self._claims.sweep():
            log.warning("inbox.reclaimed", rows=count)
            self._work.set()

    def _all_held(self) -> Iterator[StoredEvent]:
        for conversation in self._conversations.values():
            yield from conversation.rows

    def _known(self) -> set[Claim]:
        """Return (seq, epoch) of all that this process has leased, as far as it knows."""
        return {(row.seq, row.epoch) for row in (*self._all_held(), *(row for row, _ in self._arrived))}

    def _direct_of(self, key: Key, lane: int) -> Direct:
        """Say whether the worker takes the next event of conversation *key* up at once, and whether it then runs."""
        epoch = self._tenure.epoch(lane)
        if not epoch:
            return 0, 0  # another process has the lane
        if not self._may_go_straight(key):
            self._is_caught_up = self._is_caught_up and self._is_behind(key)
            return 0, 0
        self._direct += 1
        ahead = self._admitting.get(key, 0)
        self._admitting[key] = ahead + 1
        return epoch, int(not (ahead or self._is_leasing or key in self._conversations))

    def _may_go_straight(self, key: Key) -> bool:
        if self._stopping.is_set() or self._claims.is_in_doubt or not (self._is_caught_up or self._is_shared):
            return False
        if self._is_behind(key) or not self._has_room:
            return False
        if self._is_at_cap(key[0]) or not self._runs(key[0]):
            self._behind_bots.add(key[0])
            return False
        if self._is_full(key, coming=self._admitting.get(key, 0)):
            self._behind.add(key)
            return False
        return True

    def _is_behind(self, key: Key) -> bool:
        """Say whether older events of *key* may wait in the store, though all others are caught up."""
        return key in self._behind or key[0] in self._behind_bots

    def _is_at_cap(self, bot: str) -> bool:
        """Say whether so many conversations of *bot* are held that no others can run."""
        away = min(self._slots.away_of(bot), MAX_AWAY_OF_BOT)
        return self._holdings.conversations[bot] - away >= self._slots.limit_of(bot)

    def _is_full(self, key: Key, coming: int = 0) -> bool:
        """Say whether no more of a conversation is to be held, of which so many are *coming*."""
        conversation = self._conversations.get(key)
        rows = coming if conversation is None else len(conversation.rows) + coming
        return rows >= MAX_OF_ONE or (rows > 0 and self._holdings.is_crowded(key[0]))

    @property
    def _has_room(self) -> bool:
        """Say whether more may be held; rows that only wait for more of their burst are bounded by bot."""
        return self._holdings.has_room(self._direct - self._slots.all_away)

    def _made_room(self, bot: str) -> None:
        """Look for more of *bot*, of which a run only waits now."""
        if bot in self._behind_bots or self._holdings.conversations[bot] >= self._slots.limit_of(bot):
            self._work.set()

    def _runs(self, bot: str) -> bool:
        return bot in self._bots and bot not in self._paused

    def _admitted(
        self,
        arrivals: Sequence[Arrival],
        waiter: asyncio.Future[None],
        admission: asyncio.Future[Sequence[Standing | None]],
    ) -> None:
        error = admission.exception()
        places = admission.result() if error is None else [None] * len(arrivals)
        self._left_queue(arrivals)
        for arrival, place in zip(arrivals, places, strict=True):
            if arrival.epoch:
                self._direct -= 1
                self._left_admission(arrival.key)
                if place and place.is_leased:
                    self._take_up(stored_of(arrival, place), is_started=arrival.starts > 0)
                    continue
            if place is not None and arrival.lane in self._tenure.epochs and not self._must_wait(arrival.key):
                self._work.set()
        if error is not None:
            self._claims.is_in_doubt = True  # it may have been committed all the same
            self._is_caught_up = False
        if self._claims.is_in_doubt and not self._direct:
            self._work.set()
        self._notice_idleness()
        if waiter.done():
            return
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)

    def _must_wait(self, key: Key) -> bool:
        """Say whether a look into the store would bring nothing of *key* by now; one follows when it may."""
        return self._is_full(key) or self._is_at_cap(key[0]) or not self._runs(key[0])

    def _left_queue(self, arrivals: Sequence[Arrival]) -> None:
        for key in _queued_of(arrivals):
            self._queued[key] -= 1
            if not self._queued[key]:
                del self._queued[key]

    def _left_admission(self, key: Key) -> None:
        left = self._admitting[key] - 1
        if left:
            self._admitting[key] = left
        else:
            del self._admitting[key]

    async def _has_no_doubt(self) -> bool:
        """After the store has failed: give back what it may have leased to us without our knowing.

        False while accepts are under way that began before: until they have ended nothing may be leased, since what is
        in doubt may be older.
        """
        if not self._claims.is_in_doubt:
            return True
        if self._direct:
            return False
        await self._claims.settle()
        return True

    async def _lease_all(self) -> None:
        while self._has_room and not self._stopping.is_set():
            busy = {key for key in self._conversations if self._is_full(key)}
            crowded = set(filter(self._holdings.is_crowded, self.held))
            capped = set(filter(self._is_at_cap, self.held)) | set(self._paused)
            queued = set(self._queued)
            self._work.clear()
            self._is_caught_up = False  # until this look has shown it
            self._is_leasing = True  # until it has succeeded: what comes straight meanwhile may be younger
            limit = LEASE_ROWS if len(self._bots) == 1 else SHARED_LEASE_ROWS
            rows = await self._inbox.lease(limit, dict(self._tenure.epochs), self._bots, busy, capped, crowded)
            self._is_leasing = False
            self._hold_in_order(rows)
            if len(rows) < limit:
                # Nothing older waits, except behind what was left out, if no accept of anything else was under way.
                self._behind = {key for key in self._conversations if self._is_full(key)} | busy
                self._behind.update(row.key for row in rows if row.bot in crowded)
                self._behind_bots = capped
                others = [key for key in queued.union(self._queued) if not self._is_behind(key)]
                self._is_caught_up = not (others or self._work.is_set())
                return

    def _take_up(self, row: StoredEvent, *, is_started: bool) -> None:
        """Hold what came straight from its commit; after what a lease under way may still bring."""
        if self._is_leasing:
            self._arrived.append((row, is_started))
        else:
            self._hold(row, is_started=is_started)

    def _hold_in_order(self, rows: Sequence[StoredEvent]) -> None:
        """Hold what a lease has brought and what came straight meanwhile, in the order of acceptance."""
        arrived, self._arrived = self._arrived, []
        found = [*((row, False) for row in rows), *arrived]
        for row, is_started in sorted(found, key=lambda pair: pair[0].seq) if arrived else found:
            self._hold(row, is_started=is_started)

    def _hold(self, row: StoredEvent, *, is_started: bool = False) -> None:
        if row.message_id:
            row = self._with_unsent(row, row.message_id)
        conversation = self._conversations.get(row.key)
        is_new = conversation is None
        self._holdings.take(row.bot, is_new=is_new)
        if conversation is None:
            conversation = self._conversations[row.key] = Conversation(row.key, row.lane)
        conversation.add(row)
        if is_started:
            conversation.started.add(row.seq)
        if is_new:
            self._start(conversation)

    def _start(self, conversation: Conversation, after: float = 0.0) -> None:
        task = started(self._run(conversation, after))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, conversation))

    def _ended(self, conversation: Conversation, task: asyncio.Task[None]) -> None:
        """Go on with a conversation whose task has died of something that nobody foresaw."""
        self._tasks.discard(task)
        if conversation.rows and not self._stopping.is_set():
            error = None if task.cancelled() else task.exception()
            log.error("conversation.died", bot=conversation.key[0], exc_info=error)
            self._start(conversation, after=STORE_RETRY_SECONDS)

    def _with_unsent(self, row: StoredEvent, message_id: str) -> StoredEvent:
        """Remember what was taken back, and mark a message that comes after its own unsend."""
        if row.kind == "unsend":
            self._unsent[row.bot, message_id] = None
            if len(self._unsent) > MAX_UNSENT:
                del self._unsent[next(iter(self._unsent))]
        elif (row.bot, message_id) in self._unsent:
            return replace(row, is_unsent=True)
        return row

    async def _run(self, conversation: Conversation, after: float) -> None:
        was_full = False
        if after:
            await pause(after, self._stopping)
        while conversation.rows and not self._stopping.is_set():
            if not self._runs(conversation.key[0]):
                await self._hand_back(conversation)
                break
            was_full = was_full or self._is_full(conversation.key)
            for _ in range(await self._runner.run_next(conversation)):
                self._holdings.let_go(conversation.rows.popleft().bot)
        if not conversation.rows:
            self._forget(conversation)
        if was_full or not self._is_caught_up or conversation.key in self._behind:
            self._work.set()  # there may be more than was held
        self._notice_idleness()

    def _forget(self, conversation: Conversation) -> None:
        """Let go of a conversation of which nothing is held any more."""
        bot = conversation.key[0]
        was_at_cap = self._is_at_cap(bot)
        del self._conversations[conversation.key]
        self._holdings.forget(bot)
        if (was_at_cap or bot in self._behind_bots) and not self._is_at_cap(bot):
            self._work.set()

    async def _hand_back(self, conversation: Conversation) -> None:
        """Let go of all rows of a conversation whose bot is paused or gone, and of what arrives meanwhile."""
        while conversation.rows:
            rows = list(conversation.rows)
            if not await self._give_back(rows, conversation.started):
                self._claims.is_in_doubt = True  # they stand leased to this process, which won't know them
            for row in rows:
                conversation.rows.popleft()
                conversation.started.discard(row.seq)
                self._holdings.let_go(row.bot)
        self._work.set()  # the bot may be back by now

    async def _give_back(self, rows: Sequence[StoredEvent], begun: Collection[int]) -> bool:
        try:
            await self._inbox.give_back(rows, begun)
            return True
        except StoreError as error:  # the next holder of the lanes takes them all the same
            log.warning("inbox.not_given_back", rows=len(rows), reason=str(error))
            return False

    def _notice_idleness(self) -> None:
        has_more = self._work.is_set() or self._is_leasing or self._queued or self._direct or self._claims.is_in_doubt
        if not (self._conversations or has_more):
            self._idle.set()


def _queued_of(arrivals: Sequence[Arrival]) -> list[Key]:
    """Return the conversations of those *arrivals* that are left to be leased."""
    return [arrival.key for arrival in arrivals if not arrival.epoch]
