"""Take requests from commands on the machine, and never let one of them harm the host."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog

from ..clock import Clock
from ..errors import HooklineError, StoreError
from ..store.store import Store
from .lines import MAX_LINE, BadRequestError, decoded, encoded, read_line
from .requests import ANSWERS, Operated, Request
from .sockets import identity_of, listen, remove, user_of

MAX_CLIENTS = 16
LINE_SECONDS = 10.0
RETRY_SECONDS = 1.0

log = structlog.stdlib.get_logger("hookline.control")


class ControlServer:
    """Answer requests at the socket *path* of *host*, which holds *store*."""

    def __init__(self, store: Store, host: Operated, clock: Clock, path: Path) -> None:
        self._store = store
        self._host = host
        self._clock = clock
        self._path = path
        self._listener: socket.socket | None = None
        self._identity = (0, 0)
        self._accepting: asyncio.Task[None] | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen from now on. A host that can't is logged, and does all else: bots matter more than commands."""
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._listener = listen(self._path)
            self._identity = identity_of(self._path)
        except (OSError, StoreError) as error:
            log.warning("control.unavailable", reason=str(error))
            return
        self._accepting = asyncio.create_task(self._accept(self._listener))

    async def close(self) -> None:
        """Stop listening, and whatever is under way at its next turn."""
        tasks = [task for task in (self._accepting, *self._clients) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            remove(self._path, self._identity)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:
                log.warning("control.not_accepted", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            who = user_of(connection)
            if who is None or len(self._clients) >= MAX_CLIENTS:
                connection.close()
                continue
            client = asyncio.create_task(self._serve(connection, who))
            self._clients.add(client)
            client.add_done_callback(self._clients.discard)

    async def _serve(self, connection: socket.socket, who: str) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=MAX_LINE)
        try:
            while line := await read_line(reader, LINE_SECONDS):
                await self._answer(line, writer, who)
        except BadRequestError as error:
            await _send_last(writer, {"error": str(error)})
        except OSError:
            pass  # the other end is gone, or says and takes nothing: TimeoutError is one, too
        finally:
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter, who: str) -> None:
        async def report(count: int) -> None:
            await _send(writer, {"progress": count})

        try:
            result = await self._carried_out(line, who, report)
        except OSError:
            raise
        except HooklineError as error:
            await _send(writer, {"error": str(error)})
        except Exception:  # a defect in one request must not take the others down
            log.exception("control.failed")
            await _send(writer, {"error": "the host failed at that; its log says why"})
        else:
            await _send(writer, {"result": result})

    async def _carried_out(
        self, line: bytes, who: str, report: Callable[[int], Awaitable[None]]
    ) -> Mapping[str, object]:
        arguments = decoded(line)
        name = arguments.pop("do", None)
        answer = ANSWERS.get(name) if isinstance(name, str) else None
        if answer is None:
            raise BadRequestError(f"this host can't do {name!r}: is its version another?")
        return await answer(Request(arguments, self._store, self._host, self._clock, who, report))


async def _send(writer: asyncio.StreamWriter, message: Mapping[str, object]) -> None:
    writer.write(encoded(message))
    async with asyncio.timeout(LINE_SECONDS):
        await writer.drain()


async def _send_last(writer: asyncio.StreamWriter, message: Mapping[str, object]) -> None:
    try:
        await _send(writer, message)
    except OSError:
        return
