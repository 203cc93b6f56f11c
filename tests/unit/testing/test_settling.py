"""What the test kit says when a bot doesn't come to rest."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from hookline.errors import UnsettledError
from hookline.pace import Pace
from hookline.testing import Fault, RunningBot, running_bot
from tests.unit.testing.lines import TRIAL, line_of

SLOW = Pace(handler_deadline=60.0, handler_retries=(60.0,), handler_patience=300.0, delivery_retries=(60.0,))


def shop(action: str, pace: Pace = SLOW, patience: float = 0.5) -> AbstractAsyncContextManager[RunningBot]:
    text = f"""
version: 1
bots:
  bot:
    adapter: line
    plugins: {{faulty: {{}}, trial: {{}}}}
    routes:
      - {{name: fine, exact: fine, reply: ok}}
      - {{name: new, on: follow, {action}}}
      - {{name: all, otherwise: true, {action}}}
"""
    return running_bot(text, folder=TRIAL, pace=pace, patience=patience)


async def test_handler_that_still_runs_is_named() -> None:
    async with shop("run: faulty.late") as bot:
        with pytest.raises(TimeoutError) as error:
            await bot.says("ticket", user="ann")

    assert str(error.value) == "no answer to `ticket` of ann within 0.5 s: its handler faulty.late still runs"


async def test_handler_that_will_run_again_is_named_with_its_error() -> None:
    async with shop("run: faulty.missing") as bot:
        with pytest.raises(UnsettledError) as error:
            await bot.sends("follow", user="ben", follow={"isUnblocked": False})

    where = Path(line_of("missing")).relative_to(Path.cwd())
    assert str(error.value) == (
        "no answer to `follow` of ben within 0.5 s: its handler faulty.missing has failed with "
        f"KeyError: 'cake' at {where} and will run again"
    )


async def test_thread_that_outlives_its_deadline_is_told(marks: threading.Event) -> None:
    pace = Pace(handler_deadline=0.1, handler_retries=(0.0,), handler_patience=300.0)
    async with shop("run: trial.stuck", pace) as bot:
        with pytest.raises(UnsettledError) as error:
            await bot.says("hi", user="ann")
        marks.set()

    assert str(error.value) == (
        "no answer to `hi` of ann within 0.5 s: its handler trial.stuck still runs in its thread, past its deadline"
    )


async def test_deliveries_that_wait_are_counted() -> None:
    async with shop("reply: hi") as bot:
        bot.line.faults.extend([Fault("error"), Fault("error")])
        both = await asyncio.gather(bot.says("hi", user="ann"), bot.says("hi", user="ben"), return_exceptions=True)

    assert [str(error) for error in both] == [
        "no answer to `hi` of ann within 0.5 s: the outbox still has 2 deliveries",
        "no answer to `hi` of ben within 0.5 s: the outbox still has 2 deliveries",
    ]


async def test_one_delivery_is_one() -> None:
    async with shop("reply: hi") as bot:
        bot.line.faults.append(Fault("hang", 60.0))
        with pytest.raises(UnsettledError) as error:
            await bot.says("hi", user="ann")

    assert str(error.value) == "no answer to `hi` of ann within 0.5 s: the outbox still has 1 delivery"


async def test_handlers_of_others_are_named_with_their_events() -> None:
    async with shop("run: faulty.late") as bot:
        await bot.line.deliver(bot.name, [bot.line.text(bot.name, "slowly", user="ann")])
        with pytest.raises(UnsettledError) as of_one:
            await bot.says("fine", user="ben")
        with pytest.raises(UnsettledError) as of_all:
            await bot.playground.settle()

    reason = "within 0.5 s: the handler faulty.late of `slowly` of ann still runs"
    assert str(of_one.value) == f"no answer to `fine` of ben {reason}"
    assert str(of_all.value) == f"the bot has not come to rest {reason}"


async def test_event_behind_another_says_that_it_waits() -> None:
    async with shop("run: faulty.late") as bot:
        await bot.line.deliver(bot.name, [bot.line.text(bot.name, "slowly", user="ann")])
        with pytest.raises(UnsettledError) as error:
            await bot.says("fine", user="ann")

    assert str(error.value) == (
        "no answer to `fine` of ann within 0.5 s: its run has not begun; "
        "the handler faulty.late of `slowly` of ann still runs"
    )


async def test_much_that_goes_on_takes_the_time_that_it_takes() -> None:
    async with shop("run: trial.nap", patience=0.4) as bot:
        raws = [bot.line.text(bot.name, f"nap {number}", user="ann") for number in range(12)]
        await asyncio.gather(*(bot.line.deliver(bot.name, [raw]) for raw in raws))
        await bot.playground.settle()

    assert bot.received("ann") == ["rested"] * 12  # 0.12 s each, one after another: longer than the patience


@pytest.fixture
def marks() -> threading.Event:
    """Return what lets go of the thread of `trial.stuck`."""
    sys.path.insert(0, str(TRIAL / "src"))
    from trial import MARKS

    released: threading.Event = MARKS["released"]
    released.clear()
    return released
