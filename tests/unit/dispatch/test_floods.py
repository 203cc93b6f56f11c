"""Floods, of few people who write very much and of very many in one group: nobody else waits, and nothing is lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from hookline.store.inbox import MAX_OF_ONE
from hookline.store.people.history import EventFilter
from hookline.testing import RunningBot
from hookline.testing.events import user_id
from tests.unit.dispatch.test_bursts import bursting, marks, post, sent

FLOODERS = 40
EACH = 60
PEOPLE = 150
TEXTS = 500
MENU = "牛肉麵"
OVERLAPS = {
    "merge": "overlap: merge, window: 0.02, retries: [0.001]",
    "latest": "overlap: latest, window: 0.02, retries: [0.001]",
    "reject": "overlap: reject, retries: [0.001]",
}

__all__ = ["marks"]  # the fixture


async def flood(bot: RunningBot, text: str) -> None:
    for number in range(FLOODERS):
        await post(bot, *(f"{text} {place}" for place in range(EACH)), user=f"flooder {number}")


async def is_answered(bot: RunningBot, user: str) -> None:
    """Let *user* ask for the menu, and wait for it."""
    answered = asyncio.Event()
    bot.line.on_sent = lambda call: answered.set() if call.to == user_id(user) else None
    await post(bot, "menu", user=user)
    await asyncio.wait_for(answered.wait(), 10)


async def test_few_whose_handlers_take_long_hold_up_nobody_else(marks: dict[str, Any]) -> None:
    async with bursting("") as bot:
        await flood(bot, "hold")
        for number in range(5):
            await is_answered(bot, f"guest {number}")

        assert sent(bot) == [MENU] * 5
        marks["released"].set()


async def test_few_whose_bursts_are_waited_for_hold_up_nobody_else(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 20") as bot:
        for number in range(FLOODERS):
            await post(bot, *map(str, range(MAX_OF_ONE - 1)), user=f"flooder {number}")
        for number in range(5):
            await is_answered(bot, f"guest {number}")

        assert sent(bot) == [MENU] * 5


@pytest.mark.parametrize("overlap", ["", "overlap: merge"])
async def test_flood_of_few_is_answered_whole_and_each_in_order(marks: dict[str, Any], overlap: str) -> None:
    async with bursting(overlap) as bot:
        await flood(bot, "")
        await bot.playground.settle()
        assert bot.playground.host.worker.held == {}

        wanted = [f" {place}" for place in range(EACH)]
        for number in range(FLOODERS):
            assert "+".join(bot.received(f"flooder {number}")).split("+") == wanted


class Crowd:
    """Write to a group as a crowd does that means no good: the same for the same seed."""

    def __init__(self, bot: RunningBot, seed: int) -> None:
        self._bot = bot
        self._chance = random.Random(seed)
        self._raws: list[Mapping[str, Any]] = []
        self.texts: list[str] = []
        self.taken_back: set[str] = set()

    async def writes(self) -> None:
        """Send texts of everybody's, some of which fail, come again or are taken back, some webhooks at once."""
        while len(self.texts) < TEXTS:
            each = [self._text() for _ in range(self._chance.randint(1, 12))]
            again = self._chance.sample(self._raws, min(len(self._raws), self._chance.randint(0, 4)))
            back = [self._unsend()] if self._raws and self._chance.random() < 0.2 else []
            self._raws += each
            raws = [*each, *again, *back]
            self._chance.shuffle(raws)
            await asyncio.gather(*(self._bot.line.deliver(self._bot.name, part) for part in (raws[::2], raws[1::2])))

    def _text(self) -> Mapping[str, Any]:
        user = f"person{self._chance.randrange(3 if self._chance.random() < 0.7 else PEOPLE)}"
        word = "poison" if self._chance.random() < 0.03 else "word"
        text = f"{user} {word}{len(self.texts)}"
        self.texts.append(text)
        return self._bot.line.text(self._bot.name, text, user=user, group="crowd")

    def _unsend(self) -> Mapping[str, Any]:
        message = self._chance.choice(self._raws)["message"]
        self.taken_back.add(str(message["text"]))
        unsend = {"messageId": message["id"]}
        return self._bot.line.event(self._bot.name, "unsend", group="crowd", with_token=False, unsend=unsend)


@pytest.mark.parametrize("overlap", OVERLAPS)
async def test_crowd_is_answered_each_for_themselves_and_once(marks: dict[str, Any], overlap: str) -> None:
    async with bursting(OVERLAPS[overlap]) as bot:
        crowd = Crowd(bot, seed=20)
        await crowd.writes()
        await bot.playground.settle()
        past = await bot.playground.host.store.history.list(EventFilter(), 10_000)

    runs = [str(run).split("\n") for run in marks["runs"]]
    good = {text for text in crowd.texts if "poison" not in text}
    said = Counter(text for call in bot.line.sent for message in call.messages for text in message["text"].split("+"))
    assert [run for run in runs if len({text.split()[0] for text in run}) > 1] == []
    assert max(map(len, runs)) <= MAX_OF_ONE
    assert {text for text, times in said.items() if times > 1 and text in good} == set()
    assert len([event for event in past if event.kind == "message.text"]) == len(crowd.texts)
    assert {str(event.outcome) for event in past} <= {
        "answered", "merged", "superseded", "rejected", "buried", "unsent", "unrouted",
    }  # fmt: skip
    if overlap == "merge":
        assert good - crowd.taken_back - said.keys() == set()


async def test_bursts_of_the_longest_texts_are_answered_whole(marks: dict[str, Any]) -> None:
    async with bursting("overlap: merge, window: 0.05") as bot:
        texts = [f"{number:02}" + "線" * 4998 for number in range(64)]
        for start in range(0, 64, 8):
            await post(bot, *texts[start : start + 8])
        await bot.playground.settle()

        assert "".join(bot.received("mei")).replace("+", "") == "".join(texts)
        assert max(len(run) for run in marks["runs"]) <= MAX_OF_ONE * 5001
