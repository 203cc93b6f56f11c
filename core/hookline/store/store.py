"""Put the store's rooms behind one door."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, update

from ..filesystem import Exposure
from .database.dialects import is_postgres, one_of
from .database.sqlite import SqliteDatabase
from .database.tables import (
    dead_letters,
    flow_is_open,
    flows,
    inbox,
    inbox_is_ready,
    outbox,
    outbox_is_open,
    outbox_is_withheld,
    plugin_state,
    support,
    timers,
)
from .database.transactions import Database
from .database.urls import is_shared
from .inbox import Inbox
from .lanes import Lanes
from .mailboxes import Mailboxes
from .memory.conversations import Conversations
from .memory.cooldowns import Cooldowns
from .memory.flows import Flows
from .memory.plugin_state import PluginState
from .memory.switches import Switches
from .memory.timers import Timers
from .outbox import Outbox
from .outcomes import Outcomes, Redact
from .overlaps import Overlaps
from .people.history import History
from .people.letters import Letters
from .people.standing import StandingFlows
from .spending import BUDGET

if TYPE_CHECKING:
    from .database.signals import Signals


@dataclass(frozen=True, slots=True)
class Backlog:
    """Hold how many events of a bot wait, when the oldest of them was received, and how many dead letters it has.

    ``withheld`` pushes wait for the end of quiet hours, ``pushed`` were sent in the last month that is counted.
    ``flows`` are open, and ``timers`` wait, the first of them for ``timer_at``.
    """

    waiting: int = 0
    oldest_at: int | None = None
    dead: int = 0
    withheld: int = 0
    flows: int = 0
    timers: int = 0
    timer_at: int | None = None
    pushed: int = 0


class Store:
    """Own one database and everything that is kept in it.

    ``is_shared`` says whether other processes may use it, too; ``signals`` then carries word between them.
    ``exposures`` are the files that others of this machine could get at when it was opened.
    """

    def __init__(
        self,
        database: Database,
        redact: Redact,
        signals: Signals | None = None,
        exposures: Sequence[Exposure] = (),
    ) -> None:
        self._database = database
        self.exposures = exposures
        self.signals = signals
        self.is_shared = signals is not None
        self.inbox = Inbox(database)
        self.outbox = Outbox(database)
        self.timers = Timers(database)
        self.outcomes = Outcomes(database, redact, self.timers)
        self.overlaps = Overlaps(database)
        self.lanes = Lanes(database)
        self.mailboxes = Mailboxes(database)
        self.conversations = Conversations(database)
        self.cooldowns = Cooldowns(database)
        self.plugin_state = PluginState(database)
        self.flows = Flows(database)
        self.letters = Letters(database)
        self.history = History(database)
        self.standing_flows = StandingFlows(database)
        self.switches = Switches(database)

    @classmethod
    async def open(cls, url: str, redact: Redact, listen_url: str | None = None) -> Store:
        """Open the store at *url* and bring its schema up to date; a SQLite file is then held alone.

        A *listen_url* says that *url* leads to a transaction pooler of PostgreSQL, and how to get past it; the same
        URL says that there is no way past.
        """
        if not is_shared(url):
            file = await SqliteDatabase.open(url)
            return cls(file, redact, exposures=file.exposures)
        from .database.postgres import PostgresDatabase  # lazy: SQLAlchemy's asyncio and asyncpg, for those who use it
        from .database.signals import Signals

        database = await PostgresDatabase.open(url, is_pooled=listen_url is not None)
        return cls(database, redact, Signals(None if listen_url == url else listen_url or url))

    async def foreign(self, lanes: Collection[int], bots: Collection[str]) -> Mapping[str, set[int]]:
        """Return ``{bot: lanes}`` of what waits in *lanes*, events and deliveries, for bots that are none of *bots*."""
        found = {bot: set(where) for bot, where in (await self.inbox.foreign(lanes, bots)).items()}
        for bot, where in (await self.outbox.foreign(lanes, bots)).items():
            found.setdefault(bot, set()).update(where)
        return found

    async def backlog(self) -> Mapping[str, Backlog]:
        """Return what waits in the store and what was given up, by bot; only of those that have any."""
        return await self._database.run(_backlog)

    async def check(self) -> None:
        """Prove that the store commits, by writing; raise what stands in the way."""
        await self._database.run(_write)

    async def close(self) -> None:
        """Finish what was submitted and let the store go."""
        await self._database.close()


def _backlog(connection: Connection) -> Mapping[str, Backlog]:
    waiting = select(inbox.c.bot, func.count(), func.min(inbox.c.seq)).where(inbox_is_ready).group_by(inbox.c.bot)
    counts = {first: (bot, count) for bot, count, first in connection.execute(waiting)}
    oldest = select(inbox.c.seq, inbox.c.received_at).where(one_of(connection, inbox.c.seq, counts))
    found = {counts[seq][0]: Backlog(counts[seq][1], at) for seq, at in connection.execute(oldest)}
    dead = select(dead_letters.c.bot, func.count()).group_by(dead_letters.c.bot)
    for bot, count in connection.execute(dead):
        found[bot] = replace(found.get(bot, Backlog()), dead=count)
    withheld = select(outbox.c.bot, func.count()).where(outbox_is_open, outbox_is_withheld).group_by(outbox.c.bot)
    for bot, count in connection.execute(withheld):
        found[bot] = replace(found.get(bot, Backlog()), withheld=count)
    open_flows = select(flows.c.bot, func.count()).where(flow_is_open).group_by(flows.c.bot)
    for bot, count in connection.execute(open_flows):
        found[bot] = replace(found.get(bot, Backlog()), flows=count)
    pushed = select(plugin_state.c.bot, plugin_state.c.value).where(plugin_state.c.plugin == BUDGET)
    for bot, count in connection.execute(pushed.order_by(plugin_state.c.key)):  # of the last month
        found[bot] = replace(found.get(bot, Backlog()), pushed=int(count))
    waiting = select(timers.c.bot, func.count(), func.min(timers.c.due_at)).group_by(timers.c.bot)
    for bot, count, at in connection.execute(waiting):
        found[bot] = replace(found.get(bot, Backlog()), timers=count, timer_at=at)
    return found


def _write(connection: Connection) -> None:
    """Write without a trace: on PostgreSQL a transaction that has a number is committed to disk."""
    if is_postgres(connection):
        connection.execute(select(func.txid_current()))
    else:
        connection.execute(update(support).values(oldest=support.c.oldest))
