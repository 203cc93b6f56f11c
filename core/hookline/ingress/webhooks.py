"""Answer what is sent to ``/webhooks/<bot>``: only after its events are durable. Plain ASGI, in front of Quart."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial

import structlog

from ..adapters.adapter import POST
from ..adapters.door import Door
from ..adapters.requests import OK, Request, Response
from ..bots.bot import Bot, Bots
from ..clock import Clock
from ..errors import NotAWebhookError, StoreError
from ..events import Event
from ..pace import Rarely, Trouble
from .deadlines import Deadline, Deadlines
from .doors import STRANGER
from .guard import App, GoneError, Receive, RefusedError, Scope, Send, check_head, read_body
from .large import Large, Room
from .limits import DEFAULT_LIMITS, Limits
from .paths import target_of, unknown
from .responses import LAST_RESPONSES, RESPONSES, closing, written

ACCEPT_SECONDS = 1.5
MAX_WAITING_BYTES = 64 << 20

log = structlog.stdlib.get_logger("hookline.ingress")

Accept = Callable[[Sequence[Event]], Awaitable[None]]
"""Make events durable; ends once they are."""


class Webhooks:
    """Stand in front of the other application and take what is posted to a bot's path.

    Only a signed webhook keeps its connection: whoever sends anything else pays for a new one each time, and what
    stands behind it in the same packet is never looked at.

    ``verified`` counts webhooks by bot and number of the secret that matched (1 is the newest); ``last_secret`` has the
    number that matched last, and when (milliseconds since 1970).
    """

    def __init__(self, bots: Bots, accept: Accept, clock: Clock, other: App, limits: Limits = DEFAULT_LIMITS) -> None:
        self._bots = bots
        self._accept_events = accept
        self.verified: Counter[tuple[str, int]] = Counter()
        self.last_secret: dict[str, tuple[int, int]] = {}
        self._clock = clock
        self._other = other
        self._limits = limits
        self._deadlines = Deadlines()
        self._refusals = Rarely()
        self._strangers = Rarely()
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
        elif scope["method"] in self._methods(target[0]):
            await self._answer(*target, scope, receive, send)
        else:
            # Not 200: whoever watches addresses by GET would take that for a webhook that works.
            await self._send(405, send, has_body=scope["method"] != "HEAD")

    def _methods(self, name: str) -> Collection[str]:
        """Return the methods that a webhook to the bot *name* may have."""
        bot = self._bots.get(name)
        return POST if bot is None else bot.kind.methods

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
            self._report_refusal(f"{name}/{rest}" if rest else name, bot)
            return 401  # an unknown bot and a bad signature look the same from outside
        if len(body) > self._limits.body and len(body) > (bot.kind.body or 0):
            return 413
        self._note_secret(bot.name, matched + 1, received_at)
        response = bot.door.answer(request)
        if not 200 <= response.status < 300:
            log.warning("webhook.not_a_webhook", bot=bot.name, reason=f"answered {response.status}")
            return response
        try:
            events = bot.adapter.receive(request)
        except NotAWebhookError as error:
            log.warning("webhook.not_a_webhook", bot=bot.name, reason=str(error))
            return 400
        if events:
            deadline.extend(ACCEPT_SECONDS, status=503)
            await self._accept(bot, events, len(body))
        return response

    async def _accept(self, bot: Bot, events: Sequence[Event], size: int) -> None:
        """Wait until *events* are durable. A commit that takes too long may still happen; a redelivery finds them."""
        if self._waiting >= self._limits.waiting or self._waiting_bytes + size > MAX_WAITING_BYTES:
            log.error("webhook.refused", bot=bot.name, reason="too many accepts wait for a commit")
            raise RefusedError(503)
        self._waiting += 1
        self._waiting_bytes += size
        accepting = asyncio.ensure_future(self._accept_events(events))
        accepting.add_done_callback(partial(self._left, size))
        try:
            await asyncio.shield(accepting)
        except asyncio.CancelledError:
            log.warning("webhook.refused", bot=bot.name, reason="not durable in time, or the caller has gone")
            raise
        log.debug("event.accepted", bot=bot.name, events=len(events))

    def _note_secret(self, bot: str, number: int, now: int) -> None:
        """Count which secret matched, and log it when it is another than before."""
        self.verified[bot, number] += 1
        before, _ = self.last_secret.get(bot, (None, 0))
        self.last_secret[bot] = number, now
        if number != before and (number > 1 or before is not None):
            log.warning("webhook.secret", bot=bot, number=number, is_newest=number == 1)

    def _report_refusal(self, name: str, bot: Bot | None) -> None:
        """Log a refused signature or name, one of each in ten seconds: anybody can cause as many as they like."""
        if bot is None and self._strangers.is_due():
            log.warning("webhook.unauthorized", bot=None, reason=unknown(name, self._bots))
        elif bot is not None and self._refusals.is_due():
            reason = "the signature is missing, or none of the bot's secrets made it"
            log.warning("webhook.unauthorized", bot=bot.name, reason=reason)

    def _left(self, size: int, accepting: asyncio.Future[None]) -> None:
        if not accepting.cancelled():
            accepting.exception()  # looked at, so that nobody complains when the caller has gone
        self._waiting -= 1
        self._waiting_bytes -= size
