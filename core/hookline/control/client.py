"""Ask a host on this machine to do something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import StoreError
from .lines import MAX_LINE, BadRequestError, decoded, encoded, read_line
from .sockets import short_name

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
MAX_ANSWER = 64 * 1024 * 1024
"""What a host says of itself grows with its bots."""


class NoHostError(StoreError):
    """Say that no host listens."""


async def call(
    path: Path, name: str, arguments: Mapping[str, object], on_progress: Callable[[int], object] = bool
) -> Mapping[str, Any]:
    """Ask the host at the socket *path* to do *name*, and return its result.

    *on_progress* is called with how far it is. Raises NoHostError when no host listens, and StoreError with the host's
    own words when it can't, or when nothing is heard of it for 30 seconds.
    """
    request = encoded({"do": name, **arguments})
    if len(request) > MAX_LINE:
        raise StoreError(f"that is more than a host takes at once ({MAX_LINE} bytes): choose by filters, not by ids")
    reader, writer = await _connected(path)
    try:
        writer.write(request)
        await writer.drain()
        while True:
            message = decoded(await read_line(reader, ANSWER_SECONDS))
            if "result" in message:
                return dict(message["result"])
            if "error" in message:
                raise StoreError(str(message["error"]))
            on_progress(int(message["progress"]))
    except (OSError, BadRequestError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"the host at {path} has stopped answering, so that it isn't known how far it came: look again"
        ) from error
    finally:
        writer.close()


async def _connected(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            with short_name(path) as name:
                return await asyncio.open_unix_connection(name, limit=MAX_ANSWER)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NoHostError(f"no host listens at {path}") from error
    except OSError as error:
        raise StoreError(f"can't reach the host at {path}: {error.strerror or type(error).__name__}") from error
