"""Put off what a route, a step or a handler wants later, and find again what was put off once it is due."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from ..bots.bot import Bot
from ..bots.happenings import LEAVING
from ..events import LATER, Event, Match, lane_of
from ..flows.answers import typed_value
from ..flows.effects import FLOW_ROUTE
from ..plugins.dialogs import FlowAnswers
from ..plugins.putting_off import PutOff
from ..routing.actions import Action, BeginFlow, Handle, Respond
from ..routing.laters import Later
from ..routing.router import Hit
from ..routing.routes import Route
from ..routing.templates import MessageTemplate
from ..routing.wordings import Wording
from ..store.records import Finish, StoredEvent, Timer
from .admission import is_stale
from .conversation import Routed, Unrun
from .run import Run

TURNS = 2**31
"""A turn must be smaller than this: the store keeps it in four bytes."""
_SHOWN = ("flow", "match")
"""The roots of what is only known when something is put off."""

log = structlog.stdlib.get_logger("hookline.worker")


def all_of(conversation: str) -> str:
    """Return what the ids of all begin with that is put off in *conversation*."""
    return f"later/{_hash(conversation)}/"


def ids_of(event: Event, name: str) -> Sequence[str]:
    """Return the ids of the timers that *event* takes back under *name*: of its person, and of its whole chat."""
    return [_id(event.conversation, whose, name) for whose in dict.fromkeys((event.user, None))]


def timer_of(run: Run, event: Event, later: Later, whose: str | None, shown: Mapping[str, Any]) -> Timer | None:
    """Return the timer of *later*, which is for the person *whose*, None for the chat; None where it has no time.

    *shown* is what placeholders may show that is known only now.
    """
    now = _now(run)
    due = later.due(now, shown.get("flow") or {})
    if due is None:
        log.info("later.dropped", bot=run.bot.name, event_id=event.id, later=later.name)
        return None
    body = {
        "later": later.key,
        "until": None if due.until is None else _milliseconds(due.until),
        "shown": {root: dict(shown.get(root) or {}) for root in _wanted(later)},
    }
    return _timer(run, event, whose, later.name, _milliseconds(due.at), body)


def handlers_timer(run: Run, event: Event, plugin: str, wanted: PutOff) -> Timer:
    """Return the timer of what a handler of *plugin* wants later."""
    body = {
        "plugin": plugin,
        "say": [dict(message.body) for message in wanted.messages],
        "run": wanted.run,
        "begin": None if wanted.begin is None else flow_of(run.bot, plugin, wanted.begin),
        "known": dict(wanted.known),
        "stale_after": wanted.stale_after,
    }
    return _timer(run, event, event.user, wanted.name, wanted.at, body)


def flow_of(bot: Bot, plugin: str, name: str) -> str | None:
    """Return the full name of the flow that *plugin* calls *name*; None when the bot has none."""
    return next((full for full in (f"{plugin}.{name}", name) if full in bot.configuration.flows), None)


def handoff_id(conversation: str, kind: str = "") -> str:
    """Return the id of a timer of this *kind* of a hand-off, or what those of all kinds begin with."""
    return f"handoff/{_hash(conversation)}/{kind}"


def let_go(finish: Finish) -> Finish:
    """Return *finish*, with which all that was put off is taken back where somebody has left."""
    if finish.event.kind not in LEAVING:
        return finish
    each = (all_of(finish.event.conversation), handoff_id(finish.event.conversation))
    return replace(finish, unset=[*finish.unset, *each])


def awaited(bot: Bot, event: Event, row: StoredEvent, now: int) -> Routed | Unrun:
    """Return *row* with what was put off until *now*, or why that isn't done."""
    hit = hit_of(bot, event, now)
    if hit is None:
        return Unrun("outdated")
    if bot.configuration.access.failure(event) is not None:
        return Unrun("denied")
    return Unrun("stale") if is_stale(bot, event, row, hit.route, now) else Routed(row, event, hit)


