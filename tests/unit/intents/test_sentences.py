"""Exact wording with alternatives and parts that may be left out."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline.errors import HooklineError
from hookline.intents.entities.entities import Built, Entity, Listed
from hookline.intents.sentences import SentenceError, compile_sentence
from hookline.routing.matching.text import MatchText
from tests.unit.intents.worlds import TUESDAY

ENTITIES: dict[str, Entity] = {
    "drink": Listed({"tea": ["紅茶", "tea"], "milk tea": ["奶茶", "milk tea"]}),
    "size": Listed({"large": ["大杯", "大"], "small": ["小杯", "小"]}),
    "count": Built("number"),
    "day": Built("date"),
    "at": Built("time"),
    "many": Listed({f"word{number}": [f"word{number}"] for number in range(300)}),
}
OPEN = "你們(幾點|什麼時候)[會]開門"
LIGHT = "turn on [the] (light|lamp)"


def values(template: str, text: str) -> dict[str, object] | None:
    """Return what the sentence *template* finds in *text*; None when it is another one."""
    found = compile_sentence(template, ENTITIES).read(MatchText(text, is_called=True), TUESDAY)
    return None if found is None else dict(found)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (OPEN, "你們幾點開門"),
        (OPEN, "你們什麼時候會開門？"),
        (OPEN, "你们几点开门"),
        (OPEN, " 你們 幾點開門！！".replace("你們 ", "你們")),
        (LIGHT, "Turn on the LIGHT"),
        (LIGHT, "turn on lamp."),
        (LIGHT, "ＴＵＲＮ　ＯＮ　ｌａｍｐ"),
        ("[請]開燈", "開燈"),
        ("[請|麻煩]開燈", "麻煩開燈 🙏"),
        ("(開|關)[(掉|上)]燈", "關掉燈"),
        (r"\(開\)燈", "(開)燈"),
        ("เปิด[ไฟ]ครับ", "เปิดไฟครับ"),
        ("電気を(つけて|消して)[ください]", "電気を消してください。"),
    ],
)
def test_sentence_fits(template: str, text: str) -> None:
    assert values(template, text) == {}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (OPEN, "你們幾點關門"),
        (OPEN, "請問你們幾點開門"),
        (OPEN, "你們會開門"),
        (OPEN, ""),
        (LIGHT, "turnon the light"),
        (LIGHT, "turn on the light now"),
        ("(a|b)", "a b"),
        ("{drink}", "咖啡"),
        ("{count}杯", "很多杯"),
    ],
)
def test_other_text_does_not_fit(template: str, text: str) -> None:
    assert values(template, text) is None


@pytest.mark.parametrize(
    ("template", "text", "expected"),
    [
        ("{count}杯{drink}", "三杯紅茶", {"count": 3, "drink": "tea"}),
        ("{count}杯{drink}", "12 杯奶茶", {"count": 12, "drink": "milk tea"}),
        ("{size}{drink}", "大杯紅茶", {"size": "large", "drink": "tea"}),
        ("{size}{drink}", "大紅茶", {"size": "large", "drink": "tea"}),
        ("[{size}]{drink}[{count}(杯|個)]", "奶茶兩杯", {"drink": "milk tea", "count": 2}),
        ("{count} cups of {drink} [please]", "two cups of milk tea please", {"count": 2, "drink": "milk tea"}),
        ("{day}訂位", "明天訂位", {"day": date(2026, 11, 25)}),
        ("訂{day}{at}", "訂明天下午三點", {"day": date(2026, 11, 25), "at": time(15)}),
        ("訂{day}{at}[{count}位]", "訂明天下午三點4位", {"day": date(2026, 11, 25), "at": time(15), "count": 4}),
        ("book {day} {at}", "book next friday 3 pm", {"day": date(2026, 12, 4), "at": time(15)}),
        ("book {day} [{at}]", "book next friday", {"day": date(2026, 12, 4)}),
        ("{count}{many}", "3word77", {"count": 3, "many": "word77"}),
        ("{day}(來|去)", "下週三去", {"day": date(2026, 12, 2)}),
    ],
)
def test_entities_are_read(template: str, text: str, expected: dict[str, object]) -> None:
    assert values(template, text) == expected


def test_part_with_an_entity_that_is_left_out_has_no_value() -> None:
    assert values("[{count}杯]{drink}", "紅茶") == {"drink": "tea"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("(a|b", "`)` is missing at its end"),
        ("[a", "`]` is missing at its end"),
        ("a)", "`)` closes nothing"),
        ("a|b", "`|` stands outside of brackets: write (one|other)"),
        ("{drink", "`}` is missing"),
        ("[a] [b]", "everything in it may be left out, so any text would fit"),
        ("", "everything in it may be left out, so any text would fit"),
        ("(a|[b])", "everything in it may be left out, so any text would fit"),
        ("(" * 12 + "a" + ")" * 12, "brackets nested deeper than 10"),
        ("a" * 501, "a sentence of 501 characters, at most 500"),
    ],
)
def test_wrong_template_is_refused(template: str, message: str) -> None:
    with pytest.raises(SentenceError) as raised:
        compile_sentence(template, ENTITIES)

    assert str(raised.value) == message


@given(st.text(alphabet="ab()[]{}|\\ 開drink", max_size=30), st.text(max_size=20))
def test_any_template_is_refused_or_reads_any_text(template: str, text: str) -> None:
    try:
        sentence = compile_sentence(template, ENTITIES)
    except HooklineError:
        return
    sentence.read(MatchText(text, is_called=True), TUESDAY)
