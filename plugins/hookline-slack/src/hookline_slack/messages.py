"""Render what is meant as Slack's messages, and find what Slack would refuse in them.

A message is an object with ``text`` and ``blocks``, as ``chat.postMessage`` takes it, without the channel; ``text`` is
then what notifications show. https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hookline import Button, Flaw, Media, Neutral, Quick
from hookline.adapters.flaws import NOTHING, PartialText, Several
from hookline.adapters.rendering import link_of
from hookline.neutral import SAID, Loss, Rendered

from .parse import OPENED
from .texts import escaped, parts_of

Object = dict[str, Any]

MAX_TEXT, MAX_PARTS = 4_000, 5
"""Slack wants no longer texts, and cuts those over 40,000: https://docs.slack.dev/reference/methods/chat.postMessage"""
MAX_FALLBACK, MAX_BLOCKS, MAX_ELEMENTS, MAX_SECTION, MAX_HEADER = 40_000, 50, 25, 3_000, 150
MAX_LABEL, MAX_VALUE, MAX_URL, MAX_ACTION, MAX_ALT, MAX_PLACEHOLDER = 75, 2_000, 3_000, 255, 2_000, 150
_BLOCKS = frozenset(
    (
        *("actions", "alert", "call", "card", "carousel", "context", "context_actions", "divider", "file", "header"),
        *("image", "input", "markdown", "plan", "rich_text", "section", "table", "task_card", "video"),
    )
)
_PICKERS: Mapping[str, str] = {"date": "datepicker", "time": "timepicker", "datetime": "datetimepicker"}
_NAMELESS = "⋯"
"""Stands where Slack wants words, and there are none."""


def render(neutral: Neutral) -> Rendered:
    """Return *neutral* as one message: a text alone where that says all, else blocks."""
    losses: list[Loss] = []
    words = [escaped(neutral.text)] if neutral.text else []
    links = [*_links(neutral, losses), *_places(neutral, losses)]
    blocks = [*_sections(words), *_card(neutral), *_pictures(neutral), *_sections(links)]
    taps = list(_taps(neutral, losses))
    if not any(block["type"] != "section" for block in blocks) and not taps:
        found = [block["text"]["text"] for block in blocks]
        text = found[0] if len(found) == 1 else "\n".join(found)  # a text with placeholders stays one
        return Rendered([{"text": text}] if found else [], losses)
    fallback = "\n".join(filter(None, [*words, *_told(neutral), *links])) or escaped(neutral.alt) or _NAMELESS
    return Rendered([{"text": fallback, "blocks": [*blocks, *_grouped(taps)]}], losses)


def _sections(lines: Sequence[str]) -> list[Object]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": line}} for line in lines]


def _told(neutral: Neutral) -> Iterator[str]:
    """Yield what blocks say, for notifications."""
    if neutral.card is not None:
        yield from (escaped(one) for one in (neutral.card.title, neutral.card.text))
    if not neutral.text and neutral.image is not None:
        yield escaped(neutral.alt)


def _card(neutral: Neutral) -> Iterator[Object]:
    card = neutral.card
    if card is None:
        return
    if card.title and len(card.title) <= MAX_HEADER:
        yield {"type": "header", "text": {"type": "plain_text", "text": card.title}}
    elif card.title:
        yield from _sections([f"*{escaped(card.title)}*"])
    if card.text:
        yield from _sections([escaped(card.text)])
    if card.image:
        yield _picture(card.image, neutral.alt or card.title)


def _pictures(neutral: Neutral) -> Iterator[Object]:
    picture = neutral.media("image")
    if picture is not None:
        yield _picture(picture.url, neutral.alt or picture.name)


def _picture(url: str, alt: str) -> Object:
    return {"type": "image", "image_url": url, "alt_text": (alt or _NAMELESS)[:MAX_ALT]}


def _links(neutral: Neutral, losses: list[Loss]) -> Iterator[str]:
    for word in ("video", "audio", "file"):
        media = neutral.media(word)
        if media is not None:
            losses.append(Loss(word, "becomes a link: Slack shows no file by its address"))
            yield _link(media)


def _link(media: Media) -> str:
    is_safe = media.name and not set(media.url) & set("<>| ")
    return f"<{media.url}|{escaped(media.name)}>" if is_safe else escaped(link_of(media))


