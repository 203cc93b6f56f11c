"""Turn a webhook into an event, by the paths of the settings; what isn't there is left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from hookline import Chat, Event, NotAWebhookError, Request
from hookline.adapters.payloads import load_object, mapping
from hookline.adapters.signatures import is_recent
from hookline.events import NO_CHAT

from .paths import BODY, HEADER, value_at
from .settings import WebhookSettings

UNNAMED = "webhook"
"""The type of what says none, and has no text."""
FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 1000


def load(request: Request, headers: frozenset[str]) -> dict[str, Any]:
    """Return what is kept of *request*, the *headers* of it among them; raise NotAWebhookError for what is none."""
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    body = _form(request.body) if kind == FORM else load_object(request.body)
    given = ((name, request.header(name)) for name in sorted(headers))
    return {HEADER: {name: value for name, value in given if value is not None}, BODY: body}


class Reader:
    """Read the webhooks of one bot."""

    def __init__(self, bot: str, settings: WebhookSettings) -> None:
        self._bot = bot
        self._settings = settings

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn what was kept of a webhook into an Event.

        Without an id of its own its body is one: the same body twice is a double.
        """
        settings = self._settings
        event_id = self._value(raw, settings.id) or _digest(raw.get(BODY))
        text = self._value(raw, settings.text)
        named = [value for path in settings.type or () if (value := value_at(raw, path)) is not None]
        return Event(
            bot=self._bot,
            id=event_id,
            type=".".join(named) or (UNNAMED if text is None else "message.text"),
            conversation=self._value(raw, settings.conversation) or f"{NO_CHAT}{event_id}",
            chat=Chat("none", ""),
            user=self._value(raw, settings.user),
            text=text,
            timestamp=self._time(raw, received_at) or received_at,
            raw=raw,
            received_at=received_at,
        )

    def _value(self, raw: Mapping[str, Any], path: str | None) -> str | None:
        return None if path is None else value_at(raw, path)

    def _time(self, raw: Mapping[str, Any], received_at: int) -> int | None:
        """Return when it was sent, where that is signed."""
        verify = self._settings.verify
        written = mapping(raw, HEADER).get(verify.timestamp or "")
        is_time = isinstance(written, str) and is_recent(written, received_at, verify.tolerance)
        return int(written) * 1000 if is_time and isinstance(written, str) else None


def _form(body: bytes) -> dict[str, Any]:
    """Return a form as a flat object; a field that is there several times is a list."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise NotAWebhookError("no form in UTF-8") from error
    if not fields:
        raise NotAWebhookError("an empty form")
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _digest(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
