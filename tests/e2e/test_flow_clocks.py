"""A clock that jumps by an hour while people are asked: what was put off happens once, and answers stay answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from hookline.host.host import Host
from hookline.testing import ManualClock, running_bot
from tests.e2e.test_quiet_hours import HOUR, say, started
from tests.e2e.test_restart import World
from tests.store.worlds import values
from tests.unit.dispatch.test_bursts import pass_time

PEOPLE = [f"guest {number}" for number in range(5)]
BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    flows:
      ticket:
        remind: {after: 90m, reply: still there?}
        expire: 3h
        expired: too late
        steps:
          - {ask: name, say: name?}
          - {ask: text, say: text?}
          - {ask: number, type: number, say: number?}
          - reply: '{flow.name}/{flow.text}/{flow.number}'
    routes:
      - {name: ticket, exact: ticket, begin: ticket}
"""
JUMPS: Sequence[Sequence[float]] = [
    (HOUR, -HOUR),
    (-HOUR, HOUR),
    (HOUR, HOUR, -HOUR, -HOUR),
    (-HOUR, -HOUR, HOUR, HOUR),
    (HOUR, -HOUR, HOUR, -HOUR),
]


async def look(host: Host) -> None:
    """Let happen what is due, and all that comes of it."""
    await host.look_at_time()
    await host.settle()


@pytest.mark.parametrize("jumps", JUMPS, ids=str)
async def test_what_waits_while_the_clock_jumps_happens_once(
    tmp_path: Path, store_url: str, jumps: Sequence[float]
) -> None:
    world = World(tmp_path, store_url, BOT)
    async with started(world) as (host, line):
        for person in PEOPLE:
            await say(host, "ticket", user=person)
        for seconds in (*jumps, *[HOUR / 2] * 6):
            world.clock.advance(seconds)
            await look(host)
        left = await values(host.store, "SELECT count(*) FROM timers")

    told = Counter(text for _, text in line.sent)
    assert told == {text: len(PEOPLE) for text in ("name?", "still there?", "too late")}
    assert left == [0]


async def test_restarted_host_with_another_time_fires_what_is_left_once(tmp_path: Path, store_url: str) -> None:
    world, told = World(tmp_path, store_url, BOT), Counter[str]()
    for seconds in (0, HOUR, -HOUR, 2 * HOUR, -HOUR, HOUR, HOUR):
        world.clock.advance(seconds)
        async with started(world) as (host, line):
            if not told:
                for person in PEOPLE:
                    await say(host, "ticket", user=person)
            await look(host)
        told.update(text for _, text in line.sent)

    assert told == {text: len(PEOPLE) for text in ("name?", "still there?", "too late")}


@pytest.mark.parametrize("seconds", [HOUR, -HOUR, 24 * HOUR])
async def test_answers_stay_answers_when_the_clock_that_was_wrong_is_right_again(seconds: float) -> None:
    async with running_bot(BOT, clock=ManualClock()) as bot:
        pass_time(bot, seconds)
        told = [(await bot.says(text)).texts for text in ("ticket", "Ann")]
        pass_time(bot, 1 - seconds)
        told += [(await bot.says(text)).texts for text in ("broken", "7")]

    assert told == [["name?"], ["text?"], ["number?"], ["Ann/broken/7"]]
