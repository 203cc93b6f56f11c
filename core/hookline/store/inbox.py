"""Accept events, lease them to a worker, and end them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    false,
    func,
    literal,
    not_,
    select,
    true,
    update,
)

from ..events import LANES, Event
from .arrivals import arrival_of, event_of, row_of, stored_of
from .database.bulk import update_rows, updated_rows
from .database.dialects import one_of
from .database.tables import READY, inbox, inbox_is_done, inbox_is_ready, inbox_is_unsend
from .database.transactions import Database, one_statement
from .insertion import insert_in_order
from .lanes import HELD, leased_in_order, leased_rows, reclaim, select_in_order
from .mailboxes import note_taken
from .records import PRUNE_ROWS, Arrival, Failure, Key, Standing, StoredEvent

MAX_OF_ONE = 20
"""How many rows of one conversation are leased at once, and may be run together."""
MAX_FOREIGN = 4096
MAX_UNSENT = 50_000
"""How many messages that were taken back a process remembers."""
BLANK = b"{}"
NOTHING: Mapping[str, int] = MappingProxyType({})


def _each_first_row() -> Select[Any]:
    """Return the query for each bot that has ready rows, and the first of those: as many looks into an index."""
    waiting = select(func.min(inbox.c.bot).label("bot")).where(inbox_is_ready).cte("waiting", recursive=True)
    further = select(func.min(inbox.c.bot)).where(inbox_is_ready, inbox.c.bot > waiting.c.bot)
    waiting = waiting.union_all(select(further.scalar_subquery()).where(waiting.c.bot.is_not(None)))
    first = select(func.min(inbox.c.seq)).where(inbox_is_ready, inbox.c.bot == waiting.c.bot)
    return select(waiting.c.bot, first.scalar_subquery().label("seq")).where(waiting.c.bot.is_not(None))


_earlier = inbox.alias("earlier")
_unsent = exists(
    select(literal(1))
    .where(_earlier.c.kind == "unsend", _earlier.c.bot == inbox.c.bot, _earlier.c.message_id == inbox.c.message_id)
    .correlate(inbox)
)
_leasing = (
    select(inbox, func.coalesce(_unsent, false()).label("is_unsent"))
    .where(inbox_is_ready)
    .order_by(inbox.c.seq)
    .limit(bindparam("rows"))
)
_first_rows = _each_first_row()
_bot = inbox.c.bot + ""  # no index has this: leasing walks along its own, in order
_conversation = inbox.c.bot + " " + inbox.c.conversation


class Inbox:
    """Hold accepted events, in order of acceptance, until long after they are done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._blanked_until = 0

    async def accept(self, events: Sequence[Event], now: int | None = None) -> list[StoredEvent]:
        """Make *events* durable and ready, and return those that were new.

        An event whose ``(bot, id)`` is known already changes nothing.
        """
        arrivals = [arrival_of(event, event.received_at if now is None else now) for event in events]
        places = await self.admit(arrivals)
        return [stored_of(arrival, place) for arrival, place in zip(arrivals, places, strict=True) if place]

    def admit(
        self, arrivals: Sequence[Arrival], taken: Mapping[str, int] = NOTHING
    ) -> asyncio.Future[Sequence[Standing | None]]:
        """Make *arrivals* durable; the future ends with the place of each, None for one that was known already.

        Places grow in the order of the calls. One with an epoch belongs to this process's worker at once, unless its
        lane has another epoch by now or an earlier event of its conversation waits to be leased. What of mailboxes
        was *taken* in, in one transaction with them, is noted.
        """
        return self._database.submit(self._accept, ([row_of(arrival) for arrival in arrivals], taken))

    async def lease(
        self,
        limit: int,
        epochs: Mapping[int, int],
        bots: Collection[str] | None = None,
        busy: Collection[Key] = (),
        idle_bots: Collection[str] = (),
        crowded: Collection[str] = (),
    ) -> list[StoredEvent]:
        """Lease up to *limit* ready events in order, at most :data:`MAX_OF_ONE` of a conversation.

        Only of the lanes in *epochs* and of *bots* (None for any), and of no *busy* conversation or idle bot: one whose
        events shall wait. Of a conversation of a *crowded* bot it is one at most.
        """
        return await self._database.run(_lease, limit, epochs, bots, busy, idle_bots, crowded)

    async def start(self, seq: int, epoch: int, starts: int, now: int) -> bool:
        """Record durably that a run of *seq* begins: the one that makes *starts* of them. False when it was lost."""
        return await self._database.batch(_start, (seq, epoch, starts, now))

    async def fail(self, failure: Failure) -> bool:
        """Record a failed run; the row stays leased. False when it was lost to another worker."""
        return await self._database.batch(_fail, failure)

    async def give_back(self, rows: Sequence[StoredEvent], begun: Collection[int] = ()) -> None:
        """Make leased rows ready again, with the unfinished starts that they had when they were leased.

        When the runs of those numbered *begun* began is kept: others may have been turned away for them.
        """
        returned = [{"seq": row.seq, "?epoch": row.epoch, "starts": row.starts} for row in rows]
        at_once = [
            {"seq": row.seq, "?epoch": row.epoch, "started_at": row.accepted_at} for row in rows if row.seq in begun
        ]
        await self._database.run(_return_rows, returned, at_once)

    async def event(self, seq: int) -> tuple[str, Mapping[str, Any], int] | None:
        """Return the id of the event in row *seq*, its raw object, and when it was received; or None."""
        return await self._database.run(_event, seq)

    async def leased(self, epochs: Mapping[int, int]) -> set[tuple[int, int]]:
        """Return (seq, epoch) of all rows that are leased under *epochs*: by this process, if it has those lanes."""
        return await self._database.run(leased_rows, "inbox", "seq", epochs)

    async def reclaim(self, lost: Collection[tuple[int, int]]) -> int:
        """Make rows ready again that are leased, but by nobody: the store failed while it answered."""
        return await self._database.run(reclaim, "inbox", "seq", lost)

    async def count(self, status: int | None = None) -> int:
        """Return the number of rows, or of those with *status*."""
        return await self._database.run(_count, status)

    async def foreign(self, lanes: Collection[int], bots: Collection[str]) -> Mapping[str, set[int]]:
        """Return ``{bot: lanes}`` of ready events in *lanes* whose bot is none of *bots*."""
        return await self._database.run(_foreign, lanes, bots)

    async def prune(self, ids_before: int, bodies_before: int) -> int:
        """Forget old finished rows, some hundred at a turn; return how many were touched.

        Bodies finished before *bodies_before* are blanked, whole rows finished before *ids_before*
        deleted. Unfinished and dead rows are never touched.
        """
        if bodies_before < self._blanked_until:
            self._blanked_until = 0  # the clock was ahead then
        touched, blanked = await self._database.run(_prune, ids_before, self._blanked_until, bodies_before)
        if not blanked:
            self._blanked_until = bodies_before  # all before it are blank: the next turn needn't pass over them
        return touched

    async def newest(self) -> int | None:
        """Return when the newest event was accepted; None when there is none."""
        return await self._database.run(_newest)

    async def unsent(self, since: int) -> set[tuple[str, str]]:
        """Return ``(bot, message id)`` of every message that was taken back after *since*."""
        return await self._database.run(_unsent_since, since)

    @one_statement
    def _accept(
        self, connection: Connection, batches: Sequence[tuple[list[dict[str, Any]], Mapping[str, int]]]
    ) -> list[Sequence[Standing | None]]:
        rows = [row for batch, _ in batches for row in batch]
        _put_behind(rows)
        places = iter(insert_in_order(connection, self._database.numbers, "inbox", rows))
        taken = {box: last for _, each in batches for box, last in each.items()}
        if taken:
            note_taken(connection, taken)
        return [[next(places) for _ in batch] for batch, _ in batches]


