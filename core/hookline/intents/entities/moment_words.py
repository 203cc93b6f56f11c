"""Hold the words that days and times of day are written with, and the patterns made of them.

Words are cleaned and casefolded, as texts are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from typing import Literal

from .numbers import LATIN, THAI_NUMERAL

DayPart = Literal["am", "morning", "noon", "pm", "night"]


def _by_place(first: int, *rows: str) -> dict[str, int]:
    """Return each word's place in its row, counted from *first*."""
    return {word: place for row in rows for place, word in enumerate(row.split(), first)}


def _each(rows: Mapping[int, str]) -> dict[str, int]:
    return {word: value for value, words in rows.items() for word in words.split()}


def _parts(rows: Mapping[DayPart, str]) -> dict[str, DayPart]:
    return {word: part for part, words in rows.items() for word in words.split()}


DAYS_AWAY: Mapping[str, int] = _each(
    {
        -3: "大前天",
        -2: "前天 一昨日 おととい เมื่อวานซืน",
        -1: "昨天 昨日 昨晚 昨晩 昨夜 きのう เมื่อวาน เมื่อวานนี้ เมื่อคืน เมื่อคืนนี้",
        0: "今天 今日 今早 今晚 今晩 今夜 本日 きょう วันนี้ คืนนี้ เย็นนี้",
        1: "明天 明日 明早 明晚 明晩 明朝 明夜 あした พรุ่งนี้",
        2: "明後日 あさって มะรืน มะรืนนี้",  # 後天 has its own rule: it hides in 然後天氣
        3: "大後天 大后天 明々後日 しあさって มะเรื่อง",
    }
)
ENGLISH_DAYS_AWAY: Mapping[str, int] = {
    "day before yesterday": -2,
    "yesterday": -1,
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "tmr": 1,
    "tmrw": 1,
    "day after tomorrow": 2,
}

WEEKDAYS: Mapping[str, int] = {
    **_by_place(
        0,
        "一 二 三 四 五 六 日",
        "1 2 3 4 5 6 天",
        "月 火 水 木 金 土 日",
        "monday tuesday wednesday thursday friday saturday sunday",
        "mon tues wed thurs fri sat sun",
        "mon tue wed thu fri sat sun",
        "mon tue wed thur fri sat sun",
        "จันทร์ อังคาร พุธ พฤหัสบดี ศุกร์ เสาร์ อาทิตย์",
        "จันทร์ อังคาร พุธ พฤหัส ศุกร์ เสาร์ อาทิตย์",
    )
}
WEEKS_AWAY: Mapping[str, int] = _each(
    {
        -2: "上上",
        -1: "上 先週 last ก่อน ที่แล้ว",
        0: "這 这 本 今 今週 this นี้",
        1: "下 来週 來週 next หน้า",
        2: "下下 再来週",
        3: "下下下",
    }
)

MONTHS: Mapping[str, int] = _by_place(
    1,
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "jan feb mar apr may jun jul aug sept oct nov dec",
    "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
    "มกรา กุมภา มีนา เมษา พฤษภา มิถุนา กรกฎา สิงหา กันยา ตุลา พฤศจิกา ธันวา",
    "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.",
    "ม.ค ก.พ มี.ค เม.ย พ.ค มิ.ย ก.ค ส.ค ก.ย ต.ค พ.ย ธ.ค",
)
MONTHS_AWAY: Mapping[str, int] = _each(
    {0: "這個月 这个月 本月 今月", 1: "下個月 下个月 下月 来月", 2: "下下個月 下下个月 再来月"}
)
YEARS_AWAY: Mapping[str, int] = _each({-1: "去年", 0: "今年", 1: "明年 来年", 2: "後年 后年"})
ERAS: Mapping[str, int] = {"民國": 1911, "民国": 1911, "令和": 2018, "平成": 1988, "昭和": 1925}
"""The Gregorian year before each era's first."""

DAYS_LONG: Mapping[str, int] = {
    **_each({1: "天 日 day days วัน"}),
    **_each({7: "週 周 週間 星期 個星期 个星期 禮拜 個禮拜 礼拜 个礼拜 week weeks สัปดาห์ อาทิตย์"}),
}
MONTHS_LONG: Mapping[str, int] = _each({1: "個月 个月 ヶ月 か月 カ月 ヵ月 month months เดือน", 12: "年 year years ปี"})
MINUTES_LONG: Mapping[str, int] = _each(
    {
        1: "分鐘 分钟 分 minute minutes min mins นาที",
        15: "刻鐘 刻钟",
        60: "小時 小时 鐘頭 钟头 時間 hour hours hr hrs ชั่วโมง ชม ชม.",
    }
)
BACKWARDS = frozenset({"前", "ago", "ก่อน", "ที่แล้ว"})


