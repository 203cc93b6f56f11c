"""How often a run in a flow is made again: as its route says, and not at all where each would come to the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.pace import Pace
from hookline.testing import ManualClock, RunningBot, running_bot
from tests.store.worlds import values

TRIAL = Path(__file__).parents[2] / "trial"
QUICK = Pace(handler_retries=(0.0, 0.0, 0.0), delivery_retries=(0.0,))
BOT = """
version: 1
bots:
  desk:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    plugins: {trial: {}}
    flows:
      notes:
        steps:
          - {ask: first, say: first?}
          - {ask: second, say: second?}
          - STEP
          - reply: done
    routes:
      - {name: notes, exact: notes, begin: notes}
      - {name: once, exact: once, run: trial.panic, retries: []}
      - {name: thrice, exact: thrice, run: trial.panic, retries: [0.01, 0.01]}
      - {name: usual, exact: usual, run: trial.panic}
"""
LONG = "長" * 1900


async def runs(bot: RunningBot) -> list[int]:
    """Return how often each event was run that was given up."""
    return await values(bot.playground.host.store, "SELECT attempts FROM dead_letters ORDER BY id")


@pytest.mark.parametrize(
    "step",
    [
        "set: {a: '{flow.first}{flow.second}', b: '{flow.first}{flow.second}', c: '{flow.first}{flow.second}'}",
        "remember: {a: '{flow.first}{flow.second}', b: '{flow.first}{flow.second}', c: '{flow.first}{flow.second}'}",
        "reply: {type: image, originalContentUrl: '{state.none}', previewImageUrl: 'https://a/b'}",
    ],
    ids=["state that is too large", "a person of whom it is too much", "an answer that the platform refuses"],
)
async def test_what_would_come_to_the_same_is_run_once(step: str) -> None:
    async with running_bot(BOT.replace("STEP", step), folder=TRIAL, pace=QUICK, clock=ManualClock()) as bot:
        for text in ("notes", LONG, LONG):
            last = await bot.says(text)

        assert (last.outcome, await runs(bot)) == ("buried", [1])
        assert (await bot.says("cancel")).texts == ["Cancelled."]


@pytest.mark.parametrize(("text", "times"), [("once", 1), ("thrice", 3), ("usual", 4)])
async def test_route_within_a_flow_is_run_again_as_often_as_it_says(text: str, times: int) -> None:
    bot_yaml = BOT.replace("STEP", "count: notes")
    async with running_bot(bot_yaml, folder=TRIAL, pace=QUICK, clock=ManualClock()) as bot:
        await bot.says("notes")
        failed = await bot.says(text)

        assert (failed.outcome, failed.route, await runs(bot)) == ("buried", text, [times])
        assert (await bot.says("a note")).texts == ["second?"]
