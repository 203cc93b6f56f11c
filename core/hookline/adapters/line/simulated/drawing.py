"""Draw LINE's messages for a terminal: their texts, line by line, and what could be tapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...simulated import Button, Drawing


def draw(message: Mapping[str, Any]) -> Drawing:
    """Return *message* as lines of text, and the buttons that it shows."""
    lines, buttons = list(_lines(message)), list(_buttons(message))
    return Drawing(lines, buttons)


def _lines(message: Mapping[str, Any]) -> Iterator[str]:
    match message.get("type"):
        case "text" | "textV2":
            yield from str(message.get("text", "")).splitlines() or [""]
        case "flex":
            yield f"▣ {message.get('altText', '')}"
            yield from (f"  {line}" for line in _texts_of(message.get("contents")))
        case "template":
            yield f"▣ {message.get('altText', '')}"
            yield from (f"  {line}" for line in _template_texts(message.get("template")))
        case "location":
            yield f"[location] {message.get('title', '')}, {message.get('address', '')}"
        case kind:
            url = message.get("originalContentUrl") or message.get("stickerId") or ""
            yield f"[{kind}] {url}".rstrip()


def _buttons(message: Mapping[str, Any]) -> Iterator[Button]:
    match message.get("type"):
        case "flex":
            yield from _card_buttons(message.get("contents"))
        case "template":
            yield from _buttons_of(message.get("template"))
    yield from _buttons_of(message.get("quickReply"))


def _button(label: str, action: Mapping[str, Any]) -> Button:
    match action.get("type"):
        case "message":
            return Button(label, says=str(action.get("text", "")))
        case "postback":
            return Button(label, data=str(action.get("data", "")))
        case "uri":
            return Button(label, url=str(action.get("uri", "")))
    return Button(label)


def _template_texts(node: Any) -> Iterator[str]:
    """Yield the titles and texts of a template, those of its columns included."""
    if isinstance(node, Mapping):
        for name in ("title", "text"):
            yield from str(node.get(name) or "").splitlines()
        for column in node.get("columns") or []:
            yield from _template_texts(column)


def _texts_of(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if node.get("type") == "box" and node.get("layout") in ("horizontal", "baseline"):
            parts = [text for child in node.get("contents", []) for text in _texts_of(child)]
            if parts:
                yield "  ".join(parts)
            return
        if node.get("type") in ("text", "span") and node.get("text"):
            yield str(node["text"])
        for value in node.values():
            if isinstance(value, Mapping | list):
                yield from _texts_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from _texts_of(item)


def _card_buttons(contents: Any) -> Iterator[Button]:
    """Yield the buttons of a flex message; in a carousel each says on which card it is."""
    cards = contents.get("contents") if isinstance(contents, Mapping) and contents.get("type") == "carousel" else None
    if not isinstance(cards, list):
        yield from _buttons_of(contents)
        return
    for card in cards:
        title = next(_texts_of(card), "")
        yield from (
            replace(button, label=f"{button.label} ({title})") if title else button for button in _buttons_of(card)
        )


def _buttons_of(node: Any) -> Iterator[Button]:
    if isinstance(node, Mapping):
        action = node.get("action")
        if isinstance(action, Mapping):
            yield _button(str(action.get("label") or action.get("text") or action.get("uri") or "…"), action)
        for name, value in node.items():
            if name == "actions" and isinstance(value, list):
                yield from (_button(str(item.get("label", "…")), item) for item in value if isinstance(item, Mapping))
            elif name != "action":
                yield from _buttons_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from _buttons_of(item)
