"""Say what each of LINE's answers means: https://developers.line.biz/en/docs/messaging-api/retrying-api-request/."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hookline.adapters.deliveries import Delivery, Outcome, Verdict
from hookline.adapters.http import HttpClient
from hookline.adapters.line.api import Answer, LineApi
from hookline.adapters.line.send import judge, send
from hookline.ingress.addresses import listen
from hookline.testing import Fault, SimulatedLine, events
from hookline.ways import Way

MEI = events.user_id("mei")
HI = {"type": "text", "text": "hi"}
RATE = "The API rate limit has been exceeded. Try again later."
MONTHLY = "You have reached your monthly limit."
KEY = "6b1cb2c8-9a5c-4d3a-8c9e-2b6d7e7c6f31"
REPLY = Delivery(Way("reply", "token", uses=1, is_repeatable=True), [HI], KEY)
PUSH = Delivery(Way("push", MEI, is_push=True, is_repeatable=True), [HI], KEY)


def answer(status: int, message: str = "", **body: Any) -> Answer:
    """Return LINE's answer with *status*."""
    return Answer(status, {"message": message, **body} if message else body, "request-1")


@pytest.mark.parametrize(
    ("status", "message", "reply", "push"),
    [
        (200, "", "sent", "sent"),
        (400, "Invalid reply token", "way_refused", "refused"),
        (400, "The request body has 1 error(s)", "refused", "refused"),
        (400, "Failed to send messages", "refused", "refused"),
        (400, "Reply token has expired", "way_refused", "refused"),
        (400, "The replyToken is not valid", "way_refused", "refused"),
        (
            400,
            "The property, 'replyToken', in the request body is invalid (line: -, column: -)",
            "way_refused",
            "refused",
        ),
        (400, "", "again", "again"),
        (401, "Authentication failed due to the expired access token", "refused", "refused"),
        (403, "Not available", "refused", "refused"),
        (404, "Not found", "refused", "refused"),
        (409, "The retry key is already accepted", "refused", "sent"),
        (403, "", "again", "again"),
        (404, "", "again", "again"),
        (405, "", "again", "again"),
        (407, "", "again", "again"),
        (408, "", "uncertain", "uncertain"),
        (408, "Request Timeout", "uncertain", "uncertain"),
        (410, "Gone", "refused", "refused"),
        (413, "Too large", "refused", "refused"),
        (413, "", "again", "again"),
        (415, "Unsupported media type", "refused", "refused"),
        (421, "", "again", "again"),
        (425, "", "again", "again"),
        (425, "Too Early", "again", "again"),
        (429, RATE, "again", "again"),
        (429, "", "again", "again"),
        (429, MONTHLY, "refused", "refused"),
        (500, "Internal Server Error", "uncertain", "uncertain"),
        (502, "", "uncertain", "uncertain"),
        (503, "", "uncertain", "uncertain"),
        (504, "", "uncertain", "uncertain"),
        (599, "", "uncertain", "uncertain"),
        (301, "", "uncertain", "uncertain"),
        (302, "", "uncertain", "uncertain"),
        (307, "", "uncertain", "uncertain"),
    ],
)
def test_verdict_of_each_status(status: int, message: str, reply: Outcome, push: Outcome) -> None:
    verdicts = judge(REPLY, answer(status, message)), judge(PUSH, answer(status, message))

    assert tuple(verdict.outcome for verdict in verdicts) == (reply, push)


@pytest.mark.parametrize("status", [201, 202, 204])
@pytest.mark.parametrize("delivery", [REPLY, PUSH], ids=["reply", "push"])
def test_any_other_success_is_never_taken_for_a_refusal(delivery: Delivery, status: int) -> None:
    assert judge(delivery, answer(status)).outcome in ("sent", "uncertain")


def test_reason_is_the_status_and_what_line_says() -> None:
    assert judge(REPLY, answer(400, "Invalid reply token")).reason == "400 Invalid reply token"


def test_reason_without_a_message_is_the_status() -> None:
    assert judge(PUSH, answer(500)).reason == "500"


@pytest.mark.parametrize("status", [200, 400, 409, 429, 500])
def test_verdict_keeps_the_request_id(status: int) -> None:
    assert judge(PUSH, answer(status)).request_id == "request-1"


@pytest.mark.parametrize("status", [200, 409])
def test_verdict_of_a_success_keeps_the_ids_of_the_messages(status: int) -> None:
    sent = answer(status, sentMessages=[{"id": "1", "quoteToken": "q"}, {"id": 2}])

    assert judge(PUSH, sent).message_ids == ["1", "2"]


@pytest.mark.parametrize("sent", [None, 7, {}, [None], [{}], "x"])
def test_odd_list_of_sent_messages_is_a_success_all_the_same(sent: object) -> None:
    verdict = judge(PUSH, answer(200, sentMessages=sent))

    assert (verdict.outcome, verdict.message_ids) == ("sent", [])


