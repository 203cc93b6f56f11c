"""Hold the simulated platform to LINE's rules: what passes here must pass there."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hookline.adapters.line.signature import sign
from hookline.testing import Fault, ManualClock, Profile, SimulatedLine, events

MEI = events.user_id("mei")
FAMILY = events.group_id("family")
HI = {"type": "text", "text": "hi"}
REPLY = "/v2/bot/message/reply"
PUSH = "/v2/bot/message/push"
LOADING = "/v2/bot/chat/loading/start"
PATHS = [
    ("POST", REPLY),
    ("POST", PUSH),
    ("POST", LOADING),
    ("GET", f"/v2/bot/profile/{MEI}"),
    ("GET", f"/v2/bot/group/{FAMILY}/member/{MEI}"),
    ("GET", "/v2/bot/info"),
    ("GET", "/v2/bot/message/5/content"),
    ("GET", "/v2/bot/message/5/content/preview"),
    ("GET", "/v2/bot/message/5/content/transcoding"),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one answer of the API."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class World:
    """Hold a platform with the channel `shop`, its time, and what the bot behind it was sent."""

    line: SimulatedLine
    clock: ManualClock
    session: aiohttp.ClientSession
    received: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    async def call(
        self, method: str, path: str, body: object = None, *, token: str | None = "token-of-shop", **headers: str
    ) -> Answer:
        """Call the API; names of *headers* are written with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        async with self.session.request(method, self.line.url + path, json=body, headers=given) as response:
            return Answer(response.status, response.headers, await response.json(content_type=None))

    async def reply(self, token: str, *messages: object, **headers: str) -> Answer:
        """Reply with *token*."""
        return await self.call("POST", REPLY, {"replyToken": token, "messages": list(messages) or [HI]}, **headers)

    async def push(self, key: str | None = None, *messages: object, to: object = MEI) -> Answer:
        """Push, under a retry key if one is given."""
        body = {"to": to, "messages": list(messages) or [HI]}
        return await self.call("POST", PUSH, body, **({"x_line_retry_key": key} if key else {}))

    def batches(self) -> list[list[dict[str, Any]]]:
        """Return the events of each webhook that the bot was sent."""
        return [json.loads(body)["events"] for body, _ in self.received]


