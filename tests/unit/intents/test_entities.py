"""What a text mentions: values of lists, patterns, numbers, dates and times, each where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

import pytest

from hookline.intents.entities.entities import Built, Entity, Listed, Patterned, mentioned, shown
from hookline.intents.intent import wordings_of
from hookline.routing.matching.patterns import compile_pattern
from hookline.routing.matching.text import MatchText
from tests.unit.intents.worlds import TUESDAY

DRINK = Listed({"tea": ["紅茶", "tea", "ชา"], "milk tea": ["奶茶", "milk tea"]})
CODE = Patterned((compile_pattern(r"[A-Z]\d{4}"),), ("A1234",))
NUMBER, DATE, TIME = Built("number"), Built("date"), Built("time")


def found(text: str, **entities: Entity) -> Mapping[str, Any]:
    """Return what *text* mentions of *entities*."""
    return mentioned(entities, MatchText(text, is_called=True), TUESDAY)


@pytest.mark.parametrize(
    ("text", "entities", "expected"),
    [
        ("我要紅茶", {"drink": DRINK}, {"drink": "tea"}),
        ("我要红茶", {"drink": DRINK}, {"drink": "tea"}),
        ("one MILK TEA please", {"drink": DRINK}, {"drink": "milk tea"}),
        ("steak", {"drink": DRINK}, {}),
        ("ขอชาหนึ่งแก้ว", {"drink": DRINK}, {"drink": "tea"}),
        ("訂單 A2045 到了嗎", {"code": CODE}, {"code": "A2045"}),
        ("訂單 Ａ２０４５", {"code": CODE}, {"code": "A2045"}),
        ("A2045 三杯", {"code": CODE, "count": NUMBER}, {"code": "A2045", "count": 3}),
        ("12月25日 3個人", {"count": NUMBER, "day": DATE}, {"count": 3, "day": date(2026, 12, 25)}),
        (
            "明天下午三點兩位",
            {"day": DATE, "at": TIME, "count": NUMBER},
            {"day": date(2026, 11, 25), "at": time(15), "count": 2},
        ),
        (
            "今晚六點半兩位",
            {"day": DATE, "at": TIME, "count": NUMBER},
            {"day": date(2026, 11, 24), "at": time(18, 30), "count": 2},
        ),
        ("2 cups of tea", {"drink": DRINK, "count": NUMBER}, {"drink": "tea", "count": 2}),
    ],
)
def test_entities_are_found(text: str, entities: Mapping[str, Entity], expected: Mapping[str, Any]) -> None:
    assert found(text, **entities) == expected


def test_entities_of_one_kind_take_what_is_found_in_turn() -> None:
    values = found("從紅茶換成奶茶", before=DRINK, after=DRINK)

    assert values == {"before": "tea", "after": "milk tea"}


def test_what_one_entity_took_is_not_found_again() -> None:
    assert found("A2045", code=CODE, count=NUMBER) == {"code": "A2045"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (2.5, "2.5"), (1e6, "1000000"), (date(2026, 11, 25), "2026-11-25"), (time(15), "15:00"), ("tea", "tea")],
)
def test_values_are_shown_plainly(value: object, text: str) -> None:
    assert shown(value) == text


def test_example_becomes_sentences_with_other_values() -> None:
    entities: dict[str, Entity] = {"drink": DRINK, "count": NUMBER, "day": DATE}

    assert wordings_of("我要{count}杯{drink}", entities) == ("我要2杯紅茶", "我要三杯奶茶")
    assert wordings_of("{drink} for {day}", entities, start=1) == ("milk tea for friday", "tea for tomorrow")
    assert wordings_of("菜單", entities) == ("菜單",)


@pytest.mark.parametrize("text", ["", "\ud800", "\0" * 50, "9" * 5000, "年" * 5000, "🍜" * 100, "紅茶" * 2500])
def test_hostile_text_is_searched_all_the_same(text: str) -> None:
    found(text, drink=DRINK, code=CODE, count=NUMBER, day=DATE, at=TIME)
