"""Facts about the copies that matching happens on, and how captures find their way back to the original."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hookline.routing.matching.calls import CallNames, prepare
from hookline.routing.matching.folding import clean, fold, pieces
from hookline.routing.matching.patterns import PatternError, compile_pattern
from hookline.routing.matching.scripts import (
    has_simplified_only,
    has_traditional_only,
    is_word,
    merged,
    other_character,
    simplified,
    stands_free,
)
from hookline.routing.matching.text import MAX_TEXT, MatchText
from tests.support import make_event
from tests.unit.routing.worlds import one, router

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRICKY = (
    "”—〜・ー\u3000\n\t٣३\u20e3เแ้ิ\u0e4dກເ\u0ecc髙辺囯檯"
    "aA1 .\n菜單单麵面ﾃﾞテデ＠１（ﷺ㌀㌔ำํ้가ﬁßİΣς❤👍🏽\u3000\0"
    "e\u0301\u0327\u1100\u1161\u11a8\u200b\u00ad\ufeff\ufe0f\ud83d\udc4d"
)
TEXTS = st.text(st.sampled_from(TRICKY)) | st.text(st.characters())
SOURCES = [
    "(?P<all>.+)",
    "(?P<one>.)",
    r"(?P<n>\d+)?",
    r"(?P<word>\w+)",
    r"\b(?P<word>\w+)\b",
    r"a(?P<blank> )",
    "(?P<a>.)(?P<b>.*)(?P<c>.)$",
    "(?P<empty>)",
    "(?P<mark>[^a-z])+",
]


def text(spoken: str) -> MatchText:
    return prepare(spoken, ())


def captured(source: str, spoken: str) -> str:
    captures = compile_pattern(source).captures(text(spoken))
    assert captures is not None
    return captures["x"]


@pytest.mark.parametrize(
    ("source", "spoken", "expected"),
    [
        ("(?P<x>Mei)", "I am Mei", "Mei"),
        ("(?P<x>صلى)", "ﷺ", "ﷺ"),
        ("(?P<x>ア)パ", "㌀", "㌀"),
        ("(?P<x>パート)", "㌀", "㌀"),
        ("キ(?P<x>ロ.)", "㌔五", "㌔五"),
        ("ก(?P<x>.)", "กำ", "ำ"),
        (r"เมนู (?P<x>.+)", "เมนู น้ำ", "น้ำ"),
        ("(?P<x>é)", "e\u0301", "e\u0301"),
        ("(?P<x>가)", "\u1100\u1161", "\u1100\u1161"),
        ("(?P<x>デ)", "ﾃ\uff9e", "ﾃ\uff9e"),
        ("(?P<x>fi)ne", "ﬁne", "ﬁ"),
        ("f(?P<x>i)ne", "ﬁne", "ﬁ"),
        ("(?P<x>ab)", "a\u200bb", "a\u200bb"),
        ("(?P<x>.)$", "好\ud800", "\ud800"),
        ("(?P<x>.)$", "好\0", "\0"),
        ("(?P<x>👍.)", "👍🏽!", "👍🏽!"),
        ("(?P<x>👍)", "👍🏽!", "👍🏽"),
        (r"(?P<x>\d)", "選1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("(?P<x>1.menu)", "1\ufe0f\u20e3menu", "1\ufe0f\u20e3menu"),
        ("(?P<x>.+)", "Ａ１～　！Ｂ", "A1~ !B"),
        ("(?P<x>.+)", "²①", "²①"),
    ],
)
def test_capture_is_what_was_written(source: str, spoken: str, expected: str) -> None:
    assert captured(source, spoken) == expected


def test_capture_is_from_the_copy_when_the_pieces_do_not_join() -> None:
    pieceless = MatchText("e\u200b\u0301 ５", is_called=False)

    whole = pieceless.original(0, len(pieceless.cleaned))

    assert unicodedata.normalize("NFC", whole.replace("\u200b", "")) == "é 5"


def test_empty_capture_is_empty() -> None:
    assert text("ﷺ").original(2, 2) == ""


def test_group_that_took_no_part_is_no_capture() -> None:
    captures = compile_pattern(r"訂單(?P<number>\d+)?(?P<size>[ML])?").captures(text("訂單M"))

    assert captures == {"size": "M"}


@pytest.mark.timeout(5)
@pytest.mark.parametrize("mark", ["\u0301", "\u3099", "\u0e49", "\u0e4d", "\u1161", "\u200b", "\ufe0f"])
def test_five_thousand_marks_are_captured_whole(mark: str) -> None:
    spoken = "か" + mark * 4998 + "!"

    assert captured("(?P<x>.+)", spoken) == spoken


@pytest.mark.timeout(3)
def test_ten_thousand_zero_width_characters_before_a_prefix_are_no_burden() -> None:
    event = make_event("\u200b" * (MAX_TEXT - 3) + "查42")

    hit = router(one("prefix", "查")).route(event, NOON)

    assert hit is not None
    assert hit.match["rest"] == "42"


@pytest.mark.timeout(3)
def test_ten_thousand_zero_width_characters_before_a_call_name_are_no_burden() -> None:
    event = make_event("\u200b" * (MAX_TEXT - 2) + "小店", group="friends")

    assert router(one("keyword", "菜單")).route(event, NOON) is None


def test_text_is_cut_after_ten_thousand_characters() -> None:
    prepared = text("好" * (MAX_TEXT + 1))

    assert len(prepared.spoken) == MAX_TEXT


@pytest.mark.parametrize(
    ("spoken", "spans", "expected"),
    [
        ("@shop 菜單", [(0, 5)], "菜單"),
        ("請 @shop 給菜單", [(2, 7)], "請 給菜單"),
        ("@shop @shop hi", [(0, 5), (6, 11)], "hi"),
        ("@shop", [(0, 5)], ""),
        ("hi", [(0, 0)], "hi"),
        ("hi", [(1, 99)], "h"),
        ("@shop, @shop: hi", [(0, 5), (7, 12)], "hi"),
        ("@shop!!! 菜單", [(0, 5)], "菜單"),
        ("@shop -5", [(0, 5)], "-5"),
        ("價目！@shop", [(3, 8)], "價目！"),
    ],
)
def test_mention_of_the_bot_is_cut_out(spoken: str, spans: list[tuple[int, int]], expected: str) -> None:
    prepared = prepare(spoken, spans)

    assert prepared == MatchText(expected, is_called=True)


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ("小店 菜單", "菜單"),
        ("小店，菜單", "菜單"),
        ("小店菜單", "菜單"),
        ("ＢＯＴ: menu", "menu"),
        ("bo\u200bt menu", "menu"),
        ("\ufeff\u2060 bot menu", "menu"),
        ("小店 -5", "-5"),
        ("小店", ""),
    ],
)
def test_call_name_is_cut_out(spoken: str, expected: str) -> None:
    prepared = prepare(spoken, (), CallNames(["小店", "bot"]))

    assert prepared == MatchText(expected, is_called=True)


@pytest.mark.parametrize("spoken", ["bottle", "菜單 小店", "robot", "b o t", ""])
def test_text_without_a_leading_call_name_is_left_alone(spoken: str) -> None:
    prepared = prepare(spoken, (), CallNames(["小店", "bot"]))

    assert prepared == MatchText(spoken, is_called=False)


@pytest.mark.parametrize("letter", ["a", "Z", "0", "é", "ß", "я", "ش", "ह", "９"])
def test_letter_of_a_spaced_script_is_part_of_a_word(letter: str) -> None:
    assert is_word(letter)


@pytest.mark.parametrize(
    "sign", ["菜", "々", "の", "ー", "ㄅ", "ㆠ", "메", "\u1161", "เ", "ำ", "ເ", "ម", "မ", "🍜", "_", " ", "！"]
)
def test_sign_of_an_unspaced_script_is_an_edge(sign: str) -> None:
    assert not is_word(sign)


def test_word_stands_free_at_both_ends_of_the_text() -> None:
    assert stands_free("menu", 0, 4)
    assert not stands_free("menus", 0, 4)
    assert not stands_free("xmenu", 1, 5)


def test_scripts_are_told_apart() -> None:
    assert has_traditional_only("裡面")
    assert not has_traditional_only("里面 menu\0")
    assert has_simplified_only("发票")
    assert not has_simplified_only("面")


def test_any_character_and_its_simplified_form_have_one_key() -> None:
    han = map(chr, (*range(0x3400, 0xA000), *range(0x20000, 0x2A6E0)))

    assert [one for one in han if one not in "欠沪鮎予" and merged(one) != merged(simplified(one))] == []


@pytest.mark.parametrize(
    ("character", "expected"), [("發", "发"), ("发", "發"), ("單", "单"), ("a", "a"), ("菜", "菜")]
)
def test_character_has_one_in_the_other_script(character: str, expected: str) -> None:
    assert other_character(character) == expected


@pytest.mark.parametrize(
    "source",
    [
        "[一-鿿]",
        r"[\x{4e00}-\x{9fff}]",
        "[㐀-䶿一-龥]",
        "[一-龜]",
        r"\p{Han}+",
        "[后-啊]",
        "[０-９]+",
        "[（(]",
        "｜",
        "＊",
    ],
)
def test_pattern_that_re2_takes_is_taken(source: str) -> None:
    assert compile_pattern(source).source == source


@pytest.mark.parametrize("source", ["(", r"\1", "(?=a)", "[z-a]", "a" * 1001, "((a{100}){100}){100}", "\ud800("])
def test_pattern_that_re2_refuses_is_refused(source: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(source)


@settings(deadline=None)
@given(TEXTS)
@example("e\u200b\u0301")
def test_cleaned_text_is_in_normal_form_without_format_characters(spoken: str) -> None:
    cleaned = clean(spoken)

    assert unicodedata.is_normalized("NFKC", cleaned)
    assert not any(unicodedata.category(character) in ("Cf", "Cs") for character in cleaned)


@settings(deadline=None)
@given(TEXTS)
@example("e\u200b\u0301")
def test_folding_twice_changes_nothing(spoken: str) -> None:
    once = fold(spoken)

    assert fold(once) == once


@settings(deadline=None)
@given(TEXTS, st.sampled_from(SOURCES))
def test_captures_of_any_text_are_texts(spoken: str, source: str) -> None:
    captures = compile_pattern(source).captures(text(spoken))

    assert all(isinstance(value, str) for value in captures.values())


@settings(deadline=None)
@given(TEXTS, st.sampled_from(SOURCES))
def test_capture_is_a_piece_of_what_was_written_or_of_the_copy(spoken: str, source: str) -> None:
    prepared = text(spoken)
    written = prepared.spoken.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20})

    captures = compile_pattern(source).captures(prepared)

    assert all(value in written or value in prepared.cleaned for value in captures.values())


@settings(deadline=None)
@given(TEXTS)
@example("1ー2")
def test_copies_are_as_long_as_what_they_are_copies_of(spoken: str) -> None:
    prepared = text(spoken)

    assert len(prepared.searched) == len(prepared.cleaned)
    assert len(prepared.key) == len(prepared.folded)
    assert prepared.edged.replace("\ue000", "") == prepared.searched.replace("\ue000", "")


@settings(deadline=None)
@given(TEXTS)
@example("1ー2 a  b\n c")
def test_what_follows_a_part_of_the_copy_gets_shorter_until_nothing_is_left(spoken: str) -> None:
    prepared = text(spoken)

    rests = [prepared.after(length) for length in range(len(prepared.folded) + 1)]

    assert all(former.endswith(rest) for former, rest in pairwise([prepared.spoken, *rests]))
    assert fold(rests[-1]) == "" or clean(spoken) != "".join(map(clean, pieces(spoken)))


@pytest.mark.parametrize(
    ("spoken", "length", "rest"),
    [
        ("a  b\n c", 2, " b\n c"),
        ("a  b\n c", 3, "\n c"),
        ("a  b\n c", 4, " c"),
        ("查\u3000\u3000詢！", 2, "\u3000詢！"),
        ("ร้าน\u0e49 เมนู", 5, " เมนู"),
        ("ßen", 2, "en"),
        ("٣٤x", 2, "x"),
    ],
)
def test_rest_begins_where_the_part_of_the_copy_ends(spoken: str, length: int, rest: str) -> None:
    assert text(spoken).after(length) == rest


@pytest.mark.parametrize(
    "written",
    [
        "ก\u0e33\u0e49\u0e4d\u0e49",
        "ນ\u0eb3\u0ec9\u0ecd\u0ec9",
        "น\u0e49\u0e33",
        "\u0e32\u0e48\u0e32\u0e48",
        "\u0301\u0e33\u0e49",
    ],
)
def test_what_is_clean_is_left_as_it_is(written: str) -> None:
    assert clean(clean(written)) == clean(written)


@settings(deadline=None)
@given(TEXTS, st.data())
def test_any_span_of_the_copy_has_an_original(spoken: str, data: st.DataObject) -> None:
    prepared = text(spoken)
    start = data.draw(st.integers(0, len(prepared.cleaned)))
    end = data.draw(st.integers(start, len(prepared.cleaned)))

    original = prepared.original(start, end)

    found, wanted = (clean(one).replace("ー", "-") for one in (original, prepared.cleaned[start:end]))
    assert wanted in found


@settings(deadline=None)
@given(TEXTS)
def test_the_whole_copy_has_the_whole_text_as_its_original(spoken: str) -> None:
    prepared = text(spoken)

    assert clean(prepared.original(0, len(prepared.cleaned))) == prepared.cleaned


@settings(deadline=None)
@given(TEXTS, st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50))), st.lists(TEXTS))
def test_any_text_can_be_prepared(spoken: str, spans: list[tuple[int, int]], names: list[str]) -> None:
    prepared = prepare(spoken, spans, CallNames(names))

    assert isinstance(prepared.folded, str)
    assert prepared.is_called or not spans
