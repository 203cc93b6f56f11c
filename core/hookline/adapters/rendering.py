"""Turn a neutral message into those of one platform, and say what is lost of it, or wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..messages import UNCHECKED
from ..neutral import ALT, PICKS, SAID, WORDS, Loss, Media, Neutral, Rendered, is_neutral, is_plain_text, neutral_of
from .adapter import AdapterKind
from .flaws import Flaw, FlawPath

_MEDIA = ("image", "video", "audio", "file")
_KEYS: Mapping[str, frozenset[str]] = {
    "media": frozenset(["url", "name", "preview", "seconds"]),
    "location": frozenset(["latitude", "longitude", "title", "address"]),
    "card": frozenset(["title", "text", "image"]),
    "button": frozenset(["label", "postback", "url", "say"]),
    "quick": frozenset(["label", "say", "postback", "pick", "from", "to"]),
}
_TAPPED = ("postback", "url", "say")


def rendered(kind: AdapterKind, body: Mapping[str, Any]) -> Rendered:
    """Return the message object *body* as *kind* sends it: its own raw object, or what is rendered of the words."""
    if not is_neutral(body):
        return Rendered([body])
    raw = body.get(kind.name)
    marked = {UNCHECKED: body[UNCHECKED]} if UNCHECKED in body else {}
    if isinstance(raw, Mapping | list):
        return Rendered([{**one, **marked} for one in (raw if isinstance(raw, list) else [raw])])
    neutral = neutral_of(body)
    if not any(name in body for name in WORDS):
        return Rendered([], [Loss(name, "nothing of this message is for it") for name in list(neutral.raw)[:1]])
    found = kind.render(neutral) if kind.render is not None else as_text(neutral)
    if is_plain_text(body) and not found.messages:
        return Rendered([body])  # an empty one is the platform's to judge
    return Rendered([{**one, **marked} for one in found.messages], found.losses) if marked else found


def as_text(neutral: Neutral) -> Rendered:
    """Return *neutral* as one text, for platforms that have nothing else: what can be tapped is written out."""
    lines = list(_lines(neutral))
    losses = [Loss(word, "becomes text") for word in (*_MEDIA, "location", "card", "buttons") if getattr(neutral, word)]
    if neutral.quick:
        losses.append(Loss("quick", "is left out"))
    return Rendered([{"type": "text", "text": "\n".join(lines)}] if lines else [], losses)


def link_of(media: Media, alt: str = "") -> str:
    """Return a file as a line of text."""
    name = media.name or alt
    return f"{name}: {media.url}" if name else media.url


def _lines(neutral: Neutral) -> Iterator[str]:
    if neutral.text:
        yield neutral.text
    if neutral.card is not None:
        yield from filter(None, (neutral.card.title, neutral.card.text, neutral.card.image))
    for word in _MEDIA:
        media = neutral.media(word)
        if media is not None:
            yield link_of(media, neutral.alt)
    if neutral.location is not None:
        place = neutral.location
        named = " ".join(filter(None, (place.title, place.address)))
        yield f"{named} ({place.latitude:g}, {place.longitude:g})".strip()
    for button in neutral.buttons:
        yield f"{button.label}: {button.url}" if button.url else f"• {button.label}"


def check_neutral(body: Mapping[str, Any], platforms: Collection[str] | None = None) -> Iterator[Flaw]:
    """Yield what is wrong with the words of a neutral message, wherever it is sent.

    *platforms* are the names of the adapters whose raw objects may stand there; without them any object may.
    """
    known = [*WORDS, ALT, UNCHECKED, "type", *(platforms or ())]
    for key, value in body.items():
        is_raw = isinstance(value, Mapping | list) and key not in (*WORDS, ALT)
        if key not in known and not (platforms is None and is_raw):
            yield Flaw((key,), "there is no such word", given=key, known=known, is_key=True)
        elif key in (platforms or ()) and not is_raw:
            yield Flaw((key,), "expected an object of that platform, or a list of them")
        elif key in WORDS or key == ALT:
            yield from _check_word(key, value)
    if platforms is not None and body.keys() <= {*known} and body.keys().isdisjoint([*WORDS, *platforms]):
        yield Flaw((), f"it says nothing: expected one of {', '.join(WORDS)}")


def _check_word(word: str, value: object) -> Iterator[Flaw]:
    match word:
        case "text" | "alt":
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                yield Flaw((word,), "expected a text")
        case "location":
            yield from _check_location(value)
        case "card":
            yield from _check_object(value, (word,), "card", "expected `title`, `text` or `image`")
        case "buttons":
            for index, one in enumerate(_listed(value)):
                yield from _check_button(one, (word, index))
        case "quick":
            for index, one in enumerate(_listed(value)):
                yield from _check_quick(one, (word, index))
        case _:
            yield from _check_media(word, value)


def _check_media(word: str, value: object) -> Iterator[Flaw]:
    if isinstance(value, str):
        if not value and type(value) is str:
            yield Flaw((word,), "expected a URL")
        return
    yield from _check_object(value, (word,), "media", "expected a URL, or an object with `url`", needs="url")


def _check_location(value: object) -> Iterator[Flaw]:
    yield from _check_object(value, ("location",), "location", "expected `latitude` and `longitude`")
    if not isinstance(value, Mapping):
        return
    for name in ("latitude", "longitude"):
        if name not in value:
            yield Flaw(("location",), f"`{name}` is missing")
        elif not _may_be_number(value[name]):
            yield Flaw(("location", name), "expected a number")


def _check_button(value: object, path: FlawPath) -> Iterator[Flaw]:
    yield from _check_object(value, path, "button", "expected an object with `label`", needs="label")
    if isinstance(value, Mapping) and sum(name in value for name in _TAPPED) != 1:
        yield Flaw(path, "expected one of `postback`, `url` and `say`")


def _check_quick(value: object, path: FlawPath) -> Iterator[Flaw]:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return
    yield from _check_object(value, path, "quick", "expected a text, or an object with `label`")
    if not isinstance(value, Mapping):
        return
    pick = value.get("pick")
    if pick is not None and pick not in PICKS:
        yield Flaw((*path, "pick"), "there is no such thing to pick", given=str(pick), known=PICKS)
    if "label" not in value and "say" not in value and pick is None:
        yield Flaw(path, "`label` is missing")


def _check_object(value: object, path: FlawPath, kind: str, expected: str, needs: str | None = None) -> Iterator[Flaw]:
    if not isinstance(value, Mapping):
        yield Flaw(path, expected)
        return
    for key in value.keys() - _KEYS[kind]:
        yield Flaw((*path, key), "there is no such key here", given=str(key), known=sorted(_KEYS[kind]), is_key=True)
    if str(value.get("postback", "")).startswith(SAID):
        yield Flaw((*path, "postback"), f"nothing may begin with `{SAID}` but what is said by a tap")
    if needs is not None and needs not in value:
        yield Flaw(path, f"`{needs}` is missing")


def _may_be_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    if type(value) not in (str, int, float):
        return True  # a text with placeholders
    try:
        return abs(float(value)) <= 180
    except ValueError:
        return False


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]