def hit_of(bot: Bot, event: Event, now: int) -> Hit | None:
    """Return what was put off, as the route that answers *event* at *now*; None when it is no longer wanted."""
    raw, until = event.raw, event.raw.get("until")
    if until is not None and now >= until:
        return None
    captures = (raw.get("shown") or {}).get("match") or raw.get("known") or {}
    found = _route_of(bot, raw)
    return None if found is None else Hit(found, Match("", captures))


def _wanted(later: Later) -> Sequence[str]:
    """Return the roots of what *later* shows that is only known now; a handler may look at all answers."""
    return [root for root in _SHOWN if root in later.roots or (root == "flow" and isinstance(later.action, Handle))]


def shown_of(event: Event) -> Mapping[str, Mapping[str, Any]]:
    """Return what placeholders show of the moment at which *event* was put off; nothing for any other event."""
    return event.raw.get("shown") or {} if event.type == LATER else {}


def answers_of(bot: Bot, event: Event) -> FlowAnswers | None:
    """Return what was answered in the flow that put *event* off; None where none did."""
    owner, _, _ = str(event.raw.get("later", "")).rpartition("/")
    flow = bot.configuration.flows.get(owner.removeprefix(FLOW_ROUTE)) if owner.startswith(FLOW_ROUTE) else None
    if flow is None:
        return None
    shown = shown_of(event).get("flow") or {}
    answered = [ask for ask in flow.asks if ask.name in shown]
    return FlowAnswers(flow.name, "", {ask.name: typed_value(ask, shown[ask.name]) for ask in answered})


def _route_of(bot: Bot, raw: Mapping[str, Any]) -> Route | None:
    if "schedule" in raw:
        entry = bot.configuration.schedule.get(raw["schedule"])
        return None if entry is None else _route(f"schedule:{entry.name}", entry.action, None, None, entry.place)
    name = f"later:{raw['name']}"
    if "later" in raw:
        later = bot.laters.get(raw["later"])
        return None if later is None else _route(name, later.action, later.stale_after, later.plugin, later.place)
    action = _action_of(bot, raw)
    return None if action is None else _route(name, action, raw["stale_after"], raw["plugin"])


def _action_of(bot: Bot, raw: Mapping[str, Any]) -> Action | None:
    """Return what a handler has put off; None where the bot can't do that any more."""
    if raw["say"]:
        return Respond((Wording.of(list(map(MessageTemplate.finished, raw["say"]))),))
    if raw["begin"] is not None:
        return BeginFlow(raw["begin"]) if raw["begin"] in bot.configuration.flows else None
    use = bot.configuration.plugins.get(raw["plugin"])
    return Handle(raw["plugin"], raw["run"]) if use is not None and raw["run"] in use.plugin.handlers else None


def _route(name: str, action: Action, stale_after: float | None, plugin: str | None, place: str = "") -> Route:
    seconds = math.inf if stale_after is None else stale_after
    return Route(name, action, frozenset([LATER]), place, plugin=plugin, stale_after=seconds)


def _timer(run: Run, event: Event, whose: str | None, name: str, at: int, body: Mapping[str, Any]) -> Timer:
    bot = run.bot.name
    return Timer(
        bot=bot,
        id=_id(event.conversation, whose, name),
        conversation=event.conversation,
        lane=lane_of(bot, event.conversation),
        turn=run.row.seq % TURNS,
        due_at=at,
        body={
            "type": LATER,
            "name": name,
            "due": at,
            "chat": {"kind": event.chat.kind, "id": event.chat.id},
            "user": whose,
            **body,
        },
    )


def _id(conversation: str, whose: str | None, name: str) -> str:
    whose_and_name = f"{whose or ''}\x00{name}"
    return f"{all_of(conversation)}{_hash(whose_and_name)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _now(run: Run) -> datetime:
    """Return when the run began, where the bot is."""
    return datetime.fromtimestamp((run.attempt.begun_at or 0) / 1000, run.bot.configuration.timezone)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
