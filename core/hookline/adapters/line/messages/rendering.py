"""Render what is meant as LINE's message objects: cards and buttons become a bubble, quick answers a quick reply.

https://developers.line.biz/en/reference/messaging-api/#message-objects
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....neutral import Button, Card, Loss, Media, Neutral, Quick, Rendered
from ...rendering import link_of

Object = dict[str, Any]

ALT_OF = {"image": "🖼", "location": "📍"}
PICKED = "pick="
"""Begins the data of a picker's postback."""


def render(neutral: Neutral) -> Rendered:
    """Return *neutral* as LINE's message objects."""
    losses: list[Loss] = []
    messages = [*_texts(neutral), *_media(neutral, losses), *_places(neutral), *_bubbles(neutral)]
    if neutral.quick and messages:
        items = [_quick(one, losses) for one in neutral.quicks]
        messages[-1]["quickReply"] = {"items": [item for item in items if item]}
    return Rendered(messages, losses)


def _texts(neutral: Neutral) -> Iterator[Object]:
    """Yield the text by itself, unless it stands above buttons that have no card."""
    if neutral.text and not (neutral.buttons and neutral.card is None):
        yield {"type": "text", "text": neutral.text}


def _media(neutral: Neutral, losses: list[Loss]) -> Iterator[Object]:
    image, video, audio, file = (neutral.media(word) for word in ("image", "video", "audio", "file"))
    if image is not None:
        yield {"type": "image", "originalContentUrl": image.url, "previewImageUrl": image.preview or image.url}
    if video is not None and video.preview:
        yield {"type": "video", "originalContentUrl": video.url, "previewImageUrl": video.preview}
    elif video is not None:
        yield _link("video", video, neutral, losses, "becomes a link: LINE shows one only with a `preview`")
    if audio is not None and audio.seconds:
        yield {"type": "audio", "originalContentUrl": audio.url, "duration": round(audio.seconds * 1000)}
    elif audio is not None:
        yield _link("audio", audio, neutral, losses, "becomes a link: LINE plays one only when it knows its `seconds`")
    if file is not None:
        yield _link("file", file, neutral, losses, "becomes a link: LINE sends no files of bots")


def _link(word: str, media: Media, neutral: Neutral, losses: list[Loss], reason: str) -> Object:
    losses.append(Loss(word, reason))
    return {"type": "text", "text": link_of(media, neutral.alt)}


def _places(neutral: Neutral) -> Iterator[Object]:
    place = neutral.location
    if place is not None:
        where = f"{place.latitude:g}, {place.longitude:g}"
        yield {
            "type": "location",
            "title": place.title or place.address or neutral.alt or where,
            "address": place.address or place.title or where,
            "latitude": place.latitude,
            "longitude": place.longitude,
        }


def _bubbles(neutral: Neutral) -> Iterator[Object]:
    if neutral.card is None and not neutral.buttons:
        return
    card = neutral.card or Card(text=neutral.text)
    bubble: Object = {"type": "bubble"}
    if card.image:
        bubble["hero"] = {
            "type": "image",
            "url": card.image,
            "size": "full",
            "aspectMode": "cover",
            "aspectRatio": "20:13",
        }
    lines = [_line(card.title, weight="bold", size="lg"), _line(card.text)]
    if any(lines):
        bubble["body"] = _box([line for line in lines if line])
    if neutral.buttons:
        bubble["footer"] = _box([{"type": "button", "action": _action(one)} for one in neutral.buttons])
    alt = neutral.alt or " ".join(filter(None, (card.title, card.text))) or neutral.text or neutral.buttons[0].label
    yield {"type": "flex", "altText": alt, "contents": bubble}


def _line(text: str, **style: str) -> Object | None:
    return {"type": "text", "text": text, "wrap": True, **style} if text else None


def _box(contents: list[Object]) -> Object:
    return {"type": "box", "layout": "vertical", "spacing": "md", "contents": contents}


def _action(button: Button) -> Object:
    if button.url is not None:
        return {"type": "uri", "label": button.label, "uri": button.url}
    if button.postback is not None:
        return {"type": "postback", "label": button.label, "data": button.postback, "displayText": button.label}
    return {"type": "message", "label": button.label, "text": button.say or button.label}


def _quick(quick: Quick, losses: list[Loss]) -> Object | None:
    action = _quick_action(quick)
    if action is None:
        losses.append(Loss("quick", f"leaves `pick: {quick.pick}` out: LINE can't ask for one"))
        return None
    return {"type": "action", "action": action}


def _quick_action(quick: Quick) -> Mapping[str, Any] | None:
    label = quick.label
    match quick.pick:
        case "date" | "time" | "datetime":
            bounds = {"min": quick.since, "max": quick.until}
            given = {name: value for name, value in bounds.items() if value}
            data = quick.postback or f"{PICKED}{quick.pick}"
            return {"type": "datetimepicker", "label": label, "data": data, "mode": quick.pick, **given}
        case "place":
            return {"type": "location", "label": label}
        case "picture":
            return {"type": "cameraRoll", "label": label}
        case "contact":
            return None
    if quick.postback is not None:
        return {"type": "postback", "label": label, "data": quick.postback, "displayText": label}
    return {"type": "message", "label": label, "text": quick.say or label}
