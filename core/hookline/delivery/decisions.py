"""Decide what becomes of a delivery: tried as it is, pushed in place of a reply, held back, or ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import structlog

from ..adapters.adapter import Verdict
from ..bots.bot import Bot
from ..clock import Clock
from ..durations import shown
from ..events import NO_CHAT
from ..store.records import Ending, StoredDelivery, Withholding
from .quiet_hours import QuietHours

log = structlog.stdlib.get_logger("hookline.courier")


class Decisions:
    """Decide by what is known of a delivery, its bot and the time; ``counts`` are the courier's."""

    def __init__(self, clock: Clock, quiet: QuietHours, counts: Counter[tuple[str, str]]) -> None:
        self._clock = clock
        self._quiet = quiet
        self.counts = counts

    def readied(self, bot: Bot, delivery: StoredDelivery) -> StoredDelivery | Ending | Withholding:
        """Return the delivery as it may be tried now, how it ends untried, or how it waits."""
        if delivery.form == "push":
            return self._readied_push(bot, self._quiet.granted(bot, delivery))
        if delivery.reply_token is not None and self._clock.now() < delivery.deadline:
            return delivery
        reason = "its deadline passed" if delivery.reply_token else "it has no reply token"
        instead = self._instead(bot, delivery, reason)
        return instead if isinstance(instead, Ending) else self._readied_push(bot, instead)

    def _readied_push(self, bot: Bot, push: StoredDelivery) -> StoredDelivery | Ending | Withholding:
        if self._clock.now() >= push.deadline:
            return self.buried(push, "uncertain" if push.is_uncertain else "expired", "its deadline passed")
        if push.is_fallback and not push.is_uncertain and self._is_stale(bot, push):
            return self._stale(bot, push)
        return self._quiet.withholding(bot, push) or push

    def _is_stale(self, bot: Bot, delivery: StoredDelivery) -> bool:
        """Say whether an answer is too old to be pushed; not one that somebody wants sent all the same."""
        age = self._clock.now() - delivery.created_at
        return age > bot.configuration.stale_after * 1000 and not delivery.is_replayed

    def _stale(self, bot: Bot, delivery: StoredDelivery) -> Ending:
        reason = f"the answer is older than {shown(bot.configuration.stale_after)}"
        return replace(self.buried(delivery, "stale", reason), is_buried=False)

    def _instead(self, bot: Bot, delivery: StoredDelivery, reason: str) -> StoredDelivery | Ending:
        """Return a push in the place of a reply that can't be made, or how the reply ends."""
        if delivery.is_uncertain:
            return self.buried(delivery, "uncertain", f"it may have arrived, and {reason}")
        if not bot.configuration.push_fallback:
            return self.buried(delivery, "not_sent", f"{reason}, and push_fallback is false")
        if delivery.conversation.startswith(NO_CHAT):
            return self.buried(delivery, "not_sent", f"{reason}, and there is no chat to push to")
        if self._is_stale(bot, delivery):
            return self._stale(bot, delivery)
        self.counts[bot.name, "push_fallback"] += 1
        log.warning("delivery.push_fallback", bot=bot.name, delivery=delivery.id, reason=reason)
        deadline = self._clock.now() + round(bot.kind.push_seconds * 1000)
        return replace(delivery, form="push", is_fallback=True, deadline=deadline)

    def judged(self, bot: Bot, delivery: StoredDelivery, verdict: Verdict) -> Ending:
        """Return how an attempt ended that got *verdict*, and the delivery with it if that is final."""
        match verdict.outcome:
            case "sent":
                return self._ending(delivery, verdict, is_final=True)
            case "token_refused":
                instead = self._instead(bot, delivery, f"the token was refused ({verdict.reason})")
                return instead if isinstance(instead, Ending) else self._ending(instead, verdict, is_final=False)
            case "refused":
                outcome = "uncertain" if delivery.is_uncertain else "refused"
                return self.buried(delivery, outcome, verdict.reason, verdict.request_id)
            case "uncertain":
                return self._ending(replace(delivery, is_uncertain=True), verdict, is_final=False)
            case "again":
                return self._ending(delivery, verdict, is_final=False)

    def _ending(self, delivery: StoredDelivery, verdict: Verdict, *, is_final: bool) -> Ending:
        return Ending(
            delivery=delivery,
            is_final=is_final,
            is_uncertain=delivery.is_uncertain,
            outcome=verdict.outcome,
            reason=verdict.reason,
            request_id=verdict.request_id,
            now=self._clock.now(),
            message_ids=verdict.message_ids,
        )

    def buried(self, delivery: StoredDelivery, outcome: str, reason: str, request_id: str | None = None) -> Ending:
        """Return that the delivery is given up."""
        return Ending(
            delivery=delivery,
            is_final=True,
            is_uncertain=delivery.is_uncertain,
            outcome=outcome,
            reason=reason,
            request_id=request_id,
            now=self._clock.now(),
            is_buried=True,
        )