def _event(connection: Connection, seq: int) -> tuple[str, Mapping[str, Any], int] | None:
    columns = inbox.c.event_id, inbox.c.body, inbox.c.received_at
    row = connection.execute(select(*columns).where(inbox.c.seq == seq)).first()
    return None if row is None else (row.event_id, json.loads(row.body), row.received_at)


def _put_behind(rows: Sequence[dict[str, Any]]) -> None:
    """Let no row be leased at once whose conversation has another, in the same batch, that is not."""
    queued = {(row["bot"], row["conversation"]) for row in rows if row["status"] == READY}
    for row in rows:
        if (row["bot"], row["conversation"]) in queued:
            row.update(status=READY, epoch=0, starts=0)


def _lease(
    connection: Connection,
    limit: int,
    epochs: Mapping[int, int],
    bots: Collection[str] | None,
    busy: Collection[Key],
    idle_bots: Collection[str],
    crowded: Collection[str] = (),
) -> list[StoredEvent]:
    if not epochs:
        return []
    query: Select[Any] = _leasing
    if len(epochs) < LANES:
        query = query.where(one_of(connection, inbox.c.lane, epochs))
    if idle_bots:
        found = select_in_order(
            connection,
            "inbox",
            epochs,
            lambda: _chosen_by_bot(connection, query, limit, busy, crowded, bots, idle_bots),
        )
    else:
        query = query if bots is None else query.where(one_of(connection, _bot, bots))
        found = select_in_order(connection, "inbox", epochs, lambda: _chosen(connection, query, limit, busy, crowded))
    return [event_of(row, epochs[row.lane]) for row in leased_in_order(connection, "inbox", "seq", found, epochs)]


def _chosen(
    connection: Connection, query: Select[Any], limit: int, busy: Collection[Key], crowded: Collection[str]
) -> list[Row[Any]]:
    """Return up to *limit* rows of *query* in order; few of a conversation, so that a flood doesn't fill the window."""
    chosen: list[Row[Any]] = []
    counts: Counter[Key] = Counter()
    full = set(busy)
    after = -1
    while (wanted := limit - len(chosen)) > 0:
        looking = query.where(inbox.c.seq > after)
        if full:
            looking = looking.where(not_(one_of(connection, _conversation, [" ".join(key) for key in full])))
        rows = connection.execute(looking, {"rows": wanted}).all()
        for row in rows:
            key = (row.bot, row.conversation)
            if counts[key] < _most_of_one(row.bot, crowded):
                counts[key] += 1
                chosen.append(row)
        if len(rows) < wanted:
            break
        after = rows[-1].seq
        full.update(key for key, count in counts.items() if count >= _most_of_one(key[0], crowded))
    return chosen


