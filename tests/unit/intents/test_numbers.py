"""Which numbers are found in what people write, and which words only look like numbers."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline.intents.entities.numbers import Found, find_numbers, read_number
from hookline.routing.matching.folding import fold

PIECES = (
    "一二兩十廿百千萬億兆零〇半個第三 3 １２ -1 1,234 .5 two hundred and five dozen a twenty- one moment "
    "สอง ร้อย ล้าน สิบ เอ็ด ๑๒ ที่ คน 円 年 x nt \ud800 \0 👍"
)
TEXTS = st.text() | st.text(st.characters()) | st.lists(st.sampled_from([*PIECES.split(" "), " "])).map("".join)
CPU_SECONDS = 0.06
"""Three times what is promised for five thousand characters; the machines of CI are slow."""


def values(text: str) -> list[int | float]:
    return [found.value for found in find_numbers(fold(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", 42),
        ("４２", 42),
        ("1,234.5", 1234.5),
        ("1,000,000", 1_000_000),
        ("3.5", 3.5),
        ("-3", -3),
        ("−3", -3),
        ("零下 -3.5 度", -3.5),
        ("007", 7),
        ("nt500", 500),
        ("NT$1,280", 1280),
        ("拿鐵x2", 2),
        ("拿鐵 x 2", 2),
        ("買3送不了", 3),
        ("2kg", 2),
        ("10%", 10),
        ("๑๒๓", 123),
        ("๑,๒๓๔.๕", 1234.5),
        ("1000000000000", 10**12),
    ],
)
def test_digits_are_a_number(text: str, expected: float) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三百二十五", 325),
        ("兩百", 200),
        ("两百块", 200),
        ("我要兩杯", 2),
        ("两个", 2),
        ("一個", 1),
        ("三本", 3),
        ("我要三", 3),
        ("三", 3),
        ("共 三", 3),
        ("十", 10),
        ("十個", 10),
        ("十分鐘", 10),
        ("十一", 11),
        ("廿", 20),
        ("廿五", 25),
        ("卅", 30),
        ("一百零五", 105),
        ("一百一十", 110),
        ("三百五", 350),
        ("三百五元", 350),
        ("兩萬五", 25_000),
        ("一千零一夜", 1001),
        ("一萬兩千", 12_000),
        ("一万二千三百四十五", 12_345),
        ("一萬零五十", 10_050),
        ("九千九百九十九億", 999_900_000_000),
        ("一兆", 10**12),
        ("一萬億", 10**12),
        ("二〇二六", 2026),
        ("二零二六", 2026),
        ("三萬", 30_000),
        ("3万", 30_000),
        ("3 萬", 30_000),
        ("1.5億", 150_000_000),
        ("1.1億", 110_000_000),
        ("2萬5千", 25_000),
        ("3千5百", 3500),
        ("５千萬", 50_000_000),
        ("百萬元", 1_000_000),
        ("千萬元", 10_000_000),
        ("壹萬貳仟元", 12_000),
        ("貳拾伍", 25),
        ("一個半小時", 1.5),
        ("2個半", 2.5),
    ],
)
def test_chinese_number_is_found(text: str, expected: float) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三百円", 300),
        ("百円です", 100),
        ("千円", 1000),
        ("千五百円", 1500),
        ("三百五人", 305),
        ("二名様", 2),
        ("三つください", 3),
        ("五人前", 5),
        ("１万２３４５円", 12_345),
        ("二十五個", 25),
        ("コーヒー二杯", 2),
        ("3本", 3),
        ("一億二千万", 120_000_000),
    ],
)
def test_japanese_number_is_found(text: str, expected: float) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("สอง", 2),
        ("สิบ", 10),
        ("สิบเอ็ด", 11),
        ("ยี่สิบ", 20),
        ("ยี่สิบเอ็ด", 21),
        ("สองร้อย", 200),
        ("สองร้อยห้าสิบบาท", 250),
        ("หนึ่งพัน", 1000),
        ("พันบาท", 1000),
        ("สองแสนห้าหมื่น", 250_000),
        ("ห้าล้าน", 5_000_000),
        ("หนึ่งล้านล้าน", 10**12),
        ("2 ล้าน", 2_000_000),
        ("เอากาแฟสองแก้ว", 2),
        ("สามคน", 3),
        ("เอาสองครับ", 2),
    ],
)
def test_thai_number_is_found(text: str, expected: float) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two", 2),
        ("Twelve eggs", 12),
        ("twenty-five", 25),
        ("twenty five", 25),
        ("nineteen", 19),
        ("a dozen", 12),
        ("two dozen eggs", 24),
        ("a hundred", 100),
        ("two hundred and five", 205),
        ("two hundred five", 205),
        ("one thousand two hundred", 1200),
        ("two thousand and six", 2006),
        ("one million, two hundred thousand and five", 1_200_005),
        ("a trillion", 10**12),
        ("3 thousand", 3000),
        ("1.5 million", 1_500_000),
        ("one coffee please", 1),
        ("one more", 1),
        ("我要two個", 2),
    ],
)
def test_english_number_is_found(text: str, expected: float) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三個漢堡、2杯可樂 and five fries", [3, 2, 5]),
        ("three, four and five", [3, 4, 5]),
        ("1,2,3", [1, 2, 3]),
        ("二杯とสามแก้ว", [2, 3]),
        ("12/25 三點", [12, 25, 3]),
        ("3一起", [3]),
    ],
)
def test_numbers_are_found_in_their_order(text: str, expected: list[int]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "等一下",
        "還有一些問題",
        "我們一起去",
        "統一發票怎麼開",
        "唯一",
        "萬一下雨怎麼辦",
        "万一のこと",
        "第一次來",
        "十分抱歉",
        "千萬不要",
        "三明治",
        "百貨公司",
        "千層蛋糕",
        "一點點就好",
        "一樣 一直 一定 一般",
        "星期三",
        "禮拜一天氣好嗎",
        "五十嵐",
        "四川 七夕 八卦",
        "十字路口",
        "一緒に行きましょう",
        "一番おいしい",
        "十幾",
        "三四個",
        "兩三天",
        "三三兩兩",
        "大陸參加收拾",
        "someone anyone often stone",
        "one moment please",
        "which one is the best one of all",
        "no one",
        "ห้างสรรพสินค้า",
        "ห้ามจอด",
        "สามารถ",
        "สามีของฉัน",
        "โกหก",
        "เก้าอี้",
        "ความสัมพันธ์",
        "คนที่สอง",
        "สองสามคน",
        "a4 covid19",
        "4111111111111111",
        "",
    ],
)
def test_word_that_only_looks_like_a_number_is_none(text: str) -> None:
    assert values(text) == []


def test_number_is_found_where_it_is_written() -> None:
    text = "請給我三百二十五個,謝謝"

    assert find_numbers(text) == [Found(325, 3, 8)]


def test_half_belongs_to_the_number_it_is_added_to() -> None:
    assert find_numbers("等一個半小時") == [Found(1.5, 1, 4)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [("三", 3), ("3", 3), ("兩百", 200), ("สาม", 3), ("twenty-five", 25), ("三個", None), ("", None), ("十百", None)],
)
def test_whole_text_is_read_as_one_number(written: str, expected: int | None) -> None:
    assert read_number(written) == expected


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "1,",
        "1,234,",
        "1.",
        "年",
        "一",
        "万",
        "億一",
        "十2",
        "3萬 ",
        "3一起",
        "五百",
        "半",
        "สิบ",
        "สองล้าน",
        "ก",
        "th",
        "two ",
        "twenty-",
        "a hundred and ",
        "one million ",
        "1 thousand ",
        "x",
        " ",
        "-",
        "\ud800\0",
        "👍",
    ],
)
def test_hostile_text_costs_no_more_than_others(piece: str) -> None:
    text = (piece * 5000)[:5000]

    assert min(_cost(text) for _ in range(3)) < CPU_SECONDS


@given(TEXTS)
def test_numbers_of_any_text_stand_in_it_one_after_the_other(text: str) -> None:
    found = find_numbers(text)

    places = [place for item in found for place in (item.start, item.end)]
    assert places == sorted(places)
    assert all(0 <= item.start < item.end <= len(text) for item in found)


def _cost(text: str) -> float:
    start = process_time()
    find_numbers(text)
    return process_time() - start