DAY_PARTS: Mapping[str, DayPart] = _parts(
    {
        "am": "凌晨 午前",
        "morning": "清晨 早上 早晨 上午 早 今早 明早 朝 今朝 明朝 เช้า",
        "noon": "中午 昼 お昼",
        "pm": "下午 午後 傍晚 黃昏 黄昏 夕方 บ่าย",
        "night": "晚上 晚間 晚间 晚 今晚 明晚 昨晚 夜 夜晚 夜間 夜间 深夜 半夜 今夜 今晩 明晩",
    }
)
ENGLISH_DAY_PARTS: Mapping[str, DayPart] = {
    "am": "am",
    "pm": "pm",
    "morning": "morning",
    "afternoon": "pm",
    "evening": "pm",
    "night": "night",
}

NAMED_TIMES: Mapping[str, time] = {
    **dict.fromkeys(["中午", "正午", "เที่ยง", "เที่ยงวัน", "เที่ยงตรง"], time(12)),
    **dict.fromkeys(["午夜", "เที่ยงคืน"], time(0)),
    "เที่ยงครึ่ง": time(12, 30),
}
ENGLISH_NAMED_TIMES: Mapping[str, time] = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def _any_of(*tables: Iterable[str]) -> str:
    """Return a pattern for any word of *tables*, the longest first."""
    words = {word for table in tables for word in table}
    return "(?:" + "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) + ")"


def _latin(table: Iterable[str]) -> Iterator[str]:
    return (word for word in table if word.isascii() and not word.isdigit())


def _thai(table: Iterable[str]) -> Iterator[str]:
    return (word for word in table if "ก" <= word[0] <= "๛")


def _east(table: Iterable[str]) -> Iterator[str]:
    return (word for word in table if word[0] > "\u2fff")


_HAN_MONTH = r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九])"
_HAN_DAY = r"(?:\d{1,2}|[二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二三四五六七八九])"
_HAN_YEAR = r"(?:\d{2,4}|[〇零○一二三四五六七八九]{4}|[一二三四五六七八九十百]{2,6})"
_HAN_HOUR = r"(?:\d{1,2}|二?十[一二三四五六七八九]?|[〇零一二兩两三四五六七八九])"
_HAN_TENS = r"(?:\d{2}|[二三四五]?十[一二三四五六七八九]?|[〇零][一二三四五六七八九])"
_HAN_COUNT = r"(?:\d{1,4}(?:\.\d)?|[一二兩两三四五六七八九十廿百]{1,5})"
_THAI_COUNT = rf"(?:\d{{1,4}}|{THAI_NUMERAL}{{1,3}})"
_WORD_COUNT = r"(?:half an?|\d{1,4}(?:\.\d)?|[a-z]{1,9}(?:-[a-z]{3,5})?)"
_ENGLISH_HOUR = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_ENGLISH_MINUTE = r"(?:\d{1,2}|[a-z]{3,6}(?:-five)?)"
_BEFORE = rf"(?<![{LATIN}])"
_AFTER = rf"(?![{LATIN}])"
_NO_DIGIT_BEFORE = r"(?<![\d/.:])"
_YEAR_AFTER = r"(?:,? ?(?P<year>(?:19|2[0145])\d\d)(?!\d))?"
_LATER = r"(?:later|from (?:now|today)|(?P<sense>ago))"
_THAI_HOUR = rf"(?P<hour>{_THAI_COUNT})"
_THAI_TAIL = rf"(?:\s?(?:(?P<half>ครึ่ง)|(?P<minute>{_THAI_COUNT})\s?นาที|ตรง))?"
_PART_BEFORE = rf"(?:(?P<before>{_any_of(DAY_PARTS)}|{_BEFORE}[ap]m)\s?[的の]?\s?)?"
_PART_AFTER = (
    rf"(?:\s?(?P<after>[ap]m{_AFTER}|[ap]\.m\.?{_AFTER})|"
    rf" (?:in the|at) (?P<late>morning|afternoon|evening|night){_AFTER})"
)
_EAST_DAYS = _any_of(_east(DAYS_LONG), _east(MONTHS_LONG))
_THAI_DAYS = _any_of(_thai(DAYS_LONG), _thai(MONTHS_LONG))
_ENGLISH_DAYS = _any_of(_latin(DAYS_LONG), _latin(MONTHS_LONG))
_EAST_MINUTES = _any_of(_east(MINUTES_LONG))
_THAI_MINUTES = _any_of(_thai(MINUTES_LONG))
_ENGLISH_MINUTES = _any_of(_latin(MINUTES_LONG))
_THAI_WEEKDAY = "จันทร์|อังคาร|พุธ|พฤหัส(?:บดี)?|ศุกร์|เสาร์"  # อาทิตย์ is a week as well: only วันอาทิตย์ is a day
_THAI_WEEK = "หน้า|นี้|ที่แล้ว|ก่อน"
_COUNTED = "一二三四五六七八九十個个點点時时人名位杯份件張张次元円塊块"

