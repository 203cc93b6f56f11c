"""Hold what one run may change of what is kept between events: of its conversation, and of its person."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..plugins.shared import SharedChange, SharedKey, SharedStore, SharedValue, dump_value, loaded

PERSON = "@person"
"""In the place of a plugin's name: what is kept of people, under their ids."""


class Memory:
    """Read the conversation's state and what is kept of the person when something asks, and note what is changed.

    *read* returns the state as JSON text, as of the last commit.
    """

    __slots__ = (
        "_before", "_is_changed", "_is_read", "_key", "_person", "_read", "_shared", "_state", "changed_state",
    )  # fmt: skip

    def __init__(
        self, bot: str, user: str | None, read: Callable[[], Awaitable[str | None]], shared: SharedStore
    ) -> None:
        self._read = read
        self._shared = shared
        self._key = (bot, PERSON, user) if user else None
        self._state: str | None = None
        self._is_read = False
        self._before: SharedValue | None = None
        self._person: dict[str, Any] = {}
        self._is_changed = False
        self.changed_state: str | None = None

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
        if self._key is not None and self._before is None:
            self._before = await self._shared.read_shared(SharedKey(*self._key))
            found = loaded(self._before.json) if self._before.json else {}
            self._person = found if isinstance(found, dict) else {}
        return self._person

    def keep_person(self, values: Mapping[str, Any]) -> None:
        """Keep *values* of the person from now on, who was read before."""
        self._person = dict(values)
        self._is_changed = True

    def shared(self) -> list[SharedChange]:
        """Return what was read and changed of the person: another run may have changed it meanwhile."""
        if self._key is None or self._before is None or not self._is_changed:
            return []
        text = dump_value(self._person, "what is kept of a person")
        return [SharedChange(SharedKey(*self._key), self._before.version, True, text)]