@asynccontextmanager
async def opened() -> AsyncIterator[World]:
    """Start the platform and a bot that takes everything."""
    clock = ManualClock()
    line = SimulatedLine(clock)
    async with aiohttp.ClientSession() as session:
        world = World(line, clock, session)

        async def take(request: web.Request) -> web.Response:
            world.received.append((await request.read(), request.headers))
            return web.Response(text="OK")

        application = web.Application()
        application.add_routes([web.post("/hook", take)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await line.start()
        try:
            line.add_channel("shop", "secret", "token-of-shop", f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
            line.add_channel("cafe", "secret", "token-of-cafe", "http://127.0.0.1:9/")
            yield world
        finally:
            await line.stop()
            await runner.cleanup()


# Reply tokens


async def test_reply_answers_with_an_id_and_a_quote_token_for_each_message() -> None:
    async with opened() as world:
        answer = await world.reply(world.line.issue_token("shop", MEI), HI, HI, HI)

    sent = answer.body["sentMessages"]
    assert answer.status == 200
    assert len({message["id"] for message in sent}) == len({message["quoteToken"] for message in sent}) == 3


async def test_reply_goes_to_the_chat_of_its_token() -> None:
    async with opened() as world:
        await world.reply(world.line.issue_token("shop", FAMILY))

        assert [(sent.channel, sent.form, sent.to, sent.messages) for sent in world.line.sent] == [
            ("shop", "reply", FAMILY, [HI])
        ]


async def test_reply_token_works_once() -> None:
    async with opened() as world:
        token = world.line.issue_token("shop", MEI)

        first, second = await world.reply(token), await world.reply(token)

        assert (first.status, second.status, second.body) == (200, 400, {"message": "Invalid reply token"})
        assert len(world.line.sent) == 1


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (59, 200), (61, 400), (3_600, 400)])
async def test_reply_token_works_for_a_minute(seconds: float, status: int) -> None:
    async with opened() as world:
        token = world.line.issue_token("shop", MEI)
        world.clock.advance(seconds)

        answer = await world.reply(token)

    assert answer.status == status


async def test_expired_token_says_the_same_as_a_used_one() -> None:
    async with opened() as world:
        expired, used = world.line.issue_token("shop", MEI), world.line.issue_token("shop", MEI)
        world.line.expire_tokens()
        await world.reply(used)

        answers = [await world.reply(expired), await world.reply(used), await world.reply("nonsense")]

    assert [(answer.status, answer.body) for answer in answers] == [(400, {"message": "Invalid reply token"})] * 3


async def test_reply_token_of_another_channel_is_invalid() -> None:
    async with opened() as world:
        answer = await world.reply(world.line.issue_token("cafe", MEI))

    assert (answer.status, answer.body) == (400, {"message": "Invalid reply token"})


async def test_redelivery_gives_an_unused_token_another_minute() -> None:
    async with opened() as world:
        raw = world.line.text("shop", "hi")
        world.clock.advance(300)
        await world.line.deliver("shop", [raw], is_redelivery=True)

        answer = await world.reply(raw["replyToken"])

    assert answer.status == 200


async def test_redelivery_gives_no_minute_to_a_used_token() -> None:
    async with opened() as world:
        raw = world.line.text("shop", "hi")
        await world.reply(raw["replyToken"])
        await world.line.deliver("shop", [raw], is_redelivery=True)

        answer = await world.reply(raw["replyToken"])

    assert answer.status == 400


async def test_redelivery_gives_no_minute_20_minutes_after_the_event() -> None:
    async with opened() as world:
        raw = world.line.text("shop", "hi")
        world.clock.advance(20 * 60 + 1)
        await world.line.deliver("shop", [raw], is_redelivery=True)

        answer = await world.reply(raw["replyToken"])

    assert answer.status == 400


async def test_retry_key_on_a_reply_is_refused_and_leaves_the_token_alive() -> None:
    async with opened() as world:
        token = world.line.issue_token("shop", MEI)

        refused = await world.reply(token, x_line_retry_key=str(uuid.uuid4()))
        accepted = await world.reply(token)

    assert (refused.status, accepted.status) == (400, 200)


async def test_refused_messages_leave_the_token_alive() -> None:
    async with opened() as world:
        token = world.line.issue_token("shop", MEI)

        refused = await world.reply(token, {"type": "text", "text": ""})
        accepted = await world.reply(token)

    assert (refused.status, accepted.status) == (400, 200)


async def test_one_token_sends_once_also_when_two_calls_overlap() -> None:
    async with opened() as world:
        token = world.line.issue_token("shop", MEI)
        world.line.faults.append(Fault("hang", seconds=0.2))

        answers = await asyncio.gather(world.reply(token), world.reply(token))

        assert sorted(answer.status for answer in answers) == [200, 400]
        assert len(world.line.sent) == 1


# Push and retry keys


async def test_push_answers_with_an_id_for_each_message() -> None:
    async with opened() as world:
        answer = await world.push(None, HI, HI)

        assert (answer.status, len(answer.body["sentMessages"])) == (200, 2)
        assert [(sent.form, sent.to) for sent in world.line.sent] == [("push", MEI)]


async def test_push_without_a_retry_key_is_sent_each_time() -> None:
    async with opened() as world:
        answers = [await world.push() for _ in range(2)]

        assert [answer.status for answer in answers] == [200, 200]
        assert len(world.line.sent) == 2


async def test_retry_key_that_was_accepted_is_409_with_the_first_request_and_its_messages() -> None:
    async with opened() as world:
        key = str(uuid.uuid4())

        first, second = await world.push(key), await world.push(key)

        assert second.status == 409
        assert second.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
        assert second.headers["x-line-request-id"] != first.headers["x-line-request-id"]
        assert second.body == {"message": "The retry key is already accepted", **first.body}
        assert len(world.line.sent) == 1


@pytest.mark.parametrize(("hours", "status"), [(23.9, 409), (24.1, 200)])
async def test_retry_key_is_known_for_24_hours(hours: float, status: int) -> None:
    async with opened() as world:
        key = str(uuid.uuid4())
        await world.push(key)
        world.clock.advance(hours * 3_600)

        answer = await world.push(key)

    assert answer.status == status


async def test_retry_key_that_was_refused_may_be_used_again() -> None:
    async with opened() as world:
        key = str(uuid.uuid4())

        refused = await world.push(key, {"type": "text", "text": ""})
        accepted = await world.push(key)

    assert (refused.status, accepted.status) == (400, 200)


async def test_retry_key_of_one_channel_is_none_of_another() -> None:
    async with opened() as world:
        body, key = {"to": MEI, "messages": [HI]}, str(uuid.uuid4())

        answers = [
            await world.call("POST", PUSH, body, token=token, x_line_retry_key=key)
            for token in ("token-of-shop", "token-of-cafe")
        ]

    assert [answer.status for answer in answers] == [200, 200]


async def test_error_after_accepting_is_409_at_the_next_try() -> None:
    async with opened() as world:
        key = str(uuid.uuid4())
        world.line.faults.append(Fault("error_after_accepting"))

        answers = [await world.push(key) for _ in range(2)]

        assert [answer.status for answer in answers] == [500, 409]
        assert len(world.line.sent) == 1


async def test_error_before_accepting_sends_at_the_next_try() -> None:
    async with opened() as world:
        key = str(uuid.uuid4())
        world.line.faults.append(Fault("error"))

        answers = [await world.push(key) for _ in range(2)]

        assert [answer.status for answer in answers] == [500, 200]
        assert len(world.line.sent) == 1


async def test_one_retry_key_sends_once_also_when_two_calls_overlap() -> None:
    async with opened() as world:
        key = str(uuid.uuid4())
        world.line.faults.append(Fault("hang", seconds=0.2))

        answers = await asyncio.gather(world.push(key), world.push(key))

        assert sorted(answer.status for answer in answers) == [200, 409]
        assert len(world.line.sent) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("rate_limit", "The API rate limit has been exceeded. Try again later."),
        ("monthly_limit", "You have reached your monthly limit."),
    ],
)
async def test_both_429_say_why(fault: Any, message: str) -> None:
    async with opened() as world:
        world.line.faults.append(Fault(fault))

        answer = await world.push()

        assert (answer.status, answer.body) == (429, {"message": message})
        assert world.line.sent == []


