"""Say at a glance that a message is fine, as most are: the close look of :mod:`.check` takes ten times as long.

It is made of the same models and rules, and is sure of less: what it is not sure of, short of any flaw, is looked at
closely. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from .actions import FLEX, FLEX_BUTTON, QUICK_REPLY, TEMPLATE, Tapped
from .flex import IN_BASELINE, IN_BOX
from .limits import FLEX_RULES, MAX_BUBBLE_BYTES, MAX_TEXT, REQUIRED, RULES
from .models import MESSAGE, Model, Property, model
from .rules import Rule

Cost = Callable[[Any], int]
"""Return how many bytes a value takes as JSON, or more; 0 where it isn't sure to be fine."""
Fits = Callable[[Mapping[str, Any]], bool]
"""Say whether the parts of an object fit together."""

_BYTES = 6
"""A character takes as many bytes of JSON at most."""
_AROUND = 8
"""Quotes, colon, comma and brackets around a value."""
MAX_DEPTH = 20
MAX_NUMBER = 1_000_000_000
_PLAIN_TEXT = {"type", "text"}


def is_fine(message: Mapping[str, Any]) -> bool:
    """Say whether nothing is wrong with *message*; False where that isn't sure."""
    if message.keys() == _PLAIN_TEXT and message["type"] == "text":
        text = message["text"]
        return text.__class__ is str and 0 < len(text) <= MAX_TEXT // 2
    found = _plan(MESSAGE, 0)(message)
    return found > 0


@cache
def _plan(name: str, depth: int) -> Cost:
    """Return how objects of model *name* are looked at, *depth* steps deep, each kind when there is the first."""
    found = model(name)
    if found is None or depth > MAX_DEPTH:
        return _unsure
    if not found.kinds:
        return _object(found, depth)
    kinds = found.kinds
    plans: dict[str, Cost] = {}

    def cost(value: Any) -> int:
        if value.__class__ is not dict:
            return 0
        kind = value.get("type")
        if not isinstance(kind, str):
            return 0
        plan = plans.get(kind)
        if plan is None:
            own = model(kinds[kind]) if kind in kinds else None
            if own is None:
                return 0
            plan = plans[kind] = _object(own, depth)
        return plan(value)

    return cost


def _object(found: Model, depth: int) -> Cost:
    if found.name in _UNSURE:
        return _unsure
    own = {key: _value(one, found.name, depth) for key, one in found.properties.items()}
    required = tuple(
        key for key, one in found.properties.items() if one.is_required or key in REQUIRED.get(found.name, ())
    )
    fits = _TOGETHER.get(found.name)
    most = MAX_BUBBLE_BYTES if found.name == "FlexBubble" else 1 << 30

    def cost(value: Any) -> int:
        if value.__class__ is not dict:
            return 0
        total = 2
        for key, item in value.items():
            test = own.get(key)
            bytes_ = test(item) if test is not None else 0
            if not bytes_:
                return 0
            total += bytes_ + len(key) + _AROUND
        for key in required:
            if key not in value:
                return 0
        return total if total < most and (fits is None or fits(value)) else 0

    return cost


def _value(one: Property, owner: str, depth: int) -> Cost:
    rule = RULES.get(f"{owner}.{one.name}") or (FLEX_RULES.get(one.name) if owner.startswith("Flex") else None)
    match one.shape:
        case "text":
            return _choice(frozenset(one.choices)) if one.choices else _text(rule)
        case "whole":
            return _number(rule, (int,))
        case "number":
            return _number(rule, (int, float))
        case "bool":
            return lambda value: 5 if value.__class__ is bool else 0
        case "object" if one.model is not None:
            return _later(one.model, depth)
        case "list" if one.model is not None:
            return _list(rule, _later(one.model, depth))
    return _unsure


def _choice(choices: frozenset[str]) -> Cost:
    return lambda value: len(value) + 2 if value.__class__ is str and value in choices else 0


