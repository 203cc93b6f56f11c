"""Know the scripts that texts are written in: Chinese characters and their other forms, and where words have edges."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import pairwise

_FREE_RANGES = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # 々〆〇
    (0x3021, 0x3029),
    (0x3040, 0x30FF),  # kana
    (0x3100, 0x312F),  # Bopomofo
    (0x3130, 0x318F),  # Hangul compatibility Jamo
    (0x31A0, 0x31BF),  # Bopomofo extended
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xA9E0, 0xA9FF),  # Myanmar extended
    (0xAA60, 0xAA7F),
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),  # Han compatibility
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),  # Han extensions
)
EDGE = "\ue000"
"""Stands at every edge of a word in a text that patterns with ``\\b`` are searched in."""

_APART, _WORD, _LETTER, _MARK = range(4)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_REGIONS = ("jp2t", "tw2t", "hk2t")
_UNLIKE = frozenset("欠沪鮎予")
"""What OpenCC takes for another form of a character that, in Chinese, is another word."""

_SAME = {
    ord(form): character
    for character, forms in {
        "什": "甚", "了": "瞭", "麼": "麽", "你": "妳", "周": "週", "佈": "布", "佔": "占", "托": "託", "僱": "雇",
        "嚐": "嘗", "臺": "檯枱", "跡": "蹟", "煙": "菸", "夠": "够", "卻": "却", "碗": "盌椀", "杯": "盃",
        "雞": "鷄", "滷": "鹵", "牆": "墻", "匯": "滙", "艷": "豔", "帳": "賬", "帐": "账", "鋪": "舖", "果": "菓",
        "肴": "餚", "繡": "綉", "鏽": "銹", "掛": "挂", "凳": "櫈", "闊": "濶", "淨": "凈", "產": "産", "彥": "彦",
        "值": "値", "青": "靑", "清": "淸", "既": "旣", "飲": "飮", "教": "敎", "絕": "絶", "別": "别", "呂": "吕",
        "吳": "呉", "娛": "娯", "剝": "剥", "尚": "尙", "冊": "册", "刪": "删", "柵": "栅", "廚": "厨", "蔥": "葱",
        "汙": "污", "祕": "秘", "高": "髙", "崎": "﨑嵜", "濱": "濵", "邊": "邉", "桑": "桒", "館": "舘", "富": "冨",
        "島": "嶋嶌", "橋": "槗", "柳": "栁", "吉": "𠮷", "喜": "㐂", "昇": "曻", "淵": "渕",
        "餅": "餠", "緒": "緖", "閒": "閑", "鬥": "鬪", "嘆": "歎", "姪": "侄", "鱉": "鼈", "莓": "苺",
        "颚": "腭", "鲇": "鲶", "颖": "颕",
    }.items()
    for form in forms
}  # fmt: skip
"""Forms that people exchange and OpenCC doesn't know: of menus and shop signs, and in Japanese names."""


@cache
def _converter(name: str) -> Callable[[str], str]:
    """Return OpenCC's conversion *name*; its tables take 60 ms to load, which only Chinese texts need pay."""
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC(name).convert
    return convert


def _to_simplified(text: str) -> str:
    return _converter("t2s")(text)


def _to_traditional(text: str) -> str:
    return _converter("s2t")(text)


def simplified(text: str) -> str:
    """Return *text* with traditional characters made simplified."""
    return text if text.isascii() else _to_simplified(text)


def traditional(text: str) -> str:
    """Return *text* with simplified characters made traditional."""
    return text if text.isascii() else _to_traditional(text)


@lru_cache(maxsize=4096)
def other_character(character: str) -> str:
    """Return the one character that stands for *character* in the other Chinese script, or itself."""
    for convert in (_to_simplified, _to_traditional):
        other = convert(character)
        if other != character and len(other) == 1:
            return other
    return character


def has_traditional_only(text: str) -> bool:
    """Say whether *text* holds a character that only traditional Chinese uses."""
    return not text.isascii() and any(map(is_traditional_only, text))


