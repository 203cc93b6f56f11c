"""Know which bots there are, and refuse who asks for another with as much work as one who can't sign."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from typing import Protocol

from ..adapters.door import Door
from ..adapters.requests import OK, Request, Response
from ..adapters.signatures import mac

ROUNDS = 4


class Entrance(Protocol):
    """Be what a front knows of a bot: ``body`` is how many bytes a webhook may have beyond the usual, 0 for none."""

    @property
    def name(self) -> str:
        """Return the name of the bot."""
        ...

    @property
    def door(self) -> Door:
        """Return what verifies and answers."""
        ...

    @property
    def methods(self) -> Collection[str]:
        """Return the methods of HTTP that webhooks to it have."""
        ...

    @property
    def body(self) -> int:
        """Return how many bytes a webhook may have, 0 for what all may have."""
        ...


Entrances = Mapping[str, Entrance]


class Stranger:
    """Be the door of no bot: it costs what most platforms' doors cost, whichever bots there are."""

    def verify(self, request: Request) -> int | None:
        """Refuse *request*."""
        for _ in range(ROUNDS):
            hmac.compare_digest(mac(b"", request.body), b"")
        return None

    def answer(self, request: Request) -> Response:
        """Say OK; nobody is ever let in."""
        return OK


STRANGER = Stranger()