def _text(rule: Rule | None) -> Cost:
    if rule is None:
        return lambda value: len(value) * _BYTES if value.__class__ is str else 0

    @lru_cache(maxsize=512)
    def known(value: str) -> int:
        return len(value) * _BYTES if rule(value) is None else 0

    def cost(value: Any) -> int:
        if value.__class__ is not str or not value:
            return 0
        return known(value) if len(value) < 200 else len(value) * _BYTES if rule(value) is None else 0

    return cost


def _number(rule: Rule | None, classes: tuple[type, ...]) -> Cost:
    def cost(value: Any) -> int:
        is_right = type(value) in classes and abs(value) < MAX_NUMBER
        return 24 if is_right and (rule is None or rule(value) is None) else 0

    return cost


def _list(rule: Rule | None, item: Cost) -> Cost:
    def cost(value: Any) -> int:
        if value.__class__ is not list or (rule is not None and rule(value) is not None):
            return 0
        total = 2
        for one in value:
            bytes_ = item(one)
            if not bytes_:
                return 0
            total += bytes_
        return total

    return cost


def _later(name: str, depth: int) -> Cost:
    """Return the plan of *name*, made when it is first asked: each of LINE's objects takes a file to be read."""
    plans: list[Cost] = []

    def cost(value: Any) -> int:
        if not plans:
            plans.append(_plan(name, depth + 1))
        return plans[0](value)

    return cost


def _unsure(value: Any) -> int:
    return 0


def _tapped(on: Tapped, key: str = "action") -> Fits:
    def fits(value: Mapping[str, Any]) -> bool:
        action = value.get(key)
        if action is None:
            return True
        label = action.get("label")
        if label is None:
            return not on.needs_label and action["type"] in _ANYWHERE
        return 0 < len(label) <= on.label and action["type"] in _ANYWHERE

    return fits


def _text_fits(value: Mapping[str, Any]) -> bool:
    return bool(value.get("text")) and _on_flex(value)


def _box_fits(value: Mapping[str, Any]) -> bool:
    allowed = IN_BASELINE if value["layout"] == "baseline" else IN_BOX
    return all(one["type"] in allowed for one in value["contents"]) and _on_flex(value)


def _bubble_fits(value: Mapping[str, Any]) -> bool:
    hero = value.get("hero")
    has_block = hero is not None or not _BLOCKS.isdisjoint(value)
    return has_block and (hero is None or hero["type"] in ("image", "box")) and _on_flex(value)


def _buttons_fit(value: Mapping[str, Any]) -> bool:
    return all(map(_on_template, ({"action": action} for action in value["actions"])))


_ANYWHERE = frozenset({"message", "postback", "uri", "datetimepicker", "clipboard"})
_BLOCKS = frozenset({"header", "body", "footer"})
_on_flex, _on_template = _tapped(FLEX), _tapped(TEMPLATE)

_TOGETHER: Mapping[str, Fits] = {
    "TextMessage": lambda value: len(value["text"]) <= MAX_TEXT // 2 and not value.get("emojis"),
    "QuickReplyItem": _tapped(QUICK_REPLY),
    "PostbackAction": lambda value: not ("text" in value or "fillInText" in value),
    "ConfirmTemplate": _buttons_fit,
    "FlexMessage": lambda value: True,
    "FlexBubble": _bubble_fits,
    "FlexBox": _box_fits,
    "FlexText": _text_fits,
    "FlexButton": _tapped(FLEX_BUTTON),
    "FlexImage": lambda value: not value.get("animated") and _on_flex(value),
}
_UNSURE = frozenset(
    {
        "TextMessageV2", "DatetimePickerAction", "ButtonsTemplate", "CarouselTemplate", "CarouselColumn",
        "ImageCarouselColumn", "FlexCarousel", "FlexVideo", "ImagemapMessage",
    }
)  # fmt: skip
"""Objects whose parts depend on one another in more ways than a glance can see."""