@pytest.mark.parametrize(("retry_after", "after"), [(None, 1.0), (0.0, 1.0), (7.0, 7.0)])
def test_rate_limit_is_tried_again_after_what_line_says_or_a_second(retry_after: float | None, after: float) -> None:
    limited = Answer(429, {"message": RATE}, None, retry_after)

    assert judge(REPLY, limited).after == after


@pytest.mark.parametrize("message", [None, 7, ["Invalid reply token"], {}])
def test_odd_message_never_raises(message: object) -> None:
    assert isinstance(judge(REPLY, Answer(400, {"message": message}, None)), Verdict)


# Over the wire


@asynccontextmanager
async def platform(*faults: Fault) -> AsyncIterator[tuple[SimulatedLine, LineApi]]:
    """Start the simulated platform with *faults* to come, and an API of the bot `shop`."""
    line, http = SimulatedLine(), HttpClient()
    await line.start()
    try:
        line.add_channel("shop", "secret", "token-of-shop", "http://127.0.0.1:9/")
        line.faults.extend(faults)
        yield line, LineApi(line.url, "token-of-shop", http)
    finally:
        await http.close()
        await line.stop()


def delivery(line: SimulatedLine, form: str, *messages: Mapping[str, Any]) -> Delivery:
    """Return a reply with a live token, or a push."""
    way = REPLY.way._replace(to=line.issue_token("shop", MEI)) if form == "reply" else PUSH.way
    return Delivery(way, messages or [HI], KEY)


@pytest.mark.parametrize("form", ["reply", "push"])
async def test_message_objects_go_out_as_they_are(form: str) -> None:
    message = {"type": "text", "text": "菜單 {x}\0", "newField": [1, {"a": None}]}

    async with platform() as (line, api):
        verdict = await send(api, delivery(line, form, message))

        assert verdict.outcome == "sent"
        assert [(sent.form, sent.to, list(sent.messages)) for sent in line.sent] == [(form, MEI, [message])]


async def test_lone_surrogate_goes_out_as_a_question_mark() -> None:
    async with platform() as (line, api):
        await send(api, delivery(line, "push", {"type": "text", "text": "a\ud83cb"}))

        assert line.sent[0].messages[0]["text"] == "a?b"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("error", "uncertain"), ("error_after_accepting", "uncertain"), ("reset", "uncertain"), ("rate_limit", "again"),
     ("monthly_limit", "refused")],
)  # fmt: skip
@pytest.mark.parametrize("form", ["reply", "push"])
async def test_verdict_of_each_fault(form: str, fault: Any, outcome: Outcome) -> None:
    async with platform(Fault(fault)) as (line, api):
        verdict = await send(api, delivery(line, form))

        assert verdict.outcome == outcome


async def test_push_repeated_with_its_retry_key_is_sent_once_and_both_say_sent() -> None:
    async with platform(Fault("error_after_accepting")) as (line, api):
        push = delivery(line, "push")

        verdicts = [await send(api, push) for _ in range(3)]

        assert [verdict.outcome for verdict in verdicts] == ["uncertain", "sent", "sent"]
        assert len(line.sent) == 1
        assert verdicts[1].message_ids == verdicts[2].message_ids != []


async def test_reply_repeated_with_its_token_is_sent_once() -> None:
    async with platform(Fault("error_after_accepting")) as (line, api):
        reply = delivery(line, "reply")

        verdicts = [await send(api, reply) for _ in range(2)]

        assert [verdict.outcome for verdict in verdicts] == ["uncertain", "way_refused"]
        assert len(line.sent) == 1


async def test_closed_port_is_tried_again_for_nothing_was_sent() -> None:
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    http = HttpClient()

    verdict = await send(LineApi(f"http://127.0.0.1:{port}", "t", http), PUSH)
    await http.close()

    assert (verdict.outcome, verdict.reason.startswith("no connection")) == ("again", True)


async def test_wrong_access_token_is_refused() -> None:
    async with platform() as (line, _):
        http = HttpClient()
        verdict = await send(LineApi(line.url, "wrong", http), PUSH)
        await http.close()

    assert (verdict.outcome, verdict.reason[:3]) == ("refused", "401")


async def test_answer_that_comes_in_pieces_is_read_whole() -> None:
    async with slow_platform("400 Bad Request", b'{"message":', b'"Invalid reply token"}') as url:
        http = HttpClient()
        verdict = await send(LineApi(url, "t", http), REPLY)
        await http.close()

    assert (verdict.outcome, verdict.reason) == ("way_refused", "400 Invalid reply token")


@asynccontextmanager
async def slow_platform(status: str, *pieces: bytes) -> AsyncIterator[str]:
    """Answer every call with *pieces*, with a pause before each: as a busy network does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {sum(map(len, pieces))}\r\n\r\n".encode())
        for piece in pieces:
            await writer.drain()
            await asyncio.sleep(0.05)  # the pause is the very thing tested
            writer.write(piece)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_verdicts_are_never_silent_about_the_reason() -> None:
    reasons = {status: judge(PUSH, Answer(status, {}, None)).reason for status in range(200, 600)}

    assert all(reason.startswith(str(status)) for status, reason in reasons.items())
