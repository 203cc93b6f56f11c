"""Lease lanes to workers; a lane's epoch grows with each new holder and fences the ones before."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from .database import Database
from .tables import LEASED, READY, inbox, inbox_is_leased, lanes, outbox, outbox_is_open, workers

HELD = "EXISTS (SELECT 1 FROM lanes WHERE lanes.lane = t.lane AND lanes.epoch = v.epoch)"
"""The fence: a row is written only while its lane still has the writer's epoch.

``t`` is the row, ``v`` the values of an update.
"""


class Lanes:
    """Say which worker may run which conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_all(self, worker: str, now: int) -> dict[int, int]:
        """Take every lane for *worker* and return ``{lane: epoch}``: on SQLite there is one worker.

        What an earlier holder had leased and never finished becomes ready again, unfinished starts kept.
        """
        return await self._database.run(_take_all, worker, now)


def _take_all(connection: Connection, worker: str, now: int) -> dict[int, int]:
    connection.execute(workers.delete())
    connection.execute(workers.insert(), {"worker": worker, "started_at": now, "heartbeat_at": now})
    connection.execute(update(lanes).values(worker=worker, epoch=lanes.c.epoch + 1))
    connection.execute(update(inbox).where(inbox_is_leased).values(status=READY))
    connection.execute(update(outbox).where(outbox_is_open, outbox.c.status == LEASED).values(status=READY))
    return held(connection, None)


def held(connection: Connection, wanted: Collection[int] | None) -> dict[int, int]:
    """Return ``{lane: epoch}`` of *wanted* lanes (all for None), locked against a new holder until commit."""
    query = select(lanes.c.lane, lanes.c.epoch)
    if wanted is not None and len(wanted) < 64:
        query = query.where(lanes.c.lane.in_(list(wanted)))
    return {row.lane: row.epoch for row in connection.execute(query.with_for_update(read=True))}
