"""Answer what is sent to ``/webhooks/<bot>``: only after its events are durable. Plain ASGI, in front of Quart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from ..adapters.adapter import POST
from ..adapters.door import Door
from ..adapters.requests import OK, Request, Response
from ..clock import Clock
from ..errors import NotAWebhookError, StoreError
from ..pace import Trouble
from ..tasks import shielded
from .deadlines import Deadline, Deadlines
from .doors import STRANGER, Entrances
from .entries import Entries
from .guard import App, GoneError, Receive, Scope, Send, check_head, read_body
from .large import Large, RefusedError, Room
from .limits import DEFAULT_LIMITS, Limits
from .paths import target_of
from .responses import LAST_RESPONSES, RESPONSES, closing, written

ACCEPT_SECONDS = 1.5
MAX_WAITING_BYTES = 64 << 20

log = structlog.stdlib.get_logger("hookline.ingress")

Take = Callable[[str, Request, int], Awaitable[None] | None]
"""Make durable what a signed request brings to the bot of a name, which the secret of that number signed.

None when it brings nothing; else it ends once that is durable. Raises NotAWebhookError.
"""


class Webhooks:
    """Stand in front of the other application and take what is posted to a bot's path.

    Only a signed webhook keeps its connection: whoever sends anything else pays for a new one each time, and what
    stands behind it in the same packet is never looked at. ``entries`` knows who was let in.
    """

    def __init__(self, bots: Entrances, take: Take, clock: Clock, other: App, limits: Limits = DEFAULT_LIMITS) -> None:
        self._bots = bots
        self._take = take
        self.entries = Entries(bots)
        self._clock = clock
        self._other = other
        self._limits = limits
        self._deadlines = Deadlines()
        self._trouble = Trouble(log, "webhook.refused")
        self._room = Room()
        self._waiting = 0
        self._waiting_bytes = 0
        self._responses = RESPONSES

    def leave(self) -> None:
        """Ask callers, with each answer, to open a new connection: this process is about to stop."""
        self._responses = LAST_RESPONSES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        target = target_of(scope) if scope["type"] == "http" else None
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # there is none
        elif target is None:
            await self._pass_on(scope, receive, send)
        elif scope["method"] in POST or self._is_any(scope["method"]):
            await self._answer(*target, scope, receive, send)
        else:
            # Not 200: whoever watches addresses by GET would take that for a webhook that works.
            await self._send(405, send, has_body=scope["method"] != "HEAD")

    def _is_any(self, method: str) -> bool:
        """Say whether webhooks to any bot may have *method*: nobody shall learn from it which bots there are."""
        return any(method in bot.methods for bot in self._bots.values())

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the other application answer what is a request; a server may let through what is none."""
        try:
            if scope["type"] == "http":
                check_head(scope, self._limits)
            await self._other(scope, receive, closing(send))
        except RefusedError as refusal:
            await self._send(refusal.status, send, has_body=scope["method"] != "HEAD")

    async def _answer(self, name: str, rest: str, scope: Scope, receive: Receive, send: Send) -> None:
        deadline, large = self._deadlines.begin(self._limits.reading), Large(self._room, self._limits, self._bots)
        answer: Response | int
        try:
            answer = await self._receive(name, rest, scope, receive, deadline, large)
        except RefusedError as refusal:
            answer = refusal.status
        except GoneError:
            answer = 400  # it may hang on: a body that isn't one ends like this, too
        except asyncio.CancelledError:
            if not deadline.absorb():
                raise
            answer = deadline.status
        except StoreError as error:
            self._trouble.report(error, path=scope["path"])
            answer = 503
        except Exception:
            log.exception("webhook.failed", path=scope["path"])
            answer = 503
        finally:
            deadline.end()
            large.leave()
        if isinstance(answer, int):
            await self._send(answer, send)
        elif answer is OK:
            await self._send(200, send)
        else:
            for message in written(answer, is_last=self._responses is LAST_RESPONSES):
                await send(message)

    async def _send(self, status: int, send: Send, *, has_body: bool = True) -> None:
        start, body = self._responses[status]
        await send(start)
        await send(body if has_body else {**body, "body": b""})

    async def _receive(
        self, name: str, rest: str, scope: Scope, receive: Receive, deadline: Deadline, large: Large
    ) -> Response | int:
        received_at = self._clock.now()
        body = await read_body(scope["headers"], receive, self._limits, large)
        request = Request(
            body, scope["headers"], received_at, method=scope["method"], rest=rest, query=scope.get("query_string", b"")
        )
        bot = self._bots.get(name)
        door: Door = STRANGER if bot is None else bot.door
        matched = door.verify(request)
        if bot is None or matched is None:
            self.entries.refuse(f"{name}/{rest}" if rest else name, bot)
            return 401  # an unknown bot and a bad signature look the same from outside
        if scope["method"] not in bot.methods:
            return 405
        if len(body) > self._limits.body and len(body) > bot.body:
            return 413
        self.entries.let_in(bot.name, matched + 1, received_at)
        response = bot.door.answer(request)
        if not 200 <= response.status < 300:
            log.warning("webhook.not_a_webhook", bot=bot.name, reason=f"answered {response.status}")
            return response
        if self._waiting >= self._limits.waiting or self._waiting_bytes + len(body) > MAX_WAITING_BYTES:
            log.error("webhook.refused", bot=bot.name, reason="too many requests wait for a commit")
            return 503
        try:
            taking = self._take(bot.name, request, matched + 1)
        except NotAWebhookError as error:
            log.warning("webhook.not_a_webhook", bot=bot.name, reason=str(error))
            return 400
        if taking is not None:
            deadline.extend(ACCEPT_SECONDS, status=503)
            await self._wait(bot.name, asyncio.ensure_future(taking), len(body))
        return response

    async def _wait(self, bot: str, taking: asyncio.Future[None], size: int) -> None:
        """Wait until something is durable. A commit that takes too long may still happen; a redelivery finds it."""
        self._waiting += 1
        self._waiting_bytes += size
        taking.add_done_callback(partial(self._left, size))
        try:
            await shielded(taking)
        except asyncio.CancelledError:
            log.warning("webhook.refused", bot=bot, reason="not durable in time, or the caller has gone")
            raise

    def _left(self, size: int, _taking: asyncio.Future[None]) -> None:
        self._waiting -= 1
        self._waiting_bytes -= size
