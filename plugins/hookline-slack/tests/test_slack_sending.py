"""What Slack's answers mean, and what is asked of it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from hookline import ContentError, Delivery, Event, PlatformError, Services, Verdict, Way
from hookline.adapters.adapter import ContentApi
from hookline.adapters.calls import Answer
from hookline.adapters.http import HttpClient
from hookline.adapters.simulated import PICTURE, Fault, FaultKind, SentFile
from hookline.testing import ManualClock
from hookline_slack.adapter import SlackAdapter, SlackSettings
from hookline_slack.api import judged, judged_response
from hookline_slack.simulated import SimulatedSlack

GIVEN = SlackSettings.model_validate({"signing_secret": "s", "bot_token": "xoxb-1"})


class World:
    """Hold a simulated Slack, and an adapter that speaks to it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.http = HttpClient({})
        self.slack = SimulatedSlack(self.clock)

    def adapter(self, **changed: Any) -> SlackAdapter:
        settings = self.slack.settings("desk", GIVEN).model_copy(update=changed)
        return SlackAdapter("desk", settings, Services(self.http, self.clock))

    def event(self, raw: Mapping[str, Any]) -> Event:
        (found,) = self.adapter().receive(self.slack.request("desk", raw))
        return found

    async def send(self, way: Way, message: Mapping[str, Any] | None = None, **changed: Any) -> Verdict:
        messages = [{"text": "hi"} if message is None else message]
        return await self.adapter(**changed).send(Delivery(way, messages, "key"))


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    found = World()
    await found.slack.start()
    try:
        yield found
    finally:
        await found.http.close()
        await found.slack.stop()


POST = Way("post", "C1")
REFUSED = ["invalid_auth", "not_in_channel", "channel_not_found", "is_archived", "account_inactive", "never_heard_of"]
BLAMING = ["msg_too_long", "invalid_blocks", "no_text"]
UNCERTAIN = ["internal_error", "fatal_error", "service_unavailable"]
OVER = ["expired_url", "used_url", "no_more_uses", "channel_not_found"]


def failed(error: str, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {"ok": False, "error": error}, headers)


@pytest.mark.parametrize(
    ("answer", "verdict", "is_blaming"),
    [
        (Answer(200, {"ok": True, "ts": "1.2"}), "sent", False),
        *[(failed(error), "refused", False) for error in REFUSED],
        *[(failed(error), "refused", True) for error in BLAMING],
        *[(failed(error), "uncertain", False) for error in UNCERTAIN],
        (failed("ratelimited"), "again", False),
        (failed("request_timeout"), "again", False),
        (failed("ratelimited", 429), "again", False),
        (Answer(429, {}), "again", False),
        (Answer(500, {}), "uncertain", False),
        (failed("internal_error", 503), "uncertain", False),
        (failed("odd", 502), "uncertain", False),
        (Answer(200, {}), "uncertain", False),
        (Answer(302, {}), "uncertain", False),
        (Answer(404, {}), "again", False),
        (Answer(200, {"ok": "yes"}), "uncertain", False),
        (Answer(200, {"ok": False, "error": ["odd"]}), "uncertain", False),
    ],
)
def test_answer_to_a_post_is_judged(answer: Answer, verdict: str, is_blaming: bool) -> None:
    found = judged(answer)

    assert (found.outcome, found.blames_messages) == (verdict, is_blaming)


@pytest.mark.parametrize(
    ("answer", "verdict", "is_blaming"),
    [
        (Answer(200, {}), "sent", False),
        (Answer(200, {"ok": True}), "sent", False),
        *[(failed(error, 404), "way_refused", False) for error in OVER],
        *[(failed(error), "way_refused", False) for error in OVER],
        (Answer(404, {}), "way_refused", False),
        (Answer(410, {}), "way_refused", False),
        (Answer(403, {}), "way_refused", False),
        (Answer(400, {}), "refused", True),
        *[(failed(error, 400), "refused", True) for error in BLAMING],
        *[(failed(error, 500), "uncertain", False) for error in UNCERTAIN],
        (failed("ratelimited", 429), "again", False),
        (failed("odd", 429), "again", False),
        (Answer(429, {}), "again", False),
        (Answer(500, {}), "uncertain", False),
        (Answer(302, {}), "uncertain", False),
    ],
)
def test_answer_to_a_response_is_judged(answer: Answer, verdict: str, is_blaming: bool) -> None:
    found = judged_response(answer)

    assert (found.outcome, found.blames_messages) == (verdict, is_blaming)


def test_wait_that_slack_asks_for_is_kept() -> None:
    assert judged(failed("ratelimited", 429, **{"retry-after": "30"})).after == 30
    assert judged_response(Answer(429, {}, {"retry-after": "7"})).after == 7


def test_what_slack_says_of_it_is_told() -> None:
    body = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": ["[ERROR] too long", 7]}}

    found = judged(Answer(200, body, {"x-slack-req-id": "r1"}))

    assert (found.reason, found.request_id) == ("200 invalid_blocks [ERROR] too long", "r1")


FAULTS: list[tuple[FaultKind, str]] = [
    ("error", "uncertain"),
    ("error_after_accepting", "uncertain"),
    ("reset", "uncertain"),
    ("rate_limit", "again"),
    ("refuse", "refused"),
]


@pytest.mark.parametrize(("fault", "verdict"), FAULTS)
@pytest.mark.parametrize("name", ["post", "respond"])
async def test_fault_of_the_platform_is_judged(name: str, fault: FaultKind, verdict: str) -> None:
    async with world() as found:
        ways = {way.name: way for way in found.event(found.slack.tap("desk", "x")).ways}
        found.slack.faults.append(Fault(fault))

        assert (await found.send(ways[name])).outcome == verdict


async def test_nobody_there_is_tried_again() -> None:
    async with world() as found:
        assert (await found.send(POST, api_base="http://127.0.0.1:1/api")).outcome == "again"


async def test_message_that_is_no_json_is_refused_and_blamed() -> None:
    async with world() as found:
        verdict = await found.send(POST, {"text": "x", "odd": object()})

    assert (verdict.outcome, verdict.blames_messages) == ("refused", True)


async def test_post_goes_into_the_thread() -> None:
    async with world() as found:
        verdict = await found.send(Way("post", "C1:1700000000.000100"), {"text": "hi", "replace_original": True})

        assert (verdict.outcome, verdict.message_ids) == ("sent", found.slack.sent[0].message_ids)
        assert found.slack.sent[0].to == "C1:1700000000.000100"
        assert found.slack.sent[0].messages == [{"text": "hi"}]


async def test_wrong_token_is_refused() -> None:
    async with world() as found:
        verdict = await found.send(POST, bot_token=SecretStr("xoxb-other"))

    assert (verdict.outcome, verdict.reason) == ("refused", "200 invalid_auth")


async def test_response_url_works_five_times() -> None:
    async with world() as found:
        way = found.event(found.slack.tap("desk", "x")).ways[0]

        outcomes = [(await found.send(way)).outcome for _ in range(6)]

    assert outcomes == ["sent"] * 5 + ["way_refused"]


async def test_response_url_works_for_thirty_minutes_and_is_used_for_less() -> None:
    async with world() as found:
        way = found.event(found.slack.tap("desk", "x")).ways[0]
        found.clock.advance(29 * 60)
        assert way.is_over(found.clock.now())
        assert (await found.send(way)).outcome == "sent"
        found.clock.advance(60)

        assert (await found.send(way)).outcome == "way_refused"


async def test_response_is_seen_by_all_unless_it_says_otherwise() -> None:
    async with world() as found:
        way = found.event(found.slack.text("desk", "/x")).ways[0]
        await found.send(way)
        await found.send(way, {"text": "psst", "response_type": "ephemeral"})

        assert [sent.messages[0]["response_type"] for sent in found.slack.sent] == ["in_channel", "ephemeral"]


async def test_what_is_for_one_alone_is_never_posted_for_all() -> None:
    async with world() as found:
        verdict = await found.send(POST, {"text": "psst", "response_type": "ephemeral"})

        assert (verdict.outcome, found.slack.sent) == ("refused", [])


