"""Hold messages that say what is meant, on whatever platform: nine words, and raw objects of platforms beside them.

In YAML and in handlers they are the same. Each adapter renders them as well as its platform can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

WORDS = ("text", "image", "video", "audio", "file", "location", "card", "buttons", "quick")
ALT = "alt"
"""What is read out, and shown in lists of chats, in place of what isn't a text."""

PickKind = Literal["date", "time", "datetime", "place", "picture", "contact"]
PICKS: tuple[PickKind, ...] = ("date", "time", "datetime", "place", "picture", "contact")


SAID = "say="
"""Begins the data of what is tapped to say something, where a platform has no such buttons; no other begins so."""


@dataclass(frozen=True, slots=True)
class Button:
    """Hold what can be tapped: then ``postback`` comes back, ``url`` is opened, or ``say`` is said by the person."""

    label: str
    postback: str | None = None
    url: str | None = None
    say: str | None = None


@dataclass(frozen=True, slots=True)
class Quick:
    """Hold an answer that is offered once: its label is said, or ``say``; or ``postback`` comes back.

    With ``pick`` the person is asked for a date, a time, a place, a picture or a contact; ``since`` and ``until`` are
    the first and the last date or time that may be picked, as in ``2026-12-24`` (``from`` and ``to`` in YAML).
    """

    label: str
    say: str | None = None
    postback: str | None = None
    pick: PickKind | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """Hold a title, a text and a picture that stand together."""

    title: str = ""
    text: str = ""
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Hold a place on the map, in degrees."""

    latitude: float
    longitude: float
    title: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """Hold a file by its URL. ``preview`` is a picture of a video, ``seconds`` how long one or a sound is."""

    url: str
    name: str = ""
    preview: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Neutral:
    """Say what is meant; what a platform can't show of it is left out, or shown in another way.

    ``raw`` are objects of platforms by the names of their adapters: there they are sent instead, as they are.

    >>> Neutral("好嗎？", quick=[Quick("好"), Quick("不用")]).body()
    {'text': '好嗎？', 'quick': [{'label': '好'}, {'label': '不用'}]}
    """

    text: str = ""
    image: Media | str | None = None
    video: Media | str | None = None
    audio: Media | str | None = None
    file: Media | str | None = None
    location: Location | None = None
    card: Card | None = None
    buttons: Sequence[Button] = ()
    quick: Sequence[Quick | str] = ()
    alt: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return it as JSON, as it is written in YAML."""
        words = {one.name: _written(getattr(self, one.name)) for one in fields(self) if one.name != "raw"}
        return {name: value for name, value in {**words, **self.raw}.items() if value not in (None, "", [], {})}

    def media(self, word: str) -> Media | None:
        """Return what stands under *word*: ``image``, ``video``, ``audio`` or ``file``."""
        found: Media | str | None = getattr(self, word)
        return Media(found) if isinstance(found, str) else found

    @property
    def quicks(self) -> Sequence[Quick]:
        """Return the quick answers, those that were texts alone as such."""
        return [Quick(one) if isinstance(one, str) else one for one in self.quick]


@dataclass(frozen=True, slots=True)
class Loss:
    """Say what of a neutral message a platform shows otherwise, or not at all: the ``word``, and what becomes of it."""

    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """Hold a neutral message as objects of one platform, in the order in which they are sent."""

    messages: Sequence[Mapping[str, Any]]
    losses: Sequence[Loss] = ()


def is_neutral(body: Mapping[str, Any]) -> bool:
    """Say whether a message object says what is meant, and is no platform's own; a plain text is both."""
    return "type" not in body or is_plain_text(body)


def is_meant(body: Mapping[str, Any]) -> bool:
    """Say whether *body* says anything in words, or for a platform by its name."""
    has_raw = any(isinstance(value, Mapping | list) for value in body.values())
    return "type" not in body and (has_raw or not body.keys().isdisjoint(WORDS))


def is_plain_text(body: Mapping[str, Any]) -> bool:
    """Say whether a message object is nothing but a text."""
    return body.get("type") == "text" and body.keys() == {"type", "text"}


def neutral_of(body: Mapping[str, Any]) -> Neutral:
    """Return what *body* says, as far as it can be understood: what else stands there a check finds."""
    card, place = body.get("card"), body.get("location")
    return Neutral(
        text=_said(body.get("text")),
        image=_media(body.get("image")),
        video=_media(body.get("video")),
        audio=_media(body.get("audio")),
        file=_media(body.get("file")),
        location=_location(place) if isinstance(place, Mapping) else None,
        card=_card(card) if isinstance(card, Mapping) else None,
        buttons=[_button(one) for one in _objects(body.get("buttons"))],
        quick=[_quick(one) for one in _listed(body.get("quick")) if isinstance(one, Mapping | str)],
        alt=_said(body.get(ALT)),
        raw={name: value for name, value in body.items() if name not in (*WORDS, ALT, "type")},
    )


def _written(value: Any) -> Any:
    match value:
        case Media() | Location() | Card() | Button() | Quick():
            given = {one.name: getattr(value, one.name) for one in fields(value)}
            names = {"since": "from", "until": "to"} if isinstance(value, Quick) else {}
            return {names.get(name, name): one for name, one in given.items() if one not in (None, "")}
        case list() | tuple():
            return [_written(one) for one in value]
    return value


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return value if isinstance(value, str) else str(value)


def _said(value: object) -> str:
    """Return *value* as a text; one with placeholders stays what it is, though nothing of it is certain."""
    text = _text(value)
    return "" if text is None else text


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [] if value is None else [value]


def _objects(value: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in _listed(value) if isinstance(one, Mapping)]


def _media(value: object) -> Media | None:
    if isinstance(value, Mapping):
        url = _text(value.get("url"))
        preview, seconds = _text(value.get("preview")), _number(value.get("seconds"))
        return None if url is None else Media(url, _said(value.get("name")), preview, seconds)
    return Media(value) if isinstance(value, str) and value else None


def _location(value: Mapping[str, Any]) -> Location:
    latitude, longitude = _number(value.get("latitude")) or 0.0, _number(value.get("longitude")) or 0.0
    return Location(latitude, longitude, _said(value.get("title")), _said(value.get("address")))


def _card(value: Mapping[str, Any]) -> Card:
    return Card(_said(value.get("title")), _said(value.get("text")), _text(value.get("image")))


def _button(value: Mapping[str, Any]) -> Button:
    url, say = _text(value.get("url")), _text(value.get("say"))
    return Button(_said(value.get("label")), _text(value.get("postback")), url, say)


def _quick(value: Mapping[str, Any] | str) -> Quick:
    if not isinstance(value, Mapping):
        return Quick(value)
    pick: Any = value.get("pick")
    label, say, postback = (_text(value.get(name)) for name in ("label", "say", "postback"))
    return Quick(
        label or say or str(pick or ""),
        say,
        postback,
        pick if pick in PICKS else None,
        _text(value.get("from")),
        _text(value.get("to")),
    )
