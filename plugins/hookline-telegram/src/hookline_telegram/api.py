"""Call Telegram's API: send messages, acknowledge taps, fetch files.

https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from hookline import Delivery, Event, PlatformError, Sender, Verdict
from hookline.adapters.adapter import Incoming
from hookline.adapters.calls import Answer, attempted, call, parts_of, usual
from hookline.adapters.http import HttpClient
from hookline.adapters.payloads import identity, mapping, number, objects, text
from hookline.errors import ContentError

from .parse import file_of, message_of, people_of

CALL_SECONDS = 7.0
ACKNOWLEDGE_SECONDS = 2.5
MAX_WAIT = 86_400
_TYPES = {"photo": "image/jpeg", "video_note": "video/mp4"}
"""The content types of what Telegram has made itself, and doesn't tell the type of."""


class TelegramApi:
    """Call Telegram's Bot API as one bot."""

    def __init__(self, base: str, token: str, http: HttpClient) -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._http = http

    async def call(self, method: str, **parameters: Any) -> Any:
        """Return the ``result`` of a call, as in ``await context.api.call("getMe")``; raise PlatformError otherwise."""
        from aiohttp import ClientError  # lazy: 150 ms that an idle host need not pay

        try:
            answer = await self._called(method, parameters)
        except (ClientError, TimeoutError) as error:
            raise PlatformError(f"{method}: no answer from Telegram ({type(error).__name__})") from None
        if answer.body.get("ok") is not True:
            raise PlatformError(f"{method}: Telegram says {_said(answer)}", _code(answer))
        return answer.body.get("result")

    async def sender(self, event: Event) -> Sender:
        """Return who is behind *event*, which says so itself."""
        found = next((one for one in people_of(event.raw) if identity(one, "id") == event.user), {})
        name = " ".join(filter(None, (text(found, "first_name"), text(found, "last_name")))) or text(found, "title")
        return Sender(event.user, name, text(found, "language_code"))

    async def send(self, delivery: Delivery) -> Verdict:
        """Send one message; by the way of a tapped button that is acknowledged first."""
        address = delivery.way.to
        if delivery.way.name == "callback":
            query, _, address = address.partition(" ")
            acknowledged = await attempted(
                self._called("answerCallbackQuery", {"callback_query_id": query}, ACKNOWLEDGE_SECONDS), _judged
            )
            if not delivery.messages:  # one that is too old is no longer waited for
                return replace(acknowledged, outcome="sent") if acknowledged.outcome == "refused" else acknowledged
            if not address:
                return Verdict("way_refused", "the tapped message is in no chat")
        return await self._send(address, delivery.messages[0])

    async def _send(self, address: str, message: Mapping[str, Any], *, is_moved: bool = False) -> Verdict:
        chat, _, topic = address.partition(":")
        key = "direct_messages_topic_id" if topic.startswith("d") else "message_thread_id"
        parameters = {name: value for name, value in message.items() if name not in ("method", "type")}
        where = {"chat_id": chat, **({key: int(topic.removeprefix("d"))} if topic else {})}
        method = str(message.get("method", "sendMessage"))
        found: list[Answer] = []
        verdict = await attempted(self._called(method, {**where, **parameters}), partial(_noted, found))
        moved = identity(mapping(found[0].body, "parameters"), "migrate_to_chat_id") if found else None
        if moved is None or is_moved:
            return verdict
        return await self._send(moved, message, is_moved=True)  # the group became a supergroup, and has another id

    async def _called(self, method: str, parameters: Mapping[str, Any], seconds: float = CALL_SECONDS) -> Answer:
        url = f"{self._base}/bot{self._token}/{quote(method, safe='')}"
        return await call(self._http, "POST", url, parameters, seconds=seconds)

    @asynccontextmanager
    async def incoming(self, event: Event, at_most: int) -> AsyncIterator[Incoming]:
        """Open the file that came with *event*; Telegram gives bots no more than 20 MB."""
        from aiohttp import ClientError  # lazy: as above

        message = message_of(event.raw)
        found = file_of(message)
        file_id = text(found, "file_id")
        if file_id is None:
            raise ContentError(f"`{event.type}` comes with no file")
        path = await self._path(file_id)
        try:
            async with self._http.downloads().get(
                f"{self._base}/file/bot{self._token}/{quote(path)}", allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise PlatformError(f"fetching a file: Telegram says {response.status}", response.status)
                kind = text(found, "mime_type") or next((_TYPES[name] for name in _TYPES if name in message), None)
                yield Incoming(kind or response.content_type, parts_of(response.content, at_most))
        except (TimeoutError, ClientError) as error:
            raise PlatformError(f"fetching a file: no answer from Telegram ({type(error).__name__})") from None

    async def _path(self, file_id: str) -> str:
        try:
            path = text(mapping({"found": await self.call("getFile", file_id=file_id)}, "found"), "file_path")
        except PlatformError as error:
            if error.status != 400:
                raise
            raise ContentError(str(error), error.status) from None  # too big, or gone: so it stays
        if path is None:
            raise ContentError("Telegram no longer has this file")
        return path


def _noted(found: list[Answer], answer: Answer) -> Verdict:
    found.append(answer)
    return _judged(answer)


def _judged(answer: Answer) -> Verdict:
    """Say what *answer* means: the body does, since Telegram may answer 200 and say that it failed."""
    if answer.body.get("ok") is True:
        result = answer.body.get("result")
        sent = objects({"sent": result if isinstance(result, list) else [result]}, "sent")
        return Verdict("sent", message_ids=[found for one in sent if (found := identity(one, "message_id"))])
    code = _code(answer)
    if code == 429:
        wait = number(mapping(answer.body, "parameters"), "retry_after") or 1
        return Verdict("again", _said(answer), after=float(min(max(wait, 1), MAX_WAIT)))
    if code == 200:  # "ok": false says that nothing was done; what is no answer of Telegram's says nothing
        code = 400 if answer.body.get("ok") is False else 500
    return usual(replace(answer, status=code), text(answer.body, "description") or "")


def _code(answer: Answer) -> int:
    code = answer.body.get("error_code")
    return code if isinstance(code, int) and not isinstance(code, bool) else answer.status


def _said(answer: Answer) -> str:
    return f"{_code(answer)} {text(answer.body, 'description') or ''}".strip()
