"""Find the numbers that people write: in digits, and in Chinese, Japanese, Thai and English words.

No language is given, and one text may mix them. A word that may be a part of another word counts only where it
must be a number: ``三`` before a measure word, but not in ``三明治``. Texts are cleaned and casefolded already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T")

LATIN = "a-zà-ɏ"
"""The letters, for a character class, that an English word doesn't touch."""
MAX_DIGITS = 15
"""Longer ones name something (a card, a parcel), they count nothing."""
_MAX_RUN = 40
"""Characters; no number below a million millions is longer in Han numerals."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Hold a value and where it is written: ``text[start:end]``."""

    value: T
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)  # one is looked for by identity, which is faster
class _Unit:
    """Hold a word that multiplies what stands before it; a scale (萬, million) multiplies all of it."""

    size: int
    is_scale: bool = False


_Token = Decimal | _Unit

_DOZEN = _Unit(12, is_scale=True)
_THOUSAND = _Unit(1000, is_scale=True)
_MYRIAD = _Unit(10**4, is_scale=True)
_MILLION = _Unit(10**6, is_scale=True)
_YI = _Unit(10**8, is_scale=True)
_BILLION = _Unit(10**9, is_scale=True)
_TRILLION = _Unit(10**12, is_scale=True)


def _digits(*rows: str) -> dict[str, tuple[_Token, ...]]:
    return {word: (Decimal(value),) for row in rows for value, word in enumerate(row.split())}


_HAN_DIGITS = _digits(
    "〇 一 二 三 四 五 六 七 八 九",
    "零 壹 貳 參 肆 伍 陸 柒 捌 玖",
    "○ 壱 贰 叁 四 五 陆 七 八 九",
    "零 一 弐 参 四 五 六 七 八 九",
    "零 一 兩",
    "零 一 两",
)
_HAN_WORDS: Mapping[str, tuple[_Token, ...]] = {
    **_HAN_DIGITS,
    **dict.fromkeys("十拾", (_Unit(10),)),
    **dict.fromkeys("百佰", (_Unit(100),)),
    **dict.fromkeys("千仟", (_Unit(1000),)),
    **dict.fromkeys("萬万", (_MYRIAD,)),
    **dict.fromkeys("億亿", (_YI,)),
    "兆": (_TRILLION,),
    "廿": (Decimal(2), _Unit(10)),
    "卅": (Decimal(3), _Unit(10)),
}
_HAN_SCALES = (_TRILLION, _YI, _MYRIAD)

_THAI_WORDS: Mapping[str, tuple[_Token, ...]] = {
    **_digits("ศูนย์ หนึ่ง สอง สาม สี่ ห้า หก เจ็ด แปด เก้า", "ศูนย์ นึง ยี่", "ศูนย์ เอ็ด"),
    "สิบ": (_Unit(10),),
    "ร้อย": (_Unit(100),),
    "พัน": (_Unit(1000),),
    "หมื่น": (_Unit(10**4),),
    "แสน": (_Unit(10**5),),
    "ล้าน": (_MILLION,),
}
_THAI_SCALES = (_MILLION, _MILLION)  # ล้านล้าน is a million millions

_ONES = "zero one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH_WORDS: Mapping[str, tuple[_Token, ...]] = {
    **_digits(_ONES, "zero a"),
    **{word: (_Unit(10), Decimal(value)) for value, word in enumerate(_TEENS.split())},
    **{word: (Decimal(value), _Unit(10)) for value, word in enumerate(_TENS.split(), 2)},
    "hundred": (_Unit(100),),
    "thousand": (_THOUSAND,),
    "million": (_MILLION,),
    "billion": (_BILLION,),
    "trillion": (_TRILLION,),
    "dozen": (_DOZEN,),
}
_ENGLISH_SCALES = (_TRILLION, _BILLION, _MILLION, _THOUSAND, _DOZEN)

_PLAIN = r"(?:\d{1,3}(?:,\d{3}){1,4}(?!,?\d)|\d+)(?:\.\d+)?"
# Digits in a name (a4, covid19) count nothing; those after x and nt do (拿鐵x2, nt500).
_ARABIC = rf"(?:(?<![{LATIN}\d])|(?<=(?<![a-z])x)|(?<=nt))(?<!\d\.){_PLAIN}"
_HAN_UNITS = "十百千拾佰仟萬万億亿兆"
_HAN_UNIT = re.compile(f"[{_HAN_UNITS}]")
_DIGIT = re.compile(r"\d")
_HAN_NUMERALS = "".join(_HAN_WORDS)
"""The characters, for a character class, that Han numbers are written with."""
_HAN_RUN = re.compile(
    rf"(?=[-−\d{_HAN_NUMERALS}])(?:(?<![^\s(\[:=,])[-−])?(?:{_ARABIC}(?: (?=[{_HAN_UNITS}]))?|[{_HAN_NUMERALS}])+"
)
_ARABIC_ALONE = re.compile(rf"[-−]?{_PLAIN}")
_HAN_TOKEN = re.compile(rf"{_PLAIN}|[{_HAN_NUMERALS}]")

