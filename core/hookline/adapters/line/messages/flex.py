"""Know how the parts of a Flex Message may be put together.

https://developers.line.biz/en/reference/messaging-api/#flex-message
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...flaws import Flaw, PartialText
from .actions import FLEX, FLEX_BUTTON, tapped
from .limits import MAX_ANIMATED, MAX_BUBBLE_BYTES, MAX_CAROUSEL_BYTES
from .measures import size

IN_BOX = ("box", "button", "filler", "image", "separator", "text")
IN_BASELINE = ("filler", "icon", "text")
_IN_HERO = ("box", "image", "video")
_INSTEAD_OF_VIDEO = ("box", "image")
_KNOWN = ("box", "button", "filler", "icon", "image", "separator", "span", "text", "video")
_BLOCKS = ("header", "hero", "body", "footer")
_BESIDE_BLOCKS = {"type", "size", "direction", "styles", "action"}
BLANK = " "
"""What LINE takes for a text, and nobody sees."""

_VIDEO_SIZES = ("kilo", "mega", "giga")


def message(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with a Flex Message as a whole."""
    count = _animated(body.get("contents"))
    if count > MAX_ANIMATED:
        yield Flaw(("contents",), f"{count} animated images, at most {MAX_ANIMATED} in a message")


def bubble(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what doesn't fit together in a bubble."""
    bytes_ = size(body)
    if bytes_ > MAX_BUBBLE_BYTES:
        yield Flaw((), f"{bytes_} bytes of JSON, at most {MAX_BUBBLE_BYTES} in a bubble")
    if all(body.get(block) is None for block in _BLOCKS) and not body.keys() - _BESIDE_BLOCKS - set(_BLOCKS):
        # LINE: "At least one block must be specified"; a key that isn't known may be meant for one
        yield Flaw((), f"a bubble needs one of {', '.join(f'`{block}`' for block in _BLOCKS)}")
    yield from _kind(body.get("hero"), _IN_HERO, "hero", of="the hero of a bubble")
    if _type(body.get("hero")) == "video" and _width(body) not in (None, *_VIDEO_SIZES):
        sizes = " or ".join(f"`{one}`" for one in _VIDEO_SIZES)
        yield Flaw(("hero", "type"), f"a video needs a bubble of `size` {sizes}")
    yield from action(body)


def carousel(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what doesn't fit together in a carousel of bubbles."""
    bytes_ = size(body)
    if bytes_ > MAX_CAROUSEL_BYTES:
        yield Flaw((), f"{bytes_} bytes of JSON, at most {MAX_CAROUSEL_BYTES} in a carousel")
    bubbles = body.get("contents")
    first: str | None = None
    for index, one in enumerate(bubbles if isinstance(bubbles, list) else []):
        if not isinstance(one, Mapping):
            continue
        if _type(one.get("hero")) == "video":
            yield Flaw(("contents", index, "hero", "type"), "no video can stand in a carousel")
        width = _width(one)
        first = width if first is None else first
        if width not in (None, first):
            reason = f"`{width}`, but the first bubble is `{first}`: all bubbles of a carousel are equally wide"
            yield Flaw(("contents", index, "size"), reason)


def box(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield components that can't stand in this box."""
    layout, contents = body.get("layout"), body.get("contents")
    if isinstance(layout, str) and isinstance(contents, list):
        allowed = IN_BASELINE if layout == "baseline" else IN_BOX
        for index, one in enumerate(contents):
            yield from _kind(one, allowed, "contents", index, of=f"a `{layout}` box")
    yield from action(body)


def text(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with a text component beside single values: it needs a text or spans."""
    spans, words = body.get("contents"), body.get("text")
    if spans is None and words is None:
        yield Flaw(("text",), "is missing in a `text` component", "it needs `text`, or `contents` with spans")
    elif not spans and words == "" and not isinstance(words, PartialText):
        hint = "a gap is made by `margin` or `spacing`"
        yield Flaw(("text",), "may not be empty in a `text` component", hint, instead=BLANK)
    yield from action(body)


def button(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with the action of a button."""
    for flaw in tapped(body.get("action"), FLEX_BUTTON):
        yield flaw.below("action")


def action(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with the action of anything but a button."""
    for flaw in tapped(body.get("action"), FLEX):
        yield flaw.below("action")


def video(body: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what a video may not have."""
    yield from _kind(body.get("altContent"), _INSTEAD_OF_VIDEO, "altContent", of="the altContent of a video")
    kind = _type(body.get("action"))
    if kind not in (None, "uri"):
        yield Flaw(("action", "type"), f"the action of a video is `uri`, not `{kind}`")
    yield from action(body)


def _kind(component: object, allowed: tuple[str, ...], *path: str | int, of: str) -> Iterator[Flaw]:
    kind = _type(component)
    if kind in _KNOWN and kind not in allowed:
        fitting = ", ".join(f"`{one}`" for one in allowed)
        yield Flaw((*path, "type"), f"no `{kind}` can stand in {of}", f"what can is {fitting}")


def _width(bubble: Mapping[str, Any]) -> str | None:
    """Return the size of *bubble*, or None when it isn't known."""
    width = bubble.get("size")
    if width is None:
        return "mega"
    return width if isinstance(width, str) and not isinstance(width, PartialText) else None


def _type(component: object) -> str | None:
    kind = component.get("type") if isinstance(component, Mapping) else None
    return kind if isinstance(kind, str) else None


def _animated(value: object) -> int:
    if isinstance(value, Mapping):
        return (value.get("animated") is True) + sum(_animated(item) for item in value.values())
    return sum(_animated(item) for item in value) if isinstance(value, list) else 0
