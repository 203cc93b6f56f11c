"""Answer events that come to nothing with what their bot says then: ``on_error:``, and whatever else no route says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..events import Event, is_own
from ..languages import written_in
from ..routing.wordings import Wording
from ..store.records import NewDelivery, StoredDelivery
from ..store.store import Store
from .answers import Writer, said
from .language import language_kept

SECONDS = 5.0

log = structlog.stdlib.get_logger("hookline.worker")


class Apologies:
    """Say for the bots of a host that something went wrong."""

    def __init__(self, bots: Bots, store: Store, writer: Writer, clock: Clock) -> None:
        self._bots = bots
        self._inbox = store.inbox
        self._shared = store.plugin_state
        self._writer = writer
        self._clock = clock

    async def instead_of(self, refused: StoredDelivery) -> Sequence[NewDelivery]:
        """Return the bot's ``on_error:`` as what is answered in the place of *refused*, while its way is open."""
        if self._clock.now() >= refused.deadline:
            return ()
        found = await self._inbox.event(refused.seq)
        apology = () if found is None else await self.to(refused.bot, *found)
        is_other = bool(apology) and not any(one.messages == refused.messages for one in apology)
        return apology if is_other else self._writer.redemption(refused)

    async def to(self, name: str, event_id: str, raw: Mapping[str, Any], received_at: int) -> Sequence[NewDelivery]:
        """Return what the bot *name* answers to an event that came to nothing; nothing where it can't."""
        if is_own(str(raw.get("type", ""))):
            return ()
        try:
            async with asyncio.timeout(SECONDS):
                bot = self._bots[name]
                event = bot.adapter.read(raw, received_at)
                return await self.said(bot, event, bot.configuration.on_error)
        except Exception as trouble:  # it may be the very cause: the event is given up all the same
            log.warning("event.no_apology", bot=name, event_id=event_id, exc_info=trouble)
            return ()

    async def said(self, bot: Bot, event: Event, wording: Wording | None) -> Sequence[NewDelivery]:
        """Return what is answered to an event that no route answers: *wording*, filled; nothing where that would cost.

        For its language only what is kept and written is looked at: the platform may be what is in trouble.
        """
        if wording is None or not event.is_free_to_answer:
            return ()
        language = None
        if len(wording.languages) > 1:
            language = await language_kept(self._shared, bot.name, event.user) or written_in(event.text)
        return self._writer.deliveries(bot, event, await said(bot, event, wording.in_language(language)))
