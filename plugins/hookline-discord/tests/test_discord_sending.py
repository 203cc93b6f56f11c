"""How attempts to send end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from hookline import Delivery, Event, PlatformError, Services, Verdict, Way
from hookline.adapters.calls import Answer
from hookline.adapters.http import HttpClient
from hookline.adapters.simulated import Fault, FaultKind
from hookline.testing import ManualClock
from hookline_discord.adapter import DiscordAdapter
from hookline_discord.api import judged
from hookline_discord.settings import DiscordSettings
from hookline_discord.simulated import SimulatedDiscord

HI = {"content": "hi"}
PUSHED = {**HI, "allowed_mentions": {"parse": ["users"]}}
MINUTES = 60.0


@dataclass
class World:
    """Hold one bot's adapter before a platform, with a clock of their own."""

    platform: SimulatedDiscord
    adapter: DiscordAdapter
    clock: ManualClock

    def asks(self, text: str = "/order 2", group: str | None = "den") -> Event:
        """Return what the bot hears when somebody gives a command."""
        return self.hears(self.platform.text("shop", text, group=group))

    def taps(self) -> Event:
        """Return what the bot hears when somebody taps a button."""
        return self.hears(self.platform.tap("shop", "menu", group="den"))

    def hears(self, raw: Mapping[str, Any]) -> Event:
        """Return the event of *raw*."""
        (event,) = self.adapter.receive(self.platform.request("shop", raw))
        return event

    async def send(self, way: Way, message: Mapping[str, Any] | None = None, key: str = "key") -> Verdict:
        """Make one attempt."""
        return await self.adapter.send(Delivery(way, [] if message is None else [message], key))

    @property
    def seen(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return by which way which message was sent."""
        return [(sent.form, sent.messages[0]) for sent in self.platform.sent]


@asynccontextmanager
async def world(**more: Any) -> AsyncIterator[World]:
    clock, http = ManualClock(), HttpClient()
    platform = SimulatedDiscord(clock)
    await platform.start()
    given = DiscordSettings.model_validate({"public_key": "ab" * 32, "application_id": "42", "bot_token": "t", **more})
    try:
        yield World(platform, DiscordAdapter("shop", platform.settings("shop", given), Services(http, clock)), clock)
    finally:
        await http.close()
        await platform.stop()


async def test_original_is_edited_however_often_it_is_tried() -> None:
    async with world() as here:
        original, *_ = here.asks().ways
        first, second = await here.send(original, HI), await here.send(original, HI)

        assert (first.outcome, second.outcome, first.message_ids) == ("sent", "sent", second.message_ids)
        assert here.seen == [("original", HI)]


async def test_owed_delivery_without_messages_takes_thinking_away_however_often() -> None:
    async with world() as here:
        original, *_ = here.asks().ways
        assert len(here.platform.thinking) == 1

        verdicts = [await here.send(original), await here.send(original)]

        assert [verdict.outcome for verdict in verdicts] == ["sent", "sent"]
        assert (here.platform.thinking, here.seen) == ([], [])


async def test_token_that_discord_does_not_know_yet_is_tried_again_and_later_given_up() -> None:
    async with world() as here:
        original, followup, _ = here.asks().ways
        unknown = [way._replace(to="42 not-read-yet") for way in (original, followup)]

        early = [await here.send(way, HI) for way in unknown]
        owed = await here.send(unknown[0])
        here.clock.advance(11)
        late = [await here.send(way, HI) for way in unknown]
        gone = await here.send(unknown[0])

    assert [(one.outcome, one.after) for one in (*early, owed)] == [("again", 1.0)] * 3
    assert [one.outcome for one in late] == ["way_refused", "way_refused"]
    assert gone.outcome == "sent"


async def test_token_ends_after_fifteen_minutes() -> None:
    async with world() as here:
        original, followup, channel = here.asks().ways
        here.clock.advance(15 * MINUTES)

        verdicts = [await here.send(way, HI) for way in (original, followup, channel)]

        assert [verdict.outcome for verdict in verdicts] == ["way_refused", "way_refused", "sent"]
        assert verdicts[0].reason == "401 50027 Invalid Webhook Token"
        assert here.seen == [("channel", PUSHED)]


async def test_ways_end_before_the_token_does() -> None:
    async with world() as here:
        event = here.asks()
        here.clock.advance(14.5 * MINUTES)

        assert [way.name for way in event.ways if not way.is_over(here.clock.now())] == ["channel"]


async def test_channel_is_written_to_once_by_the_same_key_within_minutes() -> None:
    async with world() as here:
        way = here.adapter.push_way("555")
        assert way is not None
        first, second = await here.send(way, HI, "a"), await here.send(way, HI, "a")
        await here.send(way, HI, "b")
        here.clock.advance(6 * MINUTES)
        await here.send(way, HI, "a")

        assert first.message_ids == second.message_ids
        assert [sent.to for sent in here.platform.sent] == ["555"] * 3
        assert {len(sent.retry_key or "") for sent in here.platform.sent} == {25}


async def test_callback_works_once_and_only_at_once() -> None:
    async with world(defer=False) as here:
        first, late = here.asks().ways[0], here.asks().ways[0]

        verdicts = [await here.send(first, HI), await here.send(first, HI)]
        here.clock.advance(4)
        verdicts.append(await here.send(late, HI))

        assert [verdict.outcome for verdict in verdicts] == ["sent", "sent", "way_refused"]
        assert here.seen == [("callback", HI)]


async def test_callback_of_a_private_bot_is_private() -> None:
    async with world(defer=False, ephemeral=True) as here:
        await here.send(here.asks().ways[0], HI)

        assert here.seen == [("callback", {"flags": 64, "content": "hi"})]


async def test_message_for_one_never_goes_where_all_see_it() -> None:
    async with world() as here:
        original, followup, channel = here.asks().ways
        alone = {**HI, "flags": 64}

        verdicts = [await here.send(way, alone) for way in (original, channel, followup)]

        assert [verdict.outcome for verdict in verdicts] == ["way_refused", "way_refused", "sent"]
        assert (here.platform.thinking, here.seen) == ([], [("followup", alone)])


async def test_channel_pings_people_alone_unless_a_message_says_otherwise() -> None:
    loud = {**HI, "allowed_mentions": {"parse": ["everyone"]}}
    async with world() as here:
        way = here.adapter.push_way("555")
        assert way is not None
        await here.send(way, HI, "a")
        await here.send(way, loud, "b")

        assert here.seen == [("channel", PUSHED), ("channel", loud)]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("error", "uncertain"),
        ("error_after_accepting", "uncertain"),
        ("reset", "uncertain"),
        ("rate_limit", "again"),
        ("refuse", "refused"),
    ],
)
@pytest.mark.parametrize("name", ["original", "followup", "channel"])
async def test_each_failure_is_a_verdict(name: str, fault: FaultKind, outcome: str) -> None:
    async with world() as here:
        (way,) = [way for way in here.asks().ways if way.name == name]
        here.platform.faults.append(Fault(fault))

        verdict = await here.send(way, HI)

    assert verdict.outcome == outcome
    assert verdict.after == (0.3 if outcome == "again" else None)


async def test_nobody_listening_is_tried_again() -> None:
    async with world() as here:
        original, *_ = here.asks().ways
        await here.platform.stop()

        assert (await here.send(original, HI)).outcome == "again"


JUDGED: list[tuple[int, dict[str, Any], str]] = [
    (200, {"id": "5"}, "sent"),
    (204, {}, "sent"),
    (200, {}, "uncertain"),
    (200, {"code": 50035, "message": "Invalid Form Body"}, "uncertain"),
    (302, {}, "uncertain"),
    (400, {"code": 50035, "message": "Invalid Form Body"}, "refused"),
    (400, {"code": 50006, "message": "Cannot send an empty message"}, "refused"),
    (400, {"code": 40060, "message": "Interaction has already been acknowledged."}, "sent"),
    (401, {"code": 50027, "message": "Invalid Webhook Token"}, "way_refused"),
    (401, {"code": 0, "message": "401: Unauthorized"}, "way_refused"),
    (403, {"code": 50001, "message": "Missing Access"}, "way_refused"),
    (403, {"code": 50013, "message": "Missing Permissions"}, "way_refused"),
    (403, {"code": 50007, "message": "Cannot send messages to this user"}, "way_refused"),
    (403, {}, "again"),
    (404, {"code": 10015, "message": "Unknown Webhook"}, "way_refused"),
    (404, {"code": 10062, "message": "Unknown interaction"}, "way_refused"),
    (404, {"code": 10003, "message": "Unknown Channel"}, "way_refused"),
    (404, {"code": 10008, "message": "Unknown Message"}, "way_refused"),
    (404, {}, "again"),
    (404, {"message": "404: Not Found", "code": 0}, "refused"),
    (408, {}, "uncertain"),
    (429, {"retry_after": 64.57, "global": False}, "again"),
    (500, {"code": 0, "message": "500: Internal Server Error"}, "uncertain"),
    (502, {}, "uncertain"),
    (503, {"code": "x", "message": 5, "errors": [1]}, "uncertain"),
]


@pytest.mark.parametrize(("status", "body", "outcome"), JUDGED)
def test_each_answer_is_judged(status: int, body: dict[str, Any], outcome: str) -> None:
    assert judged(Answer(status, body), is_early=False).outcome == outcome


@pytest.mark.parametrize(
    ("body", "headers", "after"),
    [
        ({"retry_after": 64.57}, {"retry-after": "65"}, 64.57),
        ({"retry_after": 0}, {}, 0.0),
        ({"retry_after": "soon"}, {"retry-after": "7"}, 7.0),
        ({"retry_after": -1}, {}, 1.0),
        ({"retry_after": 1e300}, {}, 1.0),
        ({}, {"retry-after": "1337"}, 1337.0),
        ({}, {}, 1.0),
    ],
)
def test_limit_says_how_long_to_wait(body: dict[str, Any], headers: dict[str, str], after: float) -> None:
    assert judged(Answer(429, body, headers), is_early=True).after == after


def test_reason_says_what_was_wrong_where() -> None:
    errors = {"embeds": {"0": {"title": {"_errors": [{"code": "X", "message": "Must be 256 or fewer in length."}]}}}}
    body = {"code": 50035, "message": "Invalid Form Body", "errors": errors}

    verdict = judged(Answer(400, body), is_early=False)

    assert verdict.reason == "400 50035 Invalid Form Body (embeds.0.title: Must be 256 or fewer in length.)"
    assert verdict.blames_messages


async def test_other_calls_are_made_by_the_bots_token() -> None:
    async with world() as here:
        assert await here.adapter.api.call("GET", "/applications/42/commands") == []
        with pytest.raises(PlatformError, match="GET /applications/43/commands: Discord says 403 20012"):
            await here.adapter.api.call("GET", "/applications/43/commands")
        await here.platform.stop()
        with pytest.raises(PlatformError, match="no answer from Discord"):
            await here.adapter.api.call("GET", "/applications/42/commands")
