"""Commit step 10: conversation state, plugin state, outbox and inbox in one fenced transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select, update

from ..plugins.shared import SharedChange
from .arrivals import clean_text, dump
from .database.bulk import insert_rows, update_rows
from .database.dialects import is_postgres
from .database.tables import DEAD, DONE, inbox, outbox, outbox_is_leased, plugin_state
from .database.transactions import Database
from .deliveries import write_deliveries
from .lanes import HELD
from .memory.flows import write_flows
from .memory.timers import Timers, write_timers
from .outbox import stored_delivery
from .records import Finish, Finished, Key

Redact = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""``(bot, raw event) -> raw event`` without what was written."""

MAX_DETAIL = 64 * 1024
NO_MESSAGES = b"[]"
SAVED_STATE = "(bot, conversation) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at"
SAVED_REST = "(bot, conversation, route) DO UPDATE SET until = excluded.until"
SAVED_KEY = (
    "(bot, plugin, key) DO UPDATE "
    "SET value = excluded.value, version = excluded.version, updated_at = excluded.updated_at"
)

_same_message = select(inbox.c.seq, inbox.c.joined, inbox.c.body).where(
    inbox.c.bot == bindparam("of_bot"),
    inbox.c.message_id == bindparam("of_message"),
    inbox.c.kind != "unsend",
)
_blank_answers = (
    update(outbox).where(outbox.c.seq == bindparam("of_seq"), outbox.c.status >= DONE).values(body=NO_MESSAGES)
)
_set_body = update(inbox).where(inbox.c.seq == bindparam("row")).values(body=bindparam("blanked"))


class Outcomes:
    """Commit what runs leave behind."""

    def __init__(self, database: Database, redact: Redact, timers: Timers) -> None:
        self._database = database
        self._redact = redact
        self._timers = timers

    async def finish(self, finish: Finish) -> Finished:
        """Commit one run's effects, together with other runs' that end at the same time."""
        try:
            finished = await self._database.batch(self._finish, finish)
            self._timers.have_been_set(finish.timers)
            return finished
        except _NotCommittedError as reason:
            if reason.result == "conflict":
                return Finished("conflict")
            return await self._database.run(_committed, finish)

    def _finish(self, connection: Connection, finishes: Sequence[Finish]) -> list[Finished]:
        """Commit all of *finishes*, or raise so that each is tried alone."""
        every = _all_of(finishes)
        has_joined = any(finish.joined is not None for finish in every)
        rows = [_ended(finish, has_joined) for finish in sorted(every, key=lambda finish: finish.event.seq)]
        if update_rows(connection, "inbox", "seq", rows, extra=HELD) < len(every):
            raise _NotCommittedError("fenced")
        _apply_shared(connection, finishes)
        return self._apply(connection, finishes)

    def _apply(self, connection: Connection, finishes: Sequence[Finish]) -> list[Finished]:
        insert_rows(connection, "conversations", _states(finishes), conflict=SAVED_STATE)
        insert_rows(connection, "cooldowns", _rests(finishes), conflict=SAVED_REST)
        insert_rows(connection, "dead_letters", _dead_letters(finishes))
        write_flows(connection, finishes)
        write_timers(connection, finishes)
        pairs = [(finish.event.seq, delivery) for finish in finishes for delivery in finish.deliveries]
        written = write_deliveries(connection, self._database.numbers, pairs)
        for finish in finishes:
            if finish.event.message_id and (finish.event.kind == "unsend" or finish.event.is_unsent):
                self._blank(connection, finish)
        return [Finished("done", written.get(finish.event.seq, ())) for finish in finishes]

    def _blank(self, connection: Connection, finish: Finish) -> None:
        """Blank what was written in a message that was taken back, and what was answered to it, once that is sent."""
        event = finish.event
        rows = connection.execute(_same_message, {"of_bot": event.bot, "of_message": event.message_id}).all()
        for row in rows:
            blanked = dump(self._redact(event.bot, json.loads(row.body)))
            connection.execute(_set_body, {"row": row.seq, "blanked": blanked})
            connection.execute(_blank_answers, {"of_seq": row.seq if row.joined is None else row.joined})


def _all_of(finishes: Sequence[Finish]) -> Sequence[Finish]:
    if not any(finish.together for finish in finishes):
        return finishes
    return [one for finish in finishes for one in (finish, *finish.together)]


