"""What happens to a handler's effects, errors and deadlines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from hookline.pace import Pace
from hookline.testing import RunningBot, running_bot
from hookline.testing.events import user_id
from tests.store.worlds import errors_of

TRIAL = Path(__file__).parents[2] / "trial"
QUICK = Pace(handler_deadline=0.2, handler_retries=(0.0, 0.0, 0.0), delivery_retries=(0.0,))


def trial(
    handler: str, settings: Mapping[str, Any] | None = None, pace: Pace = QUICK, more: str = "", route: str = ""
) -> AbstractAsyncContextManager[RunningBot]:
    fields = "".join(f"{name}: {value}, " for name, value in (settings or {}).items())
    text = f"""
version: 1
bots:
  bot:
    adapter: line
    plugins: {{trial: {{{fields}}}}}
    on_error: 出了點問題
    {more}
    routes:
      - {{name: run, otherwise: true, run: trial.{handler}{route}}}
      - {{name: gone, on: unfollow, run: trial.{handler}}}
"""
    return running_bot(text, folder=TRIAL, pace=pace)


@pytest.fixture
def marks() -> dict[str, Any]:
    sys.path.insert(0, str(TRIAL / "src"))
    from trial import MARKS

    MARKS["runs"].clear()
    MARKS["released"].clear()
    MARKS["begun"].clear()
    found: dict[str, Any] = MARKS
    return found


async def test_failed_handler_runs_again_and_its_failed_effects_are_thrown_away(marks: dict[str, Any]) -> None:
    async with trial("flaky", {"fails": 2}) as bot:
        answer = await bot.says("hi")

        assert answer.texts == ["attempt 3, state 1"]
        assert bot.received("mei") == ["attempt 3, state 1"]
        assert marks["runs"] == [1, 2, 3]


async def test_handler_that_keeps_failing_is_buried_and_on_error_answers(marks: dict[str, Any]) -> None:
    async with trial("flaky", {"fails": 99}) as bot:
        answer = await bot.says("hi")

        assert (answer.outcome, answer.texts) == ("buried", ["出了點問題"])
        assert marks["runs"] == [1, 2, 3, 4]
        assert await errors_of(bot.playground.host.store) == ["ValueError: attempt 4"]


async def test_traceback_of_each_error_is_logged_once_for_an_event(marks: dict[str, Any]) -> None:
    with structlog.testing.capture_logs() as logs:
        async with trial("erratic") as bot:
            await bot.says("hi")
            await bot.says("hi")

    failures = [line for line in logs if line["event"] == "event.failed"]
    told = [(line["attempts"], line["error"], "exception" in line) for line in failures]
    assert told == 2 * [(1, "ValueError: one", True), (2, "ValueError: one", False), (3, "ValueError: three", True)]


async def test_route_says_how_often_its_handler_runs_again(marks: dict[str, Any]) -> None:
    async with trial("flaky", {"fails": 99}, route=", retries: [0.01]") as bot:
        answer = await bot.says("hi")

        assert (answer.outcome, marks["runs"]) == ("buried", [1, 2])


async def test_route_without_retries_is_buried_at_once(marks: dict[str, Any]) -> None:
    async with trial("flaky", {"fails": 99}, route=", retries: []") as bot:
        await bot.says("hi")

        assert marks["runs"] == [1]


async def test_route_says_how_long_its_handler_may_take(marks: dict[str, Any]) -> None:
    async with trial("slow", pace=Pace(), route=", retries: [], deadline: 0.05") as bot:
        await bot.says("hi")

        assert await errors_of(bot.playground.host.store) == [
            "HandlerTimeoutError: `trial.slow` took over 0.05 seconds"
        ]


async def test_conversation_goes_on_after_a_buried_event(marks: dict[str, Any]) -> None:
    async with trial("flaky", {"fails": 3}) as bot:
        raws = [bot.line.text(bot.name, text) for text in ("one", "two")]
        await bot.line.deliver(bot.name, raws)
        await bot.playground.settle()

        assert bot.received("mei") == ["attempt 4, state 1", "attempt 4, state 2"]


async def test_handler_past_its_deadline_is_stopped_and_tried_again(marks: dict[str, Any]) -> None:
    async with trial("slow", pace=Pace(handler_deadline=0.05, handler_retries=(0.0,))) as bot:
        answer = await bot.says("hi")

        assert answer.outcome == "buried"
        assert marks["runs"] == [1, 2]
        assert (await errors_of(bot.playground.host.store))[0].startswith("HandlerTimeoutError: `trial.slow` took")


async def test_sync_handler_runs_in_a_thread_and_may_wait_for_shared_state() -> None:
    async with trial("blocking", pace=Pace()) as bot:
        await bot.says("one", user="ann")
        answer = await bot.says("two", user="ben")

    assert answer.texts == ["thread True, count 2"]


async def test_waiting_for_a_thread_is_not_the_handlers_time() -> None:
    pace = replace(QUICK, handler_deadline=2.0)
    async with trial("doze", pace=pace) as bot:  # 48 of them take three turns of 0.8 s, each may take 2 s
        exchanges = await asyncio.gather(*(bot.says("hi", user=f"u{number}") for number in range(48)))

        assert {exchange.outcome for exchange in exchanges} == {"answered"}
        assert bot.playground.host.worker.handlers[bot.name, "trial", "doze"].failed == 0


async def test_handler_that_waits_for_threads_which_are_all_stuck_is_told_so(marks: dict[str, Any]) -> None:
    with structlog.testing.capture_logs() as logs:
        async with trial("stuck", pace=replace(QUICK, handler_patience=0.3)) as bot:
            try:
                await asyncio.gather(*(bot.says("hi", user=f"u{number}") for number in range(17)))
            finally:
                marks["released"].set()

    errors = [line["error"] for line in logs if line["event"] == "event.failed"]
    stuck = "HandlerTimeoutError: `trial.stuck` waited for a thread, which all were stuck, for over 0.2 seconds"
    assert stuck in errors


async def test_stuck_thread_is_not_run_a_second_time_while_it_lives(marks: dict[str, Any]) -> None:
    pace = Pace(handler_deadline=0.05, handler_retries=(0.0, 0.0), handler_patience=0.2)
    async with trial("stuck", pace=pace) as bot:
        answer = await bot.says("hi")
        runs = list(marks["runs"])
        marks["released"].set()

    assert runs == [1]
    assert (answer.outcome, answer.texts) == ("buried", ["出了點問題"])


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        ("suicidal", "HandlerError: `trial.suicidal` cancelled its own task"),
        ("panic", "Panic: at the disco"),
    ],
)
async def test_handler_that_would_kill_its_conversation_is_buried_and_the_next_event_goes_on(
    handler: str, error: str
) -> None:
    async with trial(handler, route=", retries: [0.01]") as bot:
        answers = [await bot.says(text) for text in ("one", "two")]

        assert [answer.texts for answer in answers] == [["出了點問題"]] * 2
        assert await errors_of(bot.playground.host.store) == [error] * 2
        assert bot.playground.host.worker.held == {}


async def test_conversation_state_is_kept_between_events() -> None:
    async with trial("remember") as bot:
        answers = [(await bot.says("hi", user=user)).texts for user in ("ann", "ann", "ben", "ann")]

    assert answers == [["1"], ["2"], ["1"], ["3"]]


async def test_shared_state_is_shared_by_conversations() -> None:
    async with trial("count") as bot:
        answers = [(await bot.says("hi", user=user)).texts for user in ("ann", "ben", "cat")]

    assert answers == [["1"], ["2"], ["3"]]


async def test_more_than_five_messages_go_out_in_order_the_rest_by_push() -> None:
    async with trial("many") as bot:
        await bot.says("hi")

        assert [(sent.form, len(sent.messages)) for sent in bot.line.sent] == [("reply", 5), ("push", 2)]
        assert bot.received("mei") == [f"message {number}" for number in range(1, 8)]


async def test_every_kind_of_answer_goes_out_with_unknown_fields_untouched() -> None:
    async with trial("kinds") as bot:
        answer = await bot.says("hi")

    sticker = {"type": "sticker", "packageId": "1", "stickerId": "2", "future": 1}
    assert answer.messages == [{"type": "text", "text": "text"}, sticker, {"type": "text", "text": "message"}]


async def test_sdk_models_are_answers_and_its_client_talks_to_the_same_platform() -> None:
    async with trial("sdk", pace=Pace()) as bot:
        answer = await bot.says("hi", user="mei")

    assert answer.messages == [{"type": "text", "text": "hello mei"}]


async def test_runs_that_contend_for_a_key_each_count_once_and_few_run_again(marks: dict[str, Any]) -> None:
    async with trial("contend", pace=Pace()) as bot:
        raws = [bot.line.text(bot.name, "hi", user=f"customer {number}") for number in range(40)]
        await asyncio.gather(*(bot.line.deliver(bot.name, [raw]) for raw in raws))
        await bot.playground.settle()
        numbers = sorted(int(sent.messages[0]["text"]) for sent in bot.line.sent)

    assert numbers == list(range(1, 41))
    assert len(marks["runs"]) < 200


async def test_shared_keys_may_be_read_at_once() -> None:
    async with trial("gather") as bot:
        first = await bot.says("hi", user="ann")
        second = await bot.says("hi", user="ben")

    assert (first.texts, second.texts) == (["3"], ["3"])


async def test_handler_that_waits_for_something_cancelled_has_failed_and_its_conversation_goes_on() -> None:
    async with trial("cancelled") as bot:
        first = await bot.says("one")
        second = await bot.says("two")

    assert (first.outcome, second.outcome) == ("buried", "buried")


async def test_nonsense_from_a_handler_is_its_error() -> None:
    async with trial("nonsense") as bot:
        answers = [await bot.says(word) for word in ("bytes", "hi")]

        assert [answer.outcome for answer in answers] == ["buried", "buried"]
        assert [error.split(";")[0] for error in await errors_of(bot.playground.host.store)] == [
            "HandlerError: a handler returned bytes",
            "HandlerError: a handler returned int",
        ]


async def test_push_goes_to_somebody_else() -> None:
    async with trial("tell", {"to": user_id("boss")}) as bot:
        answer = await bot.says("help")

        assert (answer.outcome, answer.messages) == ("handled", [])
        assert bot.received("boss") == [f"{user_id('mei')} says help"]


async def test_answer_to_an_event_without_reply_is_a_clear_error() -> None:
    async with trial("count") as bot:
        answer = await bot.sends("unfollow")

        assert answer.outcome == "buried"
        assert await errors_of(bot.playground.host.store) == [
            "HandlerError: `unfollow` can't be answered; use context.push(to, …)"
        ]


async def test_slow_conversation_holds_up_no_other(marks: dict[str, Any]) -> None:
    text = """
version: 1
bots:
  bot:
    adapter: line
    plugins: {trial: {}}
    routes:
      - {name: slow, exact: slow, run: trial.slow}
      - {name: quick, exact: quick, run: trial.count}
"""
    async with running_bot(text, folder=TRIAL, pace=Pace(handler_deadline=0.5, handler_retries=())) as bot:
        answered: list[str] = []
        bot.line.on_sent = lambda sent: answered.append(sent.to)
        await bot.line.deliver(bot.name, [bot.line.text(bot.name, "slow", user="ann")])
        await bot.line.deliver(bot.name, [bot.line.text(bot.name, "quick", user="ben")])
        await bot.playground.settle()

    assert answered == [user_id("ben")]
