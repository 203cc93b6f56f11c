"""How replies and pushes get through, or don't."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from hookline.pace import Pace
from hookline.testing import Fault, ManualClock, RunningBot, running_bot

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
            "not_sent: the token was refused (400 Invalid reply token), and push_fallback is false"
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
        long = await bot.says("x" * 4000 + "🍎" * 600)
        short = await bot.says("hi")

        assert long.failures[0].startswith("refused: 400 The request body has 1 error(s)")
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
