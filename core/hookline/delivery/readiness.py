"""Say of a delivery whether it may be tried now, how it ends untried, or how it waits."""

from __future__ import annotations

import structlog

from ..bots.bot import Bot
from ..clock import Clock
from ..store.outbox import Outbox
from ..store.records import Ending, StoredDelivery, Withholding
from ..store.spending import month_of
from .decisions import Decisions

LOW = 0.8
"""Once so much of a budget is spent, that is told."""

log = structlog.stdlib.get_logger("hookline.courier")


class Readiness:
    """Ask the store what *decisions* can't know: what became of earlier parts, and what was pushed this month."""

    def __init__(self, outbox: Outbox, decisions: Decisions, clock: Clock) -> None:
        self._outbox = outbox
        self._decisions = decisions
        self._clock = clock

    async def of(self, bot: Bot, delivery: StoredDelivery) -> StoredDelivery | Ending | Withholding:
        """Return *delivery* as it may be tried now, how it ends untried, or how it waits."""
        if delivery.part and not delivery.is_replayed and await self._outbox.is_forsaken(delivery):
            return self._decisions.buried(delivery, "not_sent", "an earlier part of the answer was not sent")
        ready = self._decisions.readied(bot, delivery)
        most = bot.configuration.budget
        if most is None or not isinstance(ready, StoredDelivery) or ready.is_uncertain:
            return ready
        is_push = ready.way is not None and ready.way.is_push
        is_first = not ready.attempts or ready.is_fallback  # that one has been tried as a reply
        return await self._paid(bot, ready, most) if is_push and is_first else ready

    async def _paid(self, bot: Bot, push: StoredDelivery, most: int) -> StoredDelivery | Ending:
        """Return *push* once it is counted, or how it ends that the bot may send no more this month.

        One is counted twice that meets a crash before its first attempt, and an answer that is tried as a push again:
        a budget is never exceeded.
        """
        now = self._clock.now()
        month = month_of(now, bot.configuration.timezone)
        count = await self._outbox.spend(bot.name, month, most, now)
        if count is None:
            return self._decisions.buried(push, "not_sent", f"the budget of {most} pushes for {month} is used up")
        if count == max(1, round(LOW * most)):
            log.warning("budget.low", bot=bot.name, month=month, pushed=count, budget=most)
        return push
