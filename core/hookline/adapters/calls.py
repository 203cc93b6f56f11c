"""Call a platform's API over the shared session, and say what its answer means for what was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ContentError
from .deliveries import Verdict
from .failures import unsent
from .http import HttpClient

if TYPE_CHECKING:
    from aiohttp import StreamReader

SEND_SECONDS = 10.0
MAX_ANSWER_BYTES = 1_000_000
PART = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold a platform's answer to one call.

    ``body`` is the JSON object in ``content``, empty when that is none; ``headers`` have names in lower case.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that the platform asks to wait."""
        value = self.headers.get("retry-after", "")
        try:
            seconds = float(value) if value.isascii() and len(value) < 12 else -1.0
        except ValueError:
            return None
        return seconds if 0 <= seconds < 100_000 else None


async def call(
    http: HttpClient,
    method: str,
    url: str,
    body: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    seconds: float = SEND_SECONDS,
) -> Answer:
    """Make one call with a JSON *body* and return the answer, whatever its status.

    Raises TimeoutError and aiohttp.ClientError as they come, TypeError and RecursionError for what is no JSON.
    """
    # Characters that UTF-8 can't hold (lone surrogates) go out as "?".
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    async with (
        asyncio.timeout(seconds),
        http.session().request(
            method,
            url,
            data=data,
            headers={"content-type": "application/json", **(headers or {})},
            allow_redirects=False,
        ) as response,
    ):
        payload = await _whole(response.content)
        return Answer(
            response.status,
            _json_object(payload),
            {name.lower(): value for name, value in response.headers.items()},
            payload,
        )


async def parts_of(content: StreamReader, at_most: int) -> AsyncIterator[bytes]:
    """Yield a file as it comes; raise ContentError once it has more than *at_most* bytes."""
    size = 0
    async for part in content.iter_chunked(PART):
        size += len(part)
        if size > at_most:
            raise ContentError(f"the file has over {at_most} bytes, which is the most that is taken")
        yield part


async def attempted(calling: Awaitable[Answer], judge: Callable[[Answer], Verdict]) -> Verdict:
    """Return what *judge* says of the answer to a call, or what it means that there was none."""
    import aiohttp  # lazy: as in HttpClient

    try:
        answer = await calling
    except (TypeError, RecursionError) as error:  # of the body, which is written before anything is sent
        reason = f"it can't be put into a request ({type(error).__name__}); nothing was sent"
        return Verdict("refused", reason, blames_messages=True)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return unsent(error) or Verdict("uncertain", f"no answer ({type(error).__name__})")
    return judge(answer)


def usual(answer: Answer, reason: str = "") -> Verdict:
    """Return what the status of *answer* means where a platform says nothing else by it."""
    said = f"{answer.status} {reason}".strip()
    match answer.status:
        case 200 | 201 | 202 | 204:
            return Verdict("sent", said)
        case 429:
            return Verdict("again", said, after=answer.retry_after or 1.0)
        case 408 | 425:
            return Verdict("again" if answer.status == 425 else "uncertain", said)
        case status if status >= 500 or 200 < status < 400:
            return Verdict("uncertain", said)
        case _ if not answer.body:  # a proxy's answer: a platform's own say why
            return Verdict("again", f"{said} (not the platform's own answer)")
    return Verdict("refused", said, blames_messages=answer.status in (400, 413, 422))


async def _whole(stream: StreamReader) -> bytes:
    """Return the whole answer, in however many packets it comes, up to a megabyte."""
    parts: list[bytes] = []
    size = 0
    while size < MAX_ANSWER_BYTES and (part := await stream.read(MAX_ANSWER_BYTES - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _json_object(payload: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