class _NotCommittedError(Exception):
    """Say why nothing of a batch was committed: each is then tried alone, and a lone one ends with *result*."""

    def __init__(self, result: Literal["fenced", "conflict"]) -> None:
        self.result = result
        super().__init__(result)


def _committed(connection: Connection, finish: Finish) -> Finished:
    """Return how *finish*, which was refused, stands: an earlier try may have been committed, its answer lost."""
    event = finish.event
    row = connection.execute(select(inbox.c.status, inbox.c.epoch).where(inbox.c.seq == event.seq)).first()
    if row is None or row.status not in (DONE, DEAD) or row.epoch != event.epoch:
        return Finished("fenced")
    ours = {(delivery.lane, delivery.epoch) for delivery in finish.deliveries}
    rows = connection.execute(select(outbox).where(outbox.c.seq == event.seq, outbox_is_leased).order_by(outbox.c.id))
    return Finished("done", [stored_delivery(row, row.epoch) for row in rows if (row.lane, row.epoch) in ours])


def _apply_shared(connection: Connection, finishes: Sequence[Finish]) -> None:
    """Write what the runs set, if every key that they used still has the version they saw."""
    changes = sorted(
        ((change, finish.now) for finish in finishes for change in finish.shared), key=lambda pair: astuple(pair[0].key)
    )
    if len({change.key for change, _ in changes}) < len(changes):
        raise _NotCommittedError("conflict")
    _occupy(connection, [change for change, _ in changes if change.version == 0])
    for change, _ in changes:
        if _version(connection, change) != change.version:
            raise _NotCommittedError("conflict")
    rows = [
        {**asdict(change.key), "value": change.json, "version": change.version + 1, "updated_at": now}
        for change, now in changes
        if change.is_written
    ]
    insert_rows(connection, "plugin_state", rows, conflict=SAVED_KEY)


def _occupy(connection: Connection, absent: Sequence[SharedChange]) -> None:
    """Give keys that were not there a row of version 0, so that it can be locked: another host may set them now."""
    if is_postgres(connection):
        rows = [{**asdict(change.key), "value": None, "version": 0, "updated_at": 0} for change in absent]
        insert_rows(connection, "plugin_state", rows, conflict="(bot, plugin, key) DO NOTHING")


def _version(connection: Connection, change: SharedChange) -> int:
    key = change.key
    query = select(plugin_state.c.version).where(
        plugin_state.c.bot == key.bot, plugin_state.c.plugin == key.plugin, plugin_state.c.key == key.key
    )
    return connection.execute(query.with_for_update()).scalar() or 0


def _states(finishes: Sequence[Finish]) -> list[dict[str, object]]:
    """Return the states that runs have left behind, of each conversation the last."""
    rows: dict[Key, dict[str, object]] = {
        finish.event.key: {
            "bot": finish.event.bot,
            "conversation": finish.event.conversation,
            "state": finish.state,
            "updated_at": finish.now,
        }
        for finish in finishes
        if finish.state is not None
    }
    return list(rows.values())


def _rests(finishes: Sequence[Finish]) -> list[dict[str, object]]:
    return [
        {
            "bot": finish.event.bot,
            "conversation": finish.event.conversation,
            "route": finish.route,
            "until": finish.rests_until,
        }
        for finish in finishes
        if finish.rests_until is not None
    ]


def _dead_letters(finishes: Sequence[Finish]) -> list[dict[str, object]]:
    return [
        {
            "origin": "event",
            "ref": finish.event.seq,
            "bot": finish.event.bot,
            "conversation": finish.event.conversation,
            "error": clean_text(finish.error, 512),
            "detail": clean_text(finish.detail, MAX_DETAIL),
            "attempts": finish.attempts,
            "created_at": finish.now,
        }
        for finish in _all_of(finishes)
        if finish.error is not None
    ]


def _ended(finish: Finish, has_joined: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "seq": finish.event.seq,
        "?epoch": finish.event.epoch,
        "status": DEAD if finish.error is not None else DONE,
        "starts": finish.event.starts if finish.error is not None else 0,  # of one that killed its process it says so
        "attempts": finish.attempts,
        "route": finish.route,
        "outcome": finish.outcome,
        "started_at": finish.started_at,
        "finished_at": finish.now,
    }
    return {**row, "joined": finish.joined} if has_joined else row
