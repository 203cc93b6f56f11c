"""Fetch what people send: images, videos, audio and files, once LINE has them ready.

https://developers.line.biz/en/reference/messaging-api/#getting-content
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...errors import ContentError, PlatformError
from ...events import Event
from ...uploads.folders import LocalFolder
from ...uploads.names import extension_of, file_name, stem_of
from ..adapter import Incoming
from ..http import CONNECT_SECONDS, HttpClient

if TYPE_CHECKING:
    from aiohttp import ClientResponse

AT_MOST = 20_000_000
CONTENT_SECONDS = 120.0
STALL_SECONDS = 10.0
"""How long LINE may send nothing at all."""

MAX_ANSWER = 100_000
PART = 1 << 16
LOOKS = (0.2, 0.5, 1.0, 2.0)
"""The seconds between looks at what LINE is preparing, the last again and again."""

GONE = frozenset([400, 403, 404, 410])
"""What LINE answers where asking again is in vain."""


@dataclass(frozen=True, slots=True)
class Content:
    """Hold what somebody sent, its bytes in ``data``, or in the file ``path`` when it was written to one.

    ``type`` is the content type, as in ``image/jpeg``; ``name`` is a safe name for the file, with an extension, after
    the one that it was sent under.
    """

    type: str
    size: int
    name: str
    data: bytes = b""
    path: Path | None = None


class Contents:
    """Fetch what people send to one bot; LINE may send nothing for *stall* seconds."""

    def __init__(self, base: str, access_token: str, http: HttpClient, stall: float = STALL_SECONDS) -> None:
        self._base = base
        self._access_token = access_token
        self._http = http
        self._stall = stall

    async def fetch(self, source: str | Event, to: Path | None, at_most: int, *, preview: bool) -> Content:
        """Return the content of *source*, written to the file or into the folder *to* when there is one."""
        message_id, sent_name = _message_of(source)
        async with self.incoming(source, at_most, preview=preview) as incoming:
            name = file_name(
                stem_of(sent_name) if sent_name else "", message_id, extension_of(sent_name, incoming.type)
            )
            if to is None:
                data = b"".join([part async for part in incoming.parts])
                return Content(incoming.type, len(data), name, data)
            path = to / name if to.is_dir() else to
            stored = await LocalFolder(path.parent).store(path.name, incoming.parts, message_id)
            return Content(incoming.type, stored.size, name, path=path)

    @asynccontextmanager
    async def incoming(self, source: str | Event, at_most: int, *, preview: bool = False) -> AsyncIterator[Incoming]:
        """Open the content of *source*, or its *preview*, as soon as LINE has it ready."""
        if isinstance(source, Event):
            _refuse_in_advance(source, None if preview else at_most)
        message_id, _ = _message_of(source)
        path = f"/v2/bot/message/{quote(message_id, safe='')}/content"
        looks = chain(LOOKS, repeat(LOOKS[-1]))
        while True:
            async with self._get(f"{path}/preview" if preview else path) as response:
                if response.status == 200:
                    size = None if "content-encoding" in response.headers else response.content_length
                    _refuse_large(message_id, size, at_most)
                    yield Incoming(response.content_type, _parts(response, message_id, at_most, self._stall))
                    return
                if response.status != 202:
                    raise await _refusal(response)
            await self._prepared(path, looks)

    async def _prepared(self, path: str, looks: Iterator[float]) -> None:
        """Wait until LINE says that it has the content ready, or says nothing about that."""
        while True:
            await asyncio.sleep(next(looks))
            async with self._get(f"{path}/transcoding") as response:
                if response.status == 400:  # no video and no audio: whether it is ready only the content says
                    return
                if response.status != 200:
                    raise await _refusal(response)
                status = (await _object(response)).get("status")
            if status == "failed":
                raise ContentError(f"GET {path}: LINE failed to prepare this content", 202)
            if status != "processing":
                return

    @asynccontextmanager
    async def _get(self, path: str) -> AsyncIterator[ClientResponse]:
        from aiohttp import ClientError, ClientTimeout  # lazy: as in HttpClient

        is_open = False
        try:
            async with self._http.downloads().get(
                self._base + path,
                # Not compressed on the way: pictures and videos are already, and a length that is told counts.
                headers={"authorization": f"Bearer {self._access_token}", "accept-encoding": "identity"},
                timeout=ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self._stall),
                allow_redirects=False,
            ) as response:
                is_open = True
                yield response
        except (ClientError, TimeoutError) as error:
            if is_open:
                raise  # the caller's own, or already said in its words
            raise PlatformError(f"GET {path}: no answer from LINE ({type(error).__name__})") from error


def _message_of(source: str | Event) -> tuple[str, str | None]:
    """Return the id of the message that *source* is or names, and the name that a file was sent under."""
    if isinstance(source, str):
        return source, None
    sent_name = source.attachment.name if source.attachment else None
    return source.message_id or "", sent_name


def _refuse_in_advance(event: Event, at_most: int | None) -> None:
    attachment = event.attachment
    if attachment is None or event.message_id is None:
        raise ContentError(f"`{event.type}` comes with no content; only images, videos, audio and files do")
    if attachment.url is not None:
        where = attachment.url or "a place that it doesn't name"
        raise ContentError(f"message {event.message_id}: LINE doesn't keep its content; it is at {where}")
    if at_most is not None:
        _refuse_large(event.message_id, attachment.size, at_most)


def _refuse_large(message_id: str, size: int | None, at_most: int) -> None:
    if size is not None and size > at_most:
        raise ContentError(
            f"message {message_id}: its content has {size} bytes, at most {at_most} are taken; `at_most` sets the limit"
        )


async def _parts(response: ClientResponse, message_id: str, at_most: int, stall: float) -> AsyncIterator[bytes]:
    from aiohttp import ClientError  # lazy: as in HttpClient

    size = 0
    try:
        async for part in response.content.iter_chunked(PART):
            size += len(part)
            if size > at_most:
                raise ContentError(
                    f"message {message_id}: its content has over {at_most} bytes, which is the most that is taken; "
                    "`at_most` sets the limit"
                )
            yield part
    except (ClientError, TimeoutError) as error:
        what = f"sent nothing for {stall:g} seconds" if isinstance(error, TimeoutError) else "broke off"
        raise PlatformError(f"message {message_id}: LINE {what} after {size} bytes of its content") from error


async def _refusal(response: ClientResponse) -> PlatformError:
    """Return what a status other than 200 and 202 means."""
    kind = ContentError if response.status in GONE else PlatformError
    reason = (await _object(response)).get("message", "no reason given")
    message = f"GET {response.url.raw_path}: LINE says {response.status}, {reason}"
    return kind(message, response.status, response.headers.get("x-line-request-id"))


async def _object(response: ClientResponse) -> dict[str, object]:
    """Return the JSON object that was answered; nothing when it was something else, or never came."""
    from aiohttp import ClientError  # lazy: as in HttpClient

    try:
        found = json.loads(await response.content.read(MAX_ANSWER))
    except (ValueError, RecursionError, ClientError, TimeoutError):
        return {}
    return found if isinstance(found, dict) else {}
