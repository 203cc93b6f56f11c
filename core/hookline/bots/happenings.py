"""Read an event as the rules of flows look at it: what is said, tapped, sent or due, and what a route would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..adapters.adapter import AdapterKind
from ..events import Event, is_own
from ..flows.answers import Said
from ..flows.effects import MARK, Due, Happening, Interrupts, Other, Tap, TimerKind
from ..routing.actions import BeginFlow
from ..routing.router import OWN_CAPTURES, Hit, Router
from ..routing.routes import Route

LEAVING = frozenset(["leave", "unfollow"])
TIMERS: Sequence[TimerKind] = ("remind", "expire", "close")


def happening_of(
    event: Event, now: int, router: Router, kind: AdapterKind, apart: int = 0, batch: int = 0
) -> Happening:
    """Return *event* as the rules look at it at *now*, in milliseconds since 1970.

    So far *apart* may clocks be; it was taken in together with what has the same *batch*.
    """
    heard, tap = router.heard(event), tap_of(event)
    is_among_others = event.chat.kind in ("group", "room") and event.is_message
    return Happening(
        id=event.id,
        at=event.received_at or now,
        now=now,
        user=event.user,
        said=Said(
            text=None if event.text is None else heard,
            picked=event.picked if tap is not None else None,
            value=None if tap is None else tap.value,
            media=_media(event, kind),
        ),
        tap=tap,
        due=_due(event),
        message=event.message_id,
        is_called=heard.is_called or not is_among_others,
        is_unsent=event.type == "unsend",
        has_left=event.type in LEAVING,
        apart=apart,
        batch=batch,
    )


def tap_of(event: Event) -> Tap | None:
    """Return which button of a question *event* is a tap on, if it is one."""
    if event.postback is None or not event.postback.startswith(MARK):
        return None
    instance, _, rest = event.postback[len(MARK) :].partition("|")
    step, _, value = rest.partition("|")
    return Tap(instance, step, value or event.picked or "")


def is_ended_by_operator(event: Event) -> bool:
    """Say whether *event* is that an operator ends a flow."""
    due = _due(event)
    return due is not None and due.kind == "end"


def other_of(hit: Hit) -> Other:
    """Return what the route of *hit* would do."""
    begins = hit.route.action.flow if isinstance(hit.route.action, BeginFlow) else None
    known = {name: text for name, text in hit.match.captures.items() if name not in OWN_CAPTURES}
    return Other(hit.route.name, _interrupts(hit.route), begins, known)


def _interrupts(route: Route) -> Interrupts:
    """Return when *route* answers within a flow."""
    if route.interrupts is not None:
        return "always" if route.interrupts else "never"
    if route.is_fallback:
        return "never"
    is_exact = bool(route.exacts) and not (route.keywords or route.prefixes or route.patterns or route.asks_meaning)
    return "exact" if is_exact or route.postback is not None else "else"


def _due(event: Event) -> Due | None:
    timer = event.raw.get("flow") if is_own(event.type) else None
    if not isinstance(timer, Mapping) or timer.get("kind") not in (*TIMERS, "end"):
        return None
    return Due(str(timer.get("instance", "")), int(event.raw.get("turn", 0)), timer["kind"])


def _media(event: Event, kind: AdapterKind) -> Mapping[str, Any] | None:
    """Return the file or the place that came with *event*, as an answer."""
    if event.attachment is not None:
        return {"type": event.attachment.kind, "id": event.message_id, "name": event.attachment.name}
    if event.type != "message.location":
        return None
    names = ("latitude", "longitude", "title", "address")
    found = {name: kind.fields[name].value(event) for name in names if name in kind.fields}
    return {"type": "location", **{name: value for name, value in found.items() if value is not None}}