YEAR_MONTH_DAY = (
    r"(?<![\d/.-])(?P<year>\d{4}|1\d\d)(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})(?!\d|[-/.]\d)"
)
DAY_MONTH_YEAR = (
    r"(?<![\d/.-])(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4})(?!\d|[-/.]\d)"
)
MONTH_DAY = rf"{_NO_DIGIT_BEFORE}(?!24/7(?!\d))(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})(?!\d|[/.]\d)"
EAST_DATE = (
    rf"(?<![\d十])(?:(?:(?P<era>{_any_of(ERAS)})\s?)?(?P<year>{_HAN_YEAR}|元|(?<=和)\d|(?<=成)\d)\s?年\s?|"
    rf"(?P<near>{_any_of(YEARS_AWAY)})\s?の?)?"
    rf"(?P<month>{_HAN_MONTH})\s?月\s?(?P<day>{_HAN_DAY})(?:\s?[日號号]|(?![\d:.{_COUNTED}]))"
)
EAST_DAY_OF_MONTH = rf"(?P<month>{_any_of(MONTHS_AWAY)})\s?の?(?P<day>{_HAN_DAY})[日號号]"
THAI_DATE = (
    rf"{_NO_DIGIT_BEFORE}(?P<day>\d{{1,2}})\s?(?:เดือน)?(?P<month>{_any_of(_thai(MONTHS))})"
    r"(?:\s?(?:ปี\s?)?(?:[พค]\.?ศ\.?\s?)?(?P<year>\d{4})(?!\d))?"
)
ENGLISH_DATE = (
    rf"{_NO_DIGIT_BEFORE}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -]?(?P<month>{_any_of(_latin(MONTHS))})"
    rf"{_AFTER}\.?{_YEAR_AFTER}"
)
AMERICAN_DATE = (
    rf"{_BEFORE}(?P<month>{_any_of(_latin(MONTHS))})\.?[ -]?(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|[:.]\d)"
    rf"{_YEAR_AFTER}"
)
NAMED_DAY = _any_of(DAYS_AWAY)
DAY_AFTER_TOMORROW = "(?<![然之以最大])[後后]天(?![氣气空花性])"
ENGLISH_NAMED_DAY = rf"{_BEFORE}(?:the )?(?P<day>{_any_of(ENGLISH_DAYS_AWAY)}){_AFTER}"
CHINESE_WEEKDAY = (
    r"(?:(?P<week>下{1,3}|上{1,2}|[這这本今])[個个]?)?(?<!每[個个])(?<![每一二兩两三四五六七八九十幾几\d])"
    r"(?:[週周]|星期|禮拜|礼拜)(?P<day>[一二三四五六日天1-6])(?![次\d])"
)
JAPANESE_WEEKDAY = r"(?:(?P<week>再来週|[来來今先]週)の?)?(?<![毎每]週)(?<!毎週の)(?P<day>[月火水木金土日])曜日?"
THAI_WEEKDAY = (
    rf"(?<!ทุก)(?:วัน(?P<day>{_THAI_WEEKDAY}|อาทิตย์)(?:\s?(?:สัปดาห์|อาทิตย์)?(?P<week>{_THAI_WEEK}))?|"
    rf"(?P<bare>{_THAI_WEEKDAY})(?:สัปดาห์|อาทิตย์)?(?P<after>{_THAI_WEEK}))"
)
ENGLISH_WEEKDAY = (
    rf"(?<!every ){_BEFORE}(?:(?:(?P<week>next|this|last)(?: week(?:['’]s)?(?: on)?)?|on|coming) "
    rf"(?P<day>{_any_of(_latin(WEEKDAYS))})|"
    r"(?P<bare>(?:mon|tues|wednes|thurs|fri|satur|sun)day|tues?|thu(?:rs?)?|fri))"  # sun, sat, wed are words as well
    rf"(?: (?P<after>next|this|last) week)?{_AFTER}"
)
EAST_DAYS_LATER = rf"(?<![\d.])(?P<count>{_HAN_COUNT})\s?(?P<unit>{_EAST_DAYS})[之以]?(?P<sense>[後后前])"
IN_DAYS = rf"{_BEFORE}in (?P<count>{_WORD_COUNT}) (?P<unit>{_ENGLISH_DAYS}){_AFTER}"
DAYS_LATER = rf"(?<![{LATIN}\d-])(?P<count>{_WORD_COUNT}) (?P<unit>{_ENGLISH_DAYS}) {_LATER}{_AFTER}"
THAI_IN_DAYS = rf"อีก\s?(?P<count>{_THAI_COUNT})\s?(?P<unit>{_THAI_DAYS})"
THAI_DAYS_AGO = rf"(?<!\d)(?P<count>{_THAI_COUNT})\s?(?P<unit>{_THAI_DAYS})(?P<sense>ก่อน|ที่แล้ว)"

