"""Look at dead letters; run or send them again, or drop them, some hundred at a turn so that nobody waits for it."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, literal_column, select

from ...clock import Clock
from ...ways import Way
from ..database.bulk import updated_rows
from ..database.dialects import notify, one_of
from ..database.reading import Transactions
from ..database.tables import DEAD, DONE, READY, REPLAYED, dead_letters, inbox, outbox
from ..deliveries import form_of, via_of, ways_of
from ..inbox import BLANK
from .history import PastDelivery, deliveries_of

TURN = 100
TURN_BYTES = 256 * 1024
"""How many letters, and how much of their rows, one transaction touches: each holds up all others of a SQLite file."""
REPLAY_MILLISECONDS = 600_000
"""How long a delivery that is sent again may take."""
KEY_MILLISECONDS = 86_400_000
"""How long a platform knows a retry key again: developers.line.biz/en/docs/messaging-api/retrying-api-request"""
NO_MESSAGES = b"[]"

Origin = Literal["event", "delivery"]
Kind = Literal["events", "deliveries", "uncertain", "unreachable"]

_WAS_DEAD = f"t.status = {DEAD}"
_is_event = dead_letters.c.origin == literal_column("'event'")
_is_delivery = dead_letters.c.origin == literal_column("'delivery'")
_reading = select(
    dead_letters,
    inbox.c.seq,
    inbox.c.event_id,
    inbox.c.kind,
    inbox.c.route,
    case((_is_event, inbox.c.starts), else_=literal_column("0")).label("starts"),
    outbox.c.seq.label("of_seq"),
    outbox.c.form,
    outbox.c.outcome,
    outbox.c.reply_token,
    outbox.c.ways,
    outbox.c.way,
    outbox.c.retry_key,
    outbox.c.deadline,
    outbox.c.is_fallback,
    outbox.c.is_uncertain,
    outbox.c.is_open,
    case((_is_event, inbox.c.lane), else_=outbox.c.lane).label("lane"),
    case((_is_event, inbox.c.status), else_=outbox.c.status).label("status"),
    case((_is_event, func.length(inbox.c.body)), else_=func.length(outbox.c.body)).label("size"),
).select_from(
    dead_letters.outerjoin(outbox, and_(_is_delivery, outbox.c.id == dead_letters.c.ref)).outerjoin(
        inbox, inbox.c.seq == case((_is_event, dead_letters.c.ref), else_=outbox.c.seq)
    )
)


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Choose dead letters: those that fit all that is given.

    ``since`` and ``until`` are milliseconds since 1970, ``error`` is a part of the error, ``last`` the greatest id:
    letters that come while others are replayed are then left alone.
    """

    ids: Sequence[int] = ()
    bot: str | None = None
    origin: Origin | None = None
    since: int | None = None
    until: int | None = None
    error: str | None = None
    route: str | None = None
    conversation: str | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """Hold one dead letter: an event that was given up, or a delivery. ``is_uncertain``: that may have arrived.

    ``starts`` are runs of an event that its process did not survive.
    """

    id: int
    origin: Origin
    bot: str
    conversation: str
    error: str
    attempts: int
    created_at: int
    seq: int | None
    event_id: str | None
    kind: str | None
    route: str | None
    via: str | None
    outcome: str | None
    is_uncertain: bool
    starts: int = 0


@dataclass(frozen=True, slots=True)
class OpenedLetter:
    """Hold a dead letter with all that is known: the traceback, the platform's event, and what it led to."""

    letter: Letter
    detail: str
    raw: Mapping[str, Any] | None
    deliveries: Sequence[PastDelivery]


@dataclass(frozen=True, slots=True)
class Tally:
    """Count dead letters by what a replay could do.

    ``events`` run again and ``deliveries`` go out again; ``uncertain`` ones may have arrived; for ``unreachable`` ones
    there is no chat to push to. ``last`` is the greatest id.
    """

    events: int = 0
    deliveries: int = 0
    uncertain: int = 0
    unreachable: int = 0
    last: int = 0

    @property
    def total(self) -> int:
        """Return how many there are."""
        return self.events + self.deliveries + self.uncertain + self.unreachable


