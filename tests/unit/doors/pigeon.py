"""Be a platform that does whatever a test wants: which ways an event has stands in the event itself."""

from __future__ import annotations

import hmac
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel, SecretStr

from hookline import (
    AdapterKind,
    Chat,
    Delivery,
    Event,
    NotAWebhookError,
    Request,
    Response,
    Sender,
    Services,
    Verdict,
    Way,
)  # fmt: skip
from hookline.adapters.calls import Answer, attempted, call, usual
from hookline.adapters.payloads import load_object
from hookline.adapters.simulated import Fault, Sent, SimulatedPlatform
from hookline.clock import Clock

LOFT = "loft"
"""What lets a request in."""


class PigeonSettings(BaseModel):
    secret: SecretStr = SecretStr(LOFT)
    api_base: str = "http://127.0.0.1:9"


class PigeonDoor:
    def __init__(self, settings: PigeonSettings) -> None:
        self._secret = settings.secret.get_secret_value()

    def verify(self, request: Request) -> int | None:
        given = request.header("x-loft") or request.query.get("loft") or ""
        return 0 if hmac.compare_digest(given.encode(), self._secret.encode()) else None

    def answer(self, request: Request) -> Response:
        if request.method == "GET":
            return Response(body=request.query.get("challenge", "").encode())
        if request.rest == "nothing":
            return Response(204)
        if request.rest == "teapot":
            return Response(418, b"short and stout")
        return Response(body=b'{"coo": true}', content_type="application/json")


class PigeonAdapter:
    def __init__(self, bot: str, settings: PigeonSettings, services: Services) -> None:
        self._bot, self._base, self._http = bot, settings.api_base, services.http
        self.clock = services.clock

    @property
    def api(self) -> PigeonAdapter:
        return self

    async def sender(self, event: Event) -> Sender:
        return Sender(event.user)

    def receive(self, request: Request) -> Sequence[Event]:
        if request.method == "GET" or not request.body:
            return []
        raw = load_object(request.body)
        if "id" not in raw:
            raise NotAWebhookError("no id")
        return [self.read({**raw, "kind": request.header("x-kind") or raw.get("kind")}, request.received_at)]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        chat = str(raw.get("chat", ""))
        return Event(
            bot=self._bot,
            id=str(raw["id"]),
            type=str(raw.get("kind") or "message.text"),
            conversation=chat or f"event:{raw['id']}",
            chat=Chat(raw.get("where", "user"), chat) if chat else Chat("none", ""),
            user=str(raw.get("user", "mei")),
            text=raw.get("text"),
            timestamp=received_at,
            received_at=received_at,
            raw=raw,
            ways=tuple(Way(**way) for way in raw.get("ways", [])),
        )

    def push_way(self, to: str) -> Way | None:
        return Way("wing", to, is_push=True) if to != "nowhere" else None

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**raw, "text": ""}

    async def send(self, delivery: Delivery) -> Verdict:
        body = {"way": delivery.way.name, "to": delivery.way.to, "messages": list(delivery.messages)}
        return await attempted(call(self._http, "POST", f"{self._base}/fly", body), _judged)


def _judged(answer: Answer) -> Verdict:
    return Verdict("way_refused", "409 no") if answer.status == 409 else usual(answer)


class SimulatedPigeons(SimulatedPlatform):
    """Be the platform; ways named in ``closed`` are refused for good."""

    title = "Pigeon"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)
        self.closed: set[str] = set()
        self.ways: Sequence[Mapping[str, Any]] = [{"name": "send", "to": "mei"}]

    def settings(self, bot: str, given: PigeonSettings) -> PigeonSettings:
        return given.model_copy(update={"secret": SecretStr(LOFT), "api_base": self.url})

    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        return self.happen(bot, "message.text", user=user, group=group, text=text)

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        return self.text(bot, data, user=user, group=group)

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        where = "user" if group is None else "group"
        base = {"id": str(next(self._numbers)), "kind": kind, "chat": group or user, "where": where, "user": user}
        return {**base, "ways": list(self.ways), **fields}

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        return Request.of(json.dumps(raw).encode(), {"x-loft": LOFT}, self._clock.now())

    def _routes(self) -> Iterable[web.RouteDef]:
        return [web.post("/fly", self._fly)]

    async def _fly(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["way"] in self.closed:
            return web.json_response({"no": "way"}, status=409)
        sent = Sent("", body["way"], body["to"], body["messages"])

        def accept() -> Sent:
            self._record(sent)
            return sent

        return await self._accept(request, accept, partial(self._said, 200))

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        return self._said({"rate_limit": 429, "refuse": 400}.get(fault.kind, 500), None)

    def _said(self, status: int, _: object) -> web.Response:
        return web.json_response({"status": status}, status=status)


PIGEON = AdapterKind(
    name="pigeon",
    settings=PigeonSettings,
    door=PigeonDoor,
    build=PigeonAdapter,
    events={"message.text": True, "paid.late": False, "*": True},
    check_messages=lambda messages: [],
    messages_per_call=1,
    body=1 << 20,
    methods=frozenset(["GET", "POST"]),
    headers=frozenset(["x-kind"]),
    owes=True,
    signs=lambda settings: [settings.secret.get_secret_value()],
    simulate=SimulatedPigeons,
)