@pytest.mark.parametrize("to", [None, "", "mei", 7, [MEI], MEI + "0"])
async def test_push_to_what_is_no_id_is_refused(to: object) -> None:
    async with opened() as world:
        answer = await world.push(to=to)

        assert answer.status == 400
        assert world.line.sent == []


# Messages


@pytest.mark.parametrize("count", [1, 5])
async def test_one_to_five_messages_are_taken(count: int) -> None:
    async with opened() as world:
        answers = [
            await world.reply(world.line.issue_token("shop", MEI), *[HI] * count),
            await world.push(None, *[HI] * count),
        ]

    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize("messages", [[HI] * 6, [], None, {}, "hi"])
async def test_other_numbers_of_messages_are_refused(messages: object) -> None:
    async with opened() as world:
        token = world.line.issue_token("shop", MEI)

        answers = [
            await world.call("POST", REPLY, {"replyToken": token, "messages": messages}),
            await world.call("POST", PUSH, {"to": MEI, "messages": messages}),
        ]

        assert [answer.status for answer in answers] == [400, 400]
        assert world.line.sent == []


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ({"type": "text", "text": "🍎" * 2_501}, "messages[1].text"),
        ({"type": "text"}, "messages[1].text"),
        ({"text": "hi"}, "messages[1].type"),
        ({"type": "flex", "altText": "a", "contents": {"type": "box"}}, "messages[1].contents.type"),
        ("hi", "messages[1]"),
    ],
)
async def test_refusal_names_the_place_of_each_mistake(message: object, where: str) -> None:
    async with opened() as world:
        answer = await world.push(None, HI, message)

    assert (answer.status, answer.body["message"]) == (400, "The request body has 1 error(s)")
    assert [detail["property"] for detail in answer.body["details"]] == [where]


async def test_body_that_is_not_json_is_refused() -> None:
    async with opened() as world:
        headers = {"authorization": "Bearer token-of-shop"}
        async with world.session.post(world.line.url + PUSH, data=b"\xff{", headers=headers) as response:
            assert response.status == 400


# Who may call


@pytest.mark.parametrize("token", [None, "", "wrong", "token-of-shopx"])
@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_call_needs_a_live_access_token(method: str, path: str, token: str | None) -> None:
    async with opened() as world:
        body = {"replyToken": world.line.issue_token("shop", MEI), "to": MEI, "messages": [HI], "chatId": MEI}

        answer = await world.call(method, path, body if method == "POST" else None, token=token)

        assert answer.status == 401
        assert (world.line.sent, world.line.loading) == ([], [])


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_answer_has_a_request_id_of_its_own(method: str, path: str) -> None:
    async with opened() as world:
        answers = [await world.call(method, path, {} if method == "POST" else None) for _ in range(3)]

    assert len({answer.headers["x-line-request-id"] for answer in answers}) == 3


async def test_every_call_is_recorded_with_its_status() -> None:
    async with opened() as world:
        await world.push()
        await world.reply("nonsense")

        assert world.line.requests == [(PUSH, 200), (REPLY, 400)]


