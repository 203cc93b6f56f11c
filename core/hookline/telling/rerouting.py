"""Send past events through the routes of a configuration, one bot at a time; nothing is run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ..adapters.adapter import Adapter
from ..bots.bot import adapter_of
from ..bots.roster import switched_off
from ..config.configuration import BotConfiguration, Configuration
from ..events import Event
from ..intents.reader import Reader
from ..routing.conditions import kept
from ..routing.conditions.condition import Past
from ..routing.router import Router
from ..store.memory.switches import Off
from ..store.people.history import PastRouting
from ..store.records import Key
from .learning import Learn

NOT_RUN = ("limited", "stale", "merged", "superseded", "rejected")
"""How events end that a route takes and isn't run for; another was in their place, or none."""
SILENT = ("handled", "buried")
"""How events end that a route was run for, which said nothing."""

State = Mapping[str, Any]
States = Mapping[Key, State]


@dataclass(frozen=True, slots=True)
class Remembered:
    """Hold what is known of the time of the events: what conversations remember now, and what is off at present."""

    states: States = field(default_factory=dict)
    off: Sequence[Off] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """Say where *event* would go: to ``route``, to none, or nowhere since its bot wouldn't listen."""

    event: Event
    route: str | None
    is_denied: bool = False
    is_by_state: bool = False
    is_by_rest: bool = False


@dataclass(frozen=True, slots=True)
class _Rest:
    """Say from when until when a route rests."""

    begin: int
    end: int


class Rerouter:
    """Route events with the routes of one bot; its intents are learned only if an event depends on them.

    Routes rest as they would have after the events that were routed before; what came before *begun_at* isn't known.
    """

    def __init__(
        self, configuration: Configuration, bot: BotConfiguration, remembered: Remembered, begun_at: int, learn: Learn
    ) -> None:
        self.off = switched_off(bot.name, bot.routes, remembered.off)
        self._configuration = configuration
        self._bot = bot
        self._learn = learn
        self._states = remembered.states
        self._begun_at = begun_at
        self._router = Router(bot.routes, bot.call_names).without(self.off)
        self._names = {route.name for route in bot.routes}
        self._cooldowns = {route.name: round(route.cooldown * 1000) for route in bot.routes if route.cooldown}
        self._rests: defaultdict[str, dict[str, _Rest]] = defaultdict(dict)

    def has(self, route: str | None) -> bool:
        """Say whether the bot has *route*; it always has none."""
        return route is None or route in self._names

    def fate(self, past: PastRouting, raw: Mapping[str, Any]) -> Fate:
        """Return where *past* would go, whose object is *raw*, and let the route rest there if it does."""
        event = self._adapter.read(raw, past.at)
        if event.quoted is not None and past.route is not None:
            event = event.as_called()  # what was routed was called, and by what, only the store of then could say
        if self._bot.access.failure(event) is not None:
            return Fate(event, None, is_denied=True)
        state, now = self._states.get(past.key, {}), datetime.fromtimestamp(past.at / 1000, UTC)
        resting = {route: rest.end for route, rest in self._rests[past.conversation].items() if rest.begin <= past.at}
        winner = self._winner(self._router, event, now, Past(state, resting=resting))
        self._let_rest(winner, past)
        return Fate(
            event,
            winner,
            is_by_state=bool(self._stateful) and self._is_by_state(event, now, resting),
            is_by_rest=winner != past.route and self._is_by_rest(past, event, state, now, resting, winner),
        )

    def _let_rest(self, route: str | None, past: PastRouting) -> None:
        """Let *route* rest if it would have answered: what it took then, it answers as it did."""
        if route not in self._cooldowns or past.outcome in NOT_RUN or (route == past.route and past.outcome in SILENT):
            return
        self._rests[past.conversation][route] = _Rest(past.ended_at, past.ended_at + self._cooldowns[route])

    def _is_by_state(self, event: Event, now: datetime, resting: Mapping[str, int]) -> bool:
        """Say whether another state might send *event* elsewhere."""
        first = self._winner(self._stateless, event, now, Past(resting=resting))
        return first is not None and first in self._stateful

    def _is_by_rest(
        self,
        past: PastRouting,
        event: Event,
        state: State,
        now: datetime,
        resting: Mapping[str, int],
        winner: str | None,
    ) -> bool:
        """Say whether *event* would go where it went if routes that may have rested since before the events did."""
        while winner in self._cooldowns and past.at - self._cooldowns[winner] < self._begun_at:
            resting = {**resting, winner: past.at + 1000}
            winner = self._winner(self._router, event, now, Past(state, resting=resting))
            if winner == past.route:
                return True
        return False

    def _winner(self, router: Router, event: Event, now: datetime, past: Past) -> str | None:
        text = router.unread(event, now, past)
        understood = None if text is None or self._reader is None else self._reader.read(text, now)
        hit = router.route(event, now, past, understood)
        return None if hit is None else hit.route.name

    @cached_property
    def _adapter(self) -> Adapter:
        return adapter_of(self._bot)

    @cached_property
    def _reader(self) -> Reader | None:
        return self._learn(self._configuration, self._bot)

    @cached_property
    def _stateless(self) -> Router:
        """Return the router of the same routes when each finds what it looks for of what is kept."""
        routes = [
            replace(route, when=route.when.without(kept.Kept).without(kept.InFlow), at_most=None)
            for route in self._bot.routes
        ]
        return Router(routes, self._bot.call_names).without(self.off)

    @cached_property
    def _stateful(self) -> frozenset[str]:
        return frozenset(
            route.name
            for route in self._bot.routes
            if route.at_most is not None or any(isinstance(one, kept.Kept | kept.InFlow) for one in route.when.each)
        )
