"""Hold what one run may change of what is kept between events: of its conversation, of its person, and how often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..events import Event
from ..plugins.shared import (
    HANDED,
    LIMIT,
    MAX_KEY,
    PERSON,
    SharedChange,
    SharedKey,
    SharedStore,
    SharedValue,
    dump_value,
    loaded,
)
from ..routing.conditions.condition import Past
from ..routing.router import Router
from ..routing.routes import AtMost, Route
from ..store.arrivals import clean_id


def _dumped(values: Mapping[str, Any]) -> str | None:
    """Return *values* as JSON; nothing is kept of nothing."""
    return dump_value(dict(values), "what is kept of a person") if values else None


@dataclass(slots=True)
class _Value:
    """Hold what was read under a key, and what it is to be."""

    before: SharedValue
    now: dict[str, Any]
    is_changed: bool = False


class Memory:
    """Read the conversation's state and what is kept of the person when something asks, and note what is changed.

    *read* returns the state as JSON text, as of the last commit. *now* is the time where the bot is.
    """

    __slots__ = ("_event", "_is_read", "_now", "_read", "_shared", "_state", "_values", "changed_state", "is_handed")

    def __init__(
        self, event: Event, now: datetime, read: Callable[[], Awaitable[str | None]], shared: SharedStore
    ) -> None:
        self._event = event
        self._now = now
        self._read = read
        self._shared = shared
        self._state: str | None = None
        self._is_read = False
        self._values: dict[SharedKey, _Value] = {}
        self.changed_state: str | None = None
        self.is_handed = False

    async def past(
        self,
        router: Router,
        rests: Callable[[], Awaitable[Mapping[str, int]]],
        inside: Callable[[], Awaitable[str | None]],
    ) -> Past:
        """Return what earlier events have left behind, as far as *router* looks at it.

        *rests* reads which routes rest, *inside* in which flow the person is.
        """
        return Past(
            state=await self.state() if router.needs_state else {},
            person=await self.person() if router.needs_person else {},
            flow=await inside() if router.needs_flow else None,
            resting=await rests() if router.has_cooldowns else {},
            spent=await self.spent(router.limited) if router.limited else frozenset(),
            is_handed=self.is_handed,
        )

    async def state_text(self) -> str | None:
        """Return the conversation's state as JSON text."""
        if not self._is_read:
            self._state = await self._read()
            self._is_read = True
        return self._state

    async def state(self) -> Mapping[str, Any]:
        """Return the conversation's state."""
        text = await self.state_text()
        return json.loads(text) if text else {}

    def set_state(self, text: str | None) -> None:
        """Let the state be the JSON *text* from now on, unless that is None: unchanged."""
        if text is not None:
            self._state = self.changed_state = text
            self._is_read = True

    def keep_state(self, values: Mapping[str, Any]) -> None:
        """Let the state be *values* from now on."""
        self.set_state(dump_value(dict(values), "conversation state"))

    async def person(self) -> Mapping[str, Any]:
        """Return what is kept of the person; of nobody nothing is."""
        return {} if self._event.user is None else (await self._value(PERSON, self._event.user)).now

    async def keep_person(self, values: Mapping[str, Any]) -> None:
        """Keep *values* of the person from now on; of nobody nothing is kept."""
        if self._event.user is not None:
            self._keep(await self._value(PERSON, self._event.user), values)

    async def handoff(self, conversation: str) -> Mapping[str, Any]:
        """Return what is kept of the hand-off of a *conversation*; nothing where the bot has it."""
        return (await self._value(HANDED, conversation)).now

    def keep_handoff(self, conversation: str, values: Mapping[str, Any]) -> None:
        """Keep *values* of the hand-off of a *conversation* that was read before; with none it is over."""
        self._keep(self._values[self._key(HANDED, conversation)], values)

    async def spent(self, routes: Iterable[Route]) -> frozenset[str]:
        """Return which of *routes* have answered as often as they may for now."""
        limits = [(route.name, route.at_most) for route in routes if route.at_most is not None]
        uses = await asyncio.gather(*(self._uses(name, most) for name, most in limits))  # read in one statement
        return frozenset(name for (name, most), used in zip(limits, uses, strict=True) if used >= most.times)

    async def spend(self, route: Route) -> None:
        """Note that *route* answers, where it may do so only so often."""
        if route.at_most is not None:
            uses = await self._uses(route.name, route.at_most) + 1
            kept = await self._limit(route.name, route.at_most)
            self._keep(kept, {"in": route.at_most.at(self._now), "times": uses})

    async def _uses(self, route: str, at_most: AtMost) -> int:
        kept = (await self._limit(route, at_most)).now
        times = kept.get("times")
        return times if kept.get("in") == at_most.at(self._now) and isinstance(times, int) else 0

    async def _limit(self, route: str, at_most: AtMost) -> _Value:
        event = self._event
        whose = event.conversation if at_most.is_of_chat or event.user is None else event.user
        return await self._value(LIMIT, f"{route}/{whose}")

    def changes(self) -> list[SharedChange]:
        """Return what was changed of all that is read here: another run may have changed it meanwhile."""
        return [
            SharedChange(key, value.before.version, True, _dumped(value.now))
            for key, value in self._values.items()
            if value.is_changed
        ]

    async def _value(self, kind: str, name: str) -> _Value:
        key = self._key(kind, name)
        if key not in self._values:
            before = await self._shared.read_shared(key)
            found = loaded(before.json) if before.json else {}
            self._values[key] = _Value(before, found if isinstance(found, dict) else {})
        return self._values[key]

    def _key(self, kind: str, name: str) -> SharedKey:
        return SharedKey(self._event.bot, kind, clean_id(name, MAX_KEY))

    @staticmethod
    def _keep(value: _Value, now: Mapping[str, Any]) -> None:
        value.now = dict(now)
        value.is_changed = True