class Letters:
    """Look after the dead letters of a store."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def list(self, chosen: LetterFilter, limit: int) -> list[Letter]:
        """Return up to *limit* of the *chosen* letters, newest first."""
        return await self._database.run(_list, chosen, limit)

    async def show(self, number: int) -> OpenedLetter | None:
        """Return the letter with the id *number*, or None."""
        return await self._database.run(_show, number)

    async def count(self, chosen: LetterFilter, now: int) -> Tally:
        """Count the *chosen* letters."""
        counts: Counter[Kind] = Counter()
        after: int | None = 0
        last = 0
        while after is not None:
            found, last_found, after = await self._database.run(_count, chosen, after, now)
            counts.update(found)
            last = max(last, last_found)
        return Tally(**{str(kind): count for kind, count in counts.items()}, last=last)

    async def missing(self, chosen: LetterFilter) -> Sequence[int]:
        """Return those of the ids in *chosen* that no letter has, or none that fits the rest of it."""
        found: set[int] = set()
        for first in range(0, len(chosen.ids), TURN):
            part = replace(chosen, ids=chosen.ids[first : first + TURN])
            found |= {letter.id for letter in await self.list(part, TURN)}
        return [number for number in chosen.ids if number not in found]

    async def replay(
        self, chosen: LetterFilter, clock: Clock, *, include_uncertain: bool = False
    ) -> AsyncIterator[int]:
        """Let the *chosen* events run and deliveries go out again; yield after each turn how many it was.

        A reply that is too late goes out as a push. A push keeps its retry key for as long as the platform knows it, so
        that one that did arrive is not doubled.
        """
        async for done in self._turns(
            chosen, lambda connection, after: _replay(connection, chosen, after, clock.now(), include_uncertain)
        ):
            yield done

    async def drop(self, chosen: LetterFilter) -> AsyncIterator[int]:
        """Give the *chosen* letters up for good; yield after each turn how many it was.

        What they held is blanked at once; their ids stay known, so that a redelivery is still a double.
        """
        async for done in self._turns(chosen, lambda connection, after: _drop(connection, chosen, after)):
            yield done

    async def _turns(
        self, chosen: LetterFilter, turn: Callable[[Connection, int], tuple[int, int | None]]
    ) -> AsyncIterator[int]:
        after: int | None = 0
        while after is not None:
            done, after = await self._database.run(turn, after)
            if done:
                yield done


def _conditions(chosen: LetterFilter) -> list[ColumnElement[bool]]:
    equal = {
        dead_letters.c.bot: chosen.bot,
        dead_letters.c.origin: chosen.origin,
        dead_letters.c.conversation: chosen.conversation,
        inbox.c.route: chosen.route,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if chosen.since is not None:
        conditions.append(dead_letters.c.created_at >= chosen.since)
    if chosen.until is not None:
        conditions.append(dead_letters.c.created_at <= chosen.until)
    if chosen.error is not None:
        conditions.append(dead_letters.c.error.icontains(chosen.error, autoescape=True))
    if chosen.last is not None:
        conditions.append(dead_letters.c.id <= chosen.last)
    return conditions


def _list(connection: Connection, chosen: LetterFilter, limit: int) -> list[Letter]:
    query = _reading.where(*_conditions(chosen)).order_by(dead_letters.c.id.desc()).limit(limit)
    if chosen.ids:
        query = query.where(one_of(connection, dead_letters.c.id, chosen.ids))
    return [_letter(row) for row in connection.execute(query)]


def _show(connection: Connection, number: int) -> OpenedLetter | None:
    row = connection.execute(_reading.where(dead_letters.c.id == number)).first()
    if row is None:
        return None
    seq = row.ref if row.origin == "event" else row.of_seq
    body = connection.execute(select(inbox.c.body).where(inbox.c.seq == seq)).scalar()
    raw = None if body is None else json.loads(body)
    return OpenedLetter(_letter(row), row.detail, raw, deliveries_of(connection, seq))


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        id=row.id,
        origin=row.origin,
        bot=row.bot,
        conversation=row.conversation,
        error=row.error,
        attempts=row.attempts,
        created_at=row.created_at,
        seq=row.seq,
        event_id=row.event_id,
        kind=row.kind,
        route=row.route,
        via=None if row.form is None else via_of(row),
        outcome=row.outcome,
        is_uncertain=_is_uncertain(row),
        starts=row.starts or 0,
    )


def _window(connection: Connection, chosen: LetterFilter, after: int) -> tuple[list[Row[Any]], int | None]:
    """Return the chosen ones among the next letters after the id *after*, and after which to go on, if at all."""
    query = select(dead_letters.c.id).where(dead_letters.c.id > after).order_by(dead_letters.c.id).limit(TURN)
    if chosen.ids:
        wanted = sorted(number for number in set(chosen.ids) if number > after)[:TURN]
        query = query.where(one_of(connection, dead_letters.c.id, wanted))
        following = wanted[-1] if wanted else None
    if chosen.last is not None:
        query = query.where(dead_letters.c.id <= chosen.last)
    numbers = list(connection.execute(query).scalars())
    if not chosen.ids:
        following = numbers[-1] if numbers else None
    if not numbers:
        return [], following
    of_these = one_of(connection, dead_letters.c.id, numbers)
    rows = connection.execute(_reading.where(of_these, *_conditions(chosen)).order_by(dead_letters.c.id)).all()
    held = _first_of(rows)
    return held, following if len(held) == len(rows) else held[-1].id


def _first_of(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Return as many of *rows*, one at least, as one turn may rewrite."""
    held: list[Row[Any]] = []
    size = 0
    for row in rows:
        size += row.size or 0
        if held and size > TURN_BYTES:
            break
        held.append(row)
    return held


def _count(connection: Connection, chosen: LetterFilter, after: int, now: int) -> tuple[Counter[Kind], int, int | None]:
    rows, following = _window(connection, chosen, after)
    return Counter(_kind(row, now) for row in rows), rows[-1].id if rows else 0, following


