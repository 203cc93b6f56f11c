"""What becomes of an attempt to send, by what Telegram answers: https://core.telegram.org/bots/api#making-requests"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from hookline import Delivery, PlatformError, Request, Services, Verdict, Way
from hookline.adapters.http import HttpClient
from hookline.adapters.simulated import Fault
from hookline.errors import ContentError
from hookline_telegram.adapter import TELEGRAM, TelegramAdapter, TelegramSettings
from hookline_telegram.simulated import SimulatedTelegram

SETTINGS = TelegramSettings.model_validate({"token": "1:ABC", "secret_token": "s"})
SEND = Way("send", "42")
TAP = Way("callback", "77 42", uses=1, is_owed=True)
HI = {"method": "sendMessage", "text": "hi"}
FINE = {"ok": True, "result": {"message_id": 9}}
Scripted = tuple[int, object]


def problem(code: int, description: str, **parameters: int) -> dict[str, Any]:
    body = {"ok": False, "error_code": code, "description": description}
    return {**body, "parameters": parameters} if parameters else body


class Script:
    """Answer the calls one after the other as it is written; None breaks the connection. ``calls`` are what came."""

    def __init__(self, answers: Sequence[Scripted | None]) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append((request.match_info["method"], await request.json()))
        answer = self.answers.pop(0)
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        status, body = answer
        return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))


@asynccontextmanager
async def telegram(*answers: Scripted | None) -> AsyncIterator[tuple[TelegramAdapter, Script]]:
    script, http = Script(answers), HttpClient({})
    application = web.Application()
    application.add_routes([web.post("/bot{token}/{method}", script.answer)])
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield TelegramAdapter("bot", SETTINGS.model_copy(update={"api_base": base}), Services(http)), script
    finally:
        await http.close()
        await runner.cleanup()


async def verdict(*answers: Scripted | None, way: Way = SEND, message: Mapping[str, Any] | None = HI) -> Verdict:
    async with telegram(*answers) as (adapter, _):
        return await adapter.send(Delivery(way, [] if message is None else [message], "key"))


@pytest.mark.parametrize(
    ("answer", "outcome", "blames"),
    [
        ((200, FINE), "sent", False),
        ((200, {"ok": True, "result": True}), "sent", False),
        ((200, problem(400, "Bad Request: chat not found")), "refused", True),
        ((200, {"ok": False}), "refused", True),
        ((200, problem(500, "Internal Server Error")), "uncertain", False),
        ((200, {}), "uncertain", False),
        ((200, "<html>"), "uncertain", False),
        ((200, []), "uncertain", False),
        ((400, problem(400, "Bad Request: message text is empty")), "refused", True),
        ((401, problem(401, "Unauthorized")), "refused", False),
        ((403, problem(403, "Forbidden: bot was blocked by the user")), "refused", False),
        ((404, problem(404, "Not Found")), "refused", False),
        ((409, problem(409, "Conflict: terminated by other getUpdates request")), "refused", False),
        ((413, problem(413, "Request Entity Too Large")), "refused", True),
        ((403, "<html>a proxy</html>"), "again", False),
        ((429, problem(429, "Too Many Requests: retry after 7", retry_after=7)), "again", False),
        ((429, "slow down"), "again", False),
        ((500, problem(500, "Internal Server Error")), "uncertain", False),
        ((502, "<html>Bad Gateway</html>"), "uncertain", False),
        ((302, ""), "uncertain", False),
        (None, "uncertain", False),
    ],
)
async def test_verdict_says_what_telegram_answered(answer: Scripted | None, outcome: str, *, blames: bool) -> None:
    found = await verdict(answer)

    assert (found.outcome, found.blames_messages) == (outcome, blames)


async def test_refusal_says_why() -> None:
    found = await verdict((403, problem(403, "Forbidden: bot was kicked from the group chat")))

    assert found.reason == "403 Forbidden: bot was kicked from the group chat"


@pytest.mark.parametrize(("given", "after"), [(7, 7.0), (0, 1.0), (-5, 1.0), (10**400, 86_400.0)])
async def test_wait_is_as_long_as_telegram_asks_for(given: int, after: float) -> None:
    found = await verdict((429, problem(429, "Too Many Requests", retry_after=given)))

    assert found.after == after


async def test_nothing_was_sent_without_a_connection() -> None:
    http = HttpClient({})
    adapter = TelegramAdapter("bot", SETTINGS.model_copy(update={"api_base": "http://127.0.0.1:9"}), Services(http))

    found = await adapter.send(Delivery(SEND, [HI], "key"))
    await http.close()

    assert (found.outcome, "ABC" in found.reason) == ("again", False)


async def test_what_is_no_json_is_refused() -> None:
    found = await verdict(message={"method": "sendMessage", "text": {1, 2}})

    assert (found.outcome, found.blames_messages) == ("refused", True)


@pytest.mark.parametrize(
    ("result", "ids"), [({"message_id": 9}, ["9"]), ([{"message_id": 1}, {"message_id": 2}], ["1", "2"])]
)
async def test_sent_messages_are_told_by_their_ids(result: object, ids: list[str]) -> None:
    assert (await verdict((200, {"ok": True, "result": result}))).message_ids == ids


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("42", {"chat_id": "42"}),
        ("-1001:17", {"chat_id": "-1001", "message_thread_id": 17}),
        ("-1001:d42", {"chat_id": "-1001", "direct_messages_topic_id": 42}),
        ("@noodles", {"chat_id": "@noodles"}),
    ],
)
async def test_message_goes_where_the_way_leads(to: str, where: Mapping[str, Any]) -> None:
    async with telegram((200, FINE)) as (adapter, script):
        await adapter.send(Delivery(Way("send", to), [HI], "key"))

    assert script.calls == [("sendMessage", {**where, "text": "hi"})]


async def test_message_follows_a_group_that_became_a_supergroup() -> None:
    moved = problem(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009)
    async with telegram((400, moved), (200, FINE)) as (adapter, script):
        found = await adapter.send(Delivery(Way("send", "-5"), [HI], "key"))

    assert found.outcome == "sent"
    assert [parameters["chat_id"] for _, parameters in script.calls] == ["-5", "-1009"]


async def test_message_follows_a_group_once_only() -> None:
    moved = problem(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-5)

    assert (await verdict((400, moved), (400, moved))).outcome == "refused"


async def test_tap_is_acknowledged_before_it_is_answered() -> None:
    async with telegram((200, {"ok": True, "result": True}), (200, FINE)) as (adapter, script):
        found = await adapter.send(Delivery(TAP, [HI], "key"))

    assert (found.outcome, found.message_ids) == ("sent", ["9"])
    assert script.calls == [
        ("answerCallbackQuery", {"callback_query_id": "77"}),
        ("sendMessage", {"chat_id": "42", "text": "hi"}),
    ]


@pytest.mark.parametrize(
    "answer", [(400, problem(400, "Bad Request: query is too old and response timeout expired")), (500, "?"), None]
)
async def test_tap_that_can_not_be_acknowledged_is_answered_all_the_same(answer: Scripted | None) -> None:
    assert (await verdict(answer, (200, FINE), way=TAP)).outcome == "sent"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, {"ok": True, "result": True}), "sent"),
        ((400, problem(400, "Bad Request: query is too old")), "sent"),
        ((429, problem(429, "Too Many Requests", retry_after=1)), "again"),
        ((500, "?"), "uncertain"),
    ],
)
async def test_tap_is_acknowledged_though_there_is_nothing_to_say(answer: Scripted, outcome: str) -> None:
    assert (await verdict(answer, way=TAP, message=None)).outcome == outcome


async def test_tap_in_no_chat_is_acknowledged_and_can_not_be_answered() -> None:
    async with telegram((200, {"ok": True, "result": True})) as (adapter, script):
        found = await adapter.send(Delivery(Way("callback", "77"), [HI], "key"))

    assert (found.outcome, len(script.calls)) == ("way_refused", 1)


async def test_handlers_call_any_method_and_hear_why_it_failed() -> None:
    async with telegram((200, FINE), (403, problem(403, "Forbidden: no rights")), None) as (adapter, script):
        assert await adapter.api.call("getChat", chat_id=5) == {"message_id": 9}
        with pytest.raises(PlatformError, match=r"^getChat: Telegram says 403 Forbidden: no rights$") as refused:
            await adapter.api.call("getChat")
        with pytest.raises(PlatformError, match=r"^getChat: no answer from Telegram"):
            await adapter.api.call("getChat")

    assert refused.value.status == 403
    assert script.calls[0] == ("getChat", {"chat_id": 5})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, problem(400, "Bad Request: file is too big")), ContentError),
        ((200, {"ok": True, "result": {}}), ContentError),
        ((200, {"ok": True, "result": True}), ContentError),
        ((500, problem(500, "Internal Server Error")), PlatformError),
        (None, PlatformError),
    ],
)
async def test_file_that_can_not_be_had(answer: Scripted | None, error: type[PlatformError]) -> None:
    raw = {"update_id": 1, "message": {"chat": {"id": 5}, "document": {"file_id": "F"}}}
    async with telegram(answer) as (adapter, _):
        with pytest.raises(PlatformError) as raised:
            async with adapter.api.incoming(adapter.read(raw, 0), 100):
                pass

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("fault", "outcome", "is_sent"),
    [
        ("refuse", "refused", False),
        ("rate_limit", "again", False),
        ("error", "uncertain", False),
        ("reset", "uncertain", False),
        ("error_after_accepting", "uncertain", True),
    ],
)
async def test_simulated_telegram_fails_as_the_real_one(fault: Any, outcome: str, *, is_sent: bool) -> None:
    platform, http = SimulatedTelegram(), HttpClient({})
    platform.faults.append(Fault(fault))
    await platform.start()
    adapter = TELEGRAM.build("bot", platform.settings("bot", SETTINGS), Services(http))

    found = await adapter.send(Delivery(SEND, [HI], "key"))
    await http.close()
    await platform.stop()

    assert (found.outcome, len(platform.sent)) == (outcome, int(is_sent))


def test_simulated_requests_are_let_in_by_the_simulated_settings() -> None:
    platform = SimulatedTelegram()
    request = platform.request("bot", platform.text("bot", "hi"))

    assert TELEGRAM.door(platform.settings("bot", SETTINGS)).verify(request) == 0
    assert TELEGRAM.door(SETTINGS).verify(Request(request.body)) is None
