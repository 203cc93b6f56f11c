"""Simulate LINE's platform over real HTTP: sign and deliver webhooks, answer the API by LINE's rules, record all.

https://developers.line.biz/en/reference/messaging-api/
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from aiohttp import web

from ....clock import Clock
from ....ways import EVERYONE
from ...deliveries import Delivery
from ...flaws import where
from ...requests import Request
from ...simulated import Drawing, Fault, Sent, SentFile, SimulatedPlatform
from ..messages.check import check_messages
from ..messages.limits import MAX_MESSAGES
from ..parse import EVENTS
from ..signature import sign
from . import events
from .drawing import draw
from .happenings import happening
from .uploads import Upload, UploadsApi, read

TOKEN_MILLISECONDS = 60_000
REDELIVERY_MILLISECONDS = 20 * 60_000
RETRY_KEY_MILLISECONDS = 86_400_000
SECRET = "simulated-secret"  # noqa: S105  it opens nothing


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold what LINE tells of a person."""

    name: str
    language: str = "zh-Hant"


@dataclass(frozen=True, slots=True)
class Channel:
    """Hold one bot's channel."""

    name: str
    secret: str
    access_token: str

    @property
    def user_id(self) -> str:
        """Return the bot's own user id."""
        return events.user_id(f"bot {self.name}")


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


