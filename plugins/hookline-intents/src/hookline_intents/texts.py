"""Bring texts into the one form in which they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Literal

MAX_TEXT = 500
"""In longer texts what is meant is averaged away; their beginning says it."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_KANA = "\u3040-\u30ff\u31f0-\u31ff"
_THAI = "\u0e00-\u0e7f"
_UNSPACED = f"[{_KANA}{_HAN}{_THAI}]"
_GAP = re.compile(f"(?<={_UNSPACED}) +(?={_UNSPACED})")
_IS_HAN, _IS_KANA, _IS_THAI = (re.compile(f"[{letters}]") for letters in (_HAN, _KANA, _THAI))
_HUMP = re.compile(r"([a-z0-9])([A-Z])")


def normalised(text: str) -> str:
    """Return *text* in NFKC and lower case, blanks squeezed, Chinese simplified, cut after 500 characters.

    Never fails: lone surrogates are dropped and NULs become blanks, since the encoder takes neither.
    """
    plain = text[: MAX_TEXT * 4].encode("utf-8", "ignore").decode().replace("\0", " ")
    folded = " ".join(unicodedata.normalize("NFKC", plain).lower().split())[:MAX_TEXT]
    tight = _GAP.sub("", folded)
    if _IS_HAN.search(tight) and not _IS_KANA.search(tight):
        return _simplify(tight)
    return tight


def script_of(text: str) -> Literal["kana", "han", "thai", "other"]:
    """Return the script that says most about the language of *text*."""
    if _IS_KANA.search(text):
        return "kana"
    if _IS_HAN.search(text):
        return "han"
    return "thai" if _IS_THAI.search(text) else "other"


def words_of(name: str) -> str:
    """Return the words of a name: ``iot/hueLight_up`` is ``iot hue light up``."""
    return normalised(" ".join(re.split(r"[\W_]+", _HUMP.sub(r"\1 \2", name))))


def _simplify(text: str) -> str:
    return _converter()(text)


@cache
def _converter() -> Callable[[str], str]:
    import opencc  # lazy: only Chinese texts need its tables

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert
