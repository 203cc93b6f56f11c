"""How replies and pushes get through, or don't."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from hookline.adapters.adapter import Adapter, Services
from hookline.adapters.deliveries import Delivery, Verdict
from hookline.adapters.http import HttpClient
from hookline.bots.bot import Bot
from hookline.delivery.courier import Courier
from hookline.errors import StoreError
from hookline.events import lane_of
from hookline.pace import Pace
from hookline.store.lanes import Tenure
from hookline.store.outbox import Outbox
from hookline.store.records import Ending, Sending, StoredDelivery
from hookline.testing import Fault, ManualClock, RunningBot, running_bot
from hookline.ways import Way
from tests.support import configured

QUICK = Pace(delivery_retries=(0.0,))
BOT = """
version: 1
bots:
  bot:
    adapter: line
    push_fallback: %s
    routes:
      - {name: all, otherwise: true, reply: '{event.text}'}
"""


def echo(*, push_fallback: str = "true", clock: ManualClock | None = None) -> AbstractAsyncContextManager[RunningBot]:
    return running_bot(BOT % push_fallback, pace=QUICK, clock=clock)


def calls(bot: RunningBot) -> list[tuple[str, int]]:
    return [(path.rpartition("/")[2], status) for path, status in bot.line.requests]


async def test_reply_after_an_error_of_the_platform_is_tried_again_with_the_same_token() -> None:
    async with echo() as bot:
        bot.line.faults.append(Fault("error"))
        answer = await bot.says("hi")

        assert (answer.via, answer.texts) == ("reply", ["hi"])
        assert calls(bot) == [("reply", 500), ("reply", 200)]


async def test_reply_that_arrived_unnoticed_is_never_sent_twice() -> None:
    async with echo() as bot:
        bot.line.faults.append(Fault("error_after_accepting"))
        answer = await bot.says("hi")

        assert bot.received("mei") == ["hi"]
        assert calls(bot) == [("reply", 500), ("reply", 400)]
        assert answer.failures[0].startswith("uncertain: it may have arrived")


async def test_reset_connection_is_uncertain_and_tried_again() -> None:
    async with echo() as bot:
        bot.line.faults.append(Fault("reset"))
        answer = await bot.says("hi")

        assert (answer.via, bot.received("mei")) == ("reply", ["hi"])


async def test_rate_limit_waits_and_tries_again() -> None:
    async with running_bot(BOT % "true", pace=QUICK) as bot:
        bot.line.faults.append(Fault("rate_limit"))
        answer = await bot.says("hi")

        assert answer.via == "reply"
        assert calls(bot) == [("reply", 429), ("reply", 200)]


async def test_monthly_limit_is_final() -> None:
    async with echo() as bot:
        bot.line.faults.append(Fault("monthly_limit"))
        answer = await bot.says("hi")

        assert answer.failures == ["refused: 429 You have reached your monthly limit."]
        assert len(bot.line.requests) == 1


async def test_refused_token_becomes_a_push_that_is_counted() -> None:
    async with echo() as bot:
        raw = bot.line.text(bot.name, "hi")
        bot.line.expire_tokens()
        answer = await bot.playground.send(bot.name, raw)

        assert (answer.via, answer.texts) == ("push", ["hi"])
        assert bot.playground.host.courier.counts == {(bot.name, "push_fallback"): 1, (bot.name, "sent"): 1}


async def test_refused_token_is_buried_where_push_is_not_allowed() -> None:
    async with echo(push_fallback="false") as bot:
        raw = bot.line.text(bot.name, "hi")
        bot.line.expire_tokens()
        answer = await bot.playground.send(bot.name, raw)

        assert bot.line.sent == []
        assert answer.failures == [
            "not_sent: `reply` was refused (400 Invalid reply token), and push_fallback is false"
        ]


async def test_push_that_arrived_unnoticed_counts_as_sent() -> None:
    async with echo() as bot:
        raw = bot.line.text(bot.name, "hi")
        bot.line.expire_tokens()
        bot.line.faults.append(Fault("error_after_accepting"))
        answer = await bot.playground.send(bot.name, raw)

        assert (answer.via, bot.received("mei")) == ("push", ["hi"])
        assert calls(bot) == [("reply", 400), ("push", 500), ("push", 409)]


async def test_message_that_the_platform_refuses_is_buried_and_the_next_goes_out() -> None:
    async with echo() as bot:
        bot.line.faults.append(Fault("refuse"))
        refused = await bot.says("no")
        short = await bot.says("hi")

        assert refused.failures[0].startswith("refused: 400 The request body has 1 error(s)")
        assert short.texts == ["hi"]


async def test_order_within_a_conversation_is_kept() -> None:
    async with echo() as bot:
        raws = [bot.line.text(bot.name, f"message {number}") for number in range(50)]
        await bot.line.deliver(bot.name, raws)
        await bot.playground.settle()

        assert bot.received("mei") == [f"message {number}" for number in range(50)]


async def test_event_delivered_five_times_is_answered_once() -> None:
    async with echo() as bot:
        raw = bot.line.text(bot.name, "hi")
        statuses = await bot.line.deliver(bot.name, [raw], copies=5)
        await bot.line.deliver(bot.name, [raw], is_redelivery=True)
        await bot.playground.settle()

        assert statuses == [200] * 5
        assert bot.received("mei") == ["hi"]


async def test_reply_past_its_deadline_becomes_a_push() -> None:
    clock = ManualClock()
    async with echo(clock=clock) as bot:
        raw = bot.line.text(bot.name, "hi")
        bot.line.on_sent = lambda sent: None
        bot.line.faults.append(Fault("rate_limit"))
        answer = await _late(bot, raw, clock)

    assert answer == ["hi"]


async def _late(bot: RunningBot, raw: dict[str, object], clock: ManualClock) -> list[str]:
    """Let 51 seconds pass between the first attempt, which the platform defers, and the next."""
    original = bot.line.faults

    class Advancing(type(original)):  # type: ignore[misc]  # a deque of faults that lets time pass when one is taken
        def popleft(self) -> Fault:
            clock.advance(51)
            fault: Fault = super().popleft()
            return fault

    bot.line.faults = Advancing(original)
    exchange = await bot.playground.send(bot.name, raw)
    assert exchange.via == "push"
    return exchange.texts


def orphan(number: int) -> StoredDelivery:
    """Return a delivery of a bot that is gone."""
    return StoredDelivery(
        id=number,
        seq=number,
        bot="gone",
        conversation="U1",
        lane=lane_of("gone", "U1"),
        ways=(Way("push", "U1", is_push=True),),
        messages=[{"type": "text", "text": "hi"}],
        created_at=0,
        deadline=0,
        retry_key=str(number),
    )


class SlowRoom:
    """Take deliveries back, one call after the other, and fail if asked to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.returned: list[list[int]] = []
        self.goes_on = asyncio.Event()
        self._fails = fails

    async def give_back(self, rows: Iterable[StoredDelivery]) -> None:
        """Note *rows*."""
        self.returned.append([row.id for row in rows])
        await self.goes_on.wait()
        if self._fails:
            raise StoreError("gone")


