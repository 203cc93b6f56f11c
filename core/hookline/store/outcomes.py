"""Commit step 10: conversation state, plugin state, outbox and inbox in one fenced transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ..plugins.shared import SharedChange
from .bulk import insert_rows, update_rows
from .database import Database
from .inbox import clean_text, dump
from .lanes import HELD
from .records import Finish, Finished, NewDelivery, StoredDelivery
from .tables import DEAD, DONE, LEASED, inbox, outbox, outbox_is_done, plugin_state

Redact = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""``(bot, raw event) -> raw event`` without what was written."""

MAX_DETAIL = 64 * 1024
NO_MESSAGES = b"[]"
SAVED_STATE = "(bot, conversation) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at"

_same_message = select(inbox.c.seq, inbox.c.body).where(
    inbox.c.bot == bindparam("of_bot"),
    inbox.c.message_id == bindparam("of_message"),
    inbox.c.kind != "unsend",
)
_blank_answers = update(outbox).where(outbox.c.seq == bindparam("of_seq"), outbox_is_done).values(body=NO_MESSAGES)
_set_body = update(inbox).where(inbox.c.seq == bindparam("row")).values(body=bindparam("blanked"))


class Outcomes:
    """Commit what runs leave behind."""

    def __init__(self, database: Database, redact: Redact) -> None:
        self._database = database
        self._redact = redact

    async def finish(self, finish: Finish) -> Finished:
        """Commit one run's effects, together with other runs' that end at the same time."""
        return await self._database.batch(self._finish, finish)

    def _finish(self, connection: Connection, finishes: Sequence[Finish]) -> list[Finished]:
        """Commit all of *finishes*, or raise so that each is tried alone."""
        is_alone = len(finishes) == 1
        if update_rows(connection, "inbox", "seq", [_ended(finish) for finish in finishes], extra=HELD) < len(finishes):
            return _alone(is_alone, Finished("fenced"))
        for finish in finishes:
            if finish.shared and not _apply_shared(connection, self._database, finish):
                connection.exec_driver_sql("ROLLBACK TO work")
                return _alone(is_alone, Finished("conflict"))
        return self._apply(connection, finishes)

    def _apply(self, connection: Connection, finishes: Sequence[Finish]) -> list[Finished]:
        states = {finish.event.key: _state(finish) for finish in finishes if finish.state is not None}
        insert_rows(connection, "conversations", list(states.values()), conflict=SAVED_STATE)
        written = self._write_deliveries(connection, finishes)
        insert_rows(
            connection, "dead_letters", [_dead_letter(finish) for finish in finishes if finish.error is not None]
        )
        for finish in finishes:
            if finish.event.message_id and (finish.event.kind == "unsend" or finish.event.is_unsent):
                self._blank(connection, finish)
        return [Finished("done", written.get(finish.event.seq, ())) for finish in finishes]

    def _write_deliveries(self, connection: Connection, finishes: Sequence[Finish]) -> dict[int, list[StoredDelivery]]:
        count = sum(len(finish.deliveries) for finish in finishes)
        if not count:
            return {}
        number = self._database.number("outbox", count)
        written: dict[int, list[StoredDelivery]] = {}
        for finish in finishes:
            for delivery in finish.deliveries:
                written.setdefault(finish.event.seq, []).append(_numbered(delivery, number, finish.event.seq))
                number += 1
        rows = [_outbox_row(delivery) for deliveries in written.values() for delivery in deliveries]
        insert_rows(connection, "outbox", rows)
        return written

    def _blank(self, connection: Connection, finish: Finish) -> None:
        """Blank what was written in a message that was taken back, and what was answered to it, once that is sent."""
        event = finish.event
        rows = connection.execute(_same_message, {"of_bot": event.bot, "of_message": event.message_id}).all()
        for row in rows:
            blanked = dump(self._redact(event.bot, json.loads(row.body)))
            connection.execute(_set_body, {"row": row.seq, "blanked": blanked})
            connection.execute(_blank_answers, {"of_seq": row.seq})


class _NotTogetherError(Exception):
    """Say that one of a batch can't be committed; each is then tried alone."""


def _alone(is_alone: bool, result: Finished) -> list[Finished]:
    if not is_alone:
        raise _NotTogetherError
    return [result]


def _apply_shared(connection: Connection, database: Database, finish: Finish) -> bool:
    """Write what the run set, if every key that it used still has the version it saw."""
    for change in finish.shared:
        if _version(connection, change) != change.version:
            return False
    insert = database.insert(plugin_state)
    save = insert.on_conflict_do_update(
        index_elements=["bot", "plugin", "key"],
        set_={"value": insert.excluded.value, "version": insert.excluded.version, "updated_at": finish.now},
    )
    for change in finish.shared:
        if change.is_written:
            connection.execute(
                save,
                {
                    **asdict(change.key),
                    "value": change.json,
                    "version": change.version + 1,
                    "updated_at": finish.now,
                },
            )
    return True


def _version(connection: Connection, change: SharedChange) -> int:
    key = change.key
    query = select(plugin_state.c.version).where(
        plugin_state.c.bot == key.bot, plugin_state.c.plugin == key.plugin, plugin_state.c.key == key.key
    )
    return connection.execute(query.with_for_update()).scalar() or 0


def _state(finish: Finish) -> dict[str, object]:
    event = finish.event
    return {"bot": event.bot, "conversation": event.conversation, "state": finish.state, "updated_at": finish.now}


def _numbered(new: NewDelivery, number: int, seq: int) -> StoredDelivery:
    return StoredDelivery(
        id=number,
        seq=seq,
        bot=new.bot,
        conversation=new.conversation,
        lane=new.lane,
        form=new.form,
        messages=new.messages,
        created_at=new.created_at,
        deadline=new.deadline,
        retry_key=new.retry_key,
        reply_token=new.reply_token,
    )


def _outbox_row(delivery: StoredDelivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "bot": delivery.bot,
        "conversation": delivery.conversation,
        "lane": delivery.lane,
        "seq": delivery.seq,
        "form": delivery.form,
        "reply_token": delivery.reply_token,
        "retry_key": delivery.retry_key,
        "body": dump(list(delivery.messages)),
        "created_at": delivery.created_at,
        "deadline": delivery.deadline,
        "status": LEASED,
    }


def _dead_letter(finish: Finish) -> dict[str, object]:
    event = finish.event
    return {
        "origin": "event",
        "ref": event.seq,
        "bot": event.bot,
        "conversation": event.conversation,
        "error": clean_text(finish.error or "", 512),
        "detail": clean_text(finish.detail, MAX_DETAIL),
        "attempts": finish.attempts,
        "created_at": finish.now,
    }


def _ended(finish: Finish) -> dict[str, object]:
    return {
        "seq": finish.event.seq,
        "?epoch": finish.epoch,
        "status": DEAD if finish.error is not None else DONE,
        "starts": 0,
        "attempts": finish.attempts,
        "route": finish.route,
        "outcome": finish.outcome,
        "finished_at": finish.now,
    }
