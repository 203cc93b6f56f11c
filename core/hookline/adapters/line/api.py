"""Call LINE's API over the shared session: raw JSON out, small answers back.

Message objects go out untouched, so that a field which LINE adds tomorrow works tomorrow; the SDK's
typed client is there for everything else (:attr:`LineApi.messaging`), imported when first used.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from ...errors import PlatformError
from ...events import Event, Sender
from ..adapter import Incoming
from ..calls import call
from ..http import HttpClient
from .content import AT_MOST, CONTENT_SECONDS, Content, Contents
from .hosts import Hosts
from .sdk import SdkClients

if TYPE_CHECKING:
    from linebot.v3.messaging import AsyncMessagingApi

SEND_SECONDS = 10.0
PROFILE_SECONDS = 2.0
PROFILE_CACHE_SECONDS = 600.0
PROFILE_CACHE_SIZE = 10_000

Api = TypeVar("Api")


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold LINE's answer to one call; ``body`` is empty when it wasn't a JSON object."""

    status: int
    body: Mapping[str, Any]
    request_id: str | None
    retry_after: float | None = None


class LineApi:
    """Call the Messaging API as one bot."""

    def __init__(self, base: str, access_token: str, http: HttpClient, data_base: str | None = None) -> None:
        hosts = Hosts.of(base, data_base)
        self._base = hosts.base
        self._access_token = access_token
        self._http = http
        self._senders: dict[tuple[str, str], tuple[float, Sender]] = {}
        self._contents = Contents(hosts.data, access_token, http)
        self._clients = SdkClients(hosts, access_token, http)

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = SEND_SECONDS,
    ) -> Answer:
        """Make one call and return LINE's answer, whatever its status.

        Raises TimeoutError and aiohttp.ClientError as they come: the caller knows what they mean.
        """
        given = {"authorization": f"Bearer {self._access_token}", **(headers or {})}
        found = await call(self._http, method, self._base + path, body, headers=given, seconds=seconds)
        return Answer(
            found.status, found.body, found.headers.get("x-line-request-id"), _seconds(found.headers.get("retry-after"))
        )

    async def get(self, path: str) -> Mapping[str, Any]:
        """Return the JSON object at *path*; raise PlatformError for anything but a 200."""
        answer = await self._checked("GET", path, None)
        return answer.body

    async def profile(self, user: str) -> Mapping[str, Any]:
        """Return a user's profile: ``displayName``, ``userId``, ``language``, ``pictureUrl``, ``statusMessage``."""
        return await self.get(f"/v2/bot/profile/{quote(user, safe='')}")

    async def bot_info(self) -> Mapping[str, Any]:
        """Return the bot's own ``userId``, ``basicId``, ``displayName``, ``chatMode``."""
        return await self.get("/v2/bot/info")

    async def show_loading(self, chat: str, seconds: int = 20) -> None:
        """Show the loading animation in a one-to-one chat for 5-60 seconds, in steps of 5."""
        await self._checked("POST", "/v2/bot/chat/loading/start", {"chatId": chat, "loadingSeconds": seconds})

    async def sender(self, event: Event) -> Sender:
        """Return who is behind *event*, from a cache of ten minutes or within two seconds."""
        if event.user is None:
            return Sender()
        key = (event.chat.id, event.user)
        cached = self._senders.get(key)
        if cached and cached[0] > time.monotonic():
            return cached[1]
        sender = await self._fetch_sender(event, event.user)
        if sender is None:
            return Sender(id=event.user)  # not kept: LINE may know it a moment later
        if len(self._senders) >= PROFILE_CACHE_SIZE:
            self._senders.pop(next(iter(self._senders)))
        self._senders[key] = (time.monotonic() + PROFILE_CACHE_SECONDS, sender)
        return sender

    async def content(
        self,
        source: str | Event,
        *,
        to: Path | str | None = None,
        at_most: int = AT_MOST,
        preview: bool = False,
        seconds: float = CONTENT_SECONDS,
    ) -> Content:
        """Return the image, video, audio or file of *source*: an event, or the id of a message.

        With *to* it is written to that file, or into that folder, which then has all of it or nothing. *preview* asks
        for the small picture of an image or a video. While LINE is still preparing a video or audio this waits, for
        *seconds* at most and as long as the handler has.

        Raises ContentError for more than *at_most* bytes (20 million by default), for what LINE no longer has (404,
        410) and for what it never had: an event says where that is. Raises PlatformError for any other failure, and
        SaveError where the file can't be written.
        """
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._contents.fetch(source, None if to is None else Path(to), at_most, preview=preview)
        except TimeoutError as error:
            if not limit.expired():
                raise
            message_id = source if isinstance(source, str) else source.message_id
            raise PlatformError(f"message {message_id}: its content wasn't there within {seconds:g} seconds") from error

    def incoming(self, event: Event, at_most: int) -> AbstractAsyncContextManager[Incoming]:
        """Open what was sent with *event*, once LINE has it ready; :meth:`content` is for handlers."""
        return self._contents.incoming(event, at_most)

    @property
    def messaging(self) -> AsyncMessagingApi:
        """Return line-bot-sdk's typed client for this bot; the first call takes about a second."""
        from linebot.v3.messaging import AsyncMessagingApi  # lazy: importing it takes a second

        return self._clients.client(AsyncMessagingApi)

    def client(self, api: type[Api]) -> Api:
        """Return line-bot-sdk's *api* for this bot, as in ``client(AsyncInsight)``: any async class of linebot.v3.

        Each of its calls goes to the host that it is for. It is closed with the host.
        """
        return self._clients.client(api)

    async def _checked(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        from aiohttp import ClientError  # lazy: as in HttpClient

        try:
            answer = await self.call(method, path, body)
        except (ClientError, TimeoutError) as error:
            raise PlatformError(f"{method} {path}: no answer from LINE ({type(error).__name__})") from error
        if not 200 <= answer.status < 300:
            reason = answer.body.get("message", "no reason given")
            raise PlatformError(
                f"{method} {path}: LINE says {answer.status}, {reason}", answer.status, answer.request_id
            )
        return answer

    async def _fetch_sender(self, event: Event, user: str) -> Sender | None:
        from aiohttp import ClientError  # lazy: as in HttpClient

        try:
            answer = await self.call("GET", _profile_path(event, user), seconds=PROFILE_SECONDS)
        except (ClientError, TimeoutError):
            return None
        if answer.status != 200:
            return None
        body = answer.body
        return Sender(
            id=user,
            name=_text(body, "displayName"),
            language=_text(body, "language"),
            picture=_text(body, "pictureUrl"),
            status=_text(body, "statusMessage"),
        )


def _profile_path(event: Event, user: str) -> str:
    if event.chat.kind in ("group", "room"):
        return f"/v2/bot/{event.chat.kind}/{quote(event.chat.id, safe='')}/member/{quote(user, safe='')}"
    return f"/v2/bot/profile/{quote(user, safe='')}"


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 6 else None


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None
