"""Find values in a webhook by their paths: ``header.x-event``, ``body.data.object.id``, ``body.items.0.name``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hookline.adapters.fields import walk
from hookline.findings.findings import did_you_mean, listed

HEADER, BODY = "header", "body"
EXPECTED = "a path begins with `header.` or `body.`, as in header.x-event or body.data.id"
MAX_INDEX = 99


def steps(path: str) -> tuple[str, ...]:
    """Return the steps of *path*; what stands behind ``header.`` is one name, in lower case."""
    root, _, rest = path.partition(".")
    return (HEADER, rest.lower()) if root == HEADER else (root, *rest.split("."))


def checked(path: str) -> str:
    """Return *path*, or raise ValueError for what is none."""
    written = path.strip()
    if steps(written)[0] not in (HEADER, BODY) or len(steps(written)) < 2 or not all(steps(written)):
        raise ValueError(f"`{written}`: {EXPECTED}")
    return written


def value_at(raw: Mapping[str, Any], path: str) -> str | None:
    """Return what stands in *raw* at *path*, as text; None for an object, a list or nothing."""
    found = walk(raw, steps(path))
    if isinstance(found, str):
        return found or None
    return json.dumps(found) if isinstance(found, bool | int | float) else None


def ensure_leads(raw: Mapping[str, Any], path: str) -> None:
    """Raise ValueError when *path* leads to no value in the example *raw*; one of its headers only if it has any."""
    if (steps(path)[0] == HEADER and not raw[HEADER]) or value_at(raw, path) is not None:
        return
    known = list(_paths(raw))
    if path in known:  # it is null or empty in this example
        return
    below = [one for one in known if one.startswith(f"{path}.")]
    if below:
        raise ValueError(f"`{path}` is no single value in the example: go on to one, as in `{below[0]}`")
    hint = did_you_mean(path, known) or f"there are {listed(known)}"
    raise ValueError(f"`{path}` leads nowhere in the example; {hint}")


def put(raw: dict[str, Any], path: str, value: str) -> None:
    """Make *value* stand at *path* in *raw*, with all that leads there."""
    *before, last = steps(path)
    place: Any = raw
    for step, after in zip(before, [*before[1:], last], strict=True):
        inside = _inside(place, step)
        if not isinstance(inside, list if _is_index(after) and isinstance(inside, list) else dict):
            inside = [] if _is_index(after) else {}
        _set(place, step, inside)
        place = inside
    _set(place, last, value)


def _paths(value: object, before: Sequence[str] = ()) -> Iterator[str]:
    """Yield the paths of all single values in *value*."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _paths(one, (*before, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _paths(one, (*before, str(index)))
    else:
        yield ".".join(before)


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdigit() and int(step) <= MAX_INDEX


def _inside(place: Any, step: str) -> object:
    if isinstance(place, list):
        return place[int(step)] if int(step) < len(place) else None
    return place.get(step)


def _set(place: Any, step: str, value: object) -> None:
    if isinstance(place, list):
        place += [None] * (int(step) + 1 - len(place))
        place[int(step)] = value
    else:
        place[step] = value
