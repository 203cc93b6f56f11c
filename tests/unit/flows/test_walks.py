"""What must stay true of dialogs, whatever happens in whatever order."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from hookline.flows.answers import Said
from hookline.flows.effects import Asked, Due, Effect, Routed, Spoken, Tap, Told
from hookline.flows.instance import MAX_OPEN, Dialog, Instance
from hookline.flows.rules import Decision
from tests.unit.flows.talks import BOOKING, FLOWS, Talk, booked

SEED = int(os.environ.get("HOOKLINE_SEED", "7"))
WALKS, STEPS = 120, 60
WORDS = [
    *FLOWS, "help", "menu", "human", "quiet", "2026-12-02", "2026-12-09", "10:00", "11:00", "Ann", "外送", "自取",
    "好", "不", "tea", "latte", "2", "red", "p", "取消", "上一步", "修改", "略過", "day", "how", "結束", "@@",
]  # fmt: skip
SILENT = ("T3", "T7", "T10", "A3", "M4")


def check(before: Dialog, decision: Decision) -> None:
    """Raise AssertionError where *decision* breaks what must hold."""
    dialog, effects = decision.dialog, decision.effects
    for stack in dialog.stacks.values():
        assert 0 < len(stack) <= MAX_OPEN
        assert len({one.flow for one in stack}) == len(stack), "no flow twice"
        assert all(one.is_open for one in stack)
    assert all(not one.is_open for one in dialog.ended)
    asked = [effect for effect in effects if isinstance(effect, Asked)]
    assert len(asked) <= 2
    for one in asked:
        assert one.instance.asked == one.question.name or one is not asked[-1]
    if decision.rule in SILENT:
        assert not says_anything(effects), decision.rule


def says_anything(effects: Any) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, Asked | Told | Spoken | Routed)]


async def test_walks_of_all_kinds_keep_what_must_hold() -> None:
    print(f"HOOKLINE_SEED={SEED}")
    chance = random.Random(SEED)
    met: set[str] = set()
    for _ in range(WALKS):
        talk, seen = Talk(), list[tuple[str, str, int]]()
        for _ in range(STEPS):
            known = [*talk.dialog.each(), *talk.world.ended.values()]
            seen += [(one.id, one.asked or "", one.turn) for one in known]
            facts = something(chance, seen)
            if facts is None:
                reload(chance, talk)
                continue
            before = talk.dialog
            decision = await talk.tried(**facts)
            check(before, decision)
            met.update(decision.rule.split("+"))
            talk.dialog = decision.dialog
            talk.world.ended |= {one.id: one for one in decision.dialog.ended}
            talk.dialog.ended = []

    assert {"A1", "A4", "A5", "A6", "B1", "B2", "B4", "M4", "N0", "N1", "T3", "T8", "V2", "W1", "W2", "W3"} <= met


def something(chance: random.Random, seen: list[tuple[str, str, int]]) -> dict[str, Any] | None:
    """Return what happens next; None for a reload."""
    user = chance.choice(["ann"] * 5 + ["bob"])
    pick = chance.random()
    if pick < 0.55 or not seen:
        early = {"at": 1} if chance.random() < 0.1 else {}
        return {"text": chance.choice(WORDS), "user": user, "is_called": chance.random() < 0.8, **early}
    identity, asked, turn = chance.choice(seen)
    if pick < 0.75:
        step = chance.choice([asked, "day", "time", "come", "@back", "@cancel", "@change"])
        value = chance.choice(["2026-12-02", "10:00", "yes", "no", "red", "tea", asked])
        return {"tap": Tap(identity, step, value), "said": Said(value=value), "user": user}
    if pick < 0.9:
        due: Any = chance.choice(["remind", "expire", "close"])
        return {"due": Due(identity, turn, due), "user": None}
    if pick < 0.95:
        return None
    others: list[dict[str, Any]] = [
        {"said": Said(media={"type": "image", "id": "1"}), "user": user},
        {"is_unsent": True, "message": f"m{chance.randrange(1, 60)}"},
        {"begins": "third", "user": user},
        {"has_left": True},
    ]
    return chance.choice(others)


def reload(chance: random.Random, talk: Talk) -> None:
    """Let the file change in one of a few ways."""
    talk.world.flows = dict(FLOWS)
    match chance.randrange(3):
        case 0:
            talk.gone("book")
        case 1:
            talk.changed("book", steps=BOOKING.steps[2:])


async def situations() -> list[tuple[str, Talk]]:
    """Return a talk in each situation that the rules tell apart."""

    async def after(*texts: str) -> Talk:
        talk = Talk()
        await talk.says(*texts)
        return talk

    gone, changed = await after("book"), await after("book")
    gone.gone("book")
    changed.changed("book", steps=BOOKING.steps[1:])
    return [
        ("idle", Talk()),
        ("closed question", await after("book")),
        ("free question", await after("book", "2026-12-02", "10:00")),
        ("optional question", await after("book", "2026-12-02", "10:00", "Ann")),
        ("confirm", await booked("自取")),
        ("change menu", await booked("自取", "修改")),
        ("list: more?", await after("order", "tea", "2")),
        ("one suspended", await after("book", "other")),
        ("digress: false", await after("strict")),
        ("everyone", await after("vote")),
        ("flow gone", gone),
        ("question gone", changed),
    ]


def taps_and_times(talk: Talk) -> Iterator[dict[str, Any]]:
    """Yield what may come twice: taps and timers."""
    instance: Instance | None = talk.dialog.top("ann")
    if instance is None:
        return
    values = {"day": "2026-12-02", "confirm": "yes", "color": "red", "come": "會到", "cart/more": "yes"}
    value = values.get(instance.asked or "", "?")
    for step, one in (
        (instance.asked or "", value),
        (instance.asked or "", "gone"),
        ("day", "2026-12-09"),
        ("zzz", "1"),
    ):
        yield {"tap": Tap(instance.id, step, one), "said": Said(value=one)}
    for kind in ("expire", "close"):
        due: Any = kind
        yield {"due": Due(instance.id, instance.turn, due), "user": None}


async def test_second_tap_and_second_timer_change_nothing() -> None:
    for name, talk in await situations():
        for facts in taps_and_times(talk):
            first = await talk.tried(**facts)
            talk.world.ended |= {one.id: one for one in first.dialog.ended}
            before, talk.dialog = talk.dialog, first.dialog
            known = [(one.id, one.known, one.votes) for one in talk.dialog.each()]
            again = await talk.tried(**facts)
            talk.dialog = before

            assert [(one.id, one.known, one.votes) for one in again.dialog.each()] == known, (name, facts, again.rule)


async def test_others_change_nothing_of_mine() -> None:
    for name, talk in await situations():
        if name in ("everyone", "flow gone"):
            continue
        known = [(one.id, one.known) for one in talk.dialog.each()]
        for text in WORDS:
            after = await talk.tried(text=text, user="bob")
            mine = [(one.id, one.known) for one in after.dialog.each() if one.user == "ann"]
            assert mine == known, (name, text, after.rule)


@pytest.mark.parametrize("left_out", range(len(BOOKING.steps)))
async def test_after_any_edit_only_questions_of_the_new_flow_are_asked(left_out: int) -> None:
    steps = tuple(step for index, step in enumerate(BOOKING.steps) if index != left_out)
    for name, talk in await situations():
        if name == "flow gone":
            continue
        talk.changed("book", steps=steps)
        for text in WORDS:
            decision = await talk.tried(text=text)
            for effect in decision.effects:
                if isinstance(effect, Asked) and effect.instance.flow == "book":
                    assert talk.world.flows["book"].find(effect.question.name) is not None, (name, text)
