"""Find a way out: from each state a word, time, and answers lead on, to the end."""

from __future__ import annotations

from copy import deepcopy
from datetime import time
from typing import Any

from hookline.flows.answers import Said
from hookline.flows.effects import Due
from hookline.flows.flow import MORE, Ask, Question, Rounds
from hookline.flows.instance import CHAT, Dialog, Instance
from hookline.flows.walk import part_of
from tests.unit.flows.talks import Talk

MOST_EVENTS = 80


async def leads_on(talk: Talk, instance: Instance) -> None:
    """Raise AssertionError where *instance* can't be left by a word, by time, or by answers to all that is asked."""
    await _ends_by_a_word(_alone(talk, instance))
    await _ends_by_time(_alone(talk, instance))
    await _ends_by_answers(_alone(talk, instance))


def _alone(talk: Talk, instance: Instance) -> Talk:
    """Return a talk like *talk*, in which only *instance* is open, and all handlers are well."""
    other = Talk(talk.world.flows)
    other.now, other.world.person = talk.now, dict(talk.world.person)
    other.dialog = Dialog({instance.user: [deepcopy(instance)]})
    return other


async def _ends_by_a_word(talk: Talk) -> None:
    (instance,) = talk.dialog.each()
    word = next(iter(talk.world.flows[instance.flow].words.get("cancel", ("取消",))))
    for _ in range(4):  # where it is asked anew, and where the word is offered as an answer, it is said once more
        user = instance.by if instance.user == CHAT else instance.user
        await talk.do(text=word, user=user, other=None)
        if instance.id in talk.world.ended:
            return
    raise AssertionError(f"{word} doesn't end {instance}")


async def _ends_by_time(talk: Talk) -> None:
    (instance,) = talk.dialog.each()
    await talk.is_due("expire", instance)
    assert talk.world.ended[instance.id].ended == "expired"


async def _ends_by_answers(talk: Talk) -> None:
    (instance,) = talk.dialog.each()
    for _ in range(MOST_EVENTS):
        if instance.id in talk.world.ended:
            return
        (now, *_) = [one for one in talk.dialog.each() if one.id == instance.id]
        await talk.do(**_answer(talk, now))
    raise AssertionError(f"answers don't end {instance}")


def _answer(talk: Talk, instance: Instance) -> dict[str, Any]:
    """Return what answers what is asked now: for the whole chat its beginner does, and closes votes by their time."""
    flow = talk.world.flows[instance.flow]
    user = instance.by if instance.user == CHAT else instance.user
    asked = flow.find(instance.asked or "")
    if isinstance(asked, Ask) and asked.everyone is not None:
        return {"due": Due(instance.id, instance.turn, "close"), "user": None}
    said = Said(media={"type": asked.kind, "id": "1"}) if isinstance(asked, Ask) and asked.kind == "image" else None
    if said is not None:
        return {"said": said, "user": user, "other": None}
    return {"text": _text(talk, flow, instance, asked), "user": user, "other": None}


def _text(talk: Talk, flow: Any, instance: Instance, asked: Question | Rounds | Any) -> str:
    if not isinstance(asked, Ask):
        return "好"
    if part_of(asked.name) == MORE:
        return "不"
    match asked.kind:
        case "choice":
            offered = asked.choices if isinstance(asked.choices, tuple) else ()
            values = [choice.value for choice in offered] or [one[0] for one in instance.offered]
            return str(next(iter(values), "10:00"))
        case "date":
            return "2026-12-02"
        case "time":
            return f"{time(10):%H:%M}"
        case "number":
            return "3"
        case "yes_no":
            return "好"
        case "phone":
            return "0912-345-678"
        case "email":
            return "mei@example.com"
    return "something"
