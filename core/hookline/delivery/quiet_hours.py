"""Let pushes wait while their bots keep quiet, and let them go afterwards, each conversation's in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..routing.conditions.quiet import quiet_until
from ..store.outbox import RELEASE_ROWS, Outbox
from ..store.records import StoredDelivery, Withholding

RELEASE_SECONDS = 15.0
"""So often at least it is looked what may go: lanes, and what waits in them, come from other hosts, too."""


class QuietHours:
    """Know which bots keep quiet.

    A bot whose quiet time is over counts as quiet until what waited for that is released: a younger push must not
    overtake it.
    """

    def __init__(self, outbox: Outbox, bots: Bots, clock: Clock) -> None:
        self._outbox = outbox
        self._bots = bots
        self._clock = clock
        self._unreleased: set[str] = set()
        self._next_look = 0
        self._has_missed = False

    def seconds_left(self) -> float:
        """Return after how many seconds :meth:`release` is to be called at the latest."""
        return max(0.0, self._milliseconds_left(self._clock.now()) / 1000)

    def _milliseconds_left(self, now: int) -> int:
        """Return how long it is to the next look; it is due at once when the clock was set back since the last."""
        left = self._next_look - now
        return left if left <= RELEASE_SECONDS * 1000 else 0

    def granted(self, bot: Bot, push: StoredDelivery) -> StoredDelivery:
        """Return *push* with the deadline that it has: one that was written in quiet hours has until after them."""
        until = quiet_until(bot.configuration.quiet, push.created_at)
        return push if until is None else _lasting(bot, push, until)

    def withholding(self, bot: Bot, push: StoredDelivery) -> Withholding | None:
        """Return how *push* is to wait, or None when it may go out.

        One that may have arrived goes on being tried: the platform knows its retry key for a day only.
        """
        if push.is_uncertain:
            return None
        now = self._clock.now()
        until = quiet_until(bot.configuration.quiet, now)
        if until is None:
            if bot.name not in self._unreleased:
                return None
            return Withholding(_lasting(bot, push, now), "behind others", is_short=True)
        self._unreleased.add(bot.name)
        return Withholding(_lasting(bot, push, until), f"quiet hours until {_shown(bot, until)}")

    async def release(self, lanes: Mapping[int, int]) -> set[str]:
        """Make ready what waits in *lanes* and may go now, and return its bots, which :meth:`let_go` is to be told.

        Nothing is done before it is time to look.
        """
        now = self._clock.now()
        if self._milliseconds_left(now) > 0:
            return set()
        ends = {
            name: until
            for name, bot in self._bots.items()
            if (until := quiet_until(bot.configuration.quiet, now)) is not None
        }
        self._unreleased |= ends.keys()
        others = self._bots.keys() - ends.keys()
        self._has_missed = False
        while await self._outbox.release(lanes, others) >= RELEASE_ROWS:
            pass
        next_look = max(now + 1000, min([now + round(RELEASE_SECONDS * 1000), *ends.values()]))
        self._next_look = 0 if self._has_missed else next_look
        return others

    def look_soon(self) -> None:
        """Note that a push was made to wait for a short time: whoever releases meanwhile may miss it."""
        self._next_look, self._has_missed = 0, True

    def let_go(self, bots: set[str]) -> None:
        """Note that what was released of *bots* stands in line, so that more may follow behind it."""
        self._unreleased -= bots


def _lasting(bot: Bot, push: StoredDelivery, since: int) -> StoredDelivery:
    return replace(push, deadline=max(push.deadline, since + round(bot.kind.seconds * 1000)))


def _shown(bot: Bot, until: int) -> str:
    quiet = bot.configuration.quiet
    zone = UTC if quiet is None else quiet.timezone
    return f"{datetime.fromtimestamp(until / 1000, zone):%Y-%m-%d %H:%M %Z}"
