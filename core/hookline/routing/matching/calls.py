"""Know when a text is said to the bot, and cut the call out: a mention, or one of the bot's names at its beginning.

A name is called with or without an ``@``, with a title (小店さん, คุณบอท) and with what separates it from what is said.
Names of unspaced scripts need no separator (小店菜單); but 小店員 is another word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from .folding import clean, fold
from .scripts import common, is_word, stands_free
from .text import MAX_TEXT, PAUSES, MatchText, without_separator

_PEOPLE_AND_PLACES = frozenset("員员長长主家面名號号子兒儿們们者裡裏里內内外旁")
"""What makes another word of a name that it follows: who works there, and parts of the place."""

_BEFORE = re.compile("(?:(?:คุณ|น้อง|พี่)|(?:mr|ms|mrs|miss|dear)[. ] *)?")
_AFTER = re.compile(
    "さん|さま|ちゃん|くん|先生|小姐|女士|老師|老师|大大|醬|酱|桑|君|樣|哥|姐|姊|님|씨|아|야|"
    "ครับ|คะ|ค่ะ|จ๋า|จ้า|จ้ะ| ?-?(?:san|sama|chan|kun)"
)
_SCRIPTS = re.compile("([a-z0-9])|([\u3041-\u309f])|([\u30a0-\u30ff])|([\u3400-\u9fff])|([\u0e00-\u0e7f])|([가-힣])")


class CallNames:
    """Hold the names that a bot is called by in groups."""

    def __init__(self, names: Iterable[str]) -> None:
        self._keys = sorted({common(fold(name)) for name in names} - {""}, key=len, reverse=True)

    def cut(self, text: MatchText) -> MatchText:
        """Return *text* without the call that it begins with, or as it is when there is none."""
        if not self._keys:
            return text
        end = self._end(text.key)
        return text if end is None else MatchText(without_separator(text.after(end)), is_called=True)

    def _end(self, key: str) -> int | None:
        """Return where in *key* the call that it begins with ends."""
        signs = next((place for place, sign in enumerate(key) if unicodedata.category(sign)[0] not in "PSZ"), 0)
        starts = dict.fromkeys((0, signs, signs + _length(_BEFORE, key, signs)))
        for name in self._keys:
            for start in starts:
                end = start + len(name)
                if key.startswith(name, start) and stands_free(key, start, end):
                    titled = end + _length(_AFTER, key, end)
                    if titled > end and not _runs_on(key, titled):
                        return titled
                    if not _is_longer_word(key, end, is_mentioned="@" in key[:start]):
                        return end
        return None


def prepare(text: str, calls: Sequence[tuple[int, int]], names: CallNames | None = None) -> MatchText:
    """Return *text* ready for matching: the bot's mentions (*calls*), or a call by one of *names*, cut out."""
    for start, end in sorted(calls, reverse=True):
        text = _joined(text[:start], text[end:])
    whole = MatchText(text[:MAX_TEXT].strip(), bool(calls))
    return whole if names is None else names.cut(whole)


def _joined(before: str, after: str) -> str:
    """Return what is left around a mention, without what separated it."""
    if not clean(before).strip():
        return without_separator(after)
    if not after.strip():
        return before.rstrip(PAUSES)
    return before.rstrip() + " " + after.lstrip() if before[-1:].isspace() or after[:1].isspace() else before + after


def _length(expression: re.Pattern[str], key: str, start: int) -> int:
    found = expression.match(key, start)
    return 0 if found is None else found.end() - start


def _runs_on(key: str, end: int) -> bool:
    """Say whether what ends at *end* goes on in the same script, so that it is no title."""
    return end < len(key) and _script(key[end - 1]) is not None and _script(key[end - 1]) == _script(key[end])


def _script(character: str) -> int | None:
    found = _SCRIPTS.match(character)
    return None if found is None else found.lastindex


def _is_longer_word(key: str, end: int, *, is_mentioned: bool) -> bool:
    """Say whether the name that ends at *end* is the beginning of another word."""
    following = key[end : end + 1]
    if not following:
        return False
    if following == "ー" or unicodedata.category(following)[0] == "M":
        return True
    if is_mentioned and is_word(following):
        return True
    return _script(key[end - 1]) == _script("員") and following in _PEOPLE_AND_PLACES