_THAI_UNITS = "สิบ|ร้อย|พัน(?!ธ)|หมื่น|แสน|ล้าน"
THAI_NUMERAL = (
    f"(?:ศูนย์|หนึ่ง|นึง|สอง|สาม(?!ารถ|ี|ัญ)|สี่|ห้า(?!ง|ม)|(?<!โก)หก(?!ล้ม|ะ)|เจ็ด|แปด|เก้า(?!อี้)|ยี่(?=สิบ)|(?<=สิบ)เอ็ด|{_THAI_UNITS})"
)
"""One Thai number word, and not the beginning of สามารถ, ห้าง or เก้าอี้, for a pattern."""
_THAI_RUN = re.compile(rf"(?=[\dก-๎])(?:{_ARABIC} ?(?={_THAI_UNITS}))?{THAI_NUMERAL}+")
_THAI_TOKEN = re.compile(rf"{_PLAIN}|{THAI_NUMERAL}")

_ONE = f"(?:{_ONES.replace(' ', '|')})"
_BELOW_HUNDRED = rf"(?:(?:{_TENS.replace(' ', '|')})(?:[ -]{_ONE}(?![{LATIN}]))?|{_TEENS.replace(' ', '|')}|{_ONE})"
_SCALE = "(?:thousand|million|billion|trillion|dozen)"
_BELOW_SCALE = (
    rf"(?:{_BELOW_HUNDRED}|(?:a|{_ARABIC})(?= (?:hundred|{_SCALE})))(?: hundred(?:(?: and)? {_BELOW_HUNDRED})?)?"
)
_ENGLISH_NUMBER = (
    rf"(?<![{LATIN}])(?=[zotfsena\d]){_BELOW_SCALE}(?: {_SCALE},?(?: and)? {_BELOW_SCALE}){{0,4}}(?: {_SCALE})?"
    rf"(?!['’]?[{LATIN}])"
)
_ENGLISH_RUN = re.compile(_ENGLISH_NUMBER)
_ENGLISH_TOKEN = re.compile(rf"{_PLAIN}|[a-z]+")

_MEASURE = re.compile(
    "[個个箇杯份位人張张件碗次本塊块元円圓圆名枚台臺瓶罐包盒箱袋組组支枝隻只顆颗粒條条輛辆間间場场歲岁樓楼階層层天日年週周"
    "時时分秒斤克號号折成道桌片串籃篮回盤盘碟匹冊册封雙双對对種种頁页篇首部套朵家班米度點点倍票項项つ泊]"
    "|小[時时]|星期|禮拜|礼拜|公[斤里克尺]|毫[升米]|[ヶかカヵ]月|キロ|グラム|ドル|ページ|パック|セット"
)
_MEASURE_OF_MANY = re.compile("[個个杯份人張张件次元円圓圆塊块名年日倍]")
_IDIOM = re.compile(
    "十分(?![鐘钟之間间後后前])|五十嵐|七七八八|三三[兩两]{2}|一一|百分|"
    "一(?:[點点部]|[時时](?!間)|[塊块](?![錢钱]))|千[萬万](?![個个人元円圓圆塊块])"
)
_BEFORE_NAME = re.compile("[第週周期拜初曜統统唯專专單单之逐劃划]")
_BEFORE_ANSWER = re.compile("[要來来給给買买訂订是有共選选]")
_LETTER = re.compile(r"[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")

_THAI_MEASURE = re.compile(
    "คน|ชิ้น|อัน|แก้ว|จาน|ที่|ใบ|ตัว|บาท|วัน|ชั่วโมง|นาที|วินาที|เดือน|ปี|สัปดาห์|อาทิตย์|ครั้ง|กล่อง|ขวด|ถุง|ชาม|โมง|ทุ่ม|"
    "ห้อง|คืน|เล่ม|คู่|กิโล|ถ้วย|ชุด|ดอก|ลูก|แผ่น|ห่อ|ซอง|กระป๋อง|เมตร|ค่ะ|คะ|ครับ|นะ|จ้า|(?![ก-๎])"
)
_THAI_ORDINAL = re.compile("(?:ที่|หลาย|กี่) ?$")

