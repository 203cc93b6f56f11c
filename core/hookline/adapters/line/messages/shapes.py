"""Say whether a value has the shape that LINE wants, and what one of another shape means all the same."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ...flaws import PartialText
from .models import Shape

MAX_WHOLE = 1 << 63

EXPECTED: Mapping[Shape, str] = {
    "text": "text",
    "whole": "a whole number",
    "number": "a number",
    "bool": "true or false",
    "object": "an object",
    "list": "a list",
    "mapping": "an object",
}
FILLED: tuple[Shape, ...] = ("whole", "number", "bool")
"""What a text may be read as that one placeholder filled."""

_WHOLE = "only a placeholder that is the whole value can bring one"
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?", re.ASCII)


def fits(value: object, shape: Shape) -> bool:
    """Say whether *value* has this *shape*."""
    if isinstance(value, bool):
        return shape in ("bool", "any")
    match shape:
        case "text":
            return isinstance(value, str)
        case "whole":
            return isinstance(value, int) and abs(value) < MAX_WHOLE
        case "number":
            return (isinstance(value, int) and abs(value) < MAX_WHOLE) or (
                isinstance(value, float) and math.isfinite(value)
            )
        case "bool":
            return False
        case "list":
            return isinstance(value, list)
        case "object" | "mapping":
            return isinstance(value, Mapping)
    return True


def hint(value: object, shape: Shape) -> str | None:
    """Return how *value* is to be written to have this *shape*, if that is all that is wrong."""
    if isinstance(value, PartialText):
        return _WHOLE if shape in FILLED else "what a placeholder fills in is always text"
    if shape == "text" and isinstance(value, int | float):
        return "write it in quotes"
    if shape in ("whole", "number", "bool") and meant(value, shape) is not None:
        return "write it without quotes"
    return None


def meant(value: object, shape: Shape) -> object:
    """Return what *value* says in another *shape*, as a filled text may say a number; None if it says nothing."""
    if shape == "text" and isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_WHOLE:
        return str(value)
    if not isinstance(value, str) or isinstance(value, PartialText):
        return None
    written = value.strip()
    if shape == "bool":
        return {"true": True, "false": False}.get(written.lower())
    if shape not in ("whole", "number") or not _NUMBER.fullmatch(written):
        return None
    number = float(written)
    found = int(number) if number.is_integer() else number
    return found if fits(found, shape) else None
