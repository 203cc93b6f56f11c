"""Take what a front lets in: turn a signed request into the events that it brings, and have them accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ..adapters.requests import Request
from ..bots.bot import Bots
from ..events import Event

Accept = Callable[[Sequence[Event]], Awaitable[None]]
"""Make events durable; ends once they are."""


class Intake:
    """Take in requests where they come in, in the process that runs their events."""

    def __init__(self, bots: Bots, accept: Accept) -> None:
        self._bots = bots
        self._accept = accept

    def take(self, bot: str, request: Request, _number: int) -> Awaitable[None] | None:
        """Accept what *request* brings to *bot*; None when that is nothing. Raises NotAWebhookError."""
        events = self._bots[bot].adapter.receive(request)
        return self._accept(events) if events else None
