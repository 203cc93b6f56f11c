"""Know how a value is written into a text, so that it stays a value: in a URL, in data, in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

Fill = Callable[[str, str], str]
"""``(what stands before it, the value) -> the value as it is written there``."""

NEUTRAL_URLS = frozenset(["image", "video", "audio", "file", "url", "preview"])
"""The keys of neutral messages behind which a URL stands."""

_HOST = re.compile(r"[a-z][a-z0-9+.-]*:(?://[^/?#]*)?", re.IGNORECASE)
_TELEPHONE = "tel:"
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[)")
_PLACEHOLDER = re.compile(r"\{[A-Za-z_]\w*\.[^{}]*\}")
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null", re.ASCII)
_STEPS = (".", "..")
_SIGNS_OF_DATA = {sign: quote(sign) for sign in "%&+=#;"}


def fill_neutral(owner: Mapping[str, Any], key: str) -> Fill | None:
    """Return how values are written into the text under *key* of a part of a neutral message."""
    return into_url if key in NEUTRAL_URLS else for_data(owner[key]) if key == "postback" else None


def for_data(text: object) -> Fill | None:
    """Return how values are written into *text*, which comes back from a button: JSON, fields, or as they are."""
    if not isinstance(text, str):
        return None
    return into_json if _JSON.match(text) else into_data if "=" in _PLACEHOLDER.sub("", text) else None


def into_url(before: str, value: str) -> str:
    """Return *value* as a part of a URL: with what divides URLs encoded, unless it is the URL itself, or its host.

    In a path its own `/` divide it, and no step of it leads back.
    """
    found = _HOST.match(before)
    is_host = found is not None and "//" in found[0] and found.end() == len(before)
    if found is None or is_host or before[: len(_TELEPHONE)].lower() == _TELEPHONE:
        return value
    if "?" in before or "#" in before:
        return quote(value, safe="", errors="replace")
    return quote(_forwards(before, value), errors="replace")


def _forwards(before: str, value: str) -> str:
    """Return *value* without the steps `.` and `..`, which a browser would take whatever encoding they are in."""
    first, *more = value.split("/")
    kept = [] if first in _STEPS and before.endswith("/") else [first]
    return "/".join([*kept, *(step for step in more if step not in _STEPS)])


def into_data(before: str, value: str) -> str:
    """Return *value* as one field of a query string; nothing is encoded that divides none, since data is short."""
    return "".join(_SIGNS_OF_DATA.get(sign, sign) for sign in value)


def into_json(before: str, value: str) -> str:
    """Return *value* as it is written in a JSON text: between quotes, or as a number, or as a text of its own."""
    quoted = json.dumps(value, ensure_ascii=False)
    if len(re.findall(r'(?<!\\)(?:\\\\)*"', before)) % 2 == 1:
        return quoted[1:-1]
    return value if _SCALAR.fullmatch(value) else quoted
