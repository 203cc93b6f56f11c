"""Decide what becomes of a delivery: tried as it is, by another way, held back, or ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import structlog

from ..adapters.deliveries import Verdict
from ..bots.bot import Bot
from ..clock import Clock
from ..durations import shown
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
        way = delivery.way
        if way is not None and way.is_push and (delivery.is_fallback or not delivery.is_answer):
            return self._readied_push(bot, self._quiet.granted(bot, delivery))
        if delivery.is_uncertain and way is not None and not way.is_repeatable:
            return self.buried(delivery, "uncertain", "it may have arrived, and would arrive twice")
        reason = self._why_not(delivery)
        if reason is None:
            return delivery
        instead = self._instead(bot, delivery, reason)
        return instead if isinstance(instead, Ending) else self.readied(bot, instead)

    def _why_not(self, delivery: StoredDelivery) -> str | None:
        """Return why an answer can't go by the way that it is at, or None."""
        way = delivery.way
        if way is None or way.is_push:
            return "nothing else leads there"
        if way.uses is not None and (delivery.part or 0) >= way.uses:
            return f"`{way.name}` works {counted(way.uses)}"
        return "its deadline passed" if self._clock.now() >= delivery.deadline else None

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
        """Return an answer as it goes by the next way, since it can't by the one that it is at; or how it ends."""
        if delivery.is_uncertain:
            return self.buried(delivery, "uncertain", f"it may have arrived, and {reason}")
        is_first_push = delivery.way is not None and delivery.way.is_push  # which is where it is to go
        moved = delivery if is_first_push else replace(delivery, turn=delivery.turn + 1)
        way = moved.way
        if way is None:
            outcome = "expired" if not delivery.messages else "not_sent"
            return self.buried(delivery, outcome, f"{reason}, and there is no other way")
        moved = replace(moved, deadline=bot.kind.deadline(way, self._clock.now()))
        return self._pushed(bot, moved, reason) if way.is_push else moved

    def _pushed(self, bot: Bot, delivery: StoredDelivery, reason: str) -> StoredDelivery | Ending:
        """Return an answer as it is pushed, where the bot allows that."""
        if not bot.configuration.push_fallback:
            return self.buried(delivery, "not_sent", f"{reason}, and push_fallback is false")
        if self._is_stale(bot, delivery):
            return self._stale(bot, delivery)
        self.counts[bot.name, "push_fallback"] += 1
        log.warning("delivery.push_fallback", bot=bot.name, delivery=delivery.id, reason=reason)
        return replace(delivery, is_fallback=True)

    def judged(self, bot: Bot, delivery: StoredDelivery, verdict: Verdict) -> Ending:
        """Return how an attempt ended that got *verdict*, and the delivery with it if that is final."""
        match verdict.outcome:
            case "sent":
                return self._ending(delivery, verdict, is_final=True)
            case "way_refused":
                instead = self._refused(bot, delivery, verdict)
                return instead if isinstance(instead, Ending) else self._ending(instead, verdict, is_final=False)
            case "refused":
                outcome = "uncertain" if delivery.is_uncertain else "refused"
                return self.buried(delivery, outcome, verdict.reason, verdict.request_id)
            case "uncertain" if delivery.way is not None and not delivery.way.is_repeatable:
                lost = replace(delivery, is_uncertain=True)
                return self.buried(lost, "uncertain", verdict.reason, verdict.request_id)
            case "uncertain":
                return self._ending(replace(delivery, is_uncertain=True), verdict, is_final=False)
            case "again":
                return self._ending(delivery, verdict, is_final=False)

    def _refused(self, bot: Bot, delivery: StoredDelivery, verdict: Verdict) -> StoredDelivery | Ending:
        """Return what becomes of a delivery whose way was refused for good."""
        if delivery.way is not None and delivery.way.is_push:
            return self.buried(delivery, "refused", verdict.reason, verdict.request_id)
        return self._instead(bot, delivery, f"`{delivery.via}` was refused ({verdict.reason})")

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
        """Return that the delivery is given up; of one in which nothing was said nothing is lost."""
        return Ending(
            delivery=delivery,
            is_final=True,
            is_uncertain=delivery.is_uncertain,
            outcome=outcome,
            reason=reason,
            request_id=request_id,
            now=self._clock.now(),
            is_buried=bool(delivery.messages),
        )


def counted(uses: int) -> str:
    """Return how often a way works, in words."""
    return "once" if uses == 1 else f"{uses} times"