def _places(neutral: Neutral, losses: list[Loss]) -> Iterator[str]:
    place = neutral.location
    if place is not None:
        losses.append(Loss("location", "becomes text"))
        named = " ".join(filter(None, (place.title, place.address)))
        yield escaped(f"{named} ({place.latitude:g}, {place.longitude:g})".strip())


def _taps(neutral: Neutral, losses: list[Loss]) -> Iterator[Object]:
    """Yield what can be tapped: elements, and sections where one has no room for its label."""
    for number, button in enumerate(neutral.buttons):
        yield _button(button, f"button.{number}")
    quicks = [quick for quick in neutral.quicks if quick.pick is None]
    if quicks:
        losses.append(Loss("quick", "becomes buttons, which stay"))
    for number, quick in enumerate(neutral.quicks):
        if quick.pick is None:
            yield _button(Button(quick.label, quick.postback, say=quick.say), f"quick.{number}")
        elif quick.pick in _PICKERS:
            yield _picker(quick, losses)
        else:
            losses.append(Loss("quick", f"leaves `pick: {quick.pick}` out: Slack can't ask for one"))


def _button(button: Button, name: str) -> Object:
    element = {"type": "button", "text": {"type": "plain_text", "text": button.label or _NAMELESS}}
    if button.url is not None:
        return {**element, "action_id": f"{OPENED}{name}", "url": button.url}
    value = button.postback if button.postback is not None else f"{SAID}{button.say or button.label}"
    return {**element, "action_id": name, "value": value}


def _picker(quick: Quick, losses: list[Loss]) -> Object:
    if quick.since or quick.until:
        losses.append(Loss("quick", "lets anything be picked: Slack knows no first and no last one"))
    element = {"type": _PICKERS[str(quick.pick)], "action_id": quick.postback or f"pick={quick.pick}"}
    if quick.pick == "datetime":  # which has no placeholder
        return {**_sections([escaped(quick.label) or _NAMELESS])[0], "accessory": element}
    return {**element, "placeholder": {"type": "plain_text", "text": quick.label or _NAMELESS}}


def _grouped(taps: Sequence[Object]) -> Iterator[Object]:
    """Yield *taps* in blocks that fit; two with the same id may not stand in one."""
    elements: list[Object] = []
    for tap in taps:
        is_doubled = any(tap.get("action_id") == one["action_id"] for one in elements)
        if elements and (tap["type"] == "section" or is_doubled or len(elements) == MAX_ELEMENTS):
            yield {"type": "actions", "elements": elements}
            elements = []
        if tap["type"] == "section":
            yield tap
        else:
            elements = [*elements, tap]
    if elements:
        yield {"type": "actions", "elements": elements}


