"""Render what is meant as Discord's messages, and find what Discord would refuse in them.

https://docs.discord.com/developers/resources/message#create-message
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from hookline import Button, Flaw, Neutral
from hookline.adapters.flaws import NOTHING, FlawPath, PartialText, Several
from hookline.adapters.rendering import link_of
from hookline.neutral import SAID, Loss, Rendered

Object = dict[str, Any]

MAX_TEXT, MAX_PARTS = 2000, 5
MAX_EMBEDS, MAX_EMBEDDED = 10, 6000
EMBED_LIMITS: Mapping[str, int] = {"title": 256, "description": 4096}
"""https://docs.discord.com/developers/resources/message#embed-object-embed-limits"""

MAX_ROWS, MAX_IN_ROW = 5, 5
MAX_ID, MAX_LABEL, MAX_LINK = 100, 80, 512
"""https://docs.discord.com/developers/components/reference#button"""

NO_LABEL = "⋯"
"""Stands on a button whose label turns out to be empty, which Discord would refuse."""

ROW, BUTTON = 1, 2
PRIMARY, SECONDARY, LINK = 1, 2, 5
COMPONENTS_ONLY = 1 << 15
"""The flag of messages that consist of components, which lay themselves out: those are Discord's to judge."""

_MAPS = "https://www.google.com/maps/search/?api=1&query="
_SAYING = frozenset(["content", "embeds", "components", "attachments", "poll", "sticker_ids", "message_reference"])
_KEYS = frozenset([*_SAYING, "flags", "allowed_mentions", "tts", "nonce", "enforce_nonce"])


def render(neutral: Neutral) -> Rendered:
    """Return *neutral* as one message: what is said, pictures and cards below it, then what can be tapped."""
    losses: list[Loss] = []
    lines = [*([neutral.text] if _says(neutral.text) else []), *_links(neutral, losses)]
    embeds, rows = list(_embeds(neutral)), _rows(list(_buttons(neutral, losses)))
    words = lines[0] if len(lines) == 1 else "\n".join(lines)  # as it is, where it has placeholders
    if rows and not (_says(words) or embeds):
        words = neutral.alt
    message: Object = {"content": words, "embeds": embeds, "components": rows}
    message = {key: value for key, value in message.items() if _says(value)}
    return Rendered([message] if message else [], losses)


def _links(neutral: Neutral, losses: list[Loss]) -> Iterator[str]:
    for word in ("video", "audio", "file"):
        media = neutral.media(word)
        if media is not None:
            losses.append(Loss(word, "becomes a link"))
            yield link_of(media, neutral.alt)
    place = neutral.location
    if place is not None:
        losses.append(Loss("location", "becomes a link to a map"))
        named = " ".join(filter(None, (place.title, place.address)))
        spot = f"{_MAPS}{quote(f'{place.latitude:.6f},{place.longitude:.6f}')}"
        yield f"{named}: {spot}" if named else spot


def _embeds(neutral: Neutral) -> Iterator[Object]:
    card, image = neutral.card, neutral.media("image")
    if card is not None:
        shown = {
            "title": card.title,
            "description": card.text,
            "image": {"url": card.image} if _says(card.image) else None,
        }
        embed = {key: value for key, value in shown.items() if _says(value)}
        if embed:
            yield embed
    if image is not None:
        yield {"image": {"url": image.url}, **({"description": image.name} if image.name else {})}


def _buttons(neutral: Neutral, losses: list[Loss]) -> Iterator[Object]:
    for button in neutral.buttons:
        yield _button(button, PRIMARY)
    if neutral.quick:
        losses.append(Loss("quick", "becomes buttons, which stay"))
    for quick in neutral.quicks:
        if quick.pick is not None:
            losses.append(Loss("quick", f"leaves `pick: {quick.pick}` out: Discord has nothing to pick it with"))
            continue
        yield _button(Button(quick.label, quick.postback, say=quick.say), SECONDARY)


def _button(button: Button, style: int) -> Object:
    shown = {"type": BUTTON, "label": button.label or NO_LABEL}
    if button.url is not None:
        return {**shown, "style": LINK, "url": button.url}
    data = button.postback if button.postback is not None else _saying(button.say or button.label)
    return {**shown, "style": style, "custom_id": data}


def _saying(text: str) -> str:
    said = f"{SAID}{text}"
    return PartialText(said, f"{SAID}{text.start}") if isinstance(text, PartialText) else said


def _rows(buttons: Sequence[Object]) -> list[Object]:
    starts = range(0, len(buttons), MAX_IN_ROW)
    return [{"type": ROW, "components": list(buttons[at : at + MAX_IN_ROW])} for at in starts]


