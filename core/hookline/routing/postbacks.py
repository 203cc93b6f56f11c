"""Take the data of a postback apart: the fields of a query string, or of a JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl

MAX_DATA = 2000
"""Longer data isn't taken apart; LINE sends 300 characters at most."""

NO_PARAMS: Mapping[str, str] = MappingProxyType({})

_decode = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).decode


def fields_of(data: str) -> Mapping[str, str]:
    """Return the fields of *data*, each as text, numbers as they were written; none when it is too long.

    What is nested in a JSON object has its path for a name: of ``{"item": {"sizes": ["M"]}}`` it is ``item.sizes.0``.
    """
    if len(data) > MAX_DATA:
        return {}
    document = _object(data) if data.lstrip().startswith("{") else None
    return dict(parse_qsl(data, keep_blank_values=True)) if document is None else dict(_leaves(document))


def _object(data: str) -> dict[str, object] | None:
    try:
        document = _decode(data)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _leaves(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each value that holds no others, by its path; it is walked without recursion, however deep it is."""
    left: list[tuple[str, object]] = [("", document)]
    while left:
        path, value = left.pop()
        if isinstance(value, dict):
            left += [(f"{path}.{name}" if path else name, item) for name, item in value.items()]
        elif isinstance(value, list):
            left += [(f"{path}.{index}", item) for index, item in enumerate(value)]
        else:
            yield path, _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
