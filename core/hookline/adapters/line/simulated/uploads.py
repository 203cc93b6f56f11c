"""Keep what simulated people send, and serve it by LINE's rules: the content, its preview, how far it is prepared.

https://developers.line.biz/en/reference/messaging-api/#getting-content
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from ....uploads.names import type_of
from ...simulated import PICTURE

Problem = Callable[[web.Request, int, str], web.Response]
Answer = Callable[[web.Request, int, Mapping[str, Any]], web.Response]
TokenOf = Callable[[web.Request], str | None]
"""Return the access token of the channel that calls, or None for one that there isn't."""


KINDS = ("image", "video", "audio", "file")
_SIGNS = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
_USUAL = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/x-m4a", "file": "application/octet-stream"}


@dataclass(slots=True)
class Upload:
    """Hold what somebody sent to the channel with *access_token*.

    LINE says ``preparing`` times more that it isn't ready yet, and then that it failed if it ``fails``. ``is_gone``
    once it was taken back.
    """

    access_token: str
    kind: str
    type: str
    data: bytes
    preparing: int = 0
    fails: bool = False
    is_gone: bool = False

    @property
    def status(self) -> str:
        """Return how far it is prepared."""
        if self.preparing:
            return "processing"
        return "failed" if self.fails else "succeeded"

    @property
    def is_transcoded(self) -> bool:
        """Say whether LINE tells how far it is prepared."""
        return self.kind in ("video", "audio")

    def look(self) -> None:
        """Bring it nearer to being prepared."""
        self.preparing = max(0, self.preparing - 1)


def read(content: bytes | Path | str, kind: str, name: str | None) -> tuple[bytes, str, str]:
    """Return the bytes of *content* or of the file that it names, a name for it, and its content type."""
    if kind not in KINDS:
        raise ValueError(f"there is no kind `{kind}` of content; expected one of {', '.join(KINDS)}")
    if isinstance(content, bytes):
        data, name = content, name or "file.bin"
    else:
        data, name = Path(content).read_bytes(), name or Path(content).name
    signed = next((found for sign, found in _SIGNS.items() if data.startswith(sign)), None)
    named = type_of(name)
    fits = named if named and (kind == "file" or named.startswith(f"{kind}/")) else None
    return data, name, (signed if kind == "image" else None) or fits or _USUAL[kind]


class UploadsApi:
    """Answer calls for what was sent."""

    def __init__(self, uploads: Mapping[str, Upload], token_of: TokenOf, answer: Answer, problem: Problem) -> None:
        self._uploads = uploads
        self._token_of = token_of
        self._answer = answer
        self._problem = problem

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the calls."""
        content = "/v2/bot/message/{message}/content"
        return [
            web.get(content, self._content),
            web.get(f"{content}/preview", self._preview),
            web.get(f"{content}/transcoding", self._transcoding),
        ]

    async def _content(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        if isinstance(upload, web.Response):
            return upload
        return self._served(request, upload, upload.data, upload.type)

    async def _preview(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        if isinstance(upload, web.Response):
            return upload
        if upload.kind not in ("image", "video"):
            return self._problem(request, 400, "The content can not be previewed")
        return self._served(request, upload, PICTURE, "image/png")

    async def _transcoding(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        if isinstance(upload, web.Response):
            return upload
        if not upload.is_transcoded:
            return self._problem(request, 400, "Transcoding status doesn't support this type of content")
        status = upload.status
        upload.look()
        return self._answer(request, 200, {"status": status})

    def _upload(self, request: web.Request) -> Upload | web.Response:
        """Return what is asked for, or why it isn't given."""
        token = self._token_of(request)
        if token is None:
            return self._problem(request, 401, "Authentication failed. Confirm that the access token is valid.")
        upload = self._uploads.get(request.match_info["message"])
        if upload is None or upload.access_token != token:
            return self._problem(request, 404, "not found")
        return self._problem(request, 410, "The content is gone") if upload.is_gone else upload

    def _served(self, request: web.Request, upload: Upload, data: bytes, kind: str) -> web.Response:
        """Return *data*, or that it isn't ready yet."""
        if upload.status != "succeeded":
            if not upload.is_transcoded:
                upload.look()  # nothing else says how far it is
            return self._answer(request, 202, {})
        answered = self._answer(request, 200, {})
        request_id = answered.headers["x-line-request-id"]
        return web.Response(body=data, content_type=kind, headers={"x-line-request-id": request_id})
