"""What is left of a value that a handler made: JSON, or an error that says where it isn't."""

from __future__ import annotations

import json
from collections import OrderedDict
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hookline.plain import NotJsonError, plain


class Text(str):
    __slots__ = ()


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Kind(Enum):
    A = "a"


def itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-(10**9), 10**9) | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)  # fmt: skip


@given(JSON)
def test_json_stays_as_it_is_and_is_another_object(value: Any) -> None:
    copy = plain(value)

    assert json.dumps(copy) == json.dumps(value)
    assert copy is not value or not isinstance(value, dict | list)


@pytest.mark.parametrize(
    ("value", "copy"),
    [
        (Text("a"), "a"),
        (Colour.RED, "red"),
        (Size.LARGE, 3),
        ((1, 2), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        ({Text("a"): Text("b")}, {"a": "b"}),
    ],
)
def test_what_json_takes_becomes_the_plain_thing(value: Any, copy: Any) -> None:
    made = plain(value)

    assert made == copy
    assert type(made) is type(copy)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "nan is no JSON"),
        ({"a": [float("inf")]}, "inf is no JSON at `a[0]`"),
        ({"a": {1: 2}}, "a key in JSON is text, not int: 1 at `a`"),
        ({None: 2}, "a key in JSON is text, not NoneType: None"),
        ({True: 2}, "a key in JSON is text, not bool: True"),
        ({"a": b"x"}, "bytes is no JSON at `a`"),
        ({"a": {1, 2}}, "set is no JSON at `a`"),
        ({"a": Kind.A}, "Kind is no JSON at `a`"),
        ({"a": 10**400}, "a number out of bounds at `a`"),
        (1j, "complex is no JSON"),
        (itself(), f"nested deeper than 100, or part of itself at `{'[0]' * 26}[0…`"),
    ],
)
def test_what_json_would_change_or_not_take_is_refused_with_its_place(value: Any, reason: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        plain(value)

    assert str(caught.value) == reason
