"""Say whether an event came while an earlier one of its conversation was answered by the same route."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, literal, select

from ..clock import APART
from .database.tables import inbox, inbox_is_joined
from .database.transactions import Database
from .records import Key, StoredEvent

RUN = ("answered", "handled")


@dataclass(frozen=True, slots=True)
class PastRun:
    """Hold one run of a route: the row that was run, and when that began."""

    seq: int
    begun_at: int


class Overlaps:
    """Look for runs during which an event was accepted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, event: StoredEvent, route: str, now: int) -> PastRun | None:
        """Return the run of *route* in the conversation of *event* during which that was accepted, if there was one.

        A run that was given up counts as none, and so does one that ended later than *now*: the clock was wrong then.
        """
        return await self._database.run(_find, event, route, now)

    async def has_rejected(self, key: Key, run: PastRun) -> bool:
        """Say whether an event of conversation *key* was rejected because of *run*."""
        return await self._database.run(_has_rejected, key, run)


def _find(connection: Connection, event: StoredEvent, route: str, now: int) -> PastRun | None:
    query = select(inbox.c.seq, inbox.c.started_at).where(
        inbox_is_joined,
        inbox.c.bot == event.bot,
        inbox.c.conversation == event.conversation,
        inbox.c.finished_at.between(event.accepted_at, now + APART),
        inbox.c.started_at < event.accepted_at,
        inbox.c.seq < event.seq,
        inbox.c.joined == inbox.c.seq,
        inbox.c.route == route,
        inbox.c.outcome.in_(RUN),
    )
    row = connection.execute(query.order_by(inbox.c.finished_at.desc()).limit(1)).first()
    return None if row is None else PastRun(row.seq, row.started_at)


def _has_rejected(connection: Connection, key: Key, run: PastRun) -> bool:
    bot, conversation = key
    query = select(literal(1)).where(
        inbox_is_joined,
        inbox.c.bot == bot,
        inbox.c.conversation == conversation,
        inbox.c.finished_at >= run.begun_at,
        inbox.c.joined == run.seq,
        inbox.c.outcome == "rejected",
    )
    return connection.execute(query.limit(1)).first() is not None
