"""A route that understands, through the whole line: webhook, inbox, classifier, handler, reply."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hookline.testing import running_bot
from tests.support import BIGRAMS
from tests.unit.intents.worlds import HOURS, ORDER, bot_with

ROUTES = """
- {name: menu, keyword: 菜單, reply: 牛肉麵}
- {name: hours, intent: hours, reply: '{match.intent} {match.score} {match.runner_up}'}
- {name: book, intent: book, reply: '{match.day|?} {match.count|?}'}
- {name: which, unsure: true, reply: '{match.first} / {match.second} / {match.second_example}'}
- {name: other, otherwise: true, reply: 聽不懂}
"""
BOOK = """
book:
  label: 訂位
  entities: {day: date, count: number}
  examples: [我想訂位, 可以訂位嗎, '{day}訂位', '訂位{count}人', 幫我留個位子]
"""


async def test_bot_answers_what_was_meant() -> None:
    tomorrow = (datetime.now(UTC) + timedelta(hours=8)).date() + timedelta(days=1)
    async with running_bot(bot_with(HOURS + BOOK, routes=ROUTES), plugins=[BIGRAMS]) as bot:
        answers = {
            text: (await bot.says(text)).texts
            for text in ("菜單", "你们几点开门？", "請問今天有營業嗎", "我想訂位明天 4 人", "火星", "👍")
        }

    assert answers["菜單"] == ["牛肉麵"]
    assert answers["你们几点开门？"] == ["hours 1.00 "]
    assert answers["請問今天有營業嗎"][0].startswith("hours 0.")
    assert answers["我想訂位明天 4 人"] == [f"{tomorrow} 4"]
    assert (answers["火星"], answers["👍"]) == (["聽不懂"], ["聽不懂"])


ALIKE = """
cancel: {examples: [我想取消訂位]}
book: {label: 訂位, examples: [我想確認訂位]}
"""
ASKING = """
- {name: cancel, intent: cancel, reply: bye}
- {name: which, unsure: true, reply: '{match.first} / {match.second} / {match.second_example}'}
"""


async def test_bot_asks_back_when_two_intents_are_alike() -> None:
    async with running_bot(bot_with(ALIKE, routes=ASKING), plugins=[BIGRAMS]) as bot:
        answer = await bot.says("我想問訂位")

    assert answer.texts == ["cancel / 訂位 / 我想確認訂位"]


async def test_in_groups_only_what_is_meant_for_the_bot_is_read() -> None:
    text = bot_with(HOURS + ORDER, more="call_names: [小店]\n", routes="- {name: hours, intent: hours, reply: 十點}")
    async with running_bot(text, plugins=[BIGRAMS]) as bot:
        silent = await bot.says("今天有營業嗎", group="friends")
        called = await bot.says("小店 今天有營業嗎", group="friends")

    assert (silent.outcome, called.route) == ("unrouted", "hours")


PLUGIN = """
from hookline import Context, hookimpl
import json

async def book(context: Context) -> str:
    match = context.match
    kinds = {name: type(value).__name__ for name, value in match.entities.items()}
    return json.dumps([match.intent, match.score is not None, match.runner_up, kinds])

@hookimpl
def hookline_handlers():
    return {"book": book}
"""


async def test_handler_gets_the_entities_typed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "booking"\nversion = "1"\n[project.entry-points.hookline]\nbooking = "booking_for_a_test"\n'
    )
    (tmp_path / "booking_for_a_test.py").write_text(PLUGIN)
    text = bot_with(HOURS + BOOK, routes="- {name: book, intent: book, run: booking.book}").replace(
        "{bigrams: }", "{bigrams: , booking: }"
    )
    async with running_bot(text, folder=tmp_path, plugins=[BIGRAMS]) as bot:
        answer = await bot.says("訂位3人，明天")

    assert json.loads(answer.texts[0]) == ["book", True, "hours", {"day": "date", "count": "int"}]


PACK = """
version: 1
intents:
  book: {examples: [我想訂位, 可以訂位嗎, 幫我留個位子, book a table, 還有位子嗎], entities: {count: number}}
routes:
  - {name: table, intent: book, reply: '{match.count|?} 位'}
"""


async def test_plugin_ships_intents_with_its_routes(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "tables"\nversion = "1"\n[project.entry-points.hookline]\ntables = "tables_for_a_test"\n'
    )
    (tmp_path / "tables_for_a_test").mkdir()
    (tmp_path / "tables_for_a_test" / "__init__.py").write_text("")
    (tmp_path / "tables_for_a_test" / "routes.yaml").write_text(PACK, "utf-8")
    text = bot_with(HOURS, routes="- include: tables\n- {name: hours, intent: hours, reply: 十點}").replace(
        "{bigrams: }", "{bigrams: , tables: }"
    )
    async with running_bot(text, folder=tmp_path, plugins=[BIGRAMS]) as bot:
        answers = [(await bot.says(text)).texts for text in ("我想訂位 3 人", "請問你們幾點開門")]

    assert answers == [["3 位"], ["十點"]]


@pytest.mark.parametrize("text", ["\ud800", "\0", "a" * 5000, "年" * 5000, "\u202e開門\u0301\u0301", "🍜" * 500])
async def test_strange_text_gets_an_answer(text: str) -> None:
    async with running_bot(bot_with(HOURS + BOOK, routes=ROUTES), plugins=[BIGRAMS]) as bot:
        answer = await bot.says(text)

    assert answer.texts == ["聽不懂"]
