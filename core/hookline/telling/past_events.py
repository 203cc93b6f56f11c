"""Find an event of the store, and what was known when it was run, for whoever explains it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ..bots.bot import adapter_of
from ..config.configuration import BotConfiguration
from ..events import Event, is_own
from ..flows.effects import FLOW_ROUTE
from ..flows.instance import CHAT
from ..routing.conditions.condition import Past
from ..store.database.reading import Transactions
from ..store.people.history import History
from ..store.people.standing import FlowFilter, StandingFlows
from .inside import Inside


@dataclass(frozen=True, slots=True)
class PastEvent:
    """Hold an event of the store: when it was run, and what was known then, as far as that is still there."""

    event: Event
    at: datetime
    past: Past
    inside: Inside | None


async def past_event_of(database: Transactions, bot: BotConfiguration, name: str) -> PastEvent | str:
    """Return the event of *bot* whose id or number is *name*; or why there is nothing to explain.

    Of a flow that took it and is still open, what was answered before that question counts as known then. What is kept
    of the chat and the person is as it is now.
    """
    story = await History(database).show(bot.name, name)
    if story is None:
        return f"the store has no event `{name}` of bot `{bot.name}`"
    if not story.raw:
        return f"event `{name}` isn't kept any more, only that it was there"
    if is_own(story.event.kind):
        return f"event `{name}` is hookline's own: a timer, which no route and no answer decides"
    event = adapter_of(bot).read(story.raw, story.event.received_at)
    states = await History(database).states([(bot.name, event.conversation)])
    person = {} if event.user is None else await History(database).person(bot.name, event.user)
    at = datetime.fromtimestamp((story.event.started_at or story.event.received_at) / 1000, UTC)
    past = Past(states.get((bot.name, event.conversation), {}), person)
    inside = await _inside_of(database, bot, event, story.event.route)
    return PastEvent(event, at.astimezone(bot.timezone), past, inside)


async def _inside_of(database: Transactions, bot: BotConfiguration, event: Event, route: str | None) -> Inside | None:
    """Return where in a flow *event* was, which ended by *route*."""
    took = (route or "").removeprefix(FLOW_ROUTE)
    flow = max((one for one in bot.flows if took.startswith(f"{one}.")), key=len, default=None)
    if flow is None or not (route or "").startswith(FLOW_ROUTE):
        return None
    asked = took[len(flow) + 1 :]
    chosen = FlowFilter(bot=bot.name, flow=flow, conversation=event.conversation)
    open_now = [one for one in await StandingFlows(database).list(chosen, 10) if one.person in (CHAT, event.user)]
    names = [step.name for step in bot.flows[flow].each()]
    before = names[: names.index(asked)] if asked in names else names
    known = {name: value for one in open_now[:1] for name, value in one.known.items() if name in before}
    return Inside(flow, asked if asked in names else None, known)
