"""Render what is meant as calls of Telegram's API, and find what Telegram would refuse in them.

A message is an object with the ``method`` (``sendMessage`` by default) and its parameters, without the chat.
https://core.telegram.org/bots/api#available-methods
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hookline import Button, Card, Flaw, Neutral, Quick
from hookline.adapters.flaws import NOTHING, PartialText, Several
from hookline.adapters.rendering import link_of
from hookline.neutral import SAID, Loss, Rendered

Object = dict[str, Any]

MAX_TEXT, MAX_CAPTION, MAX_DATA, MAX_PARTS = 4096, 1024, 64, 5
FETCHED = (".pdf", ".zip")
"""The documents that Telegram fetches by their address: https://core.telegram.org/bots/api#sending-files"""
METHODS: Mapping[str, str] = {
    "sendMessage": "text",
    "sendPhoto": "photo",
    "sendVideo": "video",
    "sendVideoNote": "video_note",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendDocument": "document",
    "sendAnimation": "animation",
    "sendSticker": "sticker",
    "sendLocation": "latitude",
    "sendVenue": "address",
    "sendContact": "phone_number",
    "sendPoll": "question",
    "sendDice": "",
    "sendMediaGroup": "media",
    "sendChatAction": "action",
    "copyMessage": "message_id",
    "forwardMessage": "message_id",
    "editMessageText": "text",
    "editMessageCaption": "message_id",
    "editMessageMedia": "media",
    "editMessageReplyMarkup": "message_id",
    "deleteMessage": "message_id",
    "pinChatMessage": "message_id",
    "stopPoll": "message_id",
    "setMessageReaction": "message_id",
    "sendInvoice": "title",
}
"""The methods that take a chat, each with a parameter that it can't do without."""


def render(neutral: Neutral) -> Rendered:
    """Return *neutral* as calls; buttons and quick answers stand below the last of them."""
    losses: list[Loss] = []
    calls = [*_media(neutral, losses), *_places(neutral)]
    words = _words(neutral, losses)
    if words is not None:
        calls.append(words)
    elif neutral.text and calls and _takes_caption(calls[-1]):
        calls[-1]["caption"] = "\n".join(filter(None, (calls[-1].get("caption"), neutral.text)))
    elif neutral.text:
        calls.append({"method": "sendMessage", "text": neutral.text})
    markup = _markup(neutral, losses)
    if markup is not None and not calls:
        calls.append({"method": "sendMessage", "text": neutral.alt or "⋯"})
    if markup is not None:
        calls[-1]["reply_markup"] = markup
    return Rendered(calls, losses)


def _words(neutral: Neutral, losses: list[Loss]) -> Object | None:
    """Return the card as a picture with its words below, or as words alone."""
    if neutral.card is None:
        return None
    card: Card = neutral.card
    words = "\n".join(filter(None, (neutral.text, card.title, card.text))) or neutral.alt
    if card.image:
        losses.append(Loss("card", "becomes picture and caption"))
        return {"method": "sendPhoto", "photo": card.image, **({"caption": words} if words else {})}
    losses.append(Loss("card", "becomes text"))
    return {"method": "sendMessage", "text": words}


def _takes_caption(call: Object) -> bool:
    return call["method"] in ("sendPhoto", "sendVideo", "sendAudio", "sendDocument")


def _media(neutral: Neutral, losses: list[Loss]) -> Iterator[Object]:
    for word, method, key in (
        ("image", "sendPhoto", "photo"),
        ("video", "sendVideo", "video"),
        ("audio", "sendAudio", "audio"),
        ("file", "sendDocument", "document"),
    ):
        media = neutral.media(word)
        if media is None:
            continue
        if word == "file" and not _is_fetched(media.url):
            losses.append(Loss(word, f"becomes a link: Telegram fetches only {' and '.join(FETCHED)} by their address"))
            yield {"method": "sendMessage", "text": link_of(media, neutral.alt)}
            continue
        call: Object = {"method": method, key: media.url}
        if media.name:
            call["caption"] = media.name
        yield call


def _is_fetched(url: str) -> bool:
    """Say whether Telegram may have the document at *url*; a file's id is no address."""
    path = url.partition("?")[0].partition("#")[0].lower()
    is_address = path.startswith(("http://", "https://"))
    return isinstance(url, PartialText) or not is_address or path.endswith(FETCHED)


def _places(neutral: Neutral) -> Iterator[Object]:
    place = neutral.location
    if place is None:
        return
    where = {"latitude": place.latitude, "longitude": place.longitude}
    if place.title or place.address:
        title, address = place.title or place.address, place.address or place.title
        yield {"method": "sendVenue", **where, "title": title, "address": address}
    else:
        yield {"method": "sendLocation", **where}


def _markup(neutral: Neutral, losses: list[Loss]) -> Object | None:
    quicks = list(neutral.quicks)
    is_plain = all(quick.postback is None and quick.say in (None, quick.label) for quick in quicks)
    if not neutral.buttons and quicks and is_plain:
        keys = [[_key(quick, losses)] for quick in quicks]
        return {"keyboard": keys, "one_time_keyboard": True, "resize_keyboard": True}
    rows = [[_button(one)] for one in neutral.buttons] + [[one] for one in _taps(quicks, losses)]
    return {"inline_keyboard": rows} if rows else None


