"""Say what stands at the front of a platform: who signed a request, and what it is answered."""

from __future__ import annotations

from typing import Protocol

from .requests import Request, Response


class Door(Protocol):
    """Be what a front asks of a bot: no plugin, no SDK, nothing that is slow to import."""

    def verify(self, request: Request) -> int | None:
        """Return which secret (0 is the newest) signed *request*, or None; never raises.

        How long a refusal takes says nothing of the bot.
        """
        ...

    def answer(self, request: Request) -> Response:
        """Return what a signed *request* is answered once all that it brings is durable: cheap, pure, never raises.

        With a status that isn't 2xx nothing is received.
        """
        ...
