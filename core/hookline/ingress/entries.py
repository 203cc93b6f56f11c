"""Note by which secret webhooks were let in, and log, but rarely, who was not: anybody can cause any number."""

from __future__ import annotations

from collections import Counter

import structlog

from ..pace import Rarely
from .doors import Entrance, Entrances
from .paths import unknown

log = structlog.stdlib.get_logger("hookline.ingress")


class Entries:
    """Know who was let in.

    ``verified`` counts webhooks by bot and number of the secret that matched (1 is the newest); ``last_secret`` has the
    number that matched last, and when (milliseconds since 1970). ``refused`` counts those who were not let in.
    """

    def __init__(self, bots: Entrances) -> None:
        self._bots = bots
        self._refusals = Rarely()
        self._strangers = Rarely()
        self.verified: Counter[tuple[str, int]] = Counter()
        self.last_secret: dict[str, tuple[int, int]] = {}
        self.refused = 0

    def let_in(self, bot: str, number: int, now: int) -> None:
        """Count which secret matched, and log it when it is another than before."""
        before, _ = self.last_secret.get(bot, (None, 0))
        self.note(bot, number, now)
        if number != before and (number > 1 or before is not None):
            log.warning("webhook.secret", bot=bot, number=number, is_newest=number == 1)

    def note(self, bot: str, number: int, now: int) -> None:
        """Count which secret matched."""
        self.verified[bot, number] += 1
        self.last_secret[bot] = number, now

    def refuse(self, name: str, bot: Entrance | None) -> None:
        """Count a refused signature or name, and log one of each in ten seconds."""
        self.refused += 1
        if bot is None and self._strangers.is_due():
            log.warning("webhook.unauthorized", bot=None, reason=unknown(name, self._bots))
        elif bot is not None and self._refusals.is_due():
            reason = "the signature is missing, old, or made by none of the bot's secrets: is the clock right?"
            log.warning("webhook.unauthorized", bot=bot.name, reason=reason)
