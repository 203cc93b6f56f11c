"""Lease lanes to workers; a lane's epoch grows with each new holder and fences the ones before."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, select, update

from ..events import LANES
from .database.bulk import insert_rows, update_rows, updated_rows
from .database.dialects import is_postgres, notify, now_of, one_of
from .database.tables import LEASED, READY, inbox, inbox_is_leased, lanes, metadata, outbox, outbox_is_leased, workers
from .database.transactions import Database

LEASE_SECONDS = 5.0
"""How long a worker that isn't heard of keeps its lanes."""
BALANCE_LOCK = 0x6C616E65

_BEAT = "(worker) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, bots = excluded.bots"

_LANE_IS_HELD = "EXISTS (SELECT 1 FROM lanes WHERE lanes.lane = t.lane AND lanes.epoch = v.epoch)"
HELD = f"t.status = {LEASED} AND t.epoch = v.epoch AND {_LANE_IS_HELD}"
"""The fence: a row is written only by who leased it, and only while the lane still has that lease's epoch.

``t`` is the row, ``v`` the values of an update. The row's own epoch is what makes it safe: whoever takes the lane
makes its rows ready again first, and of two that write the same row the database lets one wait for the other.
"""
LEASABLE = f"t.status = {READY} AND {_LANE_IS_HELD}"


@dataclass(slots=True)
class Tenure:
    """Hold which lanes this process has, under which epochs, and until when it may rely on that.

    ``until`` is by the monotonic clock; on SQLite, where there is one worker, it never ends.
    """

    epochs: dict[int, int] = field(default_factory=dict)
    until: float = float("-inf")

    def epoch(self, lane: int) -> int:
        """Return the epoch under which this process has *lane* now, 0 when it hasn't."""
        return self.epochs.get(lane, 0) if time.monotonic() < self.until else 0

    def has(self, lane: int, epoch: int) -> bool:
        """Say whether *lane* is this process's under *epoch*, even when it can't rely on that right now."""
        return self.epochs.get(lane) == epoch


@dataclass(frozen=True, slots=True)
class Peer:
    """Hold what is known of one worker: its last heartbeat in milliseconds by the store's clock, and its bots."""

    worker: str
    heartbeat_at: int
    bots: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lease:
    """Say how lanes stand after a heartbeat. ``surplus`` is how many of its lanes the worker should give away."""

    epochs: Mapping[int, int]
    now: int
    surplus: int = 0
    peers: Sequence[Peer] = ()


class Lanes:
    """Say which worker may run which conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_all(self, worker: str, now: int) -> dict[int, int]:
        """Take every lane for *worker* and return ``{lane: epoch}``: on SQLite there is one worker.

        What an earlier holder had leased and never finished becomes ready again, unfinished starts kept.
        """
        return await self._database.run(_take_all, worker, now)

    async def lease(
        self,
        worker: str,
        bots: Collection[str],
        silent: Mapping[str, int] | None = None,
        dead: Collection[str] = (),
        *,
        takes: bool = True,
    ) -> Lease:
        """Be heard as *worker*, which can run *bots*, and with *takes* lease a fair share of the lanes.

        Free are the lanes that nobody has, those of *dead* workers, and those of *silent* ones: given with the
        heartbeat after which the caller has watched them long enough, and unheard for five seconds by the store's
        clock, too. Two clocks have to agree, so that neither a jump nor a store that was away takes lanes from the
        living. What the holders before had leased becomes ready again. One that no longer *takes* counts no more when
        lanes are shared.
        """
        return await self._database.run(_lease, worker, bots, silent or {}, dead, takes)

    async def release(self, worker: str, given: Mapping[int, str | None]) -> None:
        """Give lanes away: each with the bot that its next holder must be able to run, if that is why."""
        await self._database.run(_release, worker, given)

    async def leave(self, worker: str) -> None:
        """Give all lanes away and be forgotten."""
        await self._database.run(_leave, worker)

    async def now(self) -> int:
        """Return the milliseconds since 1970 by the store's clock."""
        return await self._database.run(now_of)


