"""Send what LINE sends: it is durable before the 200, stored once, kept as it came, and answered."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hookline.adapters.adapter import Services
from hookline.adapters.http import HttpClient
from hookline.adapters.line.parse import EVENTS
from hookline.adapters.line.signature import sign
from hookline.bots.bot import Bot
from hookline.clock import SystemClock
from hookline.dispatch.intake import Intake
from hookline.errors import StoreError
from hookline.events import Event
from hookline.host.pages import build_app
from hookline.ingress.webhooks import MAX_WAITING_BYTES, Webhooks
from hookline.testing import RunningBot, events, running_bot
from tests.store.worlds import lease
from tests.support import NOW, SECRET, configured, make_event
from tests.web.wire import Site, Wire, request, served, signature, signed_request

VECTOR_SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
VECTOR_BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
VECTOR_SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="

ROTATING = """
version: 1
bots:
  shop:
    adapter: line
    line:
      channel_secret:
        - ${NEW}
        - ${OLD}
      access_token: ${TOKEN}
"""
ECHO = """
version: 1
bots:
  bot:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    routes:
      - {name: echo, otherwise: true, reply: '{event.text}'}
"""
NOTES_PROJECT = """
[project]
name = "notes"
[project.entry-points.hookline]
notes = "web_test_notes"
"""
NOTES_CODE = """
from hookline import hookimpl


async def note(context):
    return None


@hookimpl
def hookline_handlers():
    return {"note": note}
