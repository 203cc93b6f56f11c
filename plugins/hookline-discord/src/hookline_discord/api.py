"""Call Discord's API: answer interactions, write to channels.

https://docs.discord.com/developers/interactions/receiving-and-responding#endpoints
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from hookline import Delivery, Event, PlatformError, Sender, Verdict, Way
from hookline.adapters.calls import Answer, attempted, call, usual
from hookline.adapters.http import HttpClient
from hookline.adapters.payloads import identity, mapping, number, text
from hookline.clock import Clock

from .door import EPHEMERAL
from .parse import MARGIN_MILLISECONDS, TOKEN_MILLISECONDS, person_of
from .settings import DiscordSettings

CALL_SECONDS = 9.0
EARLY_MILLISECONDS = 10_000
"""So long may Discord not know the token of an interaction, since it hasn't read what its webhook was answered.

https://github.com/discord/discord-api-docs/issues/7220
"""

USER_AGENT = "DiscordBot (https://pypi.org/project/hookline-discord, 0.1.0)"
"""Who calls by another name may be blocked: https://docs.discord.com/developers/reference#user-agent"""

PEOPLE_ALONE = {"parse": ["users"]}
"""Whom a text calls by `@`: as answers to interactions do, and no `@everyone` that somebody has typed.

https://docs.discord.com/developers/resources/message#allowed-mentions-object
"""

_AVATARS = "https://cdn.discordapp.com/avatars"
UNKNOWN_WEBHOOK, UNKNOWN_MESSAGE, ACKNOWLEDGED = 10015, 10008, 40060
GONE = frozenset([UNKNOWN_WEBHOOK, UNKNOWN_MESSAGE, 10003, 10062, 50001, 50007, 50013, 50027])
"""By this way nothing will be sent: there is no such webhook, message, channel or interaction, or no access to it, or
the token is over. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""


class DiscordApi:
    """Call Discord's API as one application."""

    def __init__(self, settings: DiscordSettings, http: HttpClient, clock: Clock) -> None:
        self._base = settings.api_base.rstrip("/")
        self._token = settings.bot_token.get_secret_value()
        self._flags = EPHEMERAL if settings.ephemeral else 0
        self._http = http
        self._clock = clock

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Return what a call by the bot's token gives, as in ``await context.api.call("GET", "/users/@me")``.

        Raises PlatformError when Discord refuses, or doesn't answer.
        """
        from aiohttp import ClientError  # lazy: 150 ms that an idle host need not pay

        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._http.session().request(
                    method,
                    f"{self._base}{path}",
                    data=None if body is None else json.dumps(body),
                    headers={"content-type": "application/json", **self._headers(is_own=True)},
                    allow_redirects=False,
                ) as response,
            ):
                status, payload = response.status, await response.read()
        except (ClientError, TimeoutError) as error:
            raise PlatformError(f"{method} {path}: no answer from Discord ({type(error).__name__})") from None
        try:
            found = json.loads(payload) if payload else None
        except ValueError:
            found = None
        if not 200 <= status < 300:
            said = _said(Answer(status, found if isinstance(found, dict) else {}))
            raise PlatformError(f"{method} {path}: Discord says {said}", status)
        return found

    async def sender(self, event: Event) -> Sender:
        """Return who is behind *event*, which says so itself."""
        person, member = person_of(event.raw), mapping(event.raw, "member")
        if event.user is None or identity(person, "id") != event.user:
            return Sender(event.user)
        name = text(member, "nick") or text(person, "global_name") or text(person, "username")
        avatar = text(person, "avatar")
        picture = f"{_AVATARS}/{event.user}/{quote(avatar, safe='')}.png" if avatar else None
        return Sender(event.user, name, text(event.raw, "locale"), picture)

    async def send(self, delivery: Delivery) -> Verdict:
        """Send one message, or take `thinking…` away where there is none."""
        way = delivery.way
        if not delivery.messages:
            return await self._delete(way)
        message = delivery.messages[0]
        alone = _is_for_one(message)
        match way.name:
            case "original" if alone and not self._flags:
                # What everybody sees becomes no message for one; once it is away a followup may be that.
                deleted = await self._delete(way)
                is_away = deleted.outcome == "sent"
                return Verdict("way_refused", "everybody would see it") if is_away else deleted
            case "original":
                return await self._called(way, "PATCH", f"{_webhook(way)}/messages/@original", message)
            case "followup":
                flags = {"flags": self._flags} if self._flags else {}
                return await self._called(way, "POST", _webhook(way), {**flags, **message})
            case "callback":
                number_of, token = way.to.split(" ")
                flags = {"flags": self._flags} if self._flags else {}
                body = {"type": 4, "data": {**flags, **message}}
                path = f"/interactions/{quote(number_of, safe='')}/{quote(token, safe='')}/callback"
                return await self._called(way, "POST", path, body)
        if alone:
            return Verdict("way_refused", "everybody would see what is for one")
        nonce = hashlib.sha256(delivery.retry_key.encode()).hexdigest()[:25]
        body = {"allowed_mentions": PEOPLE_ALONE, **message, "nonce": nonce, "enforce_nonce": True}
        return await self._called(way, "POST", f"/channels/{way.to}/messages", body)

    async def _delete(self, way: Way) -> Verdict:
        """Delete the original response; one that isn't there is no longer waited for."""
        verdict = await self._called(way, "DELETE", f"{_webhook(way)}/messages/@original")
        return Verdict("sent", verdict.reason) if verdict.outcome == "way_refused" else verdict

    async def _called(self, way: Way, method: str, path: str, body: Mapping[str, Any] | None = None) -> Verdict:
        headers = self._headers(is_own=way.name == "channel")
        calling = call(self._http, method, f"{self._base}{path}", body, headers=headers, seconds=CALL_SECONDS)
        return await attempted(calling, partial(judged, is_early=self._is_early(way)))

    def _headers(self, *, is_own: bool) -> Mapping[str, str]:
        own = {"authorization": f"Bot {self._token}"} if is_own else {}
        return {"user-agent": USER_AGENT, **own}

    def _is_early(self, way: Way) -> bool:
        """Say whether the interaction has come just now."""
        if way.until is None or way.name == "callback":
            return False
        received_at = way.until - TOKEN_MILLISECONDS + MARGIN_MILLISECONDS
        return self._clock.now() < received_at + EARLY_MILLISECONDS


