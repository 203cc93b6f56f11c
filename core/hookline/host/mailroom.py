"""Say where the fronts of this host put what they let in, and what they are to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..bots.bot import Bot
from ..ingress.roster import packed


@dataclass(frozen=True, slots=True)
class Mailroom:
    """Hold what joins a worker with its fronts.

    Mailboxes are below ``folder``, stamped by ``clock``. ``bell`` can be read when one was rung, and ``heard`` makes it
    silent. ``hand_over`` takes what all fronts are to know of bots from now on. ``refused`` returns how many callers
    fronts have not let in.
    """

    folder: Path
    clock: Callable[[], int]
    bell: int
    heard: Callable[[], object]
    hand_over: Callable[[bytes], object]
    refused: Callable[[], int]

    def tell(self, bots: Iterable[Bot]) -> None:
        """Let all fronts know *bots*, and no others."""
        self.hand_over(packed((bot.name, bot.kind, bot.configuration.adapter_settings) for bot in bots))

    def listen(self, ring: Callable[[], object]) -> None:
        """Call *ring*, in the running event loop, whenever there is something."""

        def rung() -> None:
            self.heard()
            ring()

        asyncio.get_running_loop().add_reader(self.bell, rung)
