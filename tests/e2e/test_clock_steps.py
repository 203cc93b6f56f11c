"""A host's clock that is set back or ahead, and right again: nothing is lost, and nothing is stuck for good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hookline.adapters.deliveries import Verdict
from hookline.clock import CautiousClock
from hookline.host.host import Host
from hookline.host.upkeep import Upkeep
from hookline.pace import Pace
from hookline.store.people.history import EventFilter, PastEvent
from hookline.testing import ManualClock, RunningBot, running_bot
from tests.e2e.test_quiet_hours import HOUR, morning, say, shop, started, told
from tests.e2e.test_restart import World
from tests.store.worlds import errors_of, values
from tests.support import NOW, make_event
from tests.unit.dispatch.test_bursts import marks, pass_time

TRIAL = Path(__file__).parents[1] / "trial"
DAY = 24 * HOUR
STEPS = {
    "an hour back": -HOUR,
    "an hour ahead": HOUR,
    "a day back": -DAY,
    "a day ahead": DAY,
    "to 1970": -NOW // 1000 + 1,
    "to 2100": 4_102_444_800 - NOW // 1000,
}
BOT = """
version: 1
bots:
  bot:
    adapter: line
    plugins: {trial: {fails: 1, to: U0123456789abcdef0123456789abcdef}}
    limits: {per_user: {messages: 4, within: 60s}}
    routes:
      - {name: rests, exact: rests, reply: rested, cooldown: 10m}
      - {name: flaky, exact: flaky, run: trial.flaky}
      - {name: alone, exact: alone, run: trial.silent, overlap: reject}
      - {name: chorus, prefix: sing, run: trial.remember, overlap: merge, window: 0.01}
      - {name: stuck, exact: stuck, run: trial.stuck, deadline: 0.05, retries: [0.3]}
      - {name: tell, exact: tell, run: trial.tell}
      - {name: all, otherwise: true, reply: '{event.text}'}
