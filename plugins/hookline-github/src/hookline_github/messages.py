"""Render what is meant as Markdown, and find what GitHub would refuse in a comment.

A message is an object with the ``body`` of one comment.
https://docs.github.com/en/rest/issues/comments#create-an-issue-comment
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hookline import Button, Card, Flaw, Location, Media, Neutral
from hookline.adapters.flaws import NOTHING, PartialText, Several
from hookline.neutral import Loss, Rendered

MAX_BODY = 65_536
"""So many characters may a body have: GitHub answers 422, "body is too long (maximum is 65536 characters)".

https://github.com/orgs/community/discussions/27190
"""
MAX_MARKER = 100
"""So many are kept for the marker that ends each comment: a bot's name has 64 at most."""
MAX_TEXT, MAX_PARTS = MAX_BODY - MAX_MARKER, 5
_FENCES = ("```", "~~~")


def render(neutral: Neutral) -> Rendered:
    """Return *neutral* as one comment."""
    losses: list[Loss] = []
    parts = [part for part in _parts_of(neutral, losses) if part]
    if neutral.quick:
        losses.append(Loss("quick", "is left out: there is nothing to tap"))
    body = parts[0] if len(parts) == 1 else "\n\n".join(parts)  # one alone stays the text that it is, for `check`
    return Rendered([{"body": body}] if parts else [], losses)


def _parts_of(neutral: Neutral, losses: list[Loss]) -> Iterator[str]:
    yield neutral.text
    if neutral.card is not None:
        yield from _card(neutral.card, neutral.alt)
    image = neutral.media("image")
    if image is not None:
        yield _picture(image.url, neutral.alt or image.name)
    for word in ("video", "audio", "file"):
        media = neutral.media(word)
        if media is not None:
            losses.append(Loss(word, "becomes a link"))
            yield _link_of(media, neutral.alt)
    if neutral.location is not None:
        losses.append(Loss("location", "becomes text"))
        yield _place(neutral.location)
    if any(button.url is None for button in neutral.buttons):
        losses.append(Loss("buttons", "become text, but for those with a `url`: there is nothing to tap"))
    yield "\n".join(map(_button, neutral.buttons))


def _card(card: Card, alt: str) -> Iterator[str]:
    yield f"**{card.title}**" if card.title else ""
    yield card.text
    yield _picture(card.image, alt or card.title) if card.image else ""


def _picture(url: str, alt: str) -> str:
    return f"![{_label(alt)}]({_url(url)})"


def _link_of(media: Media, alt: str) -> str:
    name = media.name or alt
    return f"[{_label(name)}]({_url(media.url)})" if name else media.url


def _place(place: Location) -> str:
    named = " ".join(filter(None, (place.title, place.address)))
    return f"{named} ({place.latitude:g}, {place.longitude:g})".strip()


def _button(button: Button) -> str:
    if button.url is not None:
        return f"- [{_label(button.label)}]({_url(button.url)})"
    return f"- {button.label}: `{button.say}`" if button.say not in (None, button.label) else f"- {button.label}"


def _label(label: str) -> str:
    return label.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("\n", " ")


def _url(url: str) -> str:
    """Return *url* with what would end it in Markdown encoded."""
    return url.replace(" ", "%20").replace("(", "%28").replace(")", "%29").replace("\n", "%0A")


def check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Return what GitHub would refuse in *messages*."""
    return [flaw.below(index) for index, message in enumerate(messages) for flaw in _check(message)]


def _check(message: Mapping[str, Any]) -> Iterator[Flaw]:
    is_empty_text = message.get("type") == "text" and not message.get("text")
    for key in message.keys() - {"body"}:
        if not is_empty_text:
            yield Flaw(
                (key,), "a comment has only a `body`", given=str(key), known=["body"], is_key=True, is_unknown=True
            )
    body = message.get("body")
    if isinstance(body, PartialText):
        return
    path = ("body",) if "body" in message else ()
    if body is not None and not isinstance(body, str):
        yield Flaw(path, "expected a text")
    elif not (body or "").strip():
        yield Flaw(path, "`body` is empty", instead=NOTHING if is_empty_text or path else None, above=len(path))
    elif body is not None and len(body) > MAX_TEXT:
        parts = list(_parts(body))
        can_split = len(parts) <= MAX_PARTS and not any(fence in body for fence in _FENCES)
        instead = Several({**message, "body": part} for part in parts) if can_split else None
        yield Flaw(path, f"{len(body)} characters, at most {MAX_TEXT}", instead=instead, above=1)


def _parts(text: str) -> Iterator[str]:
    """Yield *text* in parts that fit, at line breaks or blanks where there are any."""
    while len(text) > MAX_TEXT:
        cuts = (text.rfind(sign, 1, MAX_TEXT) for sign in ("\n", " "))
        at = next((cut for cut in cuts if cut > MAX_TEXT // 2), MAX_TEXT)
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    if text:
        yield text