def _webhook(way: Way) -> str:
    application, token = way.to.split(" ")
    return f"/webhooks/{application}/{quote(token, safe='')}"


def _is_for_one(message: Mapping[str, Any]) -> bool:
    return bool((number(message, "flags") or 0) & EPHEMERAL)


def judged(answer: Answer, *, is_early: bool) -> Verdict:
    """Say what *answer* means: by its code, where there is one.

    https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit
    """
    said, code = _said(answer), number(answer.body, "code")
    if answer.status == 429:
        wait = answer.body.get("retry_after")
        if not (isinstance(wait, int | float) and 0 <= wait < 100_000):
            wait = answer.retry_after or 1.0  # a proxy's
        return Verdict("again", said, after=float(wait))
    if answer.status == 200 and identity(answer.body, "id") is None:
        return Verdict("uncertain", said)  # a message has an id: it is somebody else who says 200
    if 200 <= answer.status < 300:
        sent = identity(answer.body, "id")
        return Verdict("sent", message_ids=[] if sent is None else [sent])
    if code == UNKNOWN_WEBHOOK and is_early:
        return Verdict("again", said, after=1.0)
    if code == ACKNOWLEDGED:
        return Verdict("sent", said)  # by an earlier attempt
    if code in GONE or (answer.status in (401, 403) and answer.body):
        return Verdict("way_refused", said)
    return usual(answer, said.partition(" ")[2])


def _said(answer: Answer) -> str:
    code, message = number(answer.body, "code"), text(answer.body, "message") or ""
    why = next(_complaints(answer.body.get("errors")), "")
    parts = (str(answer.status), "" if not code else str(code), message, f"({why})" if why else "")
    return " ".join(filter(None, parts))


def _complaints(errors: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield what is wrong where, of errors that are nested as the body is."""
    if not isinstance(errors, dict):
        return
    for one in errors.get("_errors") or ():
        if isinstance(one, dict):
            yield f"{'.'.join(path)}: {one.get('message')}"
    for name, inner in errors.items():
        if name != "_errors":
            yield from _complaints(inner, (*path, str(name)))
