"""Copy what other people's code has made, so that nothing is left in it but JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

MAX_DEPTH = 100


class NotJsonError(ValueError):
    """Say what is no JSON, and at which *path* it stands."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.path: list[str] = []
        super().__init__(reason)

    def __str__(self) -> str:
        """Return the reason and the path."""
        path = "".join(reversed(self.path)).removeprefix(".")
        return f"{self.reason} at `{path:.80}{'…' * (len(path) > 80)}`" if path else self.reason


def plain(value: Any, depth: int = 0) -> Any:
    """Return a copy of *value* made of dicts, lists, texts, numbers, booleans and None alone; raise NotJsonError.

    What `json` would turn into something else in silence is refused: keys that are no text, NaN and Infinity.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return _object(value.items(), depth + 1)
    if kind is list or kind is tuple:
        return _array(value, depth + 1)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return _whole(int.__int__(value))
    if isinstance(value, float):
        return _finite(float.__float__(value))
    if isinstance(value, Mapping):
        return _object(value.items(), depth + 1)
    if isinstance(value, list | tuple):
        return _array(value, depth + 1)
    raise NotJsonError(f"{kind.__name__} is no JSON")


def _object(items: Iterable[tuple[Any, Any]], depth: int) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH}, or part of itself")
    copy: dict[str, Any] = {}
    for key, item in items:
        if not isinstance(key, str):
            raise NotJsonError(f"a key in JSON is text, not {type(key).__name__}: {key!r:.60}")
        try:
            copy[str.__str__(key)] = plain(item, depth)
        except NotJsonError as error:
            error.path.append(f".{key:.60}")
            raise
    return copy


def _array(items: Iterable[Any], depth: int) -> list[Any]:
    if depth > MAX_DEPTH:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH}, or part of itself")
    copy: list[Any] = []
    for item in items:
        try:
            copy.append(plain(item, depth))
        except NotJsonError as error:
            error.path.append(f"[{len(copy)}]")
            raise
    return copy


def _whole(number: int) -> int:
    if number.bit_length() > 1024:
        raise NotJsonError("a number out of bounds")
    return number


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise NotJsonError(f"{number} is no JSON")
    return number
