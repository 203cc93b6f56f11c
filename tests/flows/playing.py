"""Play every cell of the table in a running host: a conversation for each, all of them at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hookline.dispatch import dialogs
from hookline.dispatch.own_events import fired
from hookline.events import LATER, Event, lane_of
from hookline.flows.effects import Happening, Other, World
from hookline.flows.instance import CHAT, Dialog, Instance
from hookline.flows.rules import Decision, decide
from hookline.host.host import Host
from hookline.messages import as_sent
from hookline.store.database.tables import flows
from hookline.store.records import Timer
from hookline.testing.events import user_id
from hookline.testing.exchange import text_of
from tests.e2e import test_restart
from tests.flows.happening import TIMERS, Moment, happening
from tests.flows.shop import DESK, shop
from tests.flows.table import Situation, events, situations

BOT_OF: Mapping[str, str] = {"flow gone": "gone", "question gone": "moved"}


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold how one conversation stands: what is open of whom, the one on top last, and what is over."""

    open: dict[str, list[Instance]] = field(default_factory=dict)
    over: dict[str, Instance] = field(default_factory=dict)

    def top(self, user: str) -> Instance | None:
        """Return what *user* is asked."""
        stack = self.open.get(user) or self.open.get(CHAT)
        return stack[-1] if stack else None


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold what came of an event: the rule that counted, None where no flow was asked, and all that can be seen."""

    rule: str | None
    outcome: str | None
    route: str | None
    heard: Sequence[str]
    user: str
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class _Cell:
    situation: Situation
    event: str
    number: int

    @property
    def bot(self) -> str:
        return BOT_OF.get(self.situation.name, "shop")

    @property
    def user(self) -> str:
        return user_id(f"ann {self.number}")

    @property
    def group(self) -> str | None:
        is_among_others = self.event in ("text not said to the bot", "tap: somebody else's")
        return f"team {self.number}" if is_among_others or self.situation.name == "everyone" else None


async def play(folder: Path, store: str) -> Mapping[tuple[str, str], Seen]:
    """Return what came of each cell, on the *store*: between the situations and the events the file has changed."""
    each = [
        _Cell(situation, event, number)
        for number, (situation, event) in enumerate((one, event) for one in situations().values() for event in events())
    ]
    world = test_restart.World(folder, store, shop(), [DESK])
    async with world.host() as (host, _):
        await host.start()
        written = {cell: [*_written(cell, world.clock.now())] for cell in each}
        await host.worker.accept([event for texts in written.values() for event in texts])
        await host.settle()
    world.clock.advance(1.0)
    changed = test_restart.World(folder, store, shop(is_changed=True), [DESK])
    changed.clock = world.clock
    async with changed.host() as (host, _):
        await host.start()
        with _noted() as rules:
            return await _played(host, written, rules)


@contextmanager
def _noted() -> Iterator[Mapping[str, str]]:
    """Note by which rule each event is decided, by its id."""
    rules: dict[str, str] = {}

    async def noted(dialog: Dialog, happening: Happening, other: Other | None, world: World) -> Decision:
        decision = await decide(dialog, happening, other, world)
        rules[happening.id] = decision.rule
        return decision

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialogs, "decide", noted)
        yield rules


def _written(cell: _Cell, now: int) -> Iterator[Event]:
    for text in cell.situation.written:
        yield Moment(cell.bot, cell.user, cell.group, now).says(text)


async def _played(
    host: Host, written: Mapping[_Cell, Sequence[Event]], rules: Mapping[str, str]
) -> Mapping[tuple[str, str], Seen]:
    before = await host.store._database.run(_standing)
    accepted, ids = list[Event](), dict[_Cell, str]()
    for cell, texts in written.items():
        moment = Moment(cell.bot, cell.user, cell.group, host.clock.now())
        top = before.get(moment.key, NOTHING).top(cell.user)
        if cell.event in TIMERS:
            ids[cell] = await _fire(host, moment, cell.event, top)
        else:
            event = happening(cell.event, moment, top, texts)
            accepted.append(event)
            ids[cell] = event.id
    host.worker.resume(host.bots)
    await host.worker.accept(accepted)
    await host.settle()
    after = await host.store._database.run(_standing)
    return {
        (cell.situation.name, cell.event): await _seen(host, cell, identity, rules, before, after)
        for cell, identity in ids.items()
    }


async def _fire(host: Host, moment: Moment, event: str, top: Instance | None) -> str:
    """Let the timekeeper's next look find what is due for one instance, whatever the clock says of it."""
    kind, turns = TIMERS[event]
    identity, turn = ("none", 0) if top is None else (top.id, top.turn + turns)
    body: dict[str, Any] = {
        "flow": {"instance": identity, "kind": kind},
        "chat": moment.chat,
        "user": None if top is None or top.user == CHAT else top.user,
    }
    if kind == "begin":
        wanted: dict[str, Any] = {
            "name": "x",
            "plugin": "desk",
            "say": [],
            "run": None,
            "begin": "third",
            "stale_after": None,
        }
        body = {**wanted, "type": LATER, "chat": moment.chat, "user": moment.user}
    bot, conversation = moment.key
    name = f"{identity if top is not None else moment.user}/{kind}"
    timer = Timer(bot, name, conversation, lane_of(bot, conversation), turn, moment.now, body)
    row = fired(timer, moment.now)
    await host.store.timers.fire([timer], [row])
    return str(row["event_id"])


async def _seen(
    host: Host,
    cell: _Cell,
    identity: str,
    rules: Mapping[str, str],
    before: Mapping[tuple[str, str], Standing],
    after: Mapping[tuple[str, str], Standing],
) -> Seen:
    key = Moment(cell.bot, cell.user, cell.group, 0).key
    story = await host.store.history.show(cell.bot, identity)
    assert story is not None, (cell, identity)
    heard = [text_of(as_sent(message)) for delivery in story.deliveries for message in delivery.messages]
    return Seen(
        rules.get(identity),
        story.event.outcome,
        story.event.route,
        heard,
        cell.user,
        before.get(key, NOTHING),
        after.get(key, NOTHING),
    )


NOTHING = Standing()


def _standing(connection: Connection) -> dict[tuple[str, str], Standing]:
    """Return how all conversations stand."""
    found: dict[tuple[str, str], Standing] = {}
    for row in connection.execute(select(flows).order_by(flows.c.rank.desc())):
        facts: dict[str, Any] = {**json.loads(row.data), "id": row.id, "flow": row.flow, "user": row.person}
        standing = found.setdefault((row.bot, row.conversation), Standing())
        instance = replace(Instance.of_data(facts), ended=row.outcome)
        if row.rank < 0:
            standing.over[row.id] = instance
        else:
            standing.open.setdefault(row.person, []).append(instance)
    return found
