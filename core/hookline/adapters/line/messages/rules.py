"""Say what LINE wants of single values beyond what the SDK's models say.

https://developers.line.biz/en/reference/messaging-api/#message-objects
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...flaws import NOTHING, Flaw, PartialText
from . import urls
from .measures import cut, units

MAX_SHOWN = 40

_WORD = re.compile("[0-9]?x+[sl]|[A-Za-z][A-Za-z-]*")

Rule = Callable[[Any], Flaw | None]


def characters(most: int, count: Callable[[str], int] = units, *, may_cut: bool = False) -> Rule:
    """Return the rule for a text of *most* characters; with *may_cut* its beginning says enough."""

    def rule(value: str) -> Flaw | None:
        size = count(value)
        if size <= most:
            return None
        if isinstance(value, PartialText):
            return Flaw((), f"at least {size} characters, at most {most}")
        return Flaw((), f"{size} characters, at most {most}", instead=cut(value, most, count) if may_cut else None)

    return rule


def address(*schemes: str, most: int = 2000) -> Rule:
    """Return the rule for a URL that begins with one of *schemes*."""
    expected = " or ".join(f"`{scheme}`" for scheme in schemes)
    is_short = characters(most)

    def rule(value: str) -> Flaw | None:
        start = (value.start if isinstance(value, PartialText) else value).lstrip()
        is_open = isinstance(value, PartialText) and any(one.startswith(start.lower()) for one in schemes)
        scheme = next((one for one in schemes if start[: len(one)].lower() == one), None)
        if scheme is None and not is_open:
            return Flaw((), f"must begin with {expected}, found {shown(start or value)}")
        if scheme and value.strip()[len(scheme) :] in ("", "//") and not isinstance(value, PartialText):
            return Flaw((), f"nothing follows `{value.strip()}`")
        return urls.flaw(value) or is_short(value if isinstance(value, PartialText) else urls.encoded(value))

    return rule


def written(pattern: str, expected: str) -> Rule:
    """Return the rule for a text that is *expected*, which is what fits *pattern* whole."""
    compiled = re.compile(pattern, re.ASCII)

    def rule(value: str) -> Flaw | None:
        if isinstance(value, PartialText) or compiled.fullmatch(value):
            return None
        return Flaw((), f"expected {expected}, found {shown(value)}")

    return rule


def of_characters(pattern: str, most: int, expected: str) -> Rule:
    """Return the rule for a short text of few kinds of characters, each of which fits *pattern*."""
    compiled, is_short = re.compile(f"(?:{pattern})*"), characters(most)

    def rule(value: str) -> Flaw | None:
        if not compiled.fullmatch(value):
            return Flaw((), f"only {expected} may stand here, found {shown(value)}")
        return is_short(value)

    return rule


def sized(*words: str, units: str = "px", sign: str = "") -> Rule:
    """Return the rule for one of *words* or a number of *units*; *sign* is the pattern of what may stand before it."""
    example = " or ".join(f"`12{unit}`" for unit in units.split("|"))
    expected = f"{'a word or ' if words else ''}a size as in {example}"
    compiled = re.compile(rf"{sign}\d+(?:\.\d+)?(?:{units})", re.ASCII)

    def rule(value: str) -> Flaw | None:
        if isinstance(value, PartialText) or value in words or compiled.fullmatch(value):
            return None
        is_word = bool(words) and _WORD.fullmatch(value) is not None
        reason = f"expected {expected}, found {shown(value)}"
        return Flaw((), reason, given=value[:MAX_SHOWN], known=words, is_unknown=is_word)

    return rule


def between(least: int, most: int | None = None) -> Rule:
    """Return the rule for a number from *least* to *most*."""
    expected = f"{least} or more" if most is None else f"{least}" if most == least else f"{least} to {most}"

    def rule(value: float) -> Flaw | None:
        is_right = least <= value and (most is None or value <= most)
        return None if is_right else Flaw((), f"expected {expected}, found {shown(value)}")

    return rule


def items(most: int, least: int = 1) -> Rule:
    """Return the rule for a list, or a mapping, of *least* to *most*."""
    expected = f"{least}" if least == most else f"{least} to {most}"

    def rule(value: list[Any] | Mapping[str, Any]) -> Flaw | None:
        return None if least <= len(value) <= most else Flaw((), f"{len(value)} items, expected {expected}")

    return rule


def choices(most: int) -> Rule:
    """Return the rule for a list of 1 to *most* items that need not be there at all."""
    is_right = items(most)

    def rule(value: list[Any]) -> Flaw | None:
        return is_right(value) if value else Flaw((), f"0 items, expected 1 to {most}", instead=NOTHING, above=1)

    return rule


def one_of(*words: str) -> Rule:
    """Return the rule for a text that is one of *words*."""

    def rule(value: str) -> Flaw | None:
        if isinstance(value, PartialText) or value in words:
            return None
        return unknown(value, words, "value")

    return rule


def unknown(value: object, known: Sequence[str], what: str) -> Flaw:
    """Return the flaw of a *value* that should have been one of the *known* words; *what* is what they are."""
    given = value[:MAX_SHOWN] if isinstance(value, str) else ""
    return Flaw((), f"unknown {what} {shown(value)}", given=given, known=known, is_unknown=given != "")


def shown(value: object) -> str:
    """Return *value* as a message shows it: whole, or only what it is, so that no part of a secret is left."""
    match value:
        case PartialText():
            return "a text with a placeholder"
        case str():
            return f"`{value}`" if len(value) <= MAX_SHOWN else f"a text of {len(value)} characters"
        case None:
            return "nothing"
        case bool():
            return json.dumps(value)
        case int() if abs(value) < 10**MAX_SHOWN:
            return str(value)
        case float() if math.isfinite(value):
            return str(value)
        case int() | float():
            return "a number out of bounds"
        case list():
            return "a list"
    return "an object"


def ratio(value: str) -> Flaw | None:
    """Check an aspect ratio: ``width:height``, each from 1 to 100000, the height at most three times the width."""
    if isinstance(value, PartialText):
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,9})?):(\d{1,6}(?:\.\d{1,9})?)", value, re.ASCII)
    width, height = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if not (1 <= width <= 100_000 and 1 <= height <= 100_000):
        return Flaw((), f"expected WIDTH:HEIGHT as in `20:13`, each from 1 to 100000, found {shown(value)}")
    if height > 3 * width:
        return Flaw((), f"the height may be at most three times the width, found {shown(value)}")
    return None


def angle(value: str) -> Flaw | None:
    """Check the angle of a gradient: from 0 to below 360 degrees."""
    if isinstance(value, PartialText):
        return None
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,9})?)deg", value, re.ASCII)
    if found and float(found[1]) < 360:
        return None
    return Flaw((), f"expected degrees as in `90deg`, below 360, found {shown(value)}")


def sender_name(value: str) -> Flaw | None:
    """Check the name of a sender, which may not pass for LINE itself."""
    if re.search(r"\bLINE\b", value):
        return Flaw((), "the name of a sender may not hold the word `LINE`")
    return characters(20, may_cut=True)(value)


https = address("https://")
link = address("http://", "https://", "line:", "tel:", most=1000)
colour = written("#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?", "a colour as in `#0a7d33` or, with its opacity, `#0a7d33cc`")
