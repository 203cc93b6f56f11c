"""What must stay true of dialogs, whatever happens in whatever order."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hookline.flows.answers import Said
from hookline.flows.effects import Asked, Due, Tap
from hookline.flows.instance import Instance
from tests.unit.flows.generated import generated
from tests.unit.flows.talks import BOOKING, Talk, booked
from tests.unit.flows.walks import TEXTS, Walk

SEED = int(os.environ.get("HOOKLINE_SEED", "7"))
EVENTS = int(os.environ.get("HOOKLINE_EVENTS", "3000"))
STEPS = 80
MET = {"A1", "A4", "A5", "A6", "B1", "B2", "B4", "M1", "M2", "M4", "N0", "N1", "T1", "T3", "T8", "W1", "W2", "W3"}
"""Rules that walks come by, however short they are."""

pytestmark = pytest.mark.timeout(120 + EVENTS // 200)


async def test_walks_of_all_kinds_keep_what_must_hold() -> None:
    """``HOOKLINE_EVENTS`` says how long they are in all; ``make torture`` sets it high."""
    print(f"HOOKLINE_SEED={SEED}")
    met: set[str] = set()
    for number in range(max(1, EVENTS // STEPS)):
        walk = Walk(random.Random(f"{SEED}/{number}"))
        await walk.go(STEPS)
        met |= {part for rule in walk.rules for part in rule.split("+")}

    assert met >= MET, MET - met


async def test_walks_through_flows_that_owners_could_write_keep_what_must_hold(tmp_path: Path) -> None:
    """With a tenth of so many events a flow begins that nobody was in before."""
    print(f"HOOKLINE_SEED={SEED}")
    chance, met = random.Random(f"{SEED}/flows"), set[str]()
    for _ in range(max(1, EVENTS // 100)):
        flows = generated(chance, tmp_path, 10)
        walk = Walk(chance, flows, edits=None)
        for name in flows:
            await walk.begin(name)
            await walk.go(9)
        met |= walk.rules

    assert met >= {"A4", "A6", "B1", "T1", "W1", "W2"}


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
        for text in TEXTS:
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
        for text in TEXTS:
            decision = await talk.tried(text=text)
            for effect in decision.effects:
                if isinstance(effect, Asked) and effect.instance.flow == "book":
                    assert talk.world.flows["book"].find(effect.question.name) is not None, (name, text)