"""
OUTCOMES = {
    "rests": "answered",
    "flaky": "answered",
    "alone": "handled",
    "sing": "answered",
    "tell": "handled",
    "hi": "answered",
}
QUICK = Pace(handler_retries=(0.001, 0.001), handler_patience=0.5, delivery_retries=(0.001,))

__all__ = ["marks"]  # the fixture


@asynccontextmanager
async def talking(text: str = BOT) -> AsyncIterator[RunningBot]:
    async with running_bot(text, folder=TRIAL, clock=ManualClock(NOW), pace=QUICK) as bot:
        yield bot


@pytest.mark.parametrize("step", STEPS)
async def test_everything_is_answered_before_a_step_after_it_and_when_the_clock_is_right_again(
    marks: dict[str, Any], step: str
) -> None:
    async with talking() as bot:
        for seconds in (0, STEPS[step], -STEPS[step]):
            pass_time(bot, seconds)
            pass_time(bot, 700)
            found = {text: (await bot.says(text, user=text)).outcome for text in OUTCOMES}

            assert found == OUTCOMES


@pytest.mark.parametrize("step", STEPS)
async def test_limits_and_rests_of_a_time_that_was_wrong_hold_nobody_up(step: str) -> None:
    async with talking() as bot:
        pass_time(bot, STEPS[step])
        assert [(await bot.says("rests", user="ann")).route for _ in range(2)] == ["rests", "all"]
        assert [(await bot.says("hi", user="ben")).outcome for _ in range(5)] == ["answered"] * 4 + ["limited"]
        pass_time(bot, -STEPS[step])

        assert [(await bot.says("rests", user="ann")).route for _ in range(2)] == ["rests", "all"]
        assert (await bot.says("hi", user="ben")).outcome == "answered"


@pytest.mark.parametrize("step", STEPS)
async def test_run_during_which_the_clock_was_wrong_turns_nobody_away_afterwards(
    marks: dict[str, Any], step: str
) -> None:
    alone = BOT.replace("exact: alone, run: trial.silent", "prefix: hold, run: trial.chorus")
    async with talking(alone) as bot:
        await bot.line.deliver(bot.name, [bot.line.text(bot.name, "hold")])
        assert await asyncio.to_thread(marks["begun"].wait, 10)
        pass_time(bot, STEPS[step])
        marks["released"].set()
        await bot.playground.settle()
        pass_time(bot, 1 - STEPS[step])

        assert (await bot.says("hold on")).outcome == "answered"


@pytest.mark.parametrize("step", STEPS)
async def test_thread_that_a_handler_left_is_waited_for_no_longer_when_the_clock_steps(
    marks: dict[str, Any], step: str
) -> None:
    async with talking() as bot:
        await bot.line.deliver(bot.name, [bot.line.text(bot.name, "stuck"), bot.line.text(bot.name, "hi")])
        async with asyncio.timeout(10):
            while sum(await values(bot.playground.host.store, "SELECT attempts FROM inbox")) == 0:
                await asyncio.sleep(0.01)
        pass_time(bot, STEPS[step])  # while its next run is waited for
        await asyncio.wait_for(bot.playground.settle(), 8)  # its thread would end after ten
        marks["released"].set()

        assert [event.outcome for event in await past(bot)] == ["buried", "answered"]


async def past(bot: RunningBot) -> list[PastEvent]:
    return (await bot.playground.host.store.history.list(EventFilter(), 100))[::-1]


@pytest.mark.parametrize("step", STEPS)
async def test_push_of_quiet_hours_is_kept_for_after_them_though_the_clock_was_wrong_meanwhile(
    tmp_path: Path, step: str
) -> None:
    world = shop(tmp_path, f"sqlite:///{tmp_path}/quiet.db")
    async with started(world) as (host, line):
        await say(host, "tell one")
        await morning(world, host, STEPS[step])
        await morning(world, host, 30 - STEPS[step])
        await say(host, "tell two")
        await morning(world, host)

        expired = await errors_of(host.store)
        assert [text for _, text in told(line)] == ["tell one", "tell two"][len(expired) :]
        assert expired == (["expired: its deadline passed"] if step == "to 2100" else [])  # then it wasn't quiet


@pytest.mark.parametrize("step", STEPS)
async def test_reply_that_is_tried_again_meanwhile_arrives_once(tmp_path: Path, store_url: str, step: str) -> None:
    world = World(tmp_path, store_url)
    async with world.host() as (host, line):
        line.verdicts = [Verdict("again"), Verdict("again")]
        line.on_sent = lambda: world.clock.advance(STEPS[step] if len(line.sent) == 1 else 0)
        await host.start()
        await host.worker.accept([make_event("hi")])
        await host.settle()
        world.clock.advance(-STEPS[step])
        await host.worker.accept([make_event("again")])
        await host.settle()

        assert [text for _, text in line.sent] == ["hi", "hi", "hi", "again"]
        assert await host.store.outbox.counts() == {"sent": 2}


class Time:
    """Be monotonic, and stand still until told otherwise."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_cautious_clock_tells_the_least_of_a_day() -> None:
    time, clock = Time(), ManualClock(NOW)
    cautious = CautiousClock(clock, NOW - 5000, time)
    told = [cautious.now()]
    for seconds, step in ((HOUR, HOUR + 10 * DAY), (DAY - HOUR, DAY - HOUR), (1, 1), (HOUR, HOUR - 10 * DAY)):
        time.seconds += seconds
        clock.advance(step)
        told.append(cautious.now())

    ahead = 10 * DAY * 1000
    assert [each - NOW for each in told] == [
        -5000,  # what was known before
        HOUR * 1000 - 5000,
        DAY * 1000 - 5000,
        DAY * 1000 + 1000 + ahead,  # a day later it is believed
        (DAY + HOUR + 1) * 1000,  # at once when it is back
    ]


async def test_clock_that_jumps_ahead_forgets_nothing_for_a_day(tmp_path: Path, store_url: str) -> None:
    world, time = World(tmp_path, store_url), Time()
    async with world.host() as (host, _):
        await host.start()
        await host.worker.accept([make_event("hi")])
        await host.settle()
        upkeep = Upkeep(host.store, host.bots, host.reloader, world.clock, time)
        world.clock.advance(STEPS["to 2100"])
        await upkeep.forget_old()
        kept = await bodies(host)
        world.clock.advance(-STEPS["to 2100"])
        await upkeep.forget_old()
        time.seconds += 2 * DAY
        world.clock.advance(40 * DAY)
        await upkeep.forget_old()

        assert (kept, await bodies(host)) == ([True], [])


async def bodies(host: Host) -> list[bool]:
    """Return of each event whether its text is kept."""
    return [b"hi" in bytes(body) for body in await values(host.store, "SELECT body FROM inbox")]