def courier_of(room: Any) -> Courier:
    """Return the courier of a host without bots."""
    return Courier(room, {}, Tenure(), ManualClock(), QUICK)


async def test_all_deliveries_of_a_bot_that_is_gone_are_given_back_also_those_that_come_meanwhile() -> None:
    room = SlowRoom()
    courier = courier_of(room)
    courier.add([orphan(1)])
    await asyncio.sleep(0)
    courier.add([orphan(2)])
    room.goes_on.set()
    await courier.idle()

    assert (room.returned, courier.held) == ([[1], [2]], 0)


async def test_store_that_fails_while_deliveries_are_given_back_is_not_asked_without_a_pause() -> None:
    room = SlowRoom(fails=True)
    courier = courier_of(room)
    room.goes_on.set()
    courier.add([orphan(1)])
    await courier.idle()

    assert (room.returned, courier.held) == ([[1]], 0)


# An adapter that fails


class LedgerRoom:
    """Let every attempt be made, and note how it ended."""

    def __init__(self) -> None:
        self.endings: list[Ending] = []

    async def attempt(self, sending: Sending) -> bool:
        """Let it be made."""
        return True

    async def end(self, ending: Ending) -> Sequence[StoredDelivery]:
        """Note *ending*; nothing is delivered instead."""
        self.endings.append(ending)
        return []


class Evasive(Exception):  # noqa: N818
    """Raise when it is looked at."""

    @property
    def __cause__(self) -> None:  # type: ignore[override]
        """Raise."""
        raise SystemExit(3)


class FailingAdapter:
    """Fail every attempt to send with *error*, after the first as sent."""

    def __init__(self, error: Exception) -> None:
        self._errors = [error]

    async def send(self, delivery: Delivery) -> Verdict:
        """Raise once."""
        if self._errors:
            raise self._errors.pop()
        return Verdict("sent")


async def ended(folder: Path, error: Exception) -> list[Ending]:
    """Return how the attempts at a push ended of which the first raised *error* in the adapter."""
    room, tenure = LedgerRoom(), Tenure({orphan(1).lane: 1}, float("inf"))
    bot = replace(
        Bot.build(configured(folder).bots["shop"], Services(HttpClient({}))),
        adapter=cast("Adapter", FailingAdapter(error)),
    )
    courier = Courier(cast("Outbox", room), {"gone": bot}, tenure, ManualClock(0), QUICK)
    courier.add([replace(orphan(1), epoch=1, deadline=60_000)])
    await courier.idle()
    return room.endings


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(111, "Connection refused"),
        socket.gaierror(-2, "Name or service not known"),
        aiohttp.ConnectionTimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_adapter_that_finds_no_connection_is_asked_again_and_nothing_is_uncertain(
    tmp_path: Path, error: Exception
) -> None:
    endings = await ended(tmp_path, error)

    assert [(one.outcome, one.is_uncertain) for one in endings] == [("again", False), ("sent", False)]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Newline or carriage return detected in headers"),
        aiohttp.InvalidURL("http://:99999"),
        UnicodeEncodeError("latin-1", "密", 0, 1, "ordinal not in range(256)"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_adapter_that_can_not_write_a_request_has_sent_nothing(tmp_path: Path, error: Exception) -> None:
    endings = await ended(tmp_path, error)

    assert [(one.outcome, one.is_uncertain, one.is_buried) for one in endings] == [("refused", False, True)]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("boom"),
        Evasive(),
        TimeoutError(),
        json.JSONDecodeError("Expecting value", "", 0),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_adapter_that_fails_otherwise_may_have_sent_it(tmp_path: Path, error: Exception) -> None:
    endings = await ended(tmp_path, error)

    assert endings[0].outcome == "uncertain"


async def test_bot_whose_name_is_not_ascii_is_tried_out_like_any_other() -> None:
    async with running_bot(
        "version: 1\nbots:\n  小店:\n    adapter: line\n    routes: [{name: a, otherwise: true, reply: 在}]\n"
    ) as bot:
        answer = await bot.says("hi")

    assert answer.texts == ["在"]