# Profiles, loading, bot info


@pytest.mark.parametrize("path", [f"/v2/bot/profile/{MEI}", f"/v2/bot/group/{FAMILY}/member/{MEI}"])
async def test_profile_of_a_person_and_of_a_group_s_member(path: str) -> None:
    async with opened() as world:
        world.line.profiles[MEI] = Profile("小美", "ja")

        answer = await world.call("GET", path)

    assert answer.status == 200
    assert answer.body == {"userId": MEI, "displayName": "小美", "language": "ja"}


@pytest.mark.parametrize("path", [f"/v2/bot/profile/{MEI}", f"/v2/bot/group/{FAMILY}/member/{MEI}"])
async def test_profile_of_a_stranger_is_not_found(path: str) -> None:
    async with opened() as world:
        answer = await world.call("GET", path)

    assert answer.status == 404


async def test_who_wrote_has_a_profile() -> None:
    async with opened() as world:
        world.line.text("shop", "hi", user="mei")

        answer = await world.call("GET", f"/v2/bot/profile/{MEI}")

    assert (answer.status, answer.body["displayName"]) == (200, "mei")


@pytest.mark.parametrize("seconds", [5, 20, 60])
async def test_loading_is_shown_to_a_person(seconds: int) -> None:
    async with opened() as world:
        answer = await world.call("POST", LOADING, {"chatId": MEI, "loadingSeconds": seconds})

        assert (answer.status, answer.body, world.line.loading) == (202, {}, [MEI])


@pytest.mark.parametrize(
    "body",
    [
        {"chatId": FAMILY},
        {},
        {"chatId": MEI, "loadingSeconds": 0},
        {"chatId": MEI, "loadingSeconds": 7},
        {"chatId": MEI, "loadingSeconds": 65},
        {"chatId": MEI, "loadingSeconds": "20"},
        {"chatId": MEI, "loadingSeconds": []},
    ],
)
async def test_loading_elsewhere_or_for_other_times_is_refused(body: Mapping[str, Any]) -> None:
    async with opened() as world:
        answer = await world.call("POST", LOADING, body)

        assert (answer.status, world.line.loading) == (400, [])


async def test_bot_info_is_that_of_the_token_s_channel() -> None:
    async with opened() as world:
        shop = await world.call("GET", "/v2/bot/info")
        cafe = await world.call("GET", "/v2/bot/info", token="token-of-cafe")

    assert (shop.status, shop.body["displayName"], cafe.body["displayName"]) == (200, "shop", "cafe")
    assert shop.body["userId"] != cafe.body["userId"]


async def test_destination_of_a_webhook_is_the_bot_s_user_id() -> None:
    async with opened() as world:
        await world.line.deliver("shop", [])

        info = await world.call("GET", "/v2/bot/info")
        assert json.loads(world.received[0][0])["destination"] == info.body["userId"]


# Webhooks


async def test_webhook_is_signed_over_its_bytes() -> None:
    async with opened() as world:
        statuses = await world.line.deliver("shop", [world.line.text("shop", "菜單")])

        body, headers = world.received[0]
        assert statuses == [200]
        assert headers["x-line-signature"] == sign(b"secret", body).decode()
        assert headers["content-type"] == "application/json; charset=utf-8"


async def test_batch_comes_in_one_webhook_in_order() -> None:
    async with opened() as world:
        batch = [world.line.text("shop", str(number), user=f"user{number}") for number in range(5)]

        await world.line.deliver("shop", batch)

        assert world.batches() == [batch]


async def test_copies_are_the_same_events() -> None:
    async with opened() as world:
        batch = [world.line.text("shop", "hi")]

        statuses = await world.line.deliver("shop", batch, copies=3)

        assert statuses == [200] * 3
        assert world.batches() == [batch] * 3


async def test_shuffled_copies_hold_the_same_events_in_other_orders() -> None:
    async with opened() as world:
        batch = [world.line.text("shop", str(number)) for number in range(8)]

        await world.line.deliver("shop", batch, copies=4, shuffle=random.Random(1))

        orders = [[event["webhookEventId"] for event in copy] for copy in world.batches()]
        assert {frozenset(order) for order in orders} == {frozenset(event["webhookEventId"] for event in batch)}
        assert len({tuple(order) for order in orders}) > 1


async def test_redelivery_differs_only_in_its_delivery_context() -> None:
    async with opened() as world:
        raw = world.line.text("shop", "hi")
        world.clock.advance(30)

        await world.line.deliver("shop", [raw], is_redelivery=True)

        assert world.batches() == [[{**raw, "deliveryContext": {"isRedelivery": True}}]]


