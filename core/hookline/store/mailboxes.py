"""Know how much of each mailbox of this host is in the store: it is written with what was taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select

from .database.bulk import insert_rows
from .database.dialects import one_of
from .database.tables import mailboxes
from .database.transactions import Database

SAVED = "(box) DO UPDATE SET taken = excluded.taken"


class Mailboxes:
    """Hold, for each file of a mailbox, the number of the last request of it that was taken in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def taken(self) -> Mapping[str, int]:
        """Return those numbers, by the file's name."""
        return await self._database.run(_taken)

    async def forget(self, boxes: Sequence[str]) -> None:
        """Know nothing more of *boxes*, which are gone."""
        await self._database.run(_forget, boxes)


def note_taken(connection: Connection, taken: Mapping[str, int]) -> None:
    """Note what was *taken* in, by the file's name."""
    insert_rows(connection, "mailboxes", [{"box": box, "taken": last} for box, last in taken.items()], conflict=SAVED)


def _taken(connection: Connection) -> Mapping[str, int]:
    return {row.box: row.taken for row in connection.execute(select(mailboxes))}


def _forget(connection: Connection, boxes: Sequence[str]) -> None:
    connection.execute(delete(mailboxes).where(one_of(connection, mailboxes.c.box, boxes)))