def _take_all(connection: Connection, worker: str, now: int) -> dict[int, int]:
    connection.execute(workers.delete())
    connection.execute(workers.insert(), {"worker": worker, "started_at": now, "heartbeat_at": now})
    connection.execute(update(lanes).values(worker=worker, wants=None, epoch=lanes.c.epoch + 1))
    _reclaim(connection, worker)
    return _held(connection, worker)


def _lease(
    connection: Connection,
    worker: str,
    bots: Collection[str],
    silent: Mapping[str, int],
    dead: Collection[str],
    takes: bool,
) -> Lease:
    now = now_of(connection)
    runnable = sorted(bots) if takes else []
    beat = {"worker": worker, "started_at": now, "heartbeat_at": now, "bots": json.dumps(runnable)}
    insert_rows(connection, "workers", [beat], conflict=_BEAT)
    if dead:
        connection.execute(delete(workers).where(one_of(connection, workers.c.worker, dead)))
    peers = _peers(connection, now, silent)
    if not takes or not _may_balance(connection):  # another worker is at it; the next beat comes soon
        return Lease(_held(connection, worker), now, 0, peers)
    share = _share(connection, worker, frozenset(bots), peers)
    if share.taken:
        taking = one_of(connection, lanes.c.lane, share.taken)
        connection.execute(update(lanes).where(taking).values(worker=worker, wants=None, epoch=lanes.c.epoch + 1))
    _reclaim(connection, worker)
    return Lease(_held(connection, worker), now, share.surplus, peers)


def _may_balance(connection: Connection) -> bool:
    if not is_postgres(connection):
        return True
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(BALANCE_LOCK))).scalar())


def _peers(connection: Connection, now: int, silent: Mapping[str, int]) -> list[Peer]:
    """Return the workers that live, and forget those that don't."""
    peers = []
    for row in connection.execute(select(workers)):
        is_unheard = abs(now - row.heartbeat_at) > LEASE_SECONDS * 1000  # the store's clock may have been set back
        if is_unheard and silent.get(row.worker) == row.heartbeat_at:
            same = (workers.c.worker == row.worker, workers.c.heartbeat_at == row.heartbeat_at)
            connection.execute(delete(workers).where(*same))
        else:
            peers.append(Peer(row.worker, row.heartbeat_at, frozenset(json.loads(row.bots))))
    return peers


@dataclass(frozen=True, slots=True)
class _Share:
    taken: Sequence[int]
    surplus: int


def _share(connection: Connection, worker: str, bots: frozenset[str], peers: Sequence[Peer]) -> _Share:
    """Return what *worker* may take of the lanes that no living worker has, and what it has too much."""
    living = {peer.worker for peer in peers}
    sharing = sum(bool(peer.bots) for peer in peers)  # who is about to stop says that it can run none
    runnable = frozenset[str]().union(*(peer.bots for peer in peers))
    held: Counter[str] = Counter()
    wanted, free = [], []
    for row in connection.execute(select(lanes).order_by(lanes.c.lane)):
        if row.worker in living:
            held[row.worker] += 1
        elif row.wants is None or row.wants not in runnable:
            free.append(row.lane)
        elif row.wants in bots:
            wanted.append(row.lane)
    most = _most(worker, held, max(1, sharing))
    taken = [*wanted, *free[: max(0, most - held[worker] - len(wanted))]]
    return _Share(taken, max(0, held[worker] + len(taken) - most))


def _most(worker: str, held: Mapping[str, int], living: int) -> int:
    """Return how many lanes *worker* may have: of 256 for seven, four have 37 and three have 36."""
    fewest, left_over = divmod(LANES, living)
    having_more = sum(count > fewest for name, count in held.items() if name != worker)
    return fewest + (having_more < left_over)


def _reclaim(connection: Connection, worker: str) -> None:
    """Make ready again what was leased in the lanes of *worker* under an earlier epoch."""
    for table, is_leased in ((inbox, inbox_is_leased), (outbox, outbox_is_leased)):
        is_stale = (table.c.lane == lanes.c.lane, lanes.c.worker == worker, table.c.epoch != lanes.c.epoch)
        connection.execute(update(table).where(is_leased, *is_stale).values(status=READY))


