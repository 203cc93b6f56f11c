import asyncio
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from hookline.testing import RunningBot, running_bot
from hookline.testing.events import user_id

FOLDER = Path(__file__).parents[1]


def shop(settings: Mapping[str, Any] | None = None) -> AbstractAsyncContextManager[RunningBot]:
    chosen = {"staff": [user_id("staff")], "language": "en", **(settings or {})}
    return running_bot(plugin="tickets", folder=FOLDER, settings=chosen)


async def test_customers_take_numbers_in_order() -> None:
    async with shop() as bot:
        first = await bot.says("ticket", user="ann")
        second = await bot.says("取號", user="ben")

    assert first.texts == ["Your number is 1; 0 ahead of you."]
    assert second.texts == ["Your number is 2; 1 ahead of you."]


async def test_asking_again_shows_the_same_number() -> None:
    async with shop() as bot:
        await bot.says("ticket", user="ann")
        again = await bot.says("ticket", user="ann")

    assert again.texts == ["You have number 1; 0 ahead of you."]


async def test_staff_call_the_next_and_whoever_is_two_places_away_is_told() -> None:
    async with shop() as bot:
        for name in ("ann", "ben", "cat"):
            await bot.says("ticket", user=name)
        called = await bot.says("next", user="staff")

        assert called.texts == ["Calling number 1; 2 waiting."]
        assert bot.received("ann")[-1] == "Number 1, it's your turn!"
        assert bot.received("ben")[-1] == "Your number is 2; 1 ahead of you."
        assert bot.received("cat")[-1] == "Number 3, 2 more and it's your turn. Please get ready."


async def test_customers_cannot_call_numbers() -> None:
    async with shop() as bot:
        await bot.says("ticket", user="ann")
        refused = await bot.says("next", user="ann")

    assert refused.texts == ["Only staff can call numbers."]


async def test_a_cancelled_number_is_not_called() -> None:
    async with shop() as bot:
        await bot.says("ticket", user="ann")
        await bot.says("ticket", user="ben")
        cancelled = await bot.says("cancel ticket", user="ann")
        called = await bot.says("next", user="staff")

    assert cancelled.texts == ["Number 1 is cancelled."]
    assert called.texts == ["Calling number 2; 0 waiting."]


async def test_an_empty_queue_says_so() -> None:
    async with shop() as bot:
        assert (await bot.says("next", user="staff")).texts == ["Nobody is waiting."]
        assert (await bot.says("my ticket", user="ann")).texts == [
            "You have no number yet; we are serving 0. Say “ticket” to queue."
        ]


async def test_reset_starts_again_at_one() -> None:
    async with shop() as bot:
        await bot.says("ticket", user="ann")
        await bot.says("reset tickets", user="staff")
        again = await bot.says("ticket", user="ben")

    assert again.texts == ["Your number is 1; 0 ahead of you."]


async def test_texts_can_be_replaced_per_language() -> None:
    async with shop({"texts": {"en": {"taken": "No. {number}"}}}) as bot:
        assert (await bot.says("ticket", user="ann")).texts == ["No. 1"]


async def test_two_hundred_customers_at_once_get_two_hundred_numbers_without_a_gap() -> None:
    async with shop() as bot:
        raws = [bot.line.text(bot.name, "ticket", user=f"customer {number}") for number in range(200)]
        await asyncio.gather(*(bot.line.deliver(bot.name, [raw]) for raw in raws))
        await bot.playground.settle()
        texts = [str(sent.messages[0]["text"]) for sent in bot.line.sent]

    numbers = sorted(int(found[1]) for text in texts if (found := re.match(r"Your number is (\d+)", text)))
    assert numbers == list(range(1, 201))
