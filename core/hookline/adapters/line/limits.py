"""Know what LINE refuses in a message object, so that `check` and the simulated platform say it first.

https://developers.line.biz/en/reference/messaging-api/#message-objects. Unknown message types and fields
pass: LINE adds them without notice.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

TEXT_UNITS = 5000
ALT_TEXT_UNITS = 1500
MAX_MESSAGES = 5
MAX_BUBBLE_BYTES = 30_000
MAX_CAROUSEL_BYTES = 50_000
MAX_URL = 2000

Problem = tuple[str, str]

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "textV2": ("text",),
    "sticker": ("packageId", "stickerId"),
    "image": ("originalContentUrl", "previewImageUrl"),
    "video": ("originalContentUrl", "previewImageUrl"),
    "audio": ("originalContentUrl", "duration"),
    "location": ("title", "address", "latitude", "longitude"),
    "imagemap": ("baseUrl", "altText", "baseSize", "actions"),
    "template": ("altText", "template"),
    "flex": ("altText", "contents"),
    "coupon": ("couponId",),
}
_ACTION_LIMITS: Mapping[str, int] = {"data": 300, "displayText": 300, "text": 300, "fillInText": 300, "uri": 1000}


def units(text: str) -> int:
    """Count *text* as LINE does: in UTF-16 units, so that 🍎 is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def graphemes(text: str) -> int:
    """Count *text* in what a reader takes for one character, or a few less: marks and joined emoji add nothing.

    LINE counts labels and the texts of templates so: https://developers.line.biz/en/docs/messaging-api/text-character-count/
    """
    count = 0
    is_joined = False
    for character in text:
        is_extending = (
            unicodedata.category(character) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= character <= "\U0001f3ff"
        )
        count += not (is_extending or is_joined)
        is_joined = character == "\u200d"
    return count


def check_message(body: Mapping[str, Any]) -> list[Problem]:
    """Return each ``(path, reason)`` for which LINE would answer 400."""
    return list(_problems(body))


def _problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        yield "type", "a message object needs a `type`"
        return
    for name in _REQUIRED.get(kind, ()):
        if body.get(name) in (None, ""):
            yield name, f"may not be empty in a `{kind}` message"
    yield from _too_long(body, "altText", ALT_TEXT_UNITS)
    yield from _quick_reply(body.get("quickReply"))
    yield from _sender(body.get("sender"))
    match kind:
        case "text" | "textV2":
            yield from _too_long(body, "text", TEXT_UNITS)
        case "image" | "video" | "audio":
            yield from _urls(body)
        case "location":
            yield from _too_long(body, "title", 100)
            yield from _too_long(body, "address", 100)
        case "template":
            yield from _template(body.get("template"))
        case "flex":
            yield from _flex(body.get("contents"))


def _too_long(
    body: Mapping[str, Any], name: str, limit: int, where: str = "", count: Callable[[str], int] = units
) -> Iterator[Problem]:
    value = body.get(name)
    if isinstance(value, str) and count(value) > limit:
        yield where + name, f"{count(value)} characters, at most {limit}"


def _too_many(value: object, limit: int, where: str, least: int = 1) -> Iterator[Problem]:
    if not isinstance(value, list) or not least <= len(value) <= limit:
        count = len(value) if isinstance(value, list) else "no list of"
        yield where, f"{count} items, expected {least} to {limit}"


def _urls(body: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("originalContentUrl", "previewImageUrl"):
        value = body.get(name)
        if isinstance(value, str) and value and (not value.startswith("https://") or len(value) > MAX_URL):
            yield name, f"must be an https URL of at most {MAX_URL} characters"


def _quick_reply(quick_reply: object) -> Iterator[Problem]:
    if quick_reply is None:
        return
    items = quick_reply.get("items") if isinstance(quick_reply, Mapping) else None
    yield from _too_many(items, 13, "quickReply.items")
    for index, item in enumerate(items if isinstance(items, list) else []):
        action = item.get("action") if isinstance(item, Mapping) else None
        yield from _action(action, f"quickReply.items[{index}].action.", 20)


def _sender(sender: object) -> Iterator[Problem]:
    if isinstance(sender, Mapping):
        yield from _too_long(sender, "name", 20, "sender.")


def _action(action: object, where: str, label: int) -> Iterator[Problem]:
    if not isinstance(action, Mapping) or not isinstance(action.get("type"), str):
        yield where.rstrip("."), "an action needs a `type`"
        return
    yield from _too_long(action, "label", label, where, graphemes)
    for name, limit in _ACTION_LIMITS.items():
        count = units if name in ("data", "uri") else graphemes
        yield from _too_long(action, name, limit, where, count)


def _template(template: object) -> Iterator[Problem]:
    if not isinstance(template, Mapping):
        return
    where = "template."
    match template.get("type"):
        case "buttons":
            titled = bool(template.get("title") or template.get("thumbnailImageUrl"))
            yield from _too_long(template, "title", 40, where, graphemes)
            yield from _too_long(template, "text", 60 if titled else 160, where, graphemes)
            yield from _actions(template, where, 4)
        case "confirm":
            yield from _too_long(template, "text", 240, where, graphemes)
            yield from _actions(template, where, 2, least=2)
        case "carousel" | "image_carousel":
            yield from _columns(template, where)


def _columns(template: Mapping[str, Any], where: str) -> Iterator[Problem]:
    columns = template.get("columns")
    yield from _too_many(columns, 10, where + "columns")
    for index, column in enumerate(columns if isinstance(columns, list) else []):
        if not isinstance(column, Mapping):
            continue
        here = f"{where}columns[{index}]."
        if template.get("type") == "image_carousel":
            yield from _action(column.get("action"), here + "action.", 12)
            continue
        titled = bool(column.get("title") or column.get("thumbnailImageUrl"))
        yield from _too_long(column, "title", 40, here, graphemes)
        yield from _too_long(column, "text", 60 if titled else 120, here, graphemes)
        yield from _actions(column, here, 3)


def _actions(template: Mapping[str, Any], where: str, limit: int, least: int = 1) -> Iterator[Problem]:
    actions = template.get("actions")
    yield from _too_many(actions, limit, where + "actions", least)
    for index, action in enumerate(actions if isinstance(actions, list) else []):
        yield from _action(action, f"{where}actions[{index}].", 20)


def _flex(contents: object) -> Iterator[Problem]:
    if not isinstance(contents, Mapping):
        return
    size = len(json.dumps(contents, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
    match contents.get("type"):
        case "bubble" if size > MAX_BUBBLE_BYTES:
            yield "contents", f"{size} bytes of JSON, at most {MAX_BUBBLE_BYTES} in a bubble"
        case "carousel":
            yield from _too_many(contents.get("contents"), 12, "contents.contents")
            if size > MAX_CAROUSEL_BYTES:
                yield "contents", f"{size} bytes of JSON, at most {MAX_CAROUSEL_BYTES} in a carousel"
        case "bubble":
            pass
        case kind:
            yield "contents.type", f"`{kind}` is neither `bubble` nor `carousel`"