_NO_ONE_BEFORE = re.compile(r"(?:this|that|the|which|no|any|every|some|another|each|last|next|other|good|by|on) $")
_NO_ONE_AFTER = re.compile(r" (?:moment|sec|of|another|day|thing|by one|on one)\b")


def find_numbers(text: str) -> list[Found[int | float]]:
    """Return the numbers in *text* in their order; where two overlap the one that begins first, then the longest."""
    return leftmost_longest(chain(_with_han(text), _in_thai(text), _in_english(text)))


@lru_cache(maxsize=1024)
def read_number(written: str) -> int | float | None:
    """Return the number that *written* is from end to end, or None; ``三`` is one wherever it was cut from."""
    if len(written) > _MAX_RUN * 2:
        return None
    if _HAN_RUN.fullmatch(written):
        return _plain(_han_amount(written, is_counted=True))
    if _THAI_RUN.fullmatch(written):
        return _plain(_thai_amount(written))
    if _ENGLISH_RUN.fullmatch(written):
        return _plain(_english_amount(written))
    return None


def leftmost_longest(found: Iterable[Found[T]]) -> list[Found[T]]:
    """Return those of *found* that overlap none that begins earlier, or at the same place and is longer."""
    kept: list[Found[T]] = []
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
    return kept


def _with_han(text: str) -> Iterator[Found[int | float]]:
    """Yield numbers in digits, in Han numerals and in both (3萬); digits alone when both make no number."""
    for run in _HAN_RUN.finditer(text):
        start, end = run.span()
        value = _value_with_han(text, start, end)
        if value is not None:
            yield _with_half(text, Found(value, start, end))
        elif _has_digits(run[0]):
            yield from _digits_within(run[0], start)


def _value_with_han(text: str, start: int, end: int) -> int | float | None:
    run = text[start:end]
    if _ARABIC_ALONE.fullmatch(run):
        return _arabic(run)
    is_number = _HAN_UNIT.search(run) is not None if _has_digits(run) else _is_han_number(text, start, end)
    if len(run) > _MAX_RUN or not is_number:
        return None
    is_counted = _MEASURE.match(text, end) is not None and text[end] not in "元塊块"
    return _plain(_han_amount(run, is_counted=is_counted))


def _in_thai(text: str) -> Iterator[Found[int | float]]:
    for run in _THAI_RUN.finditer(text):
        if len(run[0]) > _MAX_RUN * 3:  # Thai spells out what Han writes in one character
            continue
        value = _plain(_thai_amount(run[0]))
        if value is not None and _is_thai_number(text, *run.span()):
            yield Found(value, *run.span())


def _in_english(text: str) -> Iterator[Found[int | float]]:
    for run in _ENGLISH_RUN.finditer(text):
        value = _plain(_english_amount(run[0]))
        if value is not None and not _is_pronoun(text, *run.span()):
            yield Found(value, *run.span())


def _digits_within(run: str, offset: int) -> Iterator[Found[int | float]]:
    for digits in re.finditer(_PLAIN, run):
        value = _arabic(digits[0])
        if value is not None:
            yield Found(value, offset + digits.start(), offset + digits.end())


def _with_half(text: str, found: Found[int | float]) -> Found[int | float]:
    if text[found.end : found.end + 2] not in ("個半", "个半"):
        return found
    return Found(found.value + 0.5, found.start, found.end + 2)


def _is_han_number(text: str, start: int, end: int) -> bool:
    """Say whether the Han numerals ``text[start:end]`` are a number there, and not a part of some word."""
    if _IDIOM.match(text, start) or (start and _BEFORE_NAME.match(text, start - 1)):
        return False
    run = text[start:end]
    if all(character in _HAN_DIGITS for character in run) and len(run) > 1:
        return len(run) > 2 or any(zero in run for zero in "〇零○")  # 三四個 is three or four
    if run[0] not in _HAN_DIGITS and run[0] not in "十拾廿卅":
        return _MEASURE_OF_MANY.match(text, end) is not None or _is_alone(text, start, end)
    return len(run) > 1 or run in "廿卅" or _MEASURE.match(text, end) is not None or _is_alone(text, start, end)


def _is_alone(text: str, start: int, end: int) -> bool:
    """Say whether nothing is written around it, or before it only a word that asks for an amount."""
    if _LETTER.match(text, end):
        return False
    return start == 0 or not _LETTER.match(text, start - 1) or _BEFORE_ANSWER.match(text, start - 1) is not None


