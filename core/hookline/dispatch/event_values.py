"""Hold what ``{event.…}`` offers to a reply: each value is looked for when a placeholder wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..adapters.fields import OWN_FIELDS, RAW, EventField
from ..bots.bot import Bot
from ..events import Event
from ..routing.templates import MessageTemplate, Template

MAX_NAMES = 20
"""So many people are asked for at the platform, all at once; a message has no room for more."""


class EventValues(Mapping[str, Any]):
    """Be what *event* says, by name: in *fields*, in its raw object, and the names of people, which were asked for."""

    def __init__(self, event: Event, fields: Mapping[str, EventField], names: Mapping[str, Sequence[str]]) -> None:
        self._event = event
        self._fields = fields
        self._names = names

    def __getitem__(self, name: str) -> Any:
        if name == RAW:
            return self._event.raw
        if name in self._names:
            return self._names[name]
        return (OWN_FIELDS.get(name) or self._fields[name]).value(self._event)

    def __iter__(self) -> Iterator[str]:
        return iter({RAW: None, **OWN_FIELDS, **self._fields})

    def __len__(self) -> int:
        return len({RAW, *OWN_FIELDS, *self._fields})


async def event_values(bot: Bot, event: Event, templates: Sequence[MessageTemplate | Template]) -> EventValues:
    """Return what *event* says; for names that *templates* want the platform is asked, within two seconds."""
    fields = bot.kind.fields
    wanted = {
        placeholder.name.partition(".")[0]
        for template in templates
        for placeholder in template.placeholders
        if placeholder.root == "event"
    }
    of_people = {name: fields[name] for name in sorted(wanted & fields.keys()) if fields[name].kind == "names"}
    return EventValues(event, fields, {name: await _names(bot, event, field) for name, field in of_people.items()})


async def _names(bot: Bot, event: Event, field: EventField) -> Sequence[str]:
    """Return the names of those whose ids *field* has, as far as the platform tells."""
    ids = field.value(event)
    if not isinstance(ids, list):
        return []
    each = (bot.adapter.api.sender(replace(event, user=user)) for user in ids[:MAX_NAMES])
    return [sender.name for sender in await asyncio.gather(*each) if sender.name]
