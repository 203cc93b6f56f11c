"""Know what LINE wants of an action: it depends on what is tapped.

https://developers.line.biz/en/reference/messaging-api/#action-objects
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...flaws import Flaw, PartialText
from .measures import graphemes
from .models import model
from .rules import characters, shown

_QUICK_REPLY_ONLY = ("camera", "cameraRoll", "location")
_FORMATS: Mapping[str, tuple[str, str, str]] = {
    "date": (r"\d{4}-\d\d-\d\d", "%Y-%m-%d", "2026-12-24"),
    "time": (r"\d\d:\d\d", "%H:%M", "18:30"),
    "datetime": (r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d", "%Y-%m-%dT%H:%M", "2026-12-24T18:30"),
}


@dataclass(frozen=True, slots=True)
class Tapped:
    """Say what an action is set on, and what its label has to be there."""

    name: str
    label: int
    needs_label: bool = True
    is_quick_reply: bool = False


QUICK_REPLY = Tapped("a quick reply", 20, is_quick_reply=True)
TEMPLATE = Tapped("a template", 20)
TEMPLATE_DEFAULT = Tapped("a template", 20, needs_label=False)
IMAGE_CAROUSEL = Tapped("a template", 12, needs_label=False)
FLEX_BUTTON = Tapped("a Flex Message", 40)
FLEX = Tapped("a Flex Message", 40, needs_label=False)


def tapped(action: object, on: Tapped) -> Iterator[Flaw]:
    """Yield what is wrong with *action* because of what it is set *on*."""
    kind = action.get("type") if isinstance(action, Mapping) else None
    if not isinstance(action, Mapping) or not isinstance(kind, str) or kind not in _known():
        return  # of an action that isn't known nobody knows what it needs
    if kind == "richmenuswitch":
        yield Flaw(("type",), f"a `{kind}` action works in rich menus only, not in {on.name}")
    if kind in _QUICK_REPLY_ONLY and not on.is_quick_reply:
        yield Flaw(("type",), f"a `{kind}` action works in quick replies only, not in {on.name}")
    label = action.get("label")
    if label is None and on.needs_label:
        yield Flaw(("label",), f"is missing in a `{kind}` action of {on.name}")
    elif label == "" and on.needs_label and not isinstance(label, PartialText):
        yield Flaw(("label",), f"may not be empty in an action of {on.name}")
    elif isinstance(label, str) and (flaw := characters(on.label, graphemes, may_cut=True)(label)):
        yield flaw.below("label")


def _known() -> Collection[str]:
    found = model("Action")
    return found.kinds if found else ()


def postback(action: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield keys of a postback action that don't go together."""
    if action.get("displayText") is not None and action.get("text") is not None:
        yield Flaw(("text",), "a postback has either `displayText` or `text`", "`text` is deprecated", is_key=True)
    if action.get("fillInText") is not None and action.get("inputOption") != "openKeyboard":
        reason = "it needs `inputOption: openKeyboard` beside it"
        yield Flaw(("fillInText",), reason, is_key=True, is_refused=False)


def datetime_picker(action: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield times that don't fit the mode, and bounds that leave nothing to pick."""
    mode = action.get("mode")
    if not isinstance(mode, str) or mode not in _FORMATS:
        return
    times: dict[str, datetime] = {}
    for name in ("initial", "min", "max"):
        value = action.get(name)
        if not isinstance(value, str) or isinstance(value, PartialText):
            continue
        time = _time(value, mode)
        if time is None:
            example = _FORMATS[mode][2]
            yield Flaw((name,), f"expected a {mode} as in `{example}`, from 1900 to 2100, found {shown(value)}")
        else:
            times[name] = time
    if "min" in times and "max" in times and times["min"] >= times["max"]:
        yield Flaw(("max",), f"must be later than `min`, which is `{action['min']}`")


def _time(value: str, mode: str) -> datetime | None:
    pattern, form, _ = _FORMATS[mode]
    if not re.fullmatch(pattern, value, re.ASCII):
        return None
    try:
        time = datetime.strptime(value.upper(), form)
    except ValueError:
        return None
    return time if mode == "time" or 1900 <= time.year <= 2100 else None