def _held(connection: Connection, worker: str) -> dict[int, int]:
    query = select(lanes.c.lane, lanes.c.epoch).where(lanes.c.worker == worker)
    return {row.lane: row.epoch for row in connection.execute(query)}


def _release(connection: Connection, worker: str, given: Mapping[int, str | None]) -> None:
    for bot in set(given.values()):
        chosen = one_of(connection, lanes.c.lane, [lane for lane, wants in given.items() if wants == bot])
        connection.execute(update(lanes).where(chosen, lanes.c.worker == worker).values(worker=None, wants=bot))
    notify(connection, "lanes", given)


def _leave(connection: Connection, worker: str) -> None:
    connection.execute(delete(workers).where(workers.c.worker == worker))
    connection.execute(update(lanes).where(lanes.c.worker == worker).values(worker=None))
    notify(connection, "lanes", ())


def reclaim_older(connection: Connection, table: Literal["inbox", "outbox"], epochs: Mapping[int, int]) -> int:
    """Make ready again what stands leased in one's lanes under an epoch older than *epochs*.

    Another process may have leased it, or accepted it for itself, in a statement that began before it lost the lane and
    ended after: taking the lane could not see that yet. Done at each lease, so that nothing is run before it. Return
    how many rows it were.
    """
    if not is_postgres(connection):
        return 0
    rows = [{"lane": lane, "?epoch": epoch, "status": READY} for lane, epoch in epochs.items()]
    return update_rows(connection, table, "lane", rows, extra=f"t.status = {LEASED} AND t.epoch < v.epoch")


def select_in_order(
    connection: Connection,
    table: Literal["inbox", "outbox"],
    epochs: Mapping[int, int],
    choose: Callable[[], Sequence[Row[Any]]],
) -> Sequence[Row[Any]]:
    """Return what *choose* finds ready, once nothing that came before it is held in vain by a former holder."""
    found = choose()
    while reclaim_older(connection, table, epochs):
        found = choose()
    return found


def leased_in_order(
    connection: Connection,
    table: Literal["inbox", "outbox"],
    key: str,
    found: Sequence[Row[Any]],
    epochs: Mapping[int, int],
) -> list[Row[Any]]:
    """Lease the rows that were *found* ready, and return those that are leased: of each conversation the first ones.

    Where another process was quicker with a row, what comes after it in its conversation stays ready.
    """
    rows = [{key: row._mapping[key], "status": LEASED, "epoch": epochs[row.lane]} for row in found]
    leased = updated_rows(connection, table, key, rows, extra=LEASABLE)
    if len(leased) == len(found):
        return list(found)
    torn: set[tuple[str, str]] = set()
    kept: list[Row[Any]] = []
    back: list[dict[str, object]] = []
    for row in found:
        number = row._mapping[key]
        if number not in leased:
            torn.add((row.bot, row.conversation))
        elif (row.bot, row.conversation) in torn:
            back.append({key: number, "?epoch": epochs[row.lane], "status": READY})
        else:
            kept.append(row)
    update_rows(connection, table, key, back, extra=HELD)
    return kept


def leased_rows(
    connection: Connection, table: Literal["inbox", "outbox"], key: str, epochs: Mapping[int, int]
) -> set[tuple[int, int]]:
    """Return (number, epoch) of all rows that are leased under *epochs*."""
    columns = metadata.tables[table].c
    is_leased = inbox_is_leased if table == "inbox" else outbox_is_leased
    query = select(columns[key], columns.lane, columns.epoch).where(is_leased)
    return {(number, epoch) for number, lane, epoch in connection.execute(query) if epoch == epochs.get(lane)}


def reclaim(
    connection: Connection, table: Literal["inbox", "outbox"], key: str, lost: Collection[tuple[int, int]]
) -> int:
    """Make the rows (number, epoch) ready again that are still leased so."""
    rows = [{key: number, "?epoch": epoch, "status": READY} for number, epoch in sorted(lost)]
    return update_rows(connection, table, key, rows, extra=HELD)