CLOCK = (
    rf"{_PART_BEFORE}(?<![\d:.+])(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?(?!\d|:\d)"
    rf"{_PART_AFTER}?(?:\s?น\.)?"
)
THAI_CLOCK = (
    r"(?<![\d:.])(?P<hour>\d{1,2})(?:[.:](?P<minute>\d{2}))?\s?"
    r"(?:น\.|น(?![ก-๎])|นาฬิกา(?:\s?(?P<tens>\d{1,2})\s?นาที)?)"
)
# 兩三點 is two or three, 五十點 are points; but 星期三三點 is three on Wednesday.
_HOUR_BEGINS = r"(?:(?<=[週周期拜][一二三四五六日])|(?<![\d:.一二兩两三四五六七八九十百千]))"
EAST_CLOCK = (
    rf"{_PART_BEFORE}{_HOUR_BEGINS}(?P<hour>{_HAN_HOUR})\s?(?:[點点](?![心數数満])|[時时](?![間间候点]))[鐘钟整]?"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|\s?(?P<minute>\d{{1,2}}|[〇零]?[一二三四五六七八九]|{_HAN_TENS})分|"
    rf"(?P<tens>{_HAN_TENS})(?!\d))?"
)
A_LITTLE = "[早晚]?一[點点時时]"
ENGLISH_CLOCK = (
    rf"(?<![{LATIN}\d:.])(?P<hour>{_ENGLISH_HOUR})(?:[.:](?P<minute>\d\d)| (?P<tens>fifteen|thirty|forty-five))?"
    rf"{_PART_AFTER}"
)
OCLOCK = rf"(?<![{LATIN}\d:.])(?P<hour>{_ENGLISH_HOUR}) ?o ?['’]? ?clock{_AFTER}{_PART_AFTER}?"
PAST = (
    rf"(?<![{LATIN}\d-])(?P<minutes>half|(?:a )?quarter|{_ENGLISH_MINUTE})(?: minutes?)? (?P<sense>past) "
    rf"(?P<hour>{_ENGLISH_HOUR})(?!\d){_AFTER}{_PART_AFTER}?"
)
TO = (  # 10 to 5 and five to ten are ranges, as long as no minutes are spoken of
    rf"(?<![{LATIN}\d-])(?P<minutes>(?:a )?quarter|{_ENGLISH_MINUTE}(?= min))(?: minutes?)? (?P<sense>to) "
    rf"(?P<hour>{_ENGLISH_HOUR})(?!\d){_AFTER}{_PART_AFTER}?"
)
NAMED_TIME = rf"{_any_of(NAMED_TIMES)}|{_BEFORE}{_any_of(ENGLISH_NAMED_TIMES)}{_AFTER}"
THAI_BEFORE_DAWN = rf"ตี\s?{_THAI_HOUR}(?![\d:.]){_THAI_TAIL}"
THAI_AFTERNOON = rf"บ่าย\s?(?:{_THAI_HOUR}(?![\d:.])\s?(?:โมง)?|โมง){_THAI_TAIL}"
THAI_BY_DAY = rf"(?<!\d){_THAI_HOUR}\s?โมง(?P<late>เช้า|เย็น)?{_THAI_TAIL}"
THAI_EVENING = rf"(?:(?<!\d){_THAI_HOUR}\s?ทุ่ม|ทุ่ม(?=ครึ่ง|ตรง)){_THAI_TAIL}"
EAST_TIME_LATER = (
    rf"(?<![\d.])(?P<count>{_HAN_COUNT}|半)\s?(?P<more>[個个]半?)?\s?(?P<unit>{_EAST_MINUTES})(?P<half>半)?"
    r"[之以]?(?P<sense>[後后前])"
)
IN_TIME = rf"{_BEFORE}in (?P<count>{_WORD_COUNT}) (?P<unit>{_ENGLISH_MINUTES})(?P<half> and a half)?{_AFTER}"
TIME_LATER = rf"(?<![{LATIN}\d-])(?P<count>{_WORD_COUNT}) (?P<unit>{_ENGLISH_MINUTES}) {_LATER}{_AFTER}"
THAI_IN_TIME = rf"อีก\s?(?P<count>{_THAI_COUNT}|ครึ่ง)\s?(?P<unit>{_THAI_MINUTES})(?P<half>ครึ่ง)?"
