"""Say in one row what an owner wrote in bot.yaml, what a person typed, and whether it is heard."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hookline.events import Event
from hookline.routing.router import Hit
from hookline.testing import events
from tests.support import make_event
from tests.unit.routing.worlds import CALL_NAMES, one, reader, router, units

_INTENT = "- {name: it, intent: it, reply: ok}"
_WORD_FOR_WORD = "plugins: {bigrams: }\nunderstanding: {classifier: bigrams, threshold: 1}\n"


@dataclass(frozen=True)
class Bot:
    """Hold what an owner wrote."""

    routes: str
    call_names: tuple[str, ...] = CALL_NAMES
    more: str = ""

    def route(self, event: Event, now: datetime) -> Hit | None:
        """Return the route that answers *event*, which is read for its meaning where that counts."""
        asked = router(self.routes, self.call_names, self.more)
        text = asked.unread(event, now)
        understood = None if text is None else reader(self.routes, self.call_names, self.more).read(text, now)
        return asked.route(event, now, understood=understood)


@dataclass(frozen=True)
class Case:
    """Hold one row: *captures* are those that matter, the match may have more."""

    about: str
    bot: Bot
    event: Event
    winner: str | None
    captures: Mapping[str, str]


def case(about: str, routes: str, event: str | Event, winner: str | None, **captures: str) -> Case:
    """Return a row of a bot with several routes, of which *winner* answers."""
    return Case(about, Bot(routes), _event(event), winner, captures)


def heard(about: str, bot: Bot, event: str | Event, /, **captures: str) -> Case:
    """Return a row whose text the bot's only route hears; *about* says who would write it so."""
    return Case(about, bot, _event(event), "it", captures)


def unheard(about: str, bot: Bot, event: str | Event, /) -> Case:
    """Return a row whose text means something else; *about* says what."""
    return Case(about, bot, _event(event), None, {})


def keyword(*words: str) -> Bot:
    return Bot(one("keyword", *words))


def exact(*words: str) -> Bot:
    return Bot(one("exact", *words))


def prefix(*words: str) -> Bot:
    return Bot(one("prefix", *words))


def pattern(*sources: str) -> Bot:
    return Bot(one("pattern", *sources))


def sentence(*templates: str) -> Bot:
    """Return a bot that understands exactly these sentences."""
    return Bot(_INTENT, more=f"intents: {{it: {{sentences: {_listed(templates)}}}}}\n")


def example(*sentences: str) -> Bot:
    """Return a bot that takes these examples word for word: it is never sure enough of anything else."""
    return Bot(_INTENT, more=f"{_WORD_FOR_WORD}intents: {{it: {{examples: {_listed(sentences)}}}}}\n")


def named(*call_names: str, menu: str = "菜單") -> Bot:
    """Return a bot that answers *menu*, and in groups only when it is called by one of *call_names*."""
    return Bot(one("exact", menu), call_names)


def listening(*call_names: str) -> Bot:
    """Return a bot that answers whatever is said after one of its *call_names*."""
    return Bot("- {name: it, otherwise: true, reply: ok}", call_names)


def told(text: str | None = None, kind: str = "message", group: str = "friends", **fields: Any) -> Event:
    """Return an event in a group."""
    return make_event(text, kind=kind, group=group, **fields)


def pressed(data: str) -> Event:
    """Return the press of a button."""
    return make_event(None, kind="postback", postback={"data": data})


def with_emoji(text: str, *names: str, group: str | None = None, mention: str | None = None) -> Event:
    """Return *text*, in which each of *names*, as ``(love)``, is a LINE emoji wherever it stands."""
    emojis = [
        {**_span(text, found.start(), name), "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}
        for name in dict.fromkeys(names)
        for found in re.finditer(re.escape(name), text)
    ]
    mentions = (
        [] if mention is None else [{**_span(text, text.index(mention), mention), "type": "user", "isSelf": True}]
    )
    return make_event(None, group=group, message={**events.text_message(text, mentions=mentions), "emojis": emojis})


def _span(text: str, start: int, part: str) -> dict[str, int]:
    return {"index": units(text[:start]), "length": units(part)}


def _event(event: str | Event) -> Event:
    return make_event(event) if isinstance(event, str) else event


def _listed(words: Sequence[str]) -> str:
    return json.dumps(words, ensure_ascii=False)