def _kind(row: Row[Any], now: int) -> Kind:
    if row.status != DEAD:
        return "unreachable"  # there is nothing left that could be replayed
    if row.origin == "event":
        return "events"
    if _next_turn(row, now) is None:
        return "unreachable"
    return "uncertain" if _is_uncertain(row) else "deliveries"


def _is_uncertain(row: Row[Any]) -> bool:
    return bool(row.is_uncertain or row.is_open or row.outcome == "uncertain") and row.origin == "delivery"


def _next_turn(row: Row[Any], now: int) -> int | None:
    """Return the number of the way by which a delivery goes out again, None when none is left: the first that is open.

    By one that ended before it ended the row says itself; what was recorded of it is its deadline.
    """
    ways, part, turn = ways_of(row)
    for number in range(turn, len(ways)):
        way = ways[number]
        is_over = way.until is not None and now >= (row.deadline if number == turn else way.until)
        if not is_over and (way.is_push or way.uses is None or (part or 0) < way.uses):
            return number
    return None


def _replay(
    connection: Connection, chosen: LetterFilter, after: int, now: int, include_uncertain: bool
) -> tuple[int, int | None]:
    rows, following = _window(connection, chosen, after)
    by_kind: dict[Kind, list[Row[Any]]] = {}
    for row in rows:
        by_kind.setdefault(_kind(row, now), []).append(row)
    deliveries = by_kind.get("deliveries", []) + (by_kind.get("uncertain", []) if include_uncertain else [])
    done = _run_again(connection, by_kind.get("events", [])) + _send_again(connection, deliveries, now)
    _delete(connection, done)
    return len(done), following


def _run_again(connection: Connection, letters: Sequence[Row[Any]]) -> list[int]:
    """Make events ready as if they had just come, and return the ids of their letters."""
    fresh = {
        "status": READY,
        "epoch": 0,
        "starts": 0,
        "attempts": 0,
        "first_failed_at": None,
        "started_at": None,
        "route": None,
        "outcome": REPLAYED,
        "finished_at": None,
    }
    rows = [{"seq": row.ref, **fresh} for row in sorted(letters, key=lambda row: row.ref)]
    changed = updated_rows(connection, "inbox", "seq", rows, extra=_WAS_DEAD)
    ready = [row for row in letters if row.ref in changed]
    if ready:
        notify(connection, "inbox", [row.lane for row in ready])
    return [row.id for row in ready]


def _send_again(connection: Connection, letters: Sequence[Row[Any]], now: int) -> list[int]:
    """Make deliveries ready to be sent, and return the ids of their letters."""
    rows = [_readied(row, now) for row in sorted(letters, key=lambda row: row.ref)]
    changed = updated_rows(connection, "outbox", "id", rows, extra=_WAS_DEAD)
    ready = [row for row in letters if row.ref in changed]
    if ready:
        notify(connection, "outbox", [row.lane for row in ready])
    return [row.id for row in ready]


def _readied(row: Row[Any], now: int) -> dict[str, object]:
    ways, _, before = ways_of(row)
    turn = _next_turn(row, now) or 0
    way, was = ways[turn], ways[before].is_push
    is_known = was and ways[before].is_repeatable and now < row.deadline + KEY_MILLISECONDS
    return {
        "id": row.ref,
        "status": READY,
        "epoch": 0,
        "form": form_of(ways, turn),
        "way": turn,
        "is_fallback": bool(row.is_fallback) or (way.is_push and not was),
        "retry_key": row.retry_key if is_known else str(uuid.uuid4()),
        "deadline": _deadline(row, way, now, is_same=turn == before),
        "attempts": 0,
        "is_open": False,
        "is_uncertain": False,
        "outcome": REPLAYED,
        "reason": None,
        "request_id": None,
        "finished_at": None,
    }


def _deadline(row: Row[Any], way: Way, now: int, *, is_same: bool) -> int:
    if way.until is None:
        return now + REPLAY_MILLISECONDS
    return int(row.deadline) if is_same else way.until


def _drop(connection: Connection, chosen: LetterFilter, after: int) -> tuple[int, int | None]:
    rows, following = _window(connection, chosen, after)
    for origin, table, key, blank in (("event", "inbox", "seq", BLANK), ("delivery", "outbox", "id", NO_MESSAGES)):
        dropped = [{key: ref, "status": DONE, "body": blank} for ref in _refs(rows, origin)]
        updated_rows(connection, table, key, dropped, extra=_WAS_DEAD)
    _delete(connection, [row.id for row in rows])
    return len(rows), following


def _refs(rows: Sequence[Row[Any]], origin: str) -> list[int]:
    return sorted(row.ref for row in rows if row.origin == origin)


def _delete(connection: Connection, numbers: Sequence[int]) -> None:
    if numbers:
        connection.execute(delete(dead_letters).where(one_of(connection, dead_letters.c.id, numbers)))