def _is_thai_number(text: str, start: int, end: int) -> bool:
    if _THAI_ORDINAL.search(text[max(0, start - 6) : start]):
        return False
    tokens = _THAI_TOKEN.findall(text, start, end)
    return len(tokens) > 1 or (
        _THAI_MEASURE.match(text, end) is not None
        and (tokens[0] not in ("ร้อย", "พัน", "หมื่น", "แสน", "ล้าน") or end < len(text))
    )


def _is_pronoun(text: str, start: int, end: int) -> bool:
    return text[start:end] == "one" and bool(
        _NO_ONE_BEFORE.search(text[max(0, start - 9) : start]) or _NO_ONE_AFTER.match(text, end)
    )


def _has_digits(run: str) -> bool:
    return _DIGIT.search(run) is not None


@lru_cache(maxsize=1024)
def _han_amount(run: str, *, is_counted: bool) -> Decimal | None:
    """Return what *run* comes to. 三百五 is 350, but 305 before what it counts, which only Japanese says."""
    unsigned = run.lstrip("-−")
    sign = 1 if unsigned == run else -1
    if len(unsigned) > 1 and all(character in _HAN_DIGITS for character in unsigned):
        return None if "兩" in run or "两" in run else sign * _positional(unsigned)
    tokens = _tokens(_HAN_TOKEN, _HAN_WORDS, unsigned)
    if not is_counted and len(tokens) > 1 and unsigned[-1] in _HAN_DIGITS:
        tokens = _stretched(tokens)
    amount = _amount([token for token in tokens if token != 0] or tokens, _HAN_SCALES)
    return None if amount is None else sign * amount


@lru_cache(maxsize=1024)
def _thai_amount(run: str) -> Decimal | None:
    return _amount(_tokens(_THAI_TOKEN, _THAI_WORDS, run), _THAI_SCALES)


@lru_cache(maxsize=1024)
def _english_amount(run: str) -> Decimal | None:
    return _amount(_tokens(_ENGLISH_TOKEN, _ENGLISH_WORDS, run), _ENGLISH_SCALES)


def _positional(run: str) -> Decimal:
    return Decimal("".join(str(_HAN_DIGITS[character][0]) for character in run[: MAX_DIGITS + 1]))


def _stretched(tokens: list[_Token]) -> list[_Token]:
    """Return *tokens* with a last digit that counts tenths of the unit before it (一萬二) made to say so."""
    unit, last = tokens[-2:]
    if isinstance(unit, _Unit) and isinstance(last, Decimal) and unit.size >= 100:
        return [*tokens[:-1], last * unit.size / 10]
    return tokens


def _tokens(pattern: re.Pattern[str], words: Mapping[str, tuple[_Token, ...]], run: str) -> list[_Token]:
    tokens: list[_Token] = []
    for written in pattern.findall(run):
        tokens += words.get(written, ()) if not written[0].isdecimal() else (_decimal(written),)
    return tokens


def _arabic(written: str) -> int | float | None:
    """Return the value of digits, or None where there are too many."""
    whole, point, _ = written.replace(",", "").replace("−", "-").partition(".")
    if len(whole.lstrip("-")) > MAX_DIGITS or len(written) > _MAX_RUN:
        return None
    return float(written.replace(",", "").replace("−", "-")) if point else int(whole)


def _decimal(written: str) -> Decimal:
    """Return the value of digits; infinite, which no number is, where there are too many."""
    return Decimal(written.replace(",", "")) if _arabic(written) is not None else Decimal("Infinity")


def _amount(tokens: Sequence[_Token], scales: Sequence[_Unit]) -> Decimal | None:
    """Return what *tokens* come to, *scales* being the largest first; None when they aren't one number."""
    for place, scale in enumerate(scales, 1):
        if scale not in tokens:
            continue
        at = len(tokens) - 1 - list(reversed(tokens)).index(scale)
        head = _amount(tokens[:at], scales[place:]) if at else None
        tail = _amount(tokens[at + 1 :], scales[place:])
        return None if head is None or tail is None or not tail < scale.size else head * scale.size + tail
    return _below_scales(tokens)


def _below_scales(tokens: Iterable[_Token]) -> Decimal | None:
    total, amount, limit = Decimal(0), None, 10**MAX_DIGITS
    for token in tokens:
        if isinstance(token, Decimal):
            if amount is not None or not token < limit:
                return None
            amount = token
        elif token.is_scale or token.size >= limit:
            return None
        else:
            total += token.size if amount is None else amount * token.size
            amount, limit = None, token.size
    return total + (amount or 0)


def _plain(amount: Decimal | None) -> int | float | None:
    if amount is None or not abs(amount) < 10**28:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)
