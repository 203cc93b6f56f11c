"""Be any platform that sends webhooks: sign them, and put things where they stand, as each bot's settings say."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from hookline import Request
from hookline.adapters.simulated import Fault, SimulatedPlatform
from hookline.clock import Clock

from .parse import FORM
from .paths import BODY, HEADER, put, steps
from .settings import WebhookSettings, key_of, sample
from .signatures import message, written


class SimulatedWebhook(SimulatedPlatform):
    """Be such a platform. What happens is made of a bot's ``example``, where it has one."""

    title = "webhook"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)
        self._bots: dict[str, WebhookSettings] = {}

    def settings(self, bot: str, given: WebhookSettings) -> WebhookSettings:
        """Return *given*: *bot* hears what is signed by its own settings."""
        self._bots[bot] = given
        return given

    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        """Return a webhook with *text* where the bot looks for one; where it looks for none *text* is the type."""
        path = self._bots[bot].text
        if path is None:
            return self.happen(bot, text.strip(), user=user, group=group)
        raw = self._begun(bot, user, group)
        put(raw, path, text)
        return raw

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Raise NotImplementedError: there are no buttons."""
        raise NotImplementedError("nobody taps anything in a webhook; let an event happen, as in order.paid")

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return a webhook with *kind* where the bot looks for the type; *fields* are the body's.

        Of several paths the first takes what stands before the first dot, and so on.
        """
        raw = self._begun(bot, user, group)
        raw[BODY] |= fields
        paths = self._bots[bot].type or []
        parts = kind.split(".", len(paths) - 1) if paths else []
        for path, part in itertools.zip_longest(paths, parts, fillvalue=""):
            put(raw, path, part)
        return raw

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the request that brings *raw*, signed by the first secret of *bot*."""
        settings, headers = self._bots[bot], {"content-type": "application/json", **raw.get(HEADER, {})}
        verify = settings.verify
        if verify.timestamp is not None:
            headers[verify.timestamp] = str(self._clock.now() // 1000)
        is_form = headers["content-type"].startswith(FORM)
        body = (urlencode(raw[BODY], doseq=True) if is_form else json.dumps(raw.get(BODY, {}))).encode()
        headers[verify.header or ""] = f"{verify.prefix}{self._shown(settings, headers, body)}"
        return Request.of(body, {name: _plain(value) for name, value in headers.items()}, self._clock.now())

    def _shown(self, settings: WebhookSettings, headers: dict[str, str], body: bytes) -> str:
        """Return the token, or the signature of *body*; headers that are signed and not there are made up."""
        verify, secret = settings.verify, settings.verify.values[0]
        if verify.scheme == "token":
            return secret
        named = {"timestamp": verify.timestamp, "id": steps(settings.id)[1] if settings.id is not None else None}
        values = {name: _plain(headers.get(header or "", "")).encode("latin-1") for name, header in named.items()}
        values |= {"body": body, "url": (verify.url or "").encode()}
        signed = message(verify.signed, values, lambda name: _plain(headers.setdefault(name, "simulated")))
        digest = hmac.digest(key_of(verify, secret), signed or b"", hashlib.sha256)
        return written(digest, verify.encoding)

    def _begun(self, bot: str, user: str | None, group: str | None) -> dict[str, Any]:
        """Return a webhook with a new id, of *user* and about *group*, or else *user*."""
        settings = self._bots[bot]
        raw: dict[str, Any] = {HEADER: {}, BODY: {}} if settings.example is None else sample(settings.example)
        placed = ((settings.conversation, group or user), (settings.user, user), (settings.id, self._id()))
        for path, value in placed:
            if path is not None and value is not None:
                put(raw, path, value)
        if settings.id is None:
            raw[BODY]["simulated"] = self._id()  # so that no two bodies are the same
        return raw

    def _id(self) -> str:
        return f"simulated-{next(self._numbers)}"

    def _routes(self) -> Iterable[web.RouteDef]:
        return ()

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        return web.Response(status=500)  # nothing is ever sent to it


def _plain(value: str) -> str:
    """Return *value* as a header can have it."""
    return value.encode("latin-1", "replace").decode("latin-1")