def check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Return what Slack would refuse in *messages*."""
    return [flaw.below(index) for index, message in enumerate(messages) for flaw in _check(message)]


def _check(message: Mapping[str, Any]) -> Iterator[Flaw]:
    text, blocks = message.get("text"), message.get("blocks")
    if "text" in message and not isinstance(text, str):
        yield Flaw(("text",), "expected a text")
    if blocks is not None and not isinstance(blocks, list):
        yield Flaw(("blocks",), "expected a list")
        return
    if not any(message.get(name) for name in ("blocks", "attachments", "markdown_text")):
        yield from _check_text(message, text)
    elif isinstance(text, str) and len(text) > MAX_FALLBACK:
        yield Flaw(("text",), f"{len(text)} characters, at most {MAX_FALLBACK}", instead=text[: MAX_TEXT - 1] + "…")
    if blocks and len(blocks) > MAX_BLOCKS:
        yield Flaw(("blocks",), f"{len(blocks)} blocks, at most {MAX_BLOCKS}")
    for index, block in enumerate(blocks or ()):
        yield from (flaw.below("blocks", index) for flaw in _check_block(block))


def _check_text(message: Mapping[str, Any], text: object) -> Iterator[Flaw]:
    if text in (None, "") and not isinstance(text, PartialText):
        path = ("text",) if "text" in message else ()
        yield Flaw(path, "it says nothing: expected `text` or `blocks`", instead=NOTHING, above=len(path))
    if not isinstance(text, str) or len(text) <= MAX_TEXT:
        return
    parts = list(parts_of(text, MAX_TEXT))
    rest = {name: value for name, value in message.items() if name != "text"}
    can_split = len(parts) <= MAX_PARTS and type(text) is str
    split = Several({**rest, "text": part} for part in parts)
    reason = f"{len(text)} characters, at most {MAX_TEXT}"
    yield Flaw(("text",), reason, instead=split if can_split else None, above=1)


def _check_block(block: object) -> Iterator[Flaw]:
    if not isinstance(block, Mapping):
        yield Flaw((), "expected an object")
        return
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in _BLOCKS:
        known = sorted(_BLOCKS)
        path = ("type",) if "type" in block else ()
        yield Flaw(path, "there is no such block", given=str(kind), known=known, is_unknown=isinstance(kind, str))
        return
    match kind:
        case "header":
            yield from _check_length(block, ("text", "text"), MAX_HEADER)
        case "image":
            yield from _check_image(block)
        case "actions":
            yield from _check_elements(block)
        case "section":
            yield from _check_section(block)


def _check_section(block: Mapping[str, Any]) -> Iterator[Flaw]:
    accessory = block.get("accessory")
    for flaw in _check_length(block, ("text", "text"), MAX_SECTION):
        text = block["text"]["text"]
        parts = [{**block, "text": {**block["text"], "text": part}} for part in parts_of(text, MAX_SECTION)]
        is_splitting = accessory is None and "block_id" not in block and type(text) is str
        yield Flaw(flaw.path, flaw.reason, instead=Several(parts) if is_splitting else None, above=2)
    if "text" not in block and not block.get("fields"):
        yield Flaw((), "a section needs `text` or `fields`")
    elif isinstance(block.get("text"), Mapping) and _is_empty(block["text"].get("text")):
        yield Flaw(("text", "text"), "is empty", instead=NOTHING if accessory is None else None, above=2)
    if accessory is not None:
        yield from (flaw.below("accessory") for flaw in _check_element(accessory))


def _check_image(block: Mapping[str, Any]) -> Iterator[Flaw]:
    yield from _check_length(block, ("image_url",), MAX_URL)
    yield from _check_length(block, ("alt_text",), MAX_ALT)
    if not block.get("image_url") and not block.get("slack_file") and not _is_partial(block.get("image_url")):
        yield Flaw((), "an image needs `image_url` or `slack_file`")
    yield from _check_address(block, "image_url")
    if "alt_text" not in block:
        yield Flaw((), "an image needs `alt_text`")


def _check_elements(block: Mapping[str, Any]) -> Iterator[Flaw]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield Flaw(("elements",) if "elements" in block else (), "expected a list of what can be tapped")
        return
    if len(elements) > MAX_ELEMENTS:
        yield Flaw(("elements",), f"{len(elements)} elements, at most {MAX_ELEMENTS}")
    seen: set[str] = set()
    for index, element in enumerate(elements):
        yield from (flaw.below("elements", index) for flaw in _check_element(element))
        name = element.get("action_id") if isinstance(element, Mapping) else None
        if isinstance(name, str) and not _is_partial(name):
            if name in seen:
                yield Flaw(("elements", index, "action_id"), "stands in this block already")
            seen.add(name)


def _check_element(element: object) -> Iterator[Flaw]:
    if not isinstance(element, Mapping):
        yield Flaw((), "expected an object")
        return
    yield from _check_length(element, ("action_id",), MAX_ACTION)
    yield from _check_length(element, ("placeholder", "text"), MAX_PLACEHOLDER)
    if element.get("type") != "button":
        return
    yield from _check_length(element, ("text", "text"), MAX_LABEL)
    label = element.get("text")
    if not isinstance(label, Mapping) or _is_empty(label.get("text")):
        yield Flaw(("text",) if "text" in element else (), "a button needs a label")
    yield from _check_length(element, ("value",), MAX_VALUE)
    yield from _check_length(element, ("url",), MAX_URL)
    yield from _check_address(element, "url")


def _check_address(owner: Mapping[str, Any], key: str) -> Iterator[Flaw]:
    url = owner.get(key)
    start = url.start if isinstance(url, PartialText) else url
    if isinstance(start, str) and start and not start.startswith(("http://", "https://", "mailto:", "slack://")):
        yield Flaw((key,), "an address begins with https:// or http://")


def _check_length(owner: Mapping[str, Any], path: tuple[str, ...], most: int) -> Iterator[Flaw]:
    found: object = owner
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str) and len(found) > most:
        yield Flaw(path, f"{len(found)} characters, at most {most}")


def _is_empty(text: object) -> bool:
    return text in (None, "") and not _is_partial(text)


def _is_partial(text: object) -> bool:
    return isinstance(text, PartialText)