"""


def webhook(*batch: Mapping[str, Any]) -> bytes:
    """Return the body of a webhook with *batch*."""
    return json.dumps({"destination": "U" + "0" * 32, "events": batch}).encode()


def text_event(text: str = "hi", **fields: Any) -> dict[str, Any]:
    """Return a raw text event."""
    return events.event("message", now=NOW, message=events.text_message(text), reply_token="token", **fields)


# Verification, batches, duplicates


async def test_console_verification_is_answered_and_stores_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        answer = await site.ask(signed_request(webhook()))

        assert (answer.status, answer.body) == (200, b"OK")
        assert await site.stored() == 0


async def test_official_test_vector_is_accepted(tmp_path: Path) -> None:
    environment = {"SECRET": VECTOR_SECRET, "TOKEN": "t"}

    async with served(tmp_path, environment=environment) as site:
        answer = await site.ask(request(VECTOR_BODY, f"X-Line-Signature: {VECTOR_SIGNATURE}"))

    assert answer.status == 200


async def test_header_name_may_be_in_any_case(tmp_path: Path) -> None:
    body = webhook(text_event())

    async with served(tmp_path) as site:
        answers = [
            await site.ask(request(body, signature(body).replace("x-line-signature", name)))
            for name in ("X-Line-Signature", "X-LINE-SIGNATURE", "x-LiNe-SiGnAtUrE")
        ]

    assert [answer.status for answer in answers] == [200, 200, 200]


async def test_each_event_of_a_batch_is_stored_for_its_own_conversation(tmp_path: Path) -> None:
    batch = [text_event(user=name) for name in ("mei", "jun", "ann")] + [text_event(user="mei", group="family")]

    async with served(tmp_path) as site:
        await site.ask(signed_request(webhook(*batch)))

        leased = await lease(site.host.store)
    assert [row.raw for row in leased] == batch
    assert [row.conversation for row in leased] == [
        *(events.user_id(name) for name in ("mei", "jun", "ann")),
        events.group_id("family"),
    ]


async def test_event_doubled_in_one_body_is_stored_once(tmp_path: Path) -> None:
    raw = text_event()

    async with served(tmp_path) as site:
        answer = await site.ask(signed_request(webhook(raw, raw, text_event(), raw)))

        assert answer.status == 200
        assert await site.stored() == 2


async def test_event_that_comes_in_many_requests_at_once_is_stored_once(tmp_path: Path) -> None:
    raw = text_event()

    async with served(tmp_path) as site:
        answers = await asyncio.gather(*(site.ask(signed_request(webhook(raw))) for _ in range(20)))

        assert {answer.status for answer in answers} == {200}
        assert await site.stored() == 1


async def test_event_without_an_id_is_known_again_whatever_its_delivery_context(tmp_path: Path) -> None:
    raw = text_event()
    del raw["webhookEventId"]
    again = {**raw, "deliveryContext": {"isRedelivery": True}}

    async with served(tmp_path) as site:
        for one in (raw, again):
            await site.ask(signed_request(webhook(one)))

        assert await site.stored() == 1


@pytest.mark.parametrize("flags", [(True, False), (False, False), (True, True), (False, True)])
async def test_id_and_not_the_redelivery_flag_decides_what_is_new(tmp_path: Path, flags: tuple[bool, bool]) -> None:
    raw = text_event()
    bodies = [webhook({**raw, "deliveryContext": {"isRedelivery": flag}}) for flag in flags]

    async with served(tmp_path) as site:
        for body in bodies:
            await site.ask(signed_request(body))

        assert await site.stored() == 1


async def test_same_id_at_two_bots_is_two_events(tmp_path: Path) -> None:
    line = '{channel_secret: "${SECRET}", access_token: "${TOKEN}"}'
    text = f"version: 1\nbots:\n  shop: {{adapter: line, line: {line}}}\n  cafe: {{adapter: line, line: {line}}}\n"
    body = webhook(text_event())

    async with served(tmp_path, text) as site:
        for path in ("/webhooks/shop", "/webhooks/cafe"):
            await site.ask(signed_request(body, path=path))

        assert await site.stored() == 2


async def test_webhook_is_taken_whatever_its_transport(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        answers = [
            await site.ask(signed_request(webhook(text_event()), version="1.0")),
            await site.ask(signed_request(webhook(text_event()), path="/webhooks/%73hop")),
            await site.ask(signed_request(webhook(text_event()), path="/webhooks/shop?from=line")),
            await site.ask(signed_request(webhook(text_event()), "content-encoding: identity")),
            await site.ask(signed_request(webhook(text_event()), "user-agent: LineBotWebhook/2.0")),
            await site.ask(request(body := webhook(text_event()), signature(body), "content-type: text/plain")),
        ]

        assert [answer.status for answer in answers] == [200] * 6
        assert await site.stored() == 6


async def test_100_webhooks_over_one_connection_are_all_stored(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        async with await Wire.open(site.port) as wire:
            for _ in range(100):
                await wire.send(signed_request(webhook(text_event())))
                assert (await wire.answer()).status == 200

        assert await site.stored() == 100


async def test_event_is_kept_when_its_sender_hangs_up_before_the_answer(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        async with await Wire.open(site.port) as wire:
            await wire.send(signed_request(webhook(text_event())))

        await site.ask(signed_request(webhook(text_event())))  # commits come in the order of acceptance

        assert await site.stored() == 2


@pytest.mark.parametrize("secret", ["new-secret", "old-secret"])
async def test_while_rotating_both_secrets_are_accepted(tmp_path: Path, secret: str) -> None:
    environment = {"NEW": "new-secret", "OLD": "old-secret", "TOKEN": "t"}
    body = webhook(text_event())

    async with served(tmp_path, ROTATING, environment) as site:
        answer = await site.ask(request(body, signature(body, secret)))

        assert answer.status == 200
        assert await site.stored() == 1


async def test_while_rotating_a_third_secret_is_refused(tmp_path: Path) -> None:
    environment = {"NEW": "new-secret", "OLD": "old-secret", "TOKEN": "t"}
    body = webhook(text_event())

    async with served(tmp_path, ROTATING, environment) as site:
        answer = await site.ask(request(body, signature(body, "oldest-secret")))

    assert answer.status == 401


# Event types

_USER = {"type": "user", "userId": events.user_id("mei")}
_PROVIDER = {"contentProvider": {"type": "line"}}


def message(kind: str, **fields: Any) -> dict[str, Any]:
    """Return the fields of a message event of type *kind*."""
    return {"message": {"id": events.message_id(), "type": kind, **fields}}


SHAPES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "text": ("message.text", message("text", text="hi", quoteToken="q")),
    "text with emojis": (
        "message.text",
        message("text", text="$ hi", emojis=[{"index": 0, "length": 1, "productId": "p", "emojiId": "1"}]),
    ),
    "text that quotes": ("message.text", message("text", text="hi", quotedMessageId="5")),
    "text that mentions all": (
        "message.text",
        message("text", text="@All hi", mention={"mentionees": [{"index": 0, "length": 4, "type": "all"}]}),
    ),
    "image": ("message.image", message("image", quoteToken="q", **_PROVIDER)),
    "image of a set": ("message.image", message("image", imageSet={"id": "1", "index": 1, "total": 2}, **_PROVIDER)),
    "external image": (
        "message.image",
        message("image", contentProvider={"type": "external", "originalContentUrl": "https://x"}),
    ),
    "image of a new provider": ("message.image", message("image", contentProvider={"type": "moon"})),
    "video": ("message.video", message("video", duration=1000, **_PROVIDER)),
    "audio": ("message.audio", message("audio", duration=1000, **_PROVIDER)),
    "file": ("message.file", message("file", fileName="a.pdf", fileSize=1)),
    "location": ("message.location", message("location", title="t", address="a", latitude=25.0, longitude=121.5)),
    "location without a title": ("message.location", message("location", latitude=-90, longitude=180)),
    "sticker": (
        "message.sticker",
        message("sticker", packageId="1", stickerId="2", stickerResourceType="STATIC", keywords=["hi"]),
    ),
    "sticker of a new kind": (
        "message.sticker",
        message("sticker", packageId="1", stickerId="2", stickerResourceType="HOLOGRAM"),
    ),
    "message of a new type": ("message.hologram", message("hologram", depth=3)),
    "message without a type": ("message.unknown", {"message": {"id": "1"}}),
    "message without a message": ("message.unknown", {}),
    "messageEdited": ("messageEdited", message("text", text="edited")),
    "unsend": ("unsend", {"unsend": {"messageId": "325708"}}),
    "follow": ("follow", {"follow": {"isUnblocked": False}}),
    "unfollow": ("unfollow", {}),
    "join": ("join", {"source": {"type": "group", "groupId": events.group_id("g")}}),
    "join a room": ("join", {"source": {"type": "room", "roomId": "R" + "0" * 32}}),
    "leave": ("leave", {"source": {"type": "group", "groupId": events.group_id("g")}}),
    "memberJoined": ("memberJoined", {"joined": {"members": [_USER]}}),
    "memberLeft": ("memberLeft", {"left": {"members": [_USER]}}),
    "postback": ("postback", {"postback": {"data": "a=1"}}),
    "postback of a date": ("postback", {"postback": {"data": "a", "params": {"datetime": "2026-12-25T01:00"}}}),
    "postback of a rich menu": (
        "postback",
        {"postback": {"data": "a", "params": {"newRichMenuAliasId": "b", "status": "SUCCESS"}}},
    ),
    "videoPlayComplete": ("videoPlayComplete", {"videoPlayComplete": {"trackingId": "t"}}),
    "beacon": ("beacon", {"beacon": {"hwid": "d41d8cd98f", "type": "enter", "dm": "00"}}),
    "beacon of a new kind": ("beacon", {"beacon": {"hwid": "d41d8cd98f", "type": "leave"}}),
    "accountLink": ("accountLink", {"link": {"result": "ok", "nonce": "n"}}),
    "membership": ("membership", {"membership": {"type": "joined", "membershipId": 3}}),
    "module": ("module", {"module": {"type": "attached", "botId": "U1", "scopes": []}}),
    "activated": ("activated", {"chatControl": {"expireAt": NOW}}),
    "deactivated": ("deactivated", {}),
    "botSuspended": ("botSuspended", {}),
    "botResumed": ("botResumed", {}),
    "delivery": ("delivery", {"delivery": {"data": "hash"}}),
    "things, which LINE withdrew": ("things", {"things": {"deviceId": "t"}}),
    "an event of a new type": ("sparkle", {"sparkle": {"colour": "red", "size": 1.5e300}}),
    "an event without a type": ("unknown", {"type": ""}),
    "a source of a new type": ("follow", {"source": {"type": "galaxy", "galaxyId": "G1"}}),
    "new properties everywhere": (
        "follow",
        {"new": [1, {"a": None}], "source": {**_USER, "new": True}, "mode": "active"},
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningBot]:
    """Run a bot that has a route for each event type, named like it, and at last one for other messages."""
    folder = tmp_path_factory.mktemp("notes")
    (folder / "pyproject.toml").write_text(NOTES_PROJECT)
    (folder / "web_test_notes.py").write_text(NOTES_CODE)
    routes: list[Mapping[str, Any]] = [
        {"name": kind.replace(".", "_"), "on": kind, "when": {"mentioned": False}, "run": "notes.note"}
        for kind in [*EVENTS, "sparkle", "things", "unknown", "message"]
    ]
    async with running_bot(plugin="notes", folder=folder, routes=routes) as bot:
        yield bot


def test_shapes_hold_every_event_type_of_the_platform() -> None:
    assert {kind for kind, _ in SHAPES.values()} >= EVENTS.keys()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", SHAPES)
async def test_event_is_routed_by_its_raw_type(bot: RunningBot, name: str) -> None:
    kind, fields = SHAPES[name]
    raw = bot.line.event(bot.name, kind.partition(".")[0], with_token=EVENTS.get(kind, False))

    exchange = await bot.playground.send(bot.name, {**raw, **fields})

    route = kind if kind in EVENTS else kind.partition(".")[0]  # new messages have the route of all others
    assert (exchange.status, exchange.outcome, exchange.route) == (200, "handled", route.replace(".", "_"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Serve a host whose inbox tests empty by themselves."""
    async with served(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", SHAPES)
async def test_event_is_stored_as_it_came(site: Site, name: str) -> None:
    kind, fields = SHAPES[name]
    raw = {**events.event(kind.partition(".")[0], now=NOW), **fields}

    answer = await site.ask(signed_request(webhook(raw)))

    (row,) = await lease(site.host.store)
    assert answer.status == 200
    assert (row.kind, row.raw) == (kind, raw)


async def test_standby_event_is_stored_and_never_answered() -> None:
    async with running_bot(ECHO) as bot:
        exchange = await bot.sends("message", mode="standby", message=events.text_message("hi"))

        assert (exchange.status, exchange.outcome, exchange.texts) == (200, "standby", [])
        assert bot.line.sent == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param("a\0b", "a\0b", id="NUL"),
        pytest.param("a\ud83cb", "a?b", id="lone surrogate"),
        pytest.param("e" + "\u0301" * 4_999, "e" + "\u0301" * 4_999, id="5,000 combining marks"),
        pytest.param("🍎" * 2_500, "🍎" * 2_500, id="5,000 units of emoji"),
        pytest.param("\u202eabc\u2066", "\u202eabc\u2066", id="right to left"),
        pytest.param("{sender.name}{{x}}", "{sender.name}{{x}}", id="placeholder"),
        pytest.param("\ufdfa" * 5_000, "\ufdfa" * 5_000, id="text that grows 18-fold in NFKC"),
        pytest.param("'; DROP TABLE inbox; --", "'; DROP TABLE inbox; --", id="SQL"),
    ],
)
async def test_any_text_is_stored_and_answered(text: str, answer: str) -> None:
    async with running_bot(ECHO) as bot:
        exchange = await bot.says(text)

        assert (exchange.status, exchange.outcome) == (200, "answered")
        assert bot.received("mei") == [answer]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"timestamp": 10**400}, id="timestamp of 400 digits"),
        pytest.param({"timestamp": -1}, id="timestamp before 1970"),
        pytest.param({"timestamp": "now"}, id="timestamp a word"),
        pytest.param({"webhookEventId": "x" * 10_000}, id="event id of 10,000 letters"),
        pytest.param({"webhookEventId": "編號\0\ud800"}, id="strange event id"),
        pytest.param({"source": {"type": "user", "userId": "U\0\ud800" * 500}}, id="strange user id"),
        pytest.param({"replyToken": 7}, id="reply token a number"),
        pytest.param({"type": "sp\0rkle\ud800" * 100}, id="strange type"),
        pytest.param({"deliveryContext": []}, id="delivery context a list"),
        pytest.param({"message": {"type": "text", "text": ["hi"], "id": {}}}, id="text a list"),
        pytest.param(
            {"message": {"type": "text", "text": "hi", "mention": {"mentionees": [{"isSelf": True}]}}}, id="m"
        ),
    ],
)
async def test_odd_event_does_not_fail_its_neighbours(fields: Mapping[str, Any]) -> None:
    async with running_bot(ECHO) as bot:
        before, odd, after = (bot.line.text(bot.name, text, user=text) for text in ("one", "two", "three"))

        statuses = await bot.line.deliver(bot.name, [before, {**odd, **fields}, after])
        await bot.playground.settle()

        assert statuses == [200]
        assert (bot.received("one"), bot.received("three")) == (["one"], ["three"])


