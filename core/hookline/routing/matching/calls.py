"""Know when a text is said to the bot, and cut the call out: a mention, or one of the bot's names at its beginning.

A name is called with or without an ``@``, with a title (小店さん, คุณบอท) and with what separates it from what is said.
Names of unspaced scripts need no separator (小店菜單); but 小店員 is another word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from .folding import clean
from .keywords import word_of
from .scripts import is_word, stands_free
from .text import MAX_TEXT, PAUSES, MatchText, without_separator

_PEOPLE_AND_PLACES = frozenset("员长主家面名号子儿们者里内外旁")
"""What makes another word of a name that it follows: who works there, and parts of the place."""

_SIGNS = frozenset("@\"'([{<《〈【 ")
"""What may stand before a name, besides emoji: but no # or /, which say something."""

_INSIDE_WORDS = "@._'-"
_BEFORE = re.compile("(?:(?:คุณ|น้อง|พี่)|(?:mr|ms|mrs|miss|dear)[. ] *)?")
_AFTER = re.compile(
    "( ?)(?:さん|さま|ちゃん|くん|先生|小姐|女士|老師|老师|大大|醬|酱|桑|君|樣|哥|姐|姊|님|씨|아|야|"
    "ครับ|คะ|ค่ะ|จ๋า|จ้า|จ้ะ|-?(?:san|sama|chan|kun))"
)
_SCRIPTS = re.compile("([a-z0-9])|([\u3041-\u309f])|([\u30a0-\u30ff])|([가-힣])|([\u3400-\u9fff])|([\u0e00-\u0e7f])")
_WRITTEN_APART = (2, 3, 4)
"""Which of them, kana and Korean, make one word of letters that follow one another."""


class CallNames:
    """Hold the names that a bot is called by in groups."""

    def __init__(self, names: Iterable[str]) -> None:
        words = {word.key: word for word in map(word_of, names) if word.key}
        self._words = [words[key] for key in sorted(words, key=len, reverse=True)]

    def cut(self, text: MatchText) -> MatchText:
        """Return *text* without the call that it begins with, or as it is when there is none."""
        if not self._words:
            return text
        end = self._end(text)
        return text if end is None else MatchText(without_separator(text.after(end)), is_called=True)

    def _end(self, text: MatchText) -> int | None:
        """Return where in the key of *text* the call that it begins with ends."""
        key = text.key
        signs = next((place for place, sign in enumerate(key) if not _may_precede(sign)), 0)
        title = _BEFORE.match(key, signs)
        starts = dict.fromkeys((0, signs, signs if title is None else title.end()))
        for word in self._words:
            for start in starts:
                end = start + len(word.key)
                if key.startswith(word.key, start) and stands_free(key, start, end) and word.stands_at(text, start):
                    titled = _after_title(key, end)
                    if titled is not None:
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


def _may_precede(sign: str) -> bool:
    return sign in _SIGNS or unicodedata.category(sign) == "So"


def _after_title(key: str, end: int) -> int | None:
    """Return where the title ends that follows the name before *end*; one behind a blank stands alone."""
    found = _AFTER.match(key, end)
    if found is None:
        return None
    following, own = _script(key[found.end() : found.end() + 1]), _script(key[found.end() - 1])
    return None if following is not None and (found[1] or following == own) else found.end()


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
    if is_word(key[end - 1]) and following in _INSIDE_WORDS and is_word(key[end + 1 : end + 2] or " "):
        return True  # an address, or a longer name
    script = _script(following)
    if script != _script(key[end - 1]):
        return False
    return script in _WRITTEN_APART or following in _PEOPLE_AND_PLACES
