"""Put the store's rooms behind one door."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from .conversations import Conversations
from .database import Database
from .inbox import Inbox
from .lanes import Lanes
from .outbox import Outbox
from .outcomes import Outcomes, Redact
from .shared import PluginState
from .sqlite import SqliteDatabase
from .tables import dead_letters, workers


class Store:
    """Own one database and everything that is kept in it."""

    def __init__(self, database: Database, redact: Redact) -> None:
        self._database = database
        self.inbox = Inbox(database)
        self.outbox = Outbox(database)
        self.outcomes = Outcomes(database, redact)
        self.lanes = Lanes(database)
        self.conversations = Conversations(database)
        self.plugin_state = PluginState(database)

    @classmethod
    async def open(cls, url: str, redact: Redact) -> Store:
        """Open the store at *url*, bring its schema up to date, and hold it alone."""
        return cls(await SqliteDatabase.open(url), redact)

    async def dead_letters(self) -> list[str]:
        """Return the errors of all dead letters, oldest first."""
        return await self._database.run(_dead_letters)

    async def check(self, now: int) -> None:
        """Prove that the store commits, by writing; raise what stands in the way. It is the workers' heartbeat, too."""
        await self._database.run(_beat, now)

    async def close(self) -> None:
        """Finish what was submitted and let the store go."""
        await self._database.close()


def _dead_letters(connection: Connection) -> list[str]:
    return list(connection.execute(select(dead_letters.c.error).order_by(dead_letters.c.id)).scalars())


def _beat(connection: Connection, now: int) -> None:
    connection.execute(update(workers).values(heartbeat_at=now))
