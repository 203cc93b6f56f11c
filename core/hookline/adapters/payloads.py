"""Read what platforms post: JSON within bounds, and what stands in it, whatever else does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..errors import NotAWebhookError

MAX_DEPTH = 64


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def load_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*, or raise NotAWebhookError: also for one that is nested deeper than 64."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_too_deep(body):
        raise NotAWebhookError(f"nested deeper than {MAX_DEPTH}")
    try:
        document = _decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise NotAWebhookError("not JSON in UTF-8") from error
    if not isinstance(document, dict):
        raise NotAWebhookError("no JSON object")
    return document


def mapping(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object under *name*; an empty one where there is none."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def text(raw: Mapping[str, Any], name: str) -> str | None:
    """Return the text under *name*; None where there is none, or nothing in it."""
    value = raw.get(name)
    return value if isinstance(value, str) and value else None


def identity(raw: Mapping[str, Any], name: str) -> str | None:
    """Return the id under *name*, which platforms write as a text or as a number; None where there is none."""
    value = raw.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def number(raw: Mapping[str, Any], name: str) -> int | None:
    """Return the whole number under *name*, None where there is none."""
    value = raw.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def objects(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of the list under *name*."""
    value = raw.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_too_deep(body: bytes) -> bool:
    depth = 0
    for found in _BRACKETS.finditer(body):
        token = found.group()
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token in b"]}":
            depth -= 1
    return False