def has_simplified_only(text: str) -> bool:
    """Say whether *text* holds a character that only simplified Chinese uses."""
    return not text.isascii() and any(map(is_simplified_only, text))


@lru_cache(maxsize=8192)
def is_traditional_only(character: str) -> bool:
    """Say whether only traditional Chinese uses *character*."""
    return _to_simplified(character) != character


@lru_cache(maxsize=8192)
def is_simplified_only(character: str) -> bool:
    """Say whether only simplified Chinese uses *character*: 发, but not 后, which is an empress to others."""
    return _to_traditional(character) != character and not _is_in_big5(character)


def _is_in_big5(character: str) -> bool:
    """Say whether *character* is in the set that traditional Chinese was long written with."""
    try:
        character.encode("big5")
    except UnicodeEncodeError:
        return False
    return True


def common(text: str) -> str:
    """Return *text* with each Chinese character in one of the forms that are one in a script: 裏 is 裡, 国 is 國.

    It is as long as *text*. What is another form only between the scripts stays (麵 and 面 are two words to some).
    """
    if text.isascii() or not _HAN.search(text):
        return text
    return "".join(map(_common, text))


def merged(text: str) -> str:
    """Return *text* in the forms of :func:`common`, the two scripts as one: what is equal so may be two words."""
    if text.isascii() or not _HAN.search(text):
        return text
    return "".join(map(_merged, text))


@lru_cache(maxsize=8192)
def _common(character: str) -> str:
    if character < "\u3400" or character in _UNLIKE:
        return character
    written = character = _SAME.get(ord(character), character)
    for region in _REGIONS:
        other = _converter(region)(character)
        character = other if len(other) == 1 else character
    character = _SAME.get(ord(character), character)
    has_lost = _to_simplified(character) == character and _to_simplified(written) != written
    return written if has_lost else character  # no form that simplified Chinese knows nothing of


@lru_cache(maxsize=8192)
def _merged(character: str) -> str:
    common = _common(character)
    simple = common if common < "\u3400" else _to_simplified(common)
    if len(simple) != 1:
        return common
    same = _SAME.get(ord(simple), simple)
    return same if same == character else _merged(same)  # 麼 is 么, and 么 is 幺


@lru_cache(maxsize=8192)
def is_word(character: str) -> bool:
    """Say whether *character* is a letter, digit or mark of a script that puts spaces between words."""
    if character.isascii():
        return character.isalnum()
    category = unicodedata.category(character)
    if category[0] not in "LNM" or category == "Me":  # Me: the frame of a keycap emoji
        return False
    code = ord(character)
    return not any(first <= code <= last for first, last in _FREE_RANGES)


def stands_free(text: str, start: int, end: int) -> bool:
    """Say whether ``text[start:end]`` touches no word that it would be only a part of."""
    if start > 0 and is_word(text[start]) and is_word(text[start - 1]):
        return False
    return not (end < len(text) and is_word(text[end - 1]) and is_word(text[end]))


def with_edges(text: str) -> str:
    """Return *text* with :data:`EDGE` wherever a word begins or ends; a letter of an unspaced script is a word."""
    kinds = [_kind(character) for character in text.replace(EDGE, " ")]
    marked = [EDGE] if kinds and kinds[0] else []
    for character, (kind, following) in zip(text, pairwise([*kinds, 0]), strict=True):
        marked.append(character)
        if following != _MARK and (kind != following or kind in (_LETTER, _MARK)):
            marked.append(EDGE)
    return "".join(marked)


@lru_cache(maxsize=8192)
def _kind(character: str) -> int:
    """Return whether *character* is in no word, in one that runs on, a letter by itself, or a mark of such a letter."""
    if is_word(character) or character == "_" or "\uac00" <= character <= "\ud7a3":  # Korean words run on
        return _WORD
    category = unicodedata.category(character)[0]
    return _LETTER if category in "LN" else _MARK if category == "M" else _APART
