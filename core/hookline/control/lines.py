"""Write and read the lines that commands and hosts exchange: one JSON object each.

A request is ``{"do": NAME, …arguments}``; it is answered with any number of ``{"progress": COUNT}`` and then one
``{"result": {…}}`` or ``{"error": TEXT}``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ..errors import HooklineError

MAX_LINE = 256 * 1024


class BadRequestError(HooklineError):
    """Say why a line is no request that this host can carry out."""


def encoded(message: Mapping[str, object]) -> bytes:
    """Return *message* as one line."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def decoded(line: bytes) -> dict[str, Any]:
    """Return the message in *line*; raise BadRequestError when there is none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("that is no JSON") from error
    if not isinstance(message, dict):
        raise BadRequestError("that is no JSON object")
    return message


async def read_line(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """Return the next line, empty at the end; raise TimeoutError or, when it is too long, BadRequestError."""
    try:
        async with asyncio.timeout(seconds):
            return await reader.readline()
    except ValueError as error:
        raise BadRequestError(f"that is more than {MAX_LINE} bytes in one line") from error
