"""Turn rows of flows into what the rules change, and what they have changed into rows and timers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..bots.happenings import TIMERS
from ..errors import TooLargeError
from ..events import Event, lane_of
from ..flows.flow import Ask, Flow
from ..flows.instance import CHAT, Dialog, Instance
from ..plugins.shared import MAX_VALUE_BYTES
from ..store.records import FlowRow, Timer
from .run import Run


def dialog_of(rows: Sequence[FlowRow]) -> Dialog:
    """Return what goes on in a chat, of which *rows* are open."""
    dialog = Dialog()
    for row in sorted(rows, key=lambda row: -row.rank):
        dialog.begin(instance_of(row))
    return dialog


def instance_of(row: FlowRow) -> Instance:
    """Return the run of a flow that *row* holds."""
    instance = Instance.of_data({**json.loads(row.data), "id": row.id, "flow": row.flow, "user": row.person})
    if row.rank < 0 and instance.ended is None:
        instance.ended = "done"
    return instance


def changed_rows(rows: Sequence[FlowRow], dialog: Dialog) -> list[FlowRow]:
    """Return the rows that are other than they were."""
    before = {row.id: row for row in rows}
    after = [
        _row(instance, rank) for stack in dialog.stacks.values() for rank, instance in enumerate(reversed(stack))
    ] + [_row(instance, -1) for instance in dialog.ended]
    return [row for row in after if before.get(row.id) != row]


def ensure_small(changed: Sequence[FlowRow]) -> None:
    """Raise TooLargeError where more is known in a flow than is kept."""
    for row in changed:
        if len(row.data) > MAX_VALUE_BYTES:
            found = f"{len(row.data)} bytes as JSON, at most {MAX_VALUE_BYTES}"
            raise TooLargeError(f"what is known in flow `{row.flow}` is {found}")


def _row(instance: Instance, rank: int) -> FlowRow:
    data = instance.as_data()
    if rank < 0:  # answers are personal: of what is over only this is looked at again
        data = {name: data[name] for name in ("last_tap", "ended", "by") if name in data}
    return FlowRow(
        id=instance.id,
        person=instance.user,
        flow=instance.flow,
        rank=rank,
        turn=instance.turn,
        begun_at=instance.begun_at,
        data=json.dumps(data, ensure_ascii=True, sort_keys=True),
        asked=instance.asked,
        asked_at=instance.asked_at or None,
        ended_at=instance.ended_at,
        outcome=instance.ended,
    )


def timers_of(run: Run, event: Event, before: Dialog, after: Dialog) -> tuple[list[Timer], list[str]]:
    """Return the timers of questions that were asked just now, and the ids of those that count no more."""
    earlier = {instance.id: instance for instance in before.each()}
    wanted: list[Timer] = []
    unset = [f"{one.id}/{kind}" for one in after.ended for kind in TIMERS]
    for instance in after.each():
        was = earlier.get(instance.id)
        if was is not None and was.turn == instance.turn:
            continue
        flow = run.bot.configuration.flows[instance.flow]
        due = dict(_dues(flow, instance))
        wanted += [_timer(run, event, instance, kind, at) for kind, at in due.items()]
        unset += [
            f"{instance.id}/{kind}" for kind, _ in (_dues(flow, was) if was is not None else ()) if kind not in due
        ]
    return wanted, unset


def _dues(flow: Flow, instance: Instance) -> Sequence[tuple[str, int]]:
    asked = flow.find(instance.asked or "")
    if isinstance(asked, Ask) and asked.everyone is not None:
        return [("close", instance.since + round(asked.everyone * 1000))]
    remind = [] if flow.remind_after is None else [("remind", instance.asked_at + round(flow.remind_after * 1000))]
    return [*remind, ("expire", instance.asked_at + round(flow.expire * 1000))]


def _timer(run: Run, event: Event, instance: Instance, kind: str, at: int) -> Timer:
    bot, conversation = run.conversation.key
    body = {
        "flow": {"instance": instance.id, "kind": kind},
        "chat": {"kind": event.chat.kind, "id": event.chat.id},
        "user": None if instance.user == CHAT else instance.user,
    }
    return Timer(bot, f"{instance.id}/{kind}", event.conversation, lane_of(bot, conversation), instance.turn, at, body)
