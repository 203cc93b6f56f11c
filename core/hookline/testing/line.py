"""Simulate LINE's platform over real HTTP: sign and deliver webhooks, answer the API by LINE's rules, record all.

https://developers.line.biz/en/reference/messaging-api/
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from aiohttp import web

from ..adapters.flaws import where
from ..adapters.line.messages.check import check_messages
from ..adapters.line.messages.limits import MAX_MESSAGES
from ..adapters.line.signature import sign
from ..clock import Clock, SystemClock
from . import events

TOKEN_MILLISECONDS = 60_000
REDELIVERY_MILLISECONDS = 20 * 60_000
RETRY_KEY_MILLISECONDS = 86_400_000
DELIVER_SECONDS = 10.0

FaultKind = Literal["error", "error_after_accepting", "hang", "reset", "rate_limit", "monthly_limit"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Make one coming call to reply or push fail. ``seconds`` is how long a ``hang`` lasts."""

    kind: FaultKind
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold what LINE tells of a person."""

    name: str
    language: str = "zh-Hant"


@dataclass(frozen=True, slots=True)
class Channel:
    """Hold one bot's channel. ``webhook`` is the URL that events are posted to."""

    name: str
    secret: str
    access_token: str
    webhook: str

    @property
    def user_id(self) -> str:
        """Return the bot's own user id."""
        return events.user_id(f"bot {self.name}")


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold one call that LINE accepted."""

    channel: str
    form: str
    to: str
    messages: Sequence[Mapping[str, Any]]
    retry_key: str | None = None


@dataclass(slots=True)
class _Token:
    channel: str
    chat: str
    issued_at: int
    is_used: bool = False


@dataclass(slots=True)
class _Accepted:
    request_id: str
    at: int
    sent_messages: list[dict[str, str]] = field(default_factory=list)


class SimulatedLine:
    """Be LINE for bots on this machine. ``sent`` records every accepted message, in order."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._channels: dict[str, Channel] = {}
        self._tokens: dict[str, _Token] = {}
        self._accepted: dict[tuple[str, str], _Accepted] = {}
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._hanging: set[asyncio.Event] = set()
        self.profiles: dict[str, Profile] = {}
        self.loading: list[str] = []
        self.sent: list[Sent] = []
        self.requests: list[tuple[str, int]] = []
        self.faults: deque[Fault] = deque()
        self.on_sent: Callable[[Sent], None] = lambda sent: None
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``url`` is then the base of the API."""
        application = web.Application(client_max_size=3 << 20)
        application.add_routes(
            [
                web.post("/v2/bot/message/reply", self._reply),
                web.post("/v2/bot/message/push", self._push),
                web.get("/v2/bot/profile/{user}", self._profile),
                web.get("/v2/bot/{kind:group|room}/{chat}/member/{user}", self._profile),
                web.post("/v2/bot/chat/loading/start", self._loading),
                web.get("/v2/bot/info", self._info),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DELIVER_SECONDS))

    async def stop(self) -> None:
        """Close everything; hanging calls end."""
        for hanging in list(self._hanging):
            hanging.set()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def add_channel(self, name: str, secret: str, access_token: str, webhook: str) -> Channel:
        """Open a channel for the bot *name*; a bot is told apart by its webhook when tokens are equal."""
        channel = Channel(name, secret, access_token, webhook)
        self._channels[name] = channel
        return channel

    def issue_token(self, channel: str, chat: str) -> str:
        """Return a fresh reply token for *chat*."""
        token = uuid.uuid4().hex
        self._tokens[token] = _Token(channel, chat, self._clock.now())
        return token

    def event(
        self,
        channel: str,
        kind: str,
        *,
        user: str | None = "mei",
        group: str | None = None,
        with_token: bool = True,
        **fields: Any,
    ) -> dict[str, Any]:
        """Return a raw event that LINE would send to *channel*, with a live reply token."""
        chat = events.group_id(group) if group else events.user_id(user or "someone")
        if user:
            self.profiles.setdefault(events.user_id(user), Profile(user))
        token = self.issue_token(channel, chat) if with_token else None
        return events.event(kind, now=self._clock.now(), user=user, group=group, reply_token=token, **fields)

    def text(self, channel: str, text: str, *, mention: bool = False, **where: Any) -> dict[str, Any]:
        """Return a text event; with *mention* it begins with a mention of the bot."""
        if not mention:
            return self.event(channel, "message", message=events.text_message(text), **where)
        name = f"@{channel}"
        mentionee = {
            "index": 0,
            "length": len(name),
            "type": "user",
            "userId": self._channels[channel].user_id,
            "isSelf": True,
        }
        message = events.text_message(f"{name} {text}", mentions=[mentionee])
        return self.event(channel, "message", message=message, **where)

    async def deliver(
        self,
        channel: str,
        batch: Sequence[Mapping[str, Any]],
        *,
        copies: int = 1,
        shuffle: random.Random | None = None,
        is_redelivery: bool = False,
        webhook: str | None = None,
    ) -> list[int]:
        """Post *batch* as one signed webhook, *copies* times at once, and return the statuses.

        *webhook* is the URL of one of several hosts that serve the channel; by default it is the channel's own.

        With *shuffle* each copy holds the events in another order. A redelivery gives unused tokens a new minute,
        until twenty minutes after the event. 0 stands for a call that failed.
        """
        if is_redelivery:
            self._renew_tokens(batch)
        return await asyncio.gather(
            *(self._post(channel, _arranged(batch, shuffle, is_redelivery), webhook) for _ in range(copies))
        )

    def _renew_tokens(self, batch: Sequence[Mapping[str, Any]]) -> None:
        now = self._clock.now()
        for event in batch:
            token = self._tokens.get(str(event.get("replyToken")))
            if token is not None and now - int(event["timestamp"]) <= REDELIVERY_MILLISECONDS:
                token.issued_at = now

    def expire_tokens(self) -> None:
        """Let every reply token that was issued so far expire."""
        for token in self._tokens.values():
            token.issued_at = -TOKEN_MILLISECONDS

    async def _post(self, name: str, batch: Sequence[Mapping[str, Any]], webhook: str | None) -> int:
        channel = self._channels[name]
        body = json.dumps({"destination": channel.user_id, "events": batch}).encode()
        assert self._session is not None
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "LineBotWebhook/2.0",
            "x-line-signature": sign(channel.secret.encode(), body).decode(),
        }
        try:
            async with self._session.post(webhook or channel.webhook, data=body, headers=headers) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    # The API's side.

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        channel = self._authorised(request)
        if channel is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        if "x-line-retry-key" in request.headers:
            return self._problem(request, 400, "The retry key isn't supported for this endpoint")
        body = await _json(request)
        refusal = _refuse_messages(body)
        if refusal:
            return self._problem(request, 400, *refusal)
        token = self._tokens.get(str(body.get("replyToken")))
        if token is None or not self._is_valid(token, channel):
            return self._problem(request, 400, "Invalid reply token")

        def accept() -> _Accepted | web.Response:
            if not self._is_valid(token, channel):  # another call was quicker while this one hung
                return self._problem(request, 400, "Invalid reply token")
            token.is_used = True
            return self._record(Sent(token.channel, "reply", token.chat, body["messages"]))

        return await self._accept(request, accept)

    async def _push(self, request: web.Request) -> web.StreamResponse:
        channel = self._authorised(request)
        if channel is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        body = await _json(request)
        refusal = _refuse_messages(body)
        if refusal:
            return self._problem(request, 400, *refusal)
        to = body.get("to")
        if not isinstance(to, str) or len(to) != 33:
            return self._problem(
                request, 400, "The property, 'to', in the request body is invalid (line: -, column: -)"
            )
        key = request.headers.get("x-line-retry-key")

        def accept() -> _Accepted | web.Response:
            earlier = self._earlier(channel, key)
            if earlier is not None:
                return self._accepted_before(request, earlier)
            accepted = self._record(Sent(channel.name, "push", to, body["messages"], key))
            if key:
                self._accepted[channel.access_token, key] = accepted
            return accepted

        earlier = self._earlier(channel, key)
        return await self._accept(request, accept) if earlier is None else self._accepted_before(request, earlier)

    def _is_valid(self, token: _Token, caller: Channel) -> bool:
        age = self._clock.now() - token.issued_at
        is_own = self._channels[token.channel].access_token == caller.access_token
        return is_own and not token.is_used and age <= TOKEN_MILLISECONDS

    def _earlier(self, channel: Channel, key: str | None) -> _Accepted | None:
        earlier = self._accepted.get((channel.access_token, key)) if key else None
        return earlier if earlier and self._clock.now() - earlier.at < RETRY_KEY_MILLISECONDS else None

    def _accepted_before(self, request: web.Request, earlier: _Accepted) -> web.Response:
        body = {"message": "The retry key is already accepted", "sentMessages": earlier.sent_messages}
        return self._answer(request, 409, body, {"x-line-accepted-request-id": earlier.request_id})

    async def _profile(self, request: web.Request) -> web.StreamResponse:
        if self._authorised(request) is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        user = request.match_info["user"]
        profile = self.profiles.get(user)
        if profile is None:
            return self._problem(request, 404, "Not found")
        return self._answer(request, 200, {"userId": user, "displayName": profile.name, "language": profile.language})

    async def _loading(self, request: web.Request) -> web.StreamResponse:
        if self._authorised(request) is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        body = await _json(request)
        chat, seconds = str(body.get("chatId", "")), body.get("loadingSeconds", 20)
        if not chat.startswith("U") or seconds not in range(5, 61, 5):
            return self._problem(request, 400, "The request body has 1 error(s)")
        self.loading.append(chat)
        return self._answer(request, 202, {})

    async def _info(self, request: web.Request) -> web.StreamResponse:
        channel = self._authorised(request)
        if channel is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        return self._answer(
            request,
            200,
            {
                "userId": channel.user_id,
                "basicId": "@simulated",
                "displayName": channel.name,
                "chatMode": "bot",
                "markAsReadMode": "auto",
            },
        )

    def _authorised(self, request: web.Request) -> Channel | None:
        given = request.headers.get("authorization", "")
        for channel in self._channels.values():
            if given == f"Bearer {channel.access_token}":
                return channel
        return None

    async def _accept(self, request: web.Request, accept: Callable[[], _Accepted | web.Response]) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else None
        match fault:
            case Fault("error"):
                return self._problem(request, 500, "Internal Server Error")
            case Fault("rate_limit"):
                return self._problem(request, 429, "The API rate limit has been exceeded. Try again later.")
            case Fault("monthly_limit"):
                return self._problem(request, 429, "You have reached your monthly limit.")
            case Fault("reset"):
                assert request.transport is not None
                request.transport.abort()
                return self._problem(request, 500, "never seen")
            case Fault("hang"):
                hanging = asyncio.Event()
                self._hanging.add(hanging)
                try:
                    async with asyncio.timeout(fault.seconds):
                        await hanging.wait()
                except TimeoutError:
                    pass
                finally:
                    self._hanging.discard(hanging)
        accepted = accept()
        if isinstance(accepted, web.Response):
            return accepted
        if fault == Fault("error_after_accepting"):
            return self._problem(request, 500, "Internal Server Error")
        return self._answer(request, 200, {"sentMessages": accepted.sent_messages}, request_id=accepted.request_id)

    def _record(self, sent: Sent) -> _Accepted:
        self.sent.append(sent)
        self.on_sent(sent)
        ids = [{"id": events.message_id(), "quoteToken": f"q-{uuid.uuid4().hex[:8]}"} for _ in sent.messages]
        return _Accepted(str(uuid.uuid4()), self._clock.now(), ids)

    def _answer(
        self,
        request: web.Request,
        status: int,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> web.Response:
        self.requests.append((request.path, status))
        headers = {"x-line-request-id": request_id or str(uuid.uuid4()), **(headers or {})}
        return web.json_response(body, status=status, headers=headers)

    def _problem(
        self, request: web.Request, status: int, message: str, details: Sequence[Mapping[str, str]] = ()
    ) -> web.Response:
        body: dict[str, Any] = {"message": message}
        if details:
            body["details"] = list(details)
        return self._answer(request, status, body)


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refuse_messages(body: Mapping[str, Any]) -> tuple[str, list[dict[str, str]]] | None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        return "The request body has 1 error(s)", [{"message": "Size must be between 1 and 5", "property": "messages"}]
    details = [
        {"message": flaw.reason, "property": f"messages{where(flaw.path)}"}
        for flaw in check_messages(messages)
        if flaw.is_refused
    ]
    return (f"The request body has {len(details)} error(s)", details) if details else None


def _arranged(
    batch: Sequence[Mapping[str, Any]], shuffle: random.Random | None, is_redelivery: bool
) -> list[Mapping[str, Any]]:
    arranged: list[Mapping[str, Any]] = [
        {**event, "deliveryContext": {"isRedelivery": True}} if is_redelivery else event for event in batch
    ]
    if shuffle is not None:
        shuffle.shuffle(arranged)
    return arranged
