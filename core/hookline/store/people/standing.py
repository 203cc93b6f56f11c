"""Look at the flows that people are in and at those that have ended, and let some end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, tuple_

from ...events import lane_of
from ..database.dialects import notify, one_of
from ..database.reading import Transactions
from ..database.tables import flow_is_open, flows
from ..memory.timers import set_timers
from ..records import Timer

TURN = 200
"""So many are let end in one transaction: it holds up all others of a SQLite file."""

_key = tuple_(flows.c.bot, flows.c.conversation, flows.c.id)


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """Choose flows: those that fit all that is given. ``until``: begun before, in milliseconds since 1970."""

    ids: Sequence[str] = ()
    bot: str | None = None
    flow: str | None = None
    conversation: str | None = None
    asked: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class StandingFlow:
    """Hold how one run of a flow stands; times are milliseconds since 1970.

    ``person`` is empty for one of a whole chat; ``asked`` is the question that was asked last; ``rank`` is 0 for what
    is asked now, more for what waits below it, and -1 once it has ended, with ``outcome``. ``answers`` are how many
    questions were answered; ``known`` is what was, and empty once it has ended.
    """

    id: str
    bot: str
    conversation: str
    person: str
    flow: str
    asked: str | None
    rank: int
    outcome: str | None
    begun_at: int
    asked_at: int | None
    ended_at: int | None
    answers: int
    known: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """Count runs of a flow at the question ``asked``: those that are there now, or with ``outcome`` ended there."""

    asked: str | None
    outcome: str | None
    number: int


@dataclass(frozen=True, slots=True)
class Place:
    """Say how many are asked ``asked`` in a flow, or were before they were asked something in another."""

    bot: str
    flow: str
    asked: str | None
    number: int


class StandingFlows:
    """Hold the runs of flows, for those who look after a host. Ended ones are forgotten after a while."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def list(self, chosen: FlowFilter, limit: int) -> Sequence[StandingFlow]:
        """Return open ones, at most *limit*, those that were asked last first."""
        return await self._database.run(_listed, chosen, limit)

    async def count(self, chosen: FlowFilter) -> int:
        """Return how many open ones there are."""
        return await self._database.run(_counted, chosen)

    async def show(self, bot: str, flow: str) -> StandingFlow | None:
        """Return the one of *bot* with the id *flow*, open or not."""
        return await self._database.run(_shown, bot, flow)

    async def funnel(self, bot: str, flow: str, since: int) -> Sequence[Stop]:
        """Return where the runs of *flow* are, or ended, that were begun since *since*."""
        return await self._database.run(_funnel, bot, flow, since)

    async def places(self, bots: Collection[str]) -> Sequence[Place]:
        """Return where people are in flows of *bots*."""
        return await self._database.run(_places, bots)

    async def known(self, bot: str, flow: str, asked: str | None, limit: int) -> Sequence[dict[str, Any]]:
        """Return what is known of each who is asked *asked* in *flow*, of *limit* at most."""
        return await self._database.run(_known, bot, flow, asked, limit)

    async def end(self, chosen: FlowFilter, now: int) -> AsyncIterator[int]:
        """Let open ones end, and yield how many of them at each turn.

        Each ends as an event of its conversation does something, in order with all others, once a host has its lane.
        """
        after: tuple[str, str, str] | None = None
        while True:
            after, number = await self._database.run(_ended, chosen, after, now)
            if after is None:
                return
            yield number


def _chosen(chosen: FlowFilter) -> ColumnElement[bool]:
    wanted = [flow_is_open]
    for column, value in (
        (flows.c.bot, chosen.bot),
        (flows.c.flow, chosen.flow),
        (flows.c.conversation, chosen.conversation),
        (flows.c.asked, chosen.asked),
    ):
        if value is not None:
            wanted.append(column == value)
    if chosen.ids:
        wanted.append(flows.c.id.in_(chosen.ids))
    if chosen.until is not None:
        wanted.append(flows.c.begun_at < chosen.until)
    return and_(*wanted)


def _listed(connection: Connection, chosen: FlowFilter, limit: int) -> Sequence[StandingFlow]:
    query = select(flows).where(_chosen(chosen)).order_by(flows.c.asked_at.desc(), *_key.clauses).limit(limit)
    return [_standing(row) for row in connection.execute(query)]


def _counted(connection: Connection, chosen: FlowFilter) -> int:
    return connection.execute(select(func.count()).select_from(flows).where(_chosen(chosen))).scalar_one()


def _shown(connection: Connection, bot: str, flow: str) -> StandingFlow | None:
    row = connection.execute(select(flows).where(flows.c.bot == bot, flows.c.id == flow)).first()
    return None if row is None else _standing(row)


def _standing(row: Row[Any]) -> StandingFlow:
    data = json.loads(row.data)
    values = {
        name: getattr(row, name) for name in StandingFlow.__dataclass_fields__ if name not in ("answers", "known")
    }
    return StandingFlow(**values, answers=len(data.get("order", ())), known=data.get("known", {}))


def _funnel(connection: Connection, bot: str, flow: str, since: int) -> Sequence[Stop]:
    query = select(flows.c.asked, flows.c.outcome, func.count()).where(
        flows.c.bot == bot, flows.c.flow == flow, flows.c.begun_at >= since
    )
    return [Stop(*row) for row in connection.execute(query.group_by(flows.c.asked, flows.c.outcome))]


def _places(connection: Connection, bots: Collection[str]) -> Sequence[Place]:
    columns = (flows.c.bot, flows.c.flow, flows.c.asked)
    query = select(*columns, func.count()).where(flow_is_open, one_of(connection, flows.c.bot, bots))
    return [Place(*row) for row in connection.execute(query.group_by(*columns).order_by(*columns))]


def _known(connection: Connection, bot: str, flow: str, asked: str | None, limit: int) -> Sequence[dict[str, Any]]:
    wanted = _chosen(FlowFilter(bot=bot, flow=flow, asked=asked))
    rows = connection.execute(select(flows.c.data).where(wanted).limit(limit))
    return [json.loads(row.data).get("known", {}) for row in rows]


def _ended(
    connection: Connection, chosen: FlowFilter, after: tuple[str, str, str] | None, now: int
) -> tuple[tuple[str, str, str] | None, int]:
    query = select(flows).where(_chosen(chosen)).order_by(*_key.clauses)
    if after is not None:
        query = query.where(_key > after)
    rows = connection.execute(query.limit(TURN)).all()
    set_timers(connection, [_end_of(row, now) for row in rows])
    notify(connection, "timers", [lane_of(row.bot, row.conversation) for row in rows])
    if not rows:
        return None, 0
    last = rows[-1]
    return (last.bot, last.conversation, last.id), len(rows)


def _end_of(row: Row[Any], now: int) -> Timer:
    body = {"flow": {"instance": row.id, "kind": "end"}, "user": row.person or None}
    lane = lane_of(row.bot, row.conversation)
    return Timer(row.bot, f"{row.id}/end", row.conversation, lane, row.turn, now, body)