class SimulatedLine(SimulatedPlatform):
    """Be LINE for bots on this machine."""

    title = "LINE"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._channels: dict[str, Channel] = {}
        self._tokens: dict[str, _Token] = {}
        self._accepted: dict[tuple[str, str], _Accepted] = {}
        self._lets_unknown: set[str] = set()
        self._unchecked: dict[str, frozenset[int]] = {}
        self.profiles: dict[str, Profile] = {}
        self.loading: list[str] = []
        self.uploads: dict[str, Upload] = {}
        self._uploads_api = UploadsApi(self.uploads, self._token_of, self._answer, self._problem)

    def _routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/v2/bot/message/reply", self._reply),
            web.post("/v2/bot/message/push", self._push),
            web.post("/v2/bot/message/broadcast", partial(self._push, form="broadcast")),
            web.get("/v2/bot/profile/{user}", self._profile),
            web.get("/v2/bot/{kind:group|room}/{chat}/member/{user}", self._profile),
            web.post("/v2/bot/chat/loading/start", self._loading),
            web.get("/v2/bot/info", self._info),
            *self._uploads_api.routes(),
        ]

    def add_channel(self, name: str, secret: str, access_token: str, webhook: str) -> Channel:
        """Open a channel for the bot *name*; a bot is told apart by its webhook when tokens are equal."""
        channel = Channel(name, secret, access_token)
        self._channels[name] = channel
        self.webhooks[name] = webhook
        return channel

    def settings(self, bot: str, given: Any) -> Any:
        """Return the settings by which *bot* speaks to it, with a channel of its own."""
        token = token_of(bot)
        self.add_channel(bot, SECRET, token, self.webhooks.get(bot, ""))
        made = {"channel_secret": [SECRET], "access_token": token, "api_base": self.url or "http://127.0.0.1:9"}
        return type(given).model_validate(made)

    def let_unknown(self, bot: str, *, is_let: bool) -> None:
        """Take messages from the channel of *bot* that hold what isn't known, or refuse them as before."""
        (self._lets_unknown.add if is_let else self._lets_unknown.discard)(bot)

    def leave_unchecked(self, delivery: Delivery) -> None:
        """Take those messages of *delivery* that say so, whatever they hold.

        What is sent doesn't say it, so whoever sends to a simulated platform says it beside.
        """
        key = delivery.retry_key if delivery.way.is_push else delivery.way.to
        self._unchecked[key] = delivery.unchecked

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

    def text(
        self, bot: str, text: str, *, user: str | None = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        """Return a text event; with *mention* it begins with a mention of the bot."""
        if not mention:
            return self.event(bot, "message", user=user, group=group, message=events.text_message(text))
        name = f"@{bot}"
        mentionee = {
            "index": 0,
            "length": len(name),
            "type": "user",
            "userId": self._channels[bot].user_id,
            "isSelf": True,
        }
        message = events.text_message(f"{name} {text}", mentions=[mentionee])
        return self.event(bot, "message", user=user, group=group, message=message)

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the event that *user* taps a button with *data*."""
        return self.event(bot, "postback", user=user, group=group, postback={"data": data})

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return an event of the type *kind*, with a reply token if LINE would give one."""
        kind, fields = happening(kind, fields)
        return self.event(bot, kind, user=user, group=group, with_token=EVENTS.get(kind, True), **fields)

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the signed request that brings *raw* alone."""
        return self._request(self._channels[bot], [raw])

    def id_of(self, user: str) -> str:
        """Return the id of a simulated person."""
        return events.user_id(user)

    def name_of(self, to: str) -> str:
        """Return the name of the person with the id *to*."""
        return self.profiles[to].name if to in self.profiles else to

    def draw(self, message: Mapping[str, Any]) -> Drawing:
        """Return *message* for a terminal, flex messages and templates by their texts and buttons."""
        return draw(message)

    def file(self, bot: str, file: SentFile, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the event that *user* sends a *file*."""
        return self.upload(bot, file.content, file.kind, name=file.name, user=user, group=group)

    def upload(
        self,
        channel: str,
        content: bytes | Path | str,
        kind: str = "image",
        *,
        name: str | None = None,
        content_type: str | None = None,
        preparing: int = 0,
        fails: bool = False,
        **where: Any,
    ) -> dict[str, Any]:
        """Return an event with an image, video, audio or file: *content*, or what is in the file of that path.

        LINE then serves it to the bot, and first says *preparing* times that it isn't ready. What *fails* never gets
        ready. ``uploads`` has it by the message's id, to be changed or deleted.
        """
        data, name, found_type = read(content, kind, name)
        message = events.file_message(kind, name=name, size=len(data))
        token = self._channels[channel].access_token
        self.uploads[message["id"]] = Upload(token, kind, content_type or found_type, data, preparing, fails)
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
            *(self._deliver(channel, _arranged(batch, shuffle, is_redelivery), webhook) for _ in range(copies))
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

    async def _deliver(self, name: str, batch: Sequence[Mapping[str, Any]], webhook: str | None) -> int:
        channel = self._channels[name]
        status, _ = await self.post(webhook or self.webhooks[name], self._request(channel, batch))
        return status

    def _request(self, channel: Channel, batch: Sequence[Mapping[str, Any]]) -> Request:
        body = json.dumps({"destination": channel.user_id, "events": batch}).encode()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "LineBotWebhook/2.0",
            "x-line-signature": sign(channel.secret.encode(), body).decode(),
        }
        return Request.of(body, headers, self._clock.now())

    # The API's side.

    async def _reply(self, request: web.Request) -> web.Response:
        channel = self._authorised(request)
        if channel is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        if "x-line-retry-key" in request.headers:
            return self._problem(request, 400, "The retry key isn't supported for this endpoint")
        body = await _json(request)
        refusal = self._refusal(channel, body, str(body.get("replyToken")))
        if refusal:
            return self._problem(request, 400, *refusal)
        token = self._tokens.get(str(body.get("replyToken")))
        if token is None or not self._is_valid(token, channel):
            return self._problem(request, 400, "Invalid reply token")

        def accept() -> _Accepted | web.Response:
            if not self._is_valid(token, channel):  # another call was quicker while this one hung
                return self._problem(request, 400, "Invalid reply token")
            token.is_used = True
            return self._take(Sent(token.channel, "reply", token.chat, body["messages"]))

        return await self._accept(request, accept, partial(self._accepted_now, request))

    async def _push(self, request: web.Request, form: Literal["push", "broadcast"] = "push") -> web.Response:
        channel = self._authorised(request)
        if channel is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        body = await _json(request)
        key = request.headers.get("x-line-retry-key")
        refusal = self._refusal(channel, body, key)
        if refusal:
            return self._problem(request, 400, *refusal)
        to = body.get("to") if form == "push" else EVERYONE
        if not isinstance(to, str) or (len(to) != 33 and form == "push"):
            return self._problem(
                request, 400, "The property, 'to', in the request body is invalid (line: -, column: -)"
            )

        def accept() -> _Accepted | web.Response:
            earlier = self._earlier(channel, key)
            if earlier is not None:
                return self._accepted_before(request, earlier)
            accepted = self._take(Sent(channel.name, form, to, body["messages"], key))
            if key:
                self._accepted[channel.access_token, key] = accepted
            return accepted

        earlier = self._earlier(channel, key)
        if earlier is not None:
            return self._accepted_before(request, earlier)
        return await self._accept(request, accept, partial(self._accepted_now, request))

    def _refusal(
        self, channel: Channel, body: Mapping[str, Any], key: str | None
    ) -> tuple[str, list[dict[str, str]]] | None:
        """Return why the messages in *body* can't be sent, as LINE says it, or None."""
        messages = body.get("messages")
        if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
            wrong = {"message": f"Size must be between 1 and {MAX_MESSAGES}", "property": "messages"}
            return "The request body has 1 error(s)", [wrong]
        unchecked = self._unchecked.get(key or "", frozenset())
        details = [
            {"message": flaw.reason, "property": f"messages{where(flaw.path)}"}
            for flaw in check_messages(messages)
            if flaw.path[0] not in unchecked and flaw.stops(lets_unknown=channel.name in self._lets_unknown)
        ]
        return (f"The request body has {len(details)} error(s)", details) if details else None

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

    async def _profile(self, request: web.Request) -> web.Response:
        if self._authorised(request) is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        user = request.match_info["user"]
        profile = self.profiles.get(user)
        if profile is None:
            return self._problem(request, 404, "Not found")
        return self._answer(request, 200, {"userId": user, "displayName": profile.name, "language": profile.language})

    async def _loading(self, request: web.Request) -> web.Response:
        if self._authorised(request) is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        body = await _json(request)
        chat, seconds = str(body.get("chatId", "")), body.get("loadingSeconds", 20)
        if not chat.startswith("U") or seconds not in range(5, 61, 5):
            return self._problem(request, 400, "The request body has 1 error(s)")
        self.loading.append(chat)
        return self._answer(request, 202, {})

    async def _info(self, request: web.Request) -> web.Response:
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

    def _token_of(self, request: web.Request) -> str | None:
        channel = self._authorised(request)
        return None if channel is None else channel.access_token

    def _authorised(self, request: web.Request) -> Channel | None:
        given = request.headers.get("authorization", "")
        for channel in self._channels.values():
            if given == f"Bearer {channel.access_token}":
                return channel
        return None

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        match fault.kind:
            case "rate_limit":
                return self._problem(request, 429, "The API rate limit has been exceeded. Try again later.")
            case "monthly_limit":
                return self._problem(request, 429, "You have reached your monthly limit.")
            case "refuse":
                details = [{"message": "May not be sent", "property": "messages[0]"}]
                return self._problem(request, 400, "The request body has 1 error(s)", details)
            case _:
                return self._problem(request, 500, "Internal Server Error")

    def _accepted_now(self, request: web.Request, accepted: _Accepted) -> web.Response:
        return self._answer(request, 200, {"sentMessages": accepted.sent_messages}, request_id=accepted.request_id)

    def _take(self, sent: Sent) -> _Accepted:
        ids = [{"id": events.message_id(), "quoteToken": f"q-{uuid.uuid4().hex[:8]}"} for _ in sent.messages]
        self._record(replace(sent, message_ids=[one["id"] for one in ids]))
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


def _arranged(
    batch: Sequence[Mapping[str, Any]], shuffle: random.Random | None, is_redelivery: bool
) -> list[Mapping[str, Any]]:
    arranged: list[Mapping[str, Any]] = [
        {**event, "deliveryContext": {"isRedelivery": True}} if is_redelivery else event for event in batch
    ]
    if shuffle is not None:
        shuffle.shuffle(arranged)
    return arranged


def token_of(bot: str) -> str:
    """Return the access token of *bot* there."""
    return f"simulated-token-of-{quote(bot).replace('%', '.')}"