def _most_of_one(bot: str, crowded: Collection[str]) -> int:
    return 1 if bot in crowded else MAX_OF_ONE


def _chosen_by_bot(
    connection: Connection,
    query: Select[Any],
    limit: int,
    busy: Collection[Key],
    crowded: Collection[str],
    bots: Collection[str] | None,
    idle_bots: Collection[str],
) -> list[Row[Any]]:
    """Do as :func:`_chosen` does, but pass over the rows of idle bots, of which there may be very many.

    The bot whose first row is the oldest comes first: there is no order between the rows of two bots.
    """
    idle = set(idle_bots)
    chosen: list[Row[Any]] = []
    for bot, _ in sorted(connection.execute(_first_rows), key=lambda first: first.seq):
        if bot not in idle and (bots is None or bot in bots):
            chosen += _chosen(connection, query.where(inbox.c.bot == bot), limit - len(chosen), busy, crowded)
        if len(chosen) == limit:
            break
    return sorted(chosen, key=lambda row: row.seq)


@one_statement
def _start(connection: Connection, begun: Sequence[tuple[int, int, int, int]]) -> Sequence[bool]:
    rows = [
        {"seq": seq, "?epoch": epoch, "starts": starts, "started_at": now} for seq, epoch, starts, now in sorted(begun)
    ]
    held = updated_rows(connection, "inbox", "seq", rows, extra=HELD)
    return [seq in held for seq, *_ in begun]


@one_statement
def _fail(connection: Connection, failures: Sequence[Failure]) -> Sequence[bool]:
    rows = [
        {
            "seq": item.seq,
            "?epoch": item.epoch,
            "starts": 0,
            "attempts": item.attempts,
            "first_failed_at": item.first_failed_at,
        }
        for item in sorted(failures, key=lambda item: item.seq)
    ]
    held = updated_rows(connection, "inbox", "seq", rows, extra=HELD)
    return [item.seq in held for item in failures]


def _return_rows(connection: Connection, rows: list[dict[str, int]], at_once: list[dict[str, int]]) -> None:
    """Make *rows* ready; of those that began *at_once*, when that was isn't recorded yet."""
    unrecorded = f"{HELD} AND t.started_at IS NULL"
    update_rows(connection, "inbox", "seq", sorted(at_once, key=lambda row: row["seq"]), extra=unrecorded)
    ready = [{**row, "status": READY} for row in sorted(rows, key=lambda row: row["seq"])]
    update_rows(connection, "inbox", "seq", ready, extra=HELD)


def _newest(connection: Connection) -> int | None:
    accepted_at = func.coalesce(inbox.c.accepted_at, inbox.c.received_at)
    return connection.execute(select(accepted_at).order_by(inbox.c.seq.desc()).limit(1)).scalar()


def _unsent_since(connection: Connection, since: int) -> set[tuple[str, str]]:
    query = select(inbox.c.bot, inbox.c.message_id).where(
        inbox_is_unsend, inbox.c.message_id.is_not(None), inbox.c.received_at > since
    )
    query = query.order_by(inbox.c.received_at.desc()).limit(MAX_UNSENT)
    return {(row.bot, row.message_id) for row in connection.execute(query)}


def _count(connection: Connection, status: int | None) -> int:
    chosen = true() if status is None else inbox.c.status == status
    return connection.execute(select(func.count()).select_from(inbox).where(chosen)).scalar_one()


def _foreign(connection: Connection, lanes: Collection[int], bots: Collection[str]) -> Mapping[str, set[int]]:
    query = select(inbox.c.bot, inbox.c.lane).where(inbox_is_ready, not_(one_of(connection, inbox.c.bot, bots)))
    if len(lanes) < LANES:
        query = query.where(one_of(connection, inbox.c.lane, lanes))
    found: dict[str, set[int]] = {}
    for row in connection.execute(query.distinct().limit(MAX_FOREIGN)):
        found.setdefault(row.bot, set()).add(row.lane)
    return found


def _prune(connection: Connection, ids_before: int, bodies_from: int, bodies_before: int) -> tuple[int, int]:
    old = select(inbox.c.seq).where(inbox_is_done, inbox.c.finished_at < ids_before).limit(PRUNE_ROWS)
    deleted = connection.execute(delete(inbox).where(inbox.c.seq.in_(old))).rowcount
    period = inbox.c.finished_at.between(bodies_from, bodies_before - 1)
    stale = select(inbox.c.seq).where(inbox_is_done, period, inbox.c.body != BLANK).limit(PRUNE_ROWS)
    blanked = connection.execute(update(inbox).where(inbox.c.seq.in_(stale)).values(body=BLANK)).rowcount
    return deleted + blanked, blanked