def _button(button: Button) -> Object:
    if button.url is not None:
        return {"text": button.label, "url": button.url}
    data = button.postback if button.postback is not None else f"{SAID}{button.say or button.label}"
    return {"text": button.label, "callback_data": data}


def _key(quick: Quick, losses: list[Loss]) -> Object:
    match quick.pick:
        case "place":
            return {"text": quick.label, "request_location": True}
        case "contact":
            return {"text": quick.label, "request_contact": True}
        case None:
            return {"text": quick.label}
    losses.append(Loss("quick", f"asks in words only: Telegram has nothing to pick a {quick.pick} with"))
    return {"text": quick.label}


def _taps(quicks: Sequence[Quick], losses: list[Loss]) -> Iterator[Object]:
    for quick in quicks:
        if quick.pick is not None:
            losses.append(Loss("quick", f"leaves `pick: {quick.pick}` out: it can't stand beside buttons"))
            continue
        data = quick.postback if quick.postback is not None else f"{SAID}{quick.say or quick.label}"
        yield {"text": quick.label, "callback_data": data}


def check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Return what Telegram would refuse in *messages*."""
    return [flaw.below(index) for index, message in enumerate(messages) for flaw in _check(message)]


def _check(message: Mapping[str, Any]) -> Iterator[Flaw]:
    method = message.get("method", "sendMessage")
    if not isinstance(method, str) or method not in METHODS:
        known = sorted(METHODS)
        yield Flaw(("method",), "there is no such method that sends", given=str(method), known=known, is_unknown=True)
        return
    needed = METHODS[method]
    if needed and _is_empty(message.get(needed)):
        path = (needed,) if needed in message else ()
        yield Flaw(path, f"`{needed}` is empty", instead=NOTHING if method == "sendMessage" else None, above=len(path))
    for key, most in (("text", MAX_TEXT), ("caption", MAX_CAPTION)):
        given = message.get(key)
        if isinstance(given, str) and "parse_mode" not in message and _units(given) > most:  # marks don't count
            yield _too_long(message, key, given, most)
    markup = message.get("reply_markup")
    for number, row in enumerate(_listed(markup.get("inline_keyboard")) if isinstance(markup, Mapping) else ()):
        for place, button in enumerate(_listed(row)):
            yield from (flaw.below("reply_markup", "inline_keyboard", number, place) for flaw in _check_tap(button))


def _is_empty(value: object) -> bool:
    return value is None or (value == "" and not isinstance(value, PartialText))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _too_long(message: Mapping[str, Any], key: str, given: str, most: int) -> Flaw:
    """Return that what was *given* is too long; the text goes out in several, a caption as a text behind its picture.

    Telegram counts UTF-16 units, once marks are taken out.
    """
    reason = f"{_units(given)} characters, at most {most}"
    if type(given) is not str or not {"entities", "caption_entities"}.isdisjoint(message):
        return Flaw((key,), reason)
    parts = list(_parts(given, MAX_TEXT))
    rest = {name: value for name, value in message.items() if name not in (key, "reply_markup")}
    several = [{"method": "sendMessage", "text": part} for part in parts]
    if key == "caption":
        several = [rest, *several]
    elif message.get("method", "sendMessage") == "sendMessage":
        several = [{**rest, key: part} for part in parts]
    else:
        return Flaw((key,), reason)
    if "reply_markup" in message:
        several[-1] = {**several[-1], "reply_markup": message["reply_markup"]}
    return Flaw((key,), reason, instead=Several(several) if len(several) <= MAX_PARTS else None, above=1)


def _check_tap(button: object) -> Iterator[Flaw]:
    if not isinstance(button, Mapping):
        yield Flaw((), "expected an object")
        return
    label, data, url = button.get("text"), button.get("callback_data"), button.get("url")
    if label == "" and not isinstance(label, PartialText):
        yield Flaw(("text",), "a button needs a label")
    if isinstance(data, str) and len(data.encode("utf-8", "replace")) > MAX_DATA:
        size = len(data.encode("utf-8", "replace"))
        yield Flaw(("callback_data",), f"what comes back from a button has {size} bytes, at most {MAX_DATA}")
    if data == "" and not isinstance(data, PartialText):
        yield Flaw(("callback_data",), "what comes back from a button is empty")
    start = url.start if isinstance(url, PartialText) else url
    if isinstance(start, str) and start and not start.startswith(("http://", "https://", "tg://")):
        yield Flaw(("url",), "a button's address begins with https://, http:// or tg://")


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _parts(text: str, most: int) -> Iterator[str]:
    """Yield *text* in parts that fit, at line breaks or blanks where there are any."""
    while _units(text) > most:
        end = len(text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore"))
        cut = max(text.rfind("\n", 1, end), text.rfind(" ", 1, end))
        at = cut if cut > end // 2 else end
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    if text:
        yield text
