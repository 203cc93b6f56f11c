"""Which days and times of day are found in what people write, and how those without a year or a week are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline.intents.entities import moment_words as words
from hookline.intents.entities.moments import find_dates, find_times
from hookline.intents.entities.numbers import Found
from hookline.routing.matching.folding import fold

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("Asia/Taipei"))
CPU_SECONDS = 0.06
"""Three times what is promised for five thousand characters; the machines of CI are slow."""
TABLES = [table for name, table in vars(words).items() if name.isupper() and isinstance(table, dict)]
WORDS = sorted({word for table in TABLES for word in table})
GLUE = (
    "1 12 25 ３ 9999 : / - . 月 日 年 點 半 分 後 前 個 週 の 曜 一 十 "
    "th am pm past to in three อีก โมง ทุ่ม ตี นาที น. สอง \ud800 \0"
)
TEXTS = st.text() | st.lists(st.sampled_from([*WORDS, *GLUE.split(), " "])).map("".join)

DATES = [
    ("2026-12-25", date(2026, 12, 25)),
    ("2026/12/25", date(2026, 12, 25)),
    ("2026.12.25", date(2026, 12, 25)),
    ("12/25", date(2026, 12, 25)),
    ("25/12", date(2026, 12, 25)),
    ("25/12/2026", date(2026, 12, 25)),
    ("12/25/2026", date(2026, 12, 25)),
    ("5/12/2569", date(2026, 12, 5)),
    ("2569-12-25", date(2026, 12, 25)),
    ("115/12/25", date(2026, 12, 25)),
    ("25 December", date(2026, 12, 25)),
    ("25th of December 2026", date(2026, 12, 25)),
    ("Dec 25th 2026", date(2026, 12, 25)),
    ("December 25, 2026", date(2026, 12, 25)),
    ("Sept. 5", date(2027, 9, 5)),
    ("12月25日", date(2026, 12, 25)),
    ("１２月２５號", date(2026, 12, 25)),
    ("12月25号", date(2026, 12, 25)),
    ("12 月 25 日", date(2026, 12, 25)),
    ("12月25", date(2026, 12, 25)),
    ("十二月二十五號", date(2026, 12, 25)),
    ("2026年12月25日", date(2026, 12, 25)),
    ("二〇二六年十二月二十五日", date(2026, 12, 25)),
    ("明年1月1日", date(2027, 1, 1)),
    ("民國115年12月25日", date(2026, 12, 25)),
    ("民国115年12月25日", date(2026, 12, 25)),
    ("115年12月25日", date(2026, 12, 25)),
    ("民國一百一十五年十二月二十五日", date(2026, 12, 25)),
    ("令和8年12月25日", date(2026, 12, 25)),
    ("令和元年5月1日", date(2019, 5, 1)),
    ("平成31年4月30日", date(2019, 4, 30)),
    ("来年の1月1日", date(2027, 1, 1)),
    ("下個月5號", date(2026, 12, 5)),
    ("来月の10日", date(2026, 12, 10)),
    ("25 ธันวาคม", date(2026, 12, 25)),
    ("25 ธันวาคม 2569", date(2026, 12, 25)),
    ("25 ธันวาคม พ.ศ. 2569", date(2026, 12, 25)),
    ("25 ธันวาคม ค.ศ. 2026", date(2026, 12, 25)),
    ("25 ธ.ค.", date(2026, 12, 25)),
    ("25 ธ.ค. 2569", date(2026, 12, 25)),
    ("๒๕ ธันวาคม ๒๕๖๙", date(2026, 12, 25)),
    ("today", date(2026, 11, 24)),
    ("tonight", date(2026, 11, 24)),
    ("Tomorrow", date(2026, 11, 25)),
    ("the day after tomorrow", date(2026, 11, 26)),
    ("yesterday", date(2026, 11, 23)),
    ("今天", date(2026, 11, 24)),
    ("明天", date(2026, 11, 25)),
    ("明晚", date(2026, 11, 25)),
    ("後天", date(2026, 11, 26)),
    ("后天", date(2026, 11, 26)),
    ("大後天", date(2026, 11, 27)),
    ("昨天", date(2026, 11, 23)),
    ("前天", date(2026, 11, 22)),
    ("今日", date(2026, 11, 24)),
    ("明日", date(2026, 11, 25)),
    ("明後日", date(2026, 11, 26)),
    ("昨日", date(2026, 11, 23)),
    ("あした", date(2026, 11, 25)),
    ("あさって", date(2026, 11, 26)),
    ("きのう", date(2026, 11, 23)),
    ("วันนี้", date(2026, 11, 24)),
    ("พรุ่งนี้", date(2026, 11, 25)),
    ("มะรืน", date(2026, 11, 26)),
    ("มะรืนนี้", date(2026, 11, 26)),
    ("เมื่อวาน", date(2026, 11, 23)),
    ("星期二", date(2026, 11, 24)),
    ("週三", date(2026, 11, 25)),
    ("周三", date(2026, 11, 25)),
    ("禮拜三", date(2026, 11, 25)),
    ("礼拜天", date(2026, 11, 29)),
    ("星期一", date(2026, 11, 30)),
    ("下週三", date(2026, 12, 2)),
    ("下下週三", date(2026, 12, 9)),
    ("下個禮拜天", date(2026, 12, 6)),
    ("這週六", date(2026, 11, 28)),
    ("本週日", date(2026, 11, 29)),
    ("這週一", date(2026, 11, 23)),
    ("上週三", date(2026, 11, 18)),
    ("水曜日", date(2026, 11, 25)),
    ("来週の水曜日", date(2026, 12, 2)),
    ("再来週の月曜", date(2026, 12, 7)),
    ("今週の金曜", date(2026, 11, 27)),
    ("Wednesday", date(2026, 11, 25)),
    ("next Friday", date(2026, 12, 4)),
    ("this Saturday", date(2026, 11, 28)),
    ("on Monday", date(2026, 11, 30)),
    ("next Sun", date(2026, 12, 6)),
    ("Monday next week", date(2026, 11, 30)),
    ("วันศุกร์", date(2026, 11, 27)),
    ("วันศุกร์หน้า", date(2026, 12, 4)),
    ("ศุกร์หน้า", date(2026, 12, 4)),
    ("วันเสาร์นี้", date(2026, 11, 28)),
    ("วันพุธสัปดาห์หน้า", date(2026, 12, 2)),
    ("วันอาทิตย์", date(2026, 11, 29)),
    ("三天後", date(2026, 11, 27)),
    ("3天后", date(2026, 11, 27)),
    ("兩週後", date(2026, 12, 8)),
    ("兩個禮拜之後", date(2026, 12, 8)),
    ("兩個月後", date(2027, 1, 24)),
    ("三天前", date(2026, 11, 21)),
    ("3日後", date(2026, 11, 27)),
    ("2週間後", date(2026, 12, 8)),
    ("in 3 days", date(2026, 11, 27)),
    ("in two weeks", date(2026, 12, 8)),
    ("in a week", date(2026, 12, 1)),
    ("3 days later", date(2026, 11, 27)),
    ("two days ago", date(2026, 11, 22)),
    ("อีก 3 วัน", date(2026, 11, 27)),
    ("อีกสองสัปดาห์", date(2026, 12, 8)),
    ("2 วันก่อน", date(2026, 11, 22)),
]

TIMES = [
    ("15:30", time(15, 30)),
    ("１５：３０", time(15, 30)),
    ("15:30:45", time(15, 30, 45)),
    ("24:00", time(0)),
    ("3:30 pm", time(15, 30)),
    ("3:30 p.m.", time(15, 30)),
    ("3.30pm", time(15, 30)),
    ("3pm", time(15)),
    ("3 PM", time(15)),
    ("12am", time(0)),
    ("12 pm", time(12)),
    ("three thirty pm", time(15, 30)),
    ("3 o'clock", time(3)),
    ("three o’clock", time(3)),
    ("8 o'clock in the evening", time(20)),
    ("3 in the afternoon", time(15)),
    ("8 at night", time(20)),
    ("half past three", time(3, 30)),
    ("ten past four", time(4, 10)),
    ("quarter to five", time(4, 45)),
    ("a quarter past six pm", time(18, 15)),
    ("20 minutes to five", time(4, 40)),
    ("noon", time(12)),
    ("midnight", time(0)),
    ("下午三點半", time(15, 30)),
    ("下午3:30", time(15, 30)),
    ("下午 3 點", time(15)),
    ("PM 3:30", time(15, 30)),
    ("晚上8點", time(20)),
    ("晚上十一點", time(23)),
    ("晚上12點", time(0)),
    ("今晚八點", time(20)),
    ("半夜一點", time(1)),
    ("早上九點十五分", time(9, 15)),
    ("中午十二點", time(12)),
    ("中午一點", time(13)),
    ("中午", time(12)),
    ("午夜", time(0)),
    ("凌晨兩點", time(2)),
    ("凌晨12點半", time(0, 30)),
    ("上午10点", time(10)),
    ("3點", time(3)),
    ("三點", time(3)),
    ("三點整", time(3)),
    ("三點鐘", time(3)),
    ("三點一刻", time(3, 15)),
    ("三點三刻", time(3, 45)),
    ("三點五十", time(3, 50)),
    ("三點零五分", time(3, 5)),
    ("3點15", time(3, 15)),
    ("一點半", time(1, 30)),
    ("下午一點", time(13)),
    ("二十三點五十九分", time(23, 59)),
    ("15時30分", time(15, 30)),
    ("午後3時半", time(15, 30)),
    ("午前9時", time(9)),
    ("午後0時", time(12)),
    ("朝9時", time(9)),
    ("お昼の12時", time(12)),
    ("夜の8時", time(20)),
    ("正午", time(12)),
    ("บ่ายสาม", time(15)),
    ("บ่ายสามโมง", time(15)),
    ("บ่าย 3 โมง", time(15)),
    ("บ่ายโมง", time(13)),
    ("บ่ายสองโมงครึ่ง", time(14, 30)),
    ("บ่าย 3:30", time(15, 30)),
    ("สองโมง", time(14)),
    ("9 โมง", time(9)),
    ("9 โมงเช้า", time(9)),
    ("สองโมงเช้า", time(8)),
    ("ห้าโมงเย็น", time(17)),
    ("สิบเอ็ดโมง", time(11)),
    ("เก้าโมงสิบห้านาที", time(9, 15)),
    ("สามทุ่ม", time(21)),
    ("สามทุ่มครึ่ง", time(21, 30)),
    ("ทุ่มครึ่ง", time(19, 30)),
    ("หกทุ่ม", time(0)),
    ("ตีสอง", time(2)),
    ("ตี 3", time(3)),
    ("เที่ยง", time(12)),
    ("เที่ยงครึ่ง", time(12, 30)),
    ("เที่ยงคืน", time(0)),
    ("15.30 น.", time(15, 30)),
    ("๑๕.๓๐ น.", time(15, 30)),
    ("14 นาฬิกา", time(14)),
    ("14 นาฬิกา 30 นาที", time(14, 30)),
    ("半小時後", time(10, 30)),
    ("一個半小時後", time(11, 30)),
    ("兩個小時之後", time(12)),
    ("2.5小时后", time(12, 30)),
    ("30分鐘後", time(10, 30)),
    ("兩小時前", time(8)),
    ("1時間半後", time(11, 30)),
    ("30分後", time(10, 30)),
    ("in 2 hours", time(12)),
    ("in half an hour", time(10, 30)),
    ("in an hour and a half", time(11, 30)),
    ("45 minutes from now", time(10, 45)),
    ("an hour ago", time(9)),
    ("อีก 2 ชั่วโมง", time(12)),
    ("อีกครึ่งชั่วโมง", time(10, 30)),
    ("อีก 30 นาที", time(10, 30)),
]

FREE_OF_BOTH = [
    "我想要一下菜單, 謝謝",
    "統一發票怎麼開? 萬一弄丟呢",
    "三明治跟百貨公司",
    "有一點貴, 便宜一點",
    "早一點來, 晚一點走",
    "然後天氣變好了",
    "每週三都有, 一周三次",
    "毎週水曜日と毎週の金曜日",
    "小時候, 這時候",
    "3個小時, 3時間",
    "3個月 三月兩個 3天",
    "五点心 80点",
    "can someone help me? may i order",
    "the sun is shining and we sat down",
    "i am here 24/7",
    "good afternoon, see you every monday",
    "five to ten people, 10 to 5",
    "some days later, walked past three",
    "march on, second to none",
    "0912-345-678 1.2.3 192.168.1.1",
    "ขอบคุณมากครับ ห้างเปิดทุกวันศุกร์",
    "ตีกลอง ทุ่มเท อาทิตย์หน้า",
    "この店は大好きです",
    "",
]


@pytest.mark.parametrize(("written", "expected"), DATES)
def test_day_is_found(written: str, expected: date) -> None:
    text = fold(written)

    assert find_dates(text, TUESDAY) == [Found(expected, 0, len(text))]


@pytest.mark.parametrize(("written", "expected"), TIMES)
def test_time_of_day_is_found(written: str, expected: time) -> None:
    text = fold(written)

    assert find_times(text, TUESDAY) == [Found(expected, 0, len(text))]


@pytest.mark.parametrize(("written", "expected"), DATES)
def test_day_is_found_in_a_sentence_of_another_language(written: str, expected: date) -> None:
    text = fold(f"ok 好 {written} ได้ไหม")

    assert [found.value for found in find_dates(text, TUESDAY)] == [expected]


@pytest.mark.parametrize(("written", "expected"), TIMES)
def test_time_of_day_is_found_in_a_sentence_of_another_language(written: str, expected: time) -> None:
    text = fold(f"ok 好 {written} , bitte お願い")

    assert [found.value for found in find_times(text, TUESDAY)] == [expected]


@pytest.mark.parametrize("text", FREE_OF_BOTH)
def test_ordinary_sentence_has_no_moment(text: str) -> None:
    assert find_dates(text, TUESDAY) == []
    assert find_times(text, TUESDAY) == []


@pytest.mark.parametrize(
    "text",
    ["2月30日", "十三月一日", "13/45", "2026-02-30", "2026/13/1", "9999年後", "40 ธ.ค.", "feb 30", "26年2月5日"],
)
def test_day_that_no_calendar_has_is_not_found(text: str) -> None:
    assert find_dates(text, TUESDAY) == []


@pytest.mark.parametrize(
    "text", ["25:00", "3:75", "24:30", "30點", "二十五點", "三十點", "兩三點", "70 o'clock", "ตีเก้า", "เก้าทุ่ม"]
)
def test_time_that_no_clock_shows_is_not_found(text: str) -> None:
    assert find_times(text, TUESDAY) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11/24", date(2026, 11, 24)),
        ("11/23", date(2027, 11, 23)),
        ("1月5日", date(2027, 1, 5)),
        ("2/29", date(2028, 2, 29)),
    ],
)
def test_day_without_a_year_is_the_coming_one(text: str, expected: date) -> None:
    assert [found.value for found in find_dates(text, TUESDAY)] == [expected]


def test_month_later_is_its_last_day_where_it_is_shorter() -> None:
    found = find_dates("一個月後", datetime(2026, 1, 31, 9, tzinfo=ZoneInfo("Asia/Taipei")))

    assert [item.value for item in found] == [date(2026, 2, 28)]


def test_hours_later_are_elapsed_ones_when_the_clocks_change() -> None:
    found = find_times("in 2 hours", datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin")))

    assert [item.value for item in found] == [time(4, 30)]


def test_bare_little_is_one_oclock_only_when_nothing_else_is_said() -> None:
    assert [item.value for item in find_times("一點", TUESDAY)] == [time(1)]
    assert find_times("我要一點", TUESDAY) == []


@pytest.mark.parametrize(
    ("text", "days", "times"),
    [
        ("明天下午三點半", ["明天"], ["下午三點半"]),
        ("星期三三點", ["星期三"], ["三點"]),
        ("週三十二點半", ["週三"], ["十二點半"]),
        ("三天後天氣如何", ["三天後"], []),
        ("12月25日15時30分", ["12月25日"], ["15時30分"]),
        ("2026-12-25t15:30:00+08:00", ["2026-12-25"], ["15:30:00"]),
        ("12/20-12/25, 3pm to 5pm", ["12/20", "12/25"], ["3pm", "5pm"]),
        ("next friday at 3pm or 星期六", ["next friday", "星期六"], ["3pm"]),
        ("来週の水曜日の午後3時に二人", ["来週の水曜日"], ["午後3時"]),
        ("พรุ่งนี้บ่ายสามโมงครึ่งสองคน", ["พรุ่งนี้"], ["บ่ายสามโมงครึ่ง"]),
    ],
)
def test_day_and_time_are_found_side_by_side(text: str, days: list[str], times: list[str]) -> None:
    assert _written(text, find_dates(text, TUESDAY)) == days
    assert _written(text, find_times(text, TUESDAY)) == times


@pytest.mark.parametrize("word", WORDS)
def test_word_is_as_folded_texts_have_it(word: str) -> None:
    assert fold(word) == word


@pytest.mark.parametrize("find", [find_dates, find_times])
@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "年",
        "th",
        "一",
        "1/",
        "12:30",
        "月",
        "1月",
        "下",
        "星期",
        "點",
        "三點",
        "早",
        "半",
        "十分後",
        "今天",
        "後天",
        "สิบ",
        "อีก",
        "สองโมง",
        "in ",
        "a ",
        "a",
        "december",
        "monday ",
        "quarter to ",
        "2026-",
        " ",
        "\ud800\0",
        "1 ",
    ],
)
def test_hostile_text_costs_no_more_than_others(
    piece: str, find: Callable[[str, datetime], Sequence[Found[date] | Found[time]]]
) -> None:
    text = (piece * 5000)[:5000]
    find(text, TUESDAY)

    assert min(_costs(lambda: find(text, TUESDAY))) < CPU_SECONDS


@given(TEXTS, st.datetimes(timezones=st.sampled_from([ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")])))
def test_moments_of_any_text_stand_in_it_one_after_the_other(text: str, now: datetime) -> None:
    for found in (find_dates(text, now), find_times(text, now)):
        places = [place for item in found for place in (item.start, item.end)]

        assert places == sorted(places)
        assert all(0 <= item.start < item.end <= len(text) for item in found)


def _written(text: str, found: Sequence[Found[date] | Found[time]]) -> list[str]:
    return [text[item.start : item.end] for item in found]


def _costs(act: Callable[[], object]) -> Iterator[float]:
    for _ in range(3):
        start = process_time()
        act()
        yield process_time() - start