def check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Return what Discord would refuse in *messages*."""
    return [flaw.below(index) for index, message in enumerate(messages) for flaw in _check(message)]


def _check(message: Mapping[str, Any]) -> Iterator[Flaw]:
    if message.get("type") == "text" and message.keys() == {"type", "text"}:
        if message["text"] == "" and not isinstance(message["text"], PartialText):
            yield Flaw(("text",), "`text` is empty", instead=NOTHING, above=1)
        return
    for key in message.keys() - _KEYS:
        known = sorted(_KEYS)
        yield Flaw((key,), "Discord has no such key", given=key, known=known, is_key=True, is_unknown=True)
    if not any(_says(message.get(key)) for key in _SAYING):
        empty = message.keys() == {"content"}
        reason = f"it says nothing: expected one of {', '.join(sorted(_SAYING))}"
        yield Flaw((), reason, instead=NOTHING if empty else None)
    yield from _check_content(message)
    yield from (flaw.below("embeds") for flaw in _check_embeds(message.get("embeds")))
    if not _is_laid_out(message):
        yield from (flaw.below("components") for flaw in _check_rows(message.get("components")))


def _says(value: object) -> bool:
    return isinstance(value, PartialText) or value not in (None, "", [], {})


def _is_laid_out(message: Mapping[str, Any]) -> bool:
    flags = message.get("flags")
    return isinstance(flags, int) and bool(flags & COMPONENTS_ONLY)


def _check_content(message: Mapping[str, Any]) -> Iterator[Flaw]:
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        yield Flaw(("content",), "expected a text")
    if not isinstance(content, str) or len(content) <= MAX_TEXT:
        return
    parts = list(_parts(content))
    last = ("embeds", "components", "attachments", "poll")
    rest = {key: value for key, value in message.items() if key not in ("content", *last)}
    split: list[Object] = [{**rest, "content": part} for part in parts]
    split[-1] |= {key: message[key] for key in last if key in message}
    can_split = len(parts) <= MAX_PARTS and type(content) is str
    reason = f"{len(content)} characters, at most {MAX_TEXT}"
    yield Flaw(("content",), reason, instead=Several(split) if can_split else None, above=1)


def _check_embeds(embeds: object) -> Iterator[Flaw]:
    if not isinstance(embeds, list):
        if embeds is not None:
            yield Flaw((), "expected a list")
        return
    if len(embeds) > MAX_EMBEDS:
        yield Flaw((), f"{len(embeds)} embeds, at most {MAX_EMBEDS}")
    sizes = [len(value) for embed in embeds for value in _texts(embed)]
    if sum(sizes) > MAX_EMBEDDED:
        yield Flaw((), f"{sum(sizes)} characters in all embeds, at most {MAX_EMBEDDED}")
    for index, embed in enumerate(embeds):
        if not isinstance(embed, Mapping):
            yield Flaw((index,), "expected an object")
            continue
        for key, most in EMBED_LIMITS.items():
            yield from _check_size(embed.get(key), (index, key), most)
        picture = embed.get("image")
        if isinstance(picture, Mapping):
            yield from _check_link(picture.get("url"), (index, "image", "url"), "attachment://")


def _texts(embed: object) -> Iterator[str]:
    if isinstance(embed, Mapping):
        yield from (value for key in EMBED_LIMITS if isinstance(value := embed.get(key), str))


def _check_rows(rows: object) -> Iterator[Flaw]:
    if not isinstance(rows, list):
        if rows is not None:
            yield Flaw((), "expected a list")
        return
    if len(rows) > MAX_ROWS:
        yield Flaw((), f"{len(rows)} rows, at most {MAX_ROWS}, of {MAX_IN_ROW} buttons each")
    seen: set[str] = set()
    for index, row in enumerate(rows):
        inner = row.get("components") if isinstance(row, Mapping) else None
        if not isinstance(inner, list) or not isinstance(row, Mapping) or row.get("type") != ROW:
            yield Flaw((index,), "expected a row: an object with `type: 1` and `components`")
            continue
        if not 1 <= len(inner) <= MAX_IN_ROW:
            yield Flaw((index, "components"), f"{len(inner)} in a row, from 1 to {MAX_IN_ROW}")
        for place, one in enumerate(inner):
            yield from (flaw.below(index, "components", place) for flaw in _check_component(one, seen))


def _check_component(one: object, seen: set[str]) -> Iterator[Flaw]:
    """Yield what is wrong with a button or a menu; *seen* are the ids of those before it."""
    if not isinstance(one, Mapping):
        yield Flaw((), "expected an object")
        return
    custom = one.get("custom_id")
    yield from _check_size(custom, ("custom_id",), MAX_ID)
    if custom == "" and not isinstance(custom, PartialText):
        yield Flaw(("custom_id",), "what comes back from it is empty")
    if type(custom) is str and custom != SAID:  # what has placeholders may turn out to be another
        if custom in seen:
            yield Flaw(("custom_id",), "another in this message has the same id", given=custom)
        seen.add(custom)
    if one.get("type") != BUTTON:
        return
    label = one.get("label")
    yield from _check_size(label, ("label",), MAX_LABEL)
    if not (_says(label) or one.get("emoji") or one.get("sku_id")):
        yield Flaw(("label",) if "label" in one else (), "a button needs a label")
    if one.get("style") == LINK:
        yield from _check_size(one.get("url"), ("url",), MAX_LINK)
        yield from _check_link(one.get("url"), ("url",), "discord://")


def _check_size(value: object, path: FlawPath, most: int) -> Iterator[Flaw]:
    if isinstance(value, str) and len(value) > most:
        yield Flaw(path, f"{len(value)} characters, at most {most}")


def _check_link(url: object, path: FlawPath, also: str) -> Iterator[Flaw]:
    start = url.start if isinstance(url, PartialText) else url
    if isinstance(start, str) and not isinstance(url, PartialText) and not start:
        yield Flaw(path, "the address is empty")
    elif isinstance(start, str) and start and not start.startswith(("http://", "https://", also)):
        yield Flaw(path, f"an address begins with https://, http:// or {also}")


def _parts(text: str) -> Iterator[str]:
    """Yield *text* in parts that fit, at line breaks or blanks where there are any."""
    while len(text) > MAX_TEXT:
        cut = max(text.rfind("\n", 1, MAX_TEXT), text.rfind(" ", 1, MAX_TEXT))
        at = cut if cut > MAX_TEXT // 2 else MAX_TEXT
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    if text:
        yield text
