"""Make messages of what LINE's Flex Message Simulator exports: https://developers.line.biz/flex-simulator/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...adapter import Exported
from ...flaws import FlawPath

MAX_ALT_TEXT = 400
_CONTAINERS = ("bubble", "carousel")
_IN_ORDER = ("header", "hero", "body", "footer", "contents")


def exported(export: Mapping[str, Any]) -> Exported | None:
    """Return the Flex Message of a bare bubble or carousel, its first text as the altText; None for anything else."""
    if export.get("type") not in _CONTAINERS:
        return None
    message: dict[str, Any] = {"type": "flex", "contents": export}
    origins: dict[FlawPath, FlawPath] = {("contents",): ()}
    path, text = next(_texts(export, ()), ((), ""))
    if text:
        message["altText"] = _cut(text)
        origins["altText",] = path
    return Exported(message, origins)


def _texts(value: object, path: FlawPath) -> Iterator[tuple[FlawPath, str]]:
    """Yield the texts in *value* as they are read, from top to bottom."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
    if not isinstance(value, Mapping):
        return
    text = value.get("text")
    if isinstance(text, str) and text.strip():
        yield (*path, "text"), text.strip()
    for key in _IN_ORDER:
        yield from _texts(value.get(key), (*path, key))


def _cut(text: str) -> str:
    """Return *text* in 400 characters at most, a placeholder whole or not at all."""
    if len(text) <= MAX_ALT_TEXT:
        return text
    start = text[: MAX_ALT_TEXT - 1]
    opened = start.rfind("{")
    is_open = opened > start.rfind("}")
    return f"{start[:opened] if is_open and opened else start}…"
