"""Know which parts of a template depend on others: https://developers.line.biz/en/reference/messaging-api/#template-messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...flaws import Flaw, PartialText
from .actions import IMAGE_CAROUSEL, TEMPLATE, TEMPLATE_DEFAULT, Tapped, tapped
from .measures import graphemes
from .rules import characters


def buttons(template: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what doesn't fit together in a buttons template."""
    yield from _text(template, 160)
    yield from _actions(template)
    yield from _action(template, "defaultAction", TEMPLATE_DEFAULT)


def confirm(template: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what doesn't fit together in a confirm template."""
    yield from _actions(template)


def column(template: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what doesn't fit together in one column of a carousel."""
    yield from _text(template, 120)
    yield from _actions(template)
    yield from _action(template, "defaultAction", TEMPLATE_DEFAULT)


def image_column(template: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with the action of one column of an image carousel."""
    yield from _action(template, "action", IMAGE_CAROUSEL)


def carousel(template: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what differs between columns and may not."""
    columns = _list(template, "columns")
    first = next((one for one in columns if isinstance(one, Mapping)), None)
    if first is None:
        return
    count = len(_list(first, "actions"))
    for index, one in enumerate(columns):
        if not isinstance(one, Mapping):
            continue
        here = len(_list(one, "actions"))
        if here != count:
            reason = f"{here} actions, but {count} in the first column: all columns have equally many"
            yield Flaw(("columns", index, "actions"), reason)
        for name in ("title", "thumbnailImageUrl"):
            if _has(one, name) != _has(first, name):
                reason = f"either all columns have a `{name}` or none has"
                yield Flaw(("columns", index, name), reason)


def _text(template: Mapping[str, Any], most: int) -> Iterator[Flaw]:
    is_titled = _has(template, "title") or _has(template, "thumbnailImageUrl")
    text = template.get("text")
    flaw = characters(60 if is_titled else most, graphemes)(text) if isinstance(text, str) else None
    if flaw is not None:
        yield Flaw(("text",), flaw.reason + (" beside a title or an image" if is_titled else ""))


def _actions(template: Mapping[str, Any]) -> Iterator[Flaw]:
    for index, action in enumerate(_list(template, "actions")):
        for flaw in tapped(action, TEMPLATE):
            yield flaw.below("actions", index)


def _action(template: Mapping[str, Any], name: str, on: Tapped) -> Iterator[Flaw]:
    for flaw in tapped(template.get(name), on):
        yield flaw.below(name)


def _has(template: Mapping[str, Any], name: str) -> bool:
    value = template.get(name)
    return bool(value) or isinstance(value, PartialText)


def _list(template: Mapping[str, Any], name: str) -> list[Any]:
    found = template.get(name)
    return found if isinstance(found, list) else []
