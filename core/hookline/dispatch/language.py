"""Say in which language somebody is spoken to, and speak it in the words of a plugin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..errors import HandlerError
from ..events import Event, Sender, is_own
from ..languages import nearest, written_in
from ..plugins.shared import MAX_KEY, PERSON, SharedKey, SharedStore, loaded
from ..store.arrivals import clean_id
from .run import Run

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")


async def language_of(run: Run, event: Event, known: Sequence[str]) -> str | None:
    """Return which of the *known* languages whoever *event* is of reads; None where there is none to choose.

    That is the one kept of the person, or of the chat; else their profile's; else that of what they have written.
    """
    if len(known) < 2:
        return known[0] if known else None
    kept = (await run.memory.person()).get("language") or (await run.memory.state()).get("language")
    if isinstance(kept, str):
        return kept
    if event.user is not None and (event.ways or is_own(event.type)):
        sender: Sender = await run.bot.adapter.api.sender(event)
        if sender.language:
            return str(sender.language)
    return written_in(event.text) or known[0]


async def language_kept(shared: SharedStore, bot: str, person: str | None) -> str | None:
    """Return the language that is kept of a *person* by a *bot*, if one is."""
    if person is None:
        return None
    found = (await shared.read_shared(SharedKey(bot, PERSON, clean_id(person, MAX_KEY)))).json
    kept = loaded(found).get("language") if found else None
    return kept if isinstance(kept, str) else None


class Speech:
    """Speak to whoever *event* is of, in the words of *plugin*."""

    def __init__(self, run: Run, event: Event, plugin: str) -> None:
        self._run = run
        self._event = event
        self._plugin = plugin

    async def language(self) -> str:
        """Return the language of whoever is spoken to: of the bot's that which they read, else what they write."""
        found = await language_of(self._run, self._event, self._run.bot.configuration.languages)
        return found or written_in(self._event.text) or "en"

    async def text(self, key: str, values: dict[str, Any]) -> str:
        """Return the plugin's text *key*, or the bot's own in its place, filled with *values*; raise HandlerError."""
        configuration = self._run.bot.configuration
        texts = configuration.plugins[self._plugin].plugin.texts if self._plugin in configuration.plugins else {}
        given = configuration.texts.get(f"{self._plugin}.{key}")
        language = await self.language()
        if given is not None:
            written = str(given.in_language(language)[0].body.get("text", ""))
        elif key in texts:
            each = texts[key]
            written = each[nearest(language, each) or next(iter(each))]
        else:
            known = ", ".join(f"`{name}`" for name in texts) or "none"
            raise HandlerError(f"plugin `{self._plugin}` has no text `{key}` in its texts.yaml: it has {known}")
        return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), written)
