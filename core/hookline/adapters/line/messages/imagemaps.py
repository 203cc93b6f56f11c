"""Know where the areas of an imagemap may lie: https://developers.line.biz/en/reference/messaging-api/#imagemap-message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...flaws import Flaw, FlawPath

_SIDES = (("x", "width"), ("y", "height"))


def areas(message: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield the areas that reach beyond the picture, and those that nobody can tap."""
    size = message.get("baseSize")
    for path, area in _areas(message):
        for start, length in _SIDES:
            at, long = _number(area.get(start)), _number(area.get(length))
            whole = _number(size.get(length)) if isinstance(size, Mapping) else None
            if long == 0:
                yield Flaw((*path, length), "nobody can tap an area of no size", is_refused=False)
            if at is not None and long is not None and whole is not None and at + long > whole:
                reason = f"the area reaches to {at + long}, but the picture's {length} is {whole}"
                yield Flaw((*path, length), reason)


def _areas(message: Mapping[str, Any]) -> Iterator[tuple[FlawPath, Mapping[str, Any]]]:
    actions, video = message.get("actions"), message.get("video")
    tapped = list(enumerate(actions)) if isinstance(actions, list) else []
    inside: list[tuple[FlawPath, object]] = [*((("actions", index), one) for index, one in tapped), (("video",), video)]
    for path, one in inside:
        area = one.get("area") if isinstance(one, Mapping) else None
        if isinstance(area, Mapping):
            yield (*path, "area"), area


def _number(value: object) -> int | None:
    """Return *value* if it is a number that counts; others are wrong already."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and isinstance(value, int) and 0 <= value < 1 << 31 else None