async def test_webhook_that_nobody_takes_is_0() -> None:
    async with opened() as world:
        assert await world.line.deliver("cafe", [world.line.text("cafe", "hi")]) == [0]


async def test_event_ids_are_ulids_in_the_order_of_time() -> None:
    async with opened() as world:
        first = world.line.text("shop", "hi")["webhookEventId"]
        world.clock.advance(1)
        second = world.line.text("shop", "hi")["webhookEventId"]

    assert len(first) == len(second) == 26
    assert first < second


async def test_mention_of_the_bot_is_marked_as_itself() -> None:
    async with opened() as world:
        message = world.line.text("shop", "菜單", group="family", mention=True)["message"]

    (mentionee,) = message["mention"]["mentionees"]
    assert message["text"][mentionee["index"] : mentionee["length"]] == "@shop"
    assert (mentionee["type"], mentionee["isSelf"]) == ("user", True)


async def test_event_without_a_token_has_none() -> None:
    async with opened() as world:
        assert "replyToken" not in world.line.event("shop", "unfollow", with_token=False)


# What people send


@pytest.mark.parametrize(
    ("kind", "content", "preview", "transcoding"),
    [
        ("image", 200, 200, (400, "Transcoding status doesn't support this type of content")),
        ("video", 200, 200, (200, "succeeded")),
        ("audio", 200, 400, (200, "succeeded")),
        ("file", 200, 400, (400, "Transcoding status doesn't support this type of content")),
    ],
)
async def test_each_kind_of_content_is_served_by_lines_rules(
    kind: str, content: int, preview: int, transcoding: tuple[int, str]
) -> None:
    async with opened() as world:
        path = f"/v2/bot/message/{world.line.upload('shop', b'{}', kind)['message']['id']}/content"
        headers = {"authorization": "Bearer token-of-shop"}

        async with world.session.get(f"{world.line.url}{path}", headers=headers) as response:
            assert (response.status, await response.read()) == (content, b"{}")
        async with world.session.get(f"{world.line.url}{path}/preview", headers=headers) as response:
            assert response.status == preview
        answer = await world.call("GET", f"{path}/transcoding")
        assert (answer.status, answer.body.get("status", answer.body.get("message"))) == transcoding


async def test_content_is_not_served_before_it_is_prepared() -> None:
    async with opened() as world:
        path = f"/v2/bot/message/{world.line.upload('shop', b'{}', 'video', preparing=2)['message']['id']}/content"

        seen = []
        for _ in range(3):
            content, status = await world.call("GET", path), await world.call("GET", f"{path}/transcoding")
            seen.append((content.status, status.body["status"]))

    assert seen == [(202, "processing"), (202, "processing"), (200, "succeeded")]


async def test_message_says_what_line_says_of_each_kind() -> None:
    async with opened() as world:
        messages = {
            kind: world.line.upload("shop", b"1234", kind, name="a.pdf")["message"]
            for kind in ("image", "video", "audio", "file")
        }

    assert {kind: sorted(message.keys() - {"id", "type"}) for kind, message in messages.items()} == {
        "image": ["contentProvider", "markAsReadToken", "quoteToken"],
        "video": ["contentProvider", "duration", "markAsReadToken", "quoteToken"],
        "audio": ["contentProvider", "duration", "markAsReadToken"],
        "file": ["fileName", "fileSize", "markAsReadToken"],
    }
    assert (messages["file"]["fileName"], messages["file"]["fileSize"]) == ("a.pdf", 4)


async def test_other_kinds_of_content_are_not_sent() -> None:
    async with opened() as world:
        with pytest.raises(ValueError, match="there is no kind `sticker` of content; expected one of image, video"):
            world.line.upload("shop", b"x", "sticker")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/bot/message/multicast"),
        ("GET", "/v2/bot/message/quota"),
        ("DELETE", "/v2/bot/message/reply"),
        ("GET", REPLY),
        ("PUT", "/v2/bot/info"),
        ("GET", "/v2/bot/richmenu/list"),
        ("POST", "/v2/bot/richmenu"),
        ("GET", "/v2/bot/infos"),
        ("GET", "/v2/bot/message/5/contents"),
        ("GET", "/"),
    ],
)
async def test_call_that_is_not_simulated_fails_with_its_name(method: str, path: str) -> None:
    async with opened() as world:
        answer = await world.call(method, path)

        assert (answer.status, answer.body) == (404, {"message": f"{method} {path} isn't simulated"})
        assert world.line.requests == [(path, 404)]