async def test_number_beyond_any_float_is_stored(tmp_path: Path) -> None:
    body = webhook(text_event()).replace(b'"mode"', b'"weight": 1e999, "mode"')

    async with served(tmp_path) as site:
        answer = await site.ask(signed_request(body))

        (row,) = await lease(site.host.store)
    assert (answer.status, row.raw["weight"]) == (200, float("inf"))


async def test_copies_in_any_order_are_answered_once_each() -> None:
    async with running_bot(ECHO) as bot:
        batch = [bot.line.text(bot.name, str(number), user=f"user{number}") for number in range(10)]

        statuses = await bot.line.deliver(bot.name, batch, copies=5, shuffle=random.Random(1))
        await bot.playground.settle()

        assert statuses == [200] * 5
        assert sorted(str(sent.messages[0]["text"]) for sent in bot.line.sent) == sorted(map(str, range(10)))


# Health


async def test_healthz_says_alive(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        answer = await site.ask(request(method="GET", path="/healthz"))

    assert (answer.status, json.loads(answer.body)) == (200, {"status": "alive"})


async def test_readyz_is_unready_before_the_worker_runs(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        answer = await site.ask(request(method="GET", path="/readyz"))

    assert (answer.status, json.loads(answer.body)["status"]) == (503, "unready")


async def test_readyz_is_ready_when_the_worker_runs(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        await site.host.start()

        answer = await site.ask(request(method="GET", path="/readyz"))

    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ready"})


async def test_readyz_is_unready_when_the_store_does_not_answer_and_names_nothing() -> None:
    async def readiness() -> tuple[bool, Mapping[str, Any]]:
        return False, {"orphaned_bots": ["shop"]}

    answer = await build_app(readiness).test_client().get("/readyz")

    assert (answer.status_code, await answer.get_json()) == (503, {"status": "unready"})


@pytest.mark.parametrize("page", ["/metrics", "/status", "/"])
async def test_what_names_bots_is_not_on_the_port_of_the_webhooks(tmp_path: Path, page: str) -> None:
    async with served(tmp_path) as site:
        answer = await site.ask(request(method="GET", path=page))

    assert (answer.status, b"shop" in answer.body) == (404, False)


async def test_operator_is_told_all_facts_of_readiness(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        await site.host.start()

        answer = await site.host.admin.test_client().get("/readyz")
        facts = await answer.get_json()

    assert (answer.status_code, facts["status"], facts["bots"], facts["orphaned_bots"]) == (200, "ready", 1, [])


async def test_operator_is_told_the_status(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        await site.host.start()

        answer = await site.host.admin.test_client().get("/status")
        status = await answer.get_json()

    assert [bot["name"] for bot in status["bots"]] == ["shop"]


async def test_metrics_say_what_an_operator_watches(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        await site.host.store.inbox.accept([make_event("hi", bot="gone")])
        await site.host.start()

        answer = await site.host.admin.test_client().get("/metrics")
        said = (await answer.get_data()).decode()

    expected = ["ready 1.0", "lanes 256.0", 'events_waiting{bot="gone"} 1.0', 'dead_letters{bot="shop"} 0.0']
    assert [line for line in expected if f"hookline_{line}\n" not in said] == []
    assert 'hookline_foreign_bots{bot="gone",known="nowhere"} 1.0' in said


# A store that can't commit


class BrokenStore:
    """Fail every accept."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def accept(self, events: Sequence[Event]) -> None:
        """Raise."""
        raise self._error


class HangingStore:
    """Hold what is accepted until :meth:`commit`, also when nobody waits for it any longer: as a stuck disk does."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self.held = 0

    def accept(self, events: Sequence[Event]) -> asyncio.Future[None]:
        """Return what ends with the commit."""
        self.held += len(json.dumps([event.raw for event in events]))
        self._waiting.append(asyncio.get_running_loop().create_future())
        return self._waiting[-1]

    def commit(self) -> None:
        """Let go of everything."""
        self.held = 0
        for future in self._waiting:
            if not future.done():
                future.set_result(None)


class Door:
    """Call a Webhooks without a server."""

    def __init__(self, folder: Path, store: BrokenStore | HangingStore) -> None:
        bots = {name: Bot.build(bot, Services(HttpClient())) for name, bot in configured(folder).bots.items()}
        self.webhooks = Webhooks(bots, Intake(bots, store.accept).take, SystemClock(), self._other)

    async def _other(self, *_: object) -> None:
        raise AssertionError("not a webhook")

    async def post(self, body: bytes) -> tuple[int, Mapping[bytes, bytes], bytes]:
        """Return the status, headers and body that *body* is answered with."""
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/webhooks/shop",
            "headers": [(b"x-line-signature", sign(SECRET.encode(), body))],
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.webhooks(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize("error", [StoreError("disk full"), OSError(28, "No space left"), RuntimeError("boom")])
async def test_store_that_fails_is_answered_with_503_and_retry_after(tmp_path: Path, error: Exception) -> None:
    door = Door(tmp_path, BrokenStore(error))

    status, headers, body = await door.post(webhook(text_event()))

    assert (status, headers[b"retry-after"], body) == (503, b"1", b"Service Unavailable")


async def test_store_that_hangs_is_answered_with_503_before_line_gives_up(tmp_path: Path) -> None:
    door = Door(tmp_path, HangingStore())
    loop = asyncio.get_running_loop()
    began = loop.time()

    status, headers, _ = await door.post(webhook(text_event()))

    assert (status, headers[b"retry-after"]) == (503, b"1")
    assert 1.4 < loop.time() - began < 2.0


async def test_accept_waits_for_the_commit_before_the_200(tmp_path: Path) -> None:
    store = HangingStore()
    door = Door(tmp_path, store)
    posting = asyncio.create_task(door.post(webhook(text_event())))

    await asyncio.wait([posting], timeout=0.1)
    was_answered = posting.done()
    store.commit()
    status, _, _ = await posting

    assert (was_answered, status) == (False, 200)


async def test_verification_needs_no_store(tmp_path: Path) -> None:
    door = Door(tmp_path, BrokenStore(StoreError("disk full")))

    status, _, _ = await door.post(webhook())

    assert status == 200


async def test_accepts_beyond_the_cap_are_refused_at_once(tmp_path: Path) -> None:
    store = HangingStore()
    door = Door(tmp_path, store)
    body = webhook(text_event("x" * 250_000))
    waiting = [asyncio.create_task(door.post(body)) for _ in range(MAX_WAITING_BYTES // len(body))]
    await asyncio.sleep(0)

    status, headers, _ = await asyncio.wait_for(door.post(body), 1.0)
    store.commit()
    answers = await asyncio.gather(*waiting)

    assert (status, headers[b"retry-after"]) == (503, b"1")
    assert {status for status, _, _ in answers} == {200}


async def test_accepts_count_against_the_cap_until_they_are_committed_whoever_still_waits(tmp_path: Path) -> None:
    store = HangingStore()
    door = Door(tmp_path, store)
    bodies = [webhook(text_event("x" * 250_000)) for _ in range(150)]

    for _ in range(2):
        answers = await asyncio.gather(*(door.post(body) for body in bodies))
        assert {status for status, _, _ in answers} == {503}

    assert store.held <= MAX_WAITING_BYTES


async def test_cap_is_free_again_after_a_late_commit(tmp_path: Path) -> None:
    store = HangingStore()
    door = Door(tmp_path, store)
    body = webhook(text_event("x" * 250_000))
    await asyncio.gather(*(door.post(body) for _ in range(MAX_WAITING_BYTES // len(body))))
    store.commit()
    await asyncio.sleep(0)

    posting = asyncio.create_task(door.post(body))
    await asyncio.wait([posting], timeout=0.1)
    store.commit()

    assert (await posting)[0] == 200
