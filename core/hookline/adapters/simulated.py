"""Be the base of any simulated platform: a server on this machine that records what it is sent, and fails on demand."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import aiohttp
from aiohttp import web

from ..clock import Clock, SystemClock

DELIVER_SECONDS = 10.0
MAX_BODY = 3 << 20

Accepted = TypeVar("Accepted")

FaultKind = Literal["error", "error_after_accepting", "hang", "reset", "rate_limit", "monthly_limit", "refuse"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Make one coming call that sends something fail. ``seconds`` is how long a ``hang`` lasts."""

    kind: FaultKind
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold one call that the platform accepted; ``message_ids`` are what it calls the messages, in order."""

    channel: str
    form: str
    to: str
    messages: Sequence[Mapping[str, Any]]
    retry_key: str | None = None
    message_ids: Sequence[str] = ()


class SimulatedPlatform(ABC):
    """Be a platform for bots on this machine.

    ``sent`` records all that was accepted, in order, and ``on_sent`` hears it; ``requests`` are the calls, by path and
    status. The first of ``faults`` strikes the next call that sends something.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._hanging: set[asyncio.Event] = set()
        self.sent: list[Sent] = []
        self.requests: list[tuple[str, int]] = []
        self.faults: deque[Fault] = deque()
        self.on_sent: Callable[[Sent], None] = lambda sent: None
        self.url = ""

    @abstractmethod
    def _routes(self) -> Iterable[web.RouteDef]:
        """Return the calls of the platform's API."""

    @abstractmethod
    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        """Return how the platform answers when *fault* strikes: an error, a limit, or a message that it won't take."""

    async def _unknown(self, request: web.Request) -> web.Response:
        """Answer a call that isn't simulated, by its name."""
        self.requests.append((request.path, 404))
        return web.json_response({"message": f"{request.method} {request.path} isn't simulated"}, status=404)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``url`` is then the base of the API."""
        application = web.Application(client_max_size=MAX_BODY)
        application.add_routes([*self._routes(), web.route("*", "/{path:.*}", self._unknown)])
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

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a webhook and return the status; 0 stands for a call that failed."""
        assert self._session is not None
        try:
            async with self._session.post(url, data=body, headers=headers) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def _accept(
        self,
        request: web.Request,
        accept: Callable[[], Accepted | web.Response],
        answer: Callable[[Accepted], web.Response],
    ) -> web.Response:
        """Let the next fault strike, if there is one, *accept* what it lets through, and *answer* what was accepted."""
        fault = self.faults.popleft() if self.faults else None
        match fault:
            case Fault("error" | "rate_limit" | "monthly_limit" | "refuse"):
                return self._fails(request, fault)
            case Fault("reset"):
                assert request.transport is not None
                request.transport.abort()
                return self._fails(request, fault)  # never seen
            case Fault("hang"):
                await self._hang(fault.seconds)
        accepted = accept()
        if isinstance(accepted, web.Response):  # refused
            return accepted
        if fault is not None and fault.kind == "error_after_accepting":
            return self._fails(request, fault)
        return answer(accepted)

    async def _hang(self, seconds: float) -> None:
        hanging = asyncio.Event()
        self._hanging.add(hanging)
        try:
            async with asyncio.timeout(seconds):
                await hanging.wait()
        except TimeoutError:
            pass
        finally:
            self._hanging.discard(hanging)

    def _record(self, sent: Sent) -> None:
        self.sent.append(sent)
        self.on_sent(sent)