async def test_response_in_a_thread_stays_there() -> None:
    async with world() as found:
        raw = found.slack.act("desk", {"type": "button", "action_id": "a", "value": "v"}, group="lobby", thread="1.1")
        await found.send(found.event(raw).ways[0])

        assert found.slack.sent[0].to == f"{found.slack.channel_of('lobby')}:1.1"


async def test_foreign_response_url_that_was_kept_is_not_called() -> None:
    async with world() as found:
        verdict = await found.send(Way("respond", "https://evil.example/x"))

    assert verdict.outcome == "way_refused"


async def test_sender_is_asked_for_once_in_a_while() -> None:
    async with world() as found:
        event, api = found.event(found.slack.text("desk", "hi", user="mei")), found.adapter().api
        first, second = await api.sender(event), await api.sender(event)
        found.clock.advance(601)
        await api.sender(event)

        assert (first.name, first.language) == ("mei", "zh-TW")
        assert second is first
        assert len(found.slack.asked) == 2


async def test_sender_whom_slack_does_not_know_has_only_an_id() -> None:
    async with world() as found:
        raw = found.slack.text("desk", "hi")
        raw["event"]["user"] = "U0NOBODY"

        sender = await found.adapter().api.sender(found.event(raw))

    assert (sender.id, sender.name) == ("U0NOBODY", None)


async def test_sender_is_waited_for_no_longer_than_two_seconds() -> None:
    async with world() as found:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            api = found.adapter(api_base=f"http://127.0.0.1:{silent.getsockname()[1]}/api").api
            async with asyncio.timeout(5):
                sender = await api.sender(found.event(found.slack.text("desk", "hi")))

    assert sender.name is None


async def test_any_method_can_be_called() -> None:
    async with world() as found:
        assert (await found.adapter().api.call("auth.test"))["team_id"] == "T0SIMULATED"
        with pytest.raises(PlatformError, match=r"no\.such: Slack says 200 unknown_method"):
            await found.adapter().api.call("no.such", blocks=[{"type": "divider"}], limit=2)
        with pytest.raises(PlatformError, match="no answer from Slack"):
            await found.adapter(api_base="http://127.0.0.1:1/api").api.call("auth.test")


async def fetched(found: World, event: Event, at_most: int = 10_000) -> tuple[str, bytes]:
    api: ContentApi = found.adapter().api
    async with api.incoming(event, at_most) as incoming:
        return incoming.type, b"".join([part async for part in incoming.parts])


async def test_file_is_fetched_with_the_token() -> None:
    async with world() as found:
        event = found.event(found.slack.file("desk", SentFile(PICTURE, "image", "dot.png")))

        assert (event.type, event.attachment and event.attachment.name) == ("message.image", "dot.png")
        assert await fetched(found, event) == ("image/png", PICTURE)


async def test_file_of_another_workspace_is_asked_for_first() -> None:
    async with world() as found:
        raw = found.slack.file("desk", SentFile(PICTURE, "image", "dot.png"))
        raw["event"]["files"] = [{"id": raw["event"]["files"][0]["id"], "file_access": "check_file_info"}]

        assert await fetched(found, found.event(raw)) == ("image/png", PICTURE)


async def test_large_file_is_not_taken() -> None:
    async with world() as found:
        event = found.event(found.slack.file("desk", SentFile(b"x" * 100, "file", "a.bin")))

        with pytest.raises(ContentError, match="over 99 bytes"):
            await fetched(found, event, 99)


@pytest.mark.parametrize("url", ["https://evil.example/a.png", "http://files.slack.com/a", "", None])
async def test_token_is_sent_to_nobody_else(url: str | None) -> None:
    async with world() as found:
        raw = found.slack.file("desk", SentFile(PICTURE, "image", "dot.png"))
        raw["event"]["files"] = [{"mimetype": "image/png", "url_private": url}]

        with pytest.raises(ContentError, match="isn't with Slack"):
            await fetched(found, found.event(raw))


async def test_file_that_is_gone_cannot_be_had() -> None:
    async with world() as found:
        event = found.event(found.slack.file("desk", SentFile(PICTURE, "image", "dot.png")))
        found.slack.files.clear()

        with pytest.raises(ContentError, match="no longer"):
            await fetched(found, event)
