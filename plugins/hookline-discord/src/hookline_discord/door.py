"""Stand at Discord's front: check who signed, and say at once what Discord waits three seconds for.

https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint
"""

from __future__ import annotations

import re

from hookline import NotAWebhookError, Request, Response
from hookline.adapters.signatures import is_recent

from .parse import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, PING, kind_of, load
from .settings import DiscordSettings

SIGNATURE = "x-signature-ed25519"
TIMESTAMP = "x-signature-timestamp"
TOLERANCE = 300.0
"""So many seconds may a timestamp be off: Discord says of none, and waits three seconds itself."""

EPHEMERAL = 64
"""The flag of what one person sees: https://docs.discord.com/developers/resources/message#message-object-message-flags"""

_HEX = re.compile(r"[0-9a-fA-F]{128}")
_JSON = "application/json"
PONG = Response(body=b'{"type":1}', content_type=_JSON)
THINKING = Response(body=b'{"type":5}', content_type=_JSON)
THINKING_ALONE = Response(body=b'{"type":5,"data":{"flags":64}}', content_type=_JSON)
UPDATING = Response(body=b'{"type":6}', content_type=_JSON)
NO_CHOICES = Response(body=b'{"type":8,"data":{"choices":[]}}', content_type=_JSON)
LATER = Response(status=202)
"""Says that the answer comes by a call of its own: …/receiving-and-responding#interaction-callback"""
NO_INTERACTION = Response(status=400, body=b"no interaction")


class DiscordDoor:
    """Let in what the application's key has signed."""

    def __init__(self, settings: DiscordSettings) -> None:
        from nacl.signing import VerifyKey  # lazy: 16 ms that whoever serves no Discord bot need not pay

        is_key = len(settings.public_key) == 64  # what is made up is none
        self._key = VerifyKey(bytes.fromhex(settings.public_key)) if is_key else None
        thinking = THINKING_ALONE if settings.ephemeral else THINKING
        asked = thinking if settings.defer else LATER
        self._answers = {PING: PONG, COMMAND: asked, COMPONENT: UPDATING, AUTOCOMPLETE: NO_CHOICES, MODAL: asked}

    def verify(self, request: Request) -> int | None:
        """Return 0 when the application's one key has signed *request*, or None.

        Who sends what looks like a signature costs one check of it, whatever the bot; what doesn't costs none.
        """
        signature, timestamp = request.header(SIGNATURE), request.header(TIMESTAMP)
        if signature is None or timestamp is None or request.rest or _HEX.fullmatch(signature) is None:
            return None
        if not is_recent(timestamp, request.received_at, TOLERANCE):
            return None
        return 0 if self._has_signed(timestamp.encode() + request.body, bytes.fromhex(signature)) else None

    def _has_signed(self, message: bytes, signature: bytes) -> bool:
        from nacl.exceptions import CryptoError  # lazy: as above

        if self._key is None:
            return False
        try:
            self._key.verify(message, signature)
        except CryptoError:
            return False
        return True

    def answer(self, request: Request) -> Response:
        """Return a PONG, or that the answer comes later, as Discord has it for the type of interaction."""
        try:
            kind = kind_of(load(request.body))
        except NotAWebhookError:
            return NO_INTERACTION
        return self._answers.get(kind, LATER)
