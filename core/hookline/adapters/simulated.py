"""Be the base of any simulated platform: a server on this machine that records what it is sent, and fails on demand."""

from __future__ import annotations

import asyncio
import io
import socket
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import aiohttp
from aiohttp import web

from ..clock import Clock, SystemClock
from .deliveries import Delivery
from .requests import Request

DELIVER_SECONDS = 10.0
MAX_BODY = 3 << 20
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
"""A red dot, as PNG."""

Accepted = TypeVar("Accepted")

FaultKind = Literal["error", "error_after_accepting", "hang", "reset", "rate_limit", "monthly_limit", "refuse"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Make one coming call that sends something fail. ``seconds`` is how long a ``hang`` lasts."""

    kind: FaultKind
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold one call that the platform accepted: by which way, and to whom; who sends is the bot ``channel``.

    ``message_ids`` are what it calls the messages, in order.
    """

    channel: str
    form: str
    to: str
    messages: Sequence[Mapping[str, Any]]
    retry_key: str | None = None
    message_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """Hold what a person could tap: then ``says`` is written, or ``data`` comes back, or ``url`` is opened."""

    label: str
    says: str | None = None
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Hold a message as a terminal shows it."""

    lines: Sequence[str]
    buttons: Sequence[Button] = ()


@dataclass(frozen=True, slots=True)
class SentFile:
    """Hold a file that a person sends: its bytes, and its name."""

    content: bytes
    kind: str
    name: str


class SimulatedPlatform(ABC):
    """Be a platform for bots on this machine.

    What people do is built as the event's raw object (:meth:`text`, :meth:`tap`, :meth:`happen`), and becomes what the
    platform would post by :meth:`request`.

    ``sent`` records all that was accepted, in order, and ``on_sent`` hears it; ``requests`` are the calls, by path and
    status. ``webhooks`` are the URLs of the bots, by name. The first of ``faults`` strikes the next call that sends
    something.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._listener: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._hanging: set[asyncio.Event] = set()
        self.sent: list[Sent] = []
        self.requests: list[tuple[str, int]] = []
        self.faults: deque[Fault] = deque()
        self.on_sent: Callable[[Sent], None] = lambda sent: None
        self.url = ""
        self.webhooks: dict[str, str] = {}

    title = "simulated"
    """What people call the platform."""

    @abstractmethod
    def settings(self, bot: str, given: Any) -> Any:
        """Return the settings by which *bot* speaks to it, made of those *given*; it has an account from then on."""

    @abstractmethod
    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> Mapping[str, Any]:
        """Return the raw event that *user* writes *text*, alone with the bot or in *group*; with *mention* by name."""

    @abstractmethod
    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> Mapping[str, Any]:
        """Return the raw event that *user* taps a button with *data*."""

    @abstractmethod
    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> Mapping[str, Any]:
        """Return a raw event of the type *kind*, with *fields* as the platform has them."""

    @abstractmethod
    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the signed request by which *bot* hears of *raw*."""

    def draw(self, message: Mapping[str, Any]) -> Drawing:
        """Return *message*, as it was sent, for a terminal."""
        return Drawing(str(message.get("text", "")).splitlines() or [f"[{message.get('type', 'message')}]"])

    def file(self, bot: str, file: SentFile, *, user: str = "mei", group: str | None = None) -> Mapping[str, Any]:
        """Return the raw event that *user* sends a *file*; raises NotImplementedError where nobody can."""
        raise NotImplementedError(f"{self.title} takes no files here")

    def id_of(self, user: str) -> str:
        """Return what a person is called in pushes."""
        return user

    def name_of(self, to: str) -> str:
        """Return the name of who is *to*, for people."""
        return to

    def let_unknown(self, bot: str, *, is_let: bool) -> None:  # noqa: B027  most judge nothing
        """Take messages from *bot* that hold what isn't known, or refuse them."""

    def leave_unchecked(self, delivery: Delivery) -> None:  # noqa: B027  as above
        """Take those messages of *delivery*, which is sent next, that say so, whatever they hold."""

    @abstractmethod
    def _routes(self) -> Iterable[web.RouteDef]:
        """Return the calls of the platform's API."""

    @abstractmethod
    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        """Return how the platform answers when *fault* strikes: an error, a limit, or a message that it won't take."""

    def bind(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Take an address; ``url`` is then the base of the API, though nobody answers yet."""
        self._listener = socket.create_server((host, port))
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"

    async def _unknown(self, request: web.Request) -> web.Response:
        """Answer a call that isn't simulated, by its name."""
        self.requests.append((request.path, 404))
        return web.json_response({"message": f"{request.method} {request.path} isn't simulated"}, status=404)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``url`` is then the base of the API."""
        if self._listener is None:
            self.bind(host, port)
        application = web.Application(client_max_size=MAX_BODY)
        application.add_routes([*self._routes(), web.route("*", "/{path:.*}", self._unknown)])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        assert self._listener is not None
        await web.SockSite(self._runner, self._listener).start()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DELIVER_SECONDS))

    async def stop(self) -> None:
        """Close everything; hanging calls end."""
        for hanging in list(self._hanging):
            hanging.set()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._listener is not None:
            self._listener.close()

    async def post(self, url: str, request: Request) -> tuple[int, bytes]:
        """Make *request* at *url*, and return the status and the body; 0 stands for a call that failed."""
        assert self._session is not None
        url = f"{url}/{request.rest}" if request.rest else url
        try:
            async with self._session.request(
                request.method, url, data=io.BytesIO(request.body), headers=dict(request.headers)
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return 0, b""

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
