"""Tell languages apart by their tags, and by the script that a text is written in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

TAG = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}"
"""What a language is written as: zh-TW, en, th, yue."""

_SCRIPTS: Mapping[str, str] = {
    "zh-hant": "zh-tw", "zh-hk": "zh-tw", "zh-mo": "zh-tw", "zh-hans": "zh-cn", "zh-sg": "zh-cn",
}  # fmt: skip
"""What is read by whoever reads the other."""

_WRITTEN = (
    ("ja", re.compile("[\u3040-\u30ff\u31f0-\u31ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("en", re.compile("[A-Za-z]")),
)


def nearest(language: str | None, known: Iterable[str]) -> str | None:
    """Return which of the *known* languages is read by whoever reads *language*; None when none is.

    The same one, then one of the same script, then one that begins alike.

    >>> nearest("zh-Hant-TW", ["en", "zh-TW"]), nearest("en-GB", ["zh-TW", "en"]), nearest("fr", ["en"])
    ('zh-TW', 'en', None)
    """
    if not language:
        return None
    parts = language.replace("_", "-").lower().split("-")
    tags = {tag.lower(): tag for tag in known}
    for length in range(len(parts), 0, -1):
        tag = "-".join(parts[:length])
        for one in (tag, _SCRIPTS.get(tag, tag)):
            if one in tags:
                return tags[one]
    return next((tag for lower, tag in tags.items() if lower.split("-")[0] == parts[0]), None)


def written_in(text: str | None) -> str | None:
    """Return which language *text* is written in, as far as its script says so.

    >>> written_in("予約したい"), written_in("我要預約"), written_in("12:30")
    ('ja', 'zh', None)
    """
    return next((language for language, script in _WRITTEN if text and script.search(text)), None)
