"""Walk through message objects along the SDK's models and say all that LINE would refuse in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

from ...flaws import NOTHING, Flaw, PartialText
from . import actions, flex, imagemaps, templates, texts
from .limits import FLEX_RULES, MAY_BE_EMPTY, REQUIRED, RULES
from .measures import depth
from .models import MESSAGE, Model, Property, model
from .rules import MAX_SHOWN, shown, unknown
from .shapes import EXPECTED, FILLED, fits, hint, meant

MAX_DEPTH = 50
MAX_FLAWS = 100

_Check = Callable[[Mapping[str, Any]], Iterator[Flaw]]

_TOGETHER: Mapping[str, _Check] = {
    "TextMessage": texts.text,
    "TextMessageV2": texts.text_v2,
    "ImagemapMessage": imagemaps.areas,
    "QuickReplyItem": lambda body: (
        flaw.below("action") for flaw in actions.tapped(body.get("action"), actions.QUICK_REPLY)
    ),
    "PostbackAction": actions.postback,
    "DatetimePickerAction": actions.datetime_picker,
    "ButtonsTemplate": templates.buttons,
    "ConfirmTemplate": templates.confirm,
    "CarouselTemplate": templates.carousel,
    "CarouselColumn": templates.column,
    "ImageCarouselColumn": templates.image_column,
    "FlexMessage": flex.message,
    "FlexBubble": flex.bubble,
    "FlexCarousel": flex.carousel,
    "FlexBox": flex.box,
    "FlexText": flex.text,
    "FlexButton": flex.button,
    "FlexImage": flex.action,
    "FlexVideo": flex.video,
}
_FAMILIES: Mapping[str, str] = {
    MESSAGE: "message",
    "Action": "action",
    "ImagemapAction": "action",
    "Template": "template",
    "FlexContainer": "container",
    "FlexComponent": "component",
    "FlexBoxBackground": "background",
    "SubstitutionObject": "substitution",
    "MentionTarget": "mention",
}
_FLEX = (MESSAGE, "FlexContainer", "FlexComponent")
_TAKEN_FOR: Mapping[str, tuple[str, ...]] = {
    MESSAGE: tuple(_FAMILIES),
    "FlexContainer": _FLEX,
    "FlexComponent": _FLEX,
}  # what people mistake for one another
_PLAIN_TEXT = {"type", "text"}
_STYLES = ("FlexBubbleStyles", "FlexBlockStyle")  # LINE's own examples have a `comment` in there


def check_messages(messages: Sequence[object]) -> list[Flaw]:
    """Return what LINE would refuse in the messages of one call, and what it would ignore; 100 flaws of each at most.

    The path of each flaw begins with the message's index. It never raises, whatever the messages hold.
    """
    return [
        flaw.below(index)
        for index, body in enumerate(messages)
        for flaw in islice(_message(body, index, len(messages)), MAX_FLAWS)
    ]


def _message(body: object, index: int, count: int) -> Iterator[Flaw]:
    if not isinstance(body, Mapping):
        yield Flaw((), f"expected an object, found {shown(body)}")
        return
    is_silent = count > 1 and body.get("text") == "" and body.get("type") in ("text", "textV2")
    for flaw in _alone(body):  # a text that says nothing can be left out beside others
        yield replace(flaw, instead=NOTHING, above=1) if is_silent and flaw.path == ("text",) else flaw
    if body.get("quickReply") is not None and index < count - 1:
        reason = "only the last message's quick replies are shown"
        yield Flaw(("quickReply",), reason, is_key=True, is_refused=False)


def _alone(body: Mapping[str, Any]) -> Iterator[Flaw]:
    text = body.get("text")
    if body.keys() == _PLAIN_TEXT and body["type"] == "text" and isinstance(text, str) and text:
        yield from texts.length(body)  # most messages are so, and need nothing of the SDK
    elif depth(body, MAX_DEPTH) >= MAX_DEPTH:
        yield Flaw((), f"nested deeper than {MAX_DEPTH}")
    else:
        yield from _object(body, MESSAGE, "a message")


def _object(body: object, name: str, noun: str) -> Iterator[Flaw]:
    """Yield the flaws of one object, which is of model *name* or a kind of it; *noun* is what messages call it."""
    found = model(name)
    if found is None:
        return
    if not isinstance(body, Mapping):
        yield Flaw((), f"expected an object, found {shown(body)}")
        return
    if wrong := _wrong_type(body.get("type"), found):
        yield wrong.below("type")
        return
    if found.kinds:
        kind = str(body["type"])
        noun = f"{'an' if kind[0] in 'aeio' else 'a'} `{kind}` {_FAMILIES.get(found.family, 'object')}"
        found = model(found.kinds[kind]) or found
    yield from _missing(body, found, noun)
    for key, value in body.items():
        one = found.properties.get(key)
        if not isinstance(key, str):
            yield Flaw((), f"a key is a text, not {shown(key)}")
        elif one is None:
            yield _unknown(key, found, noun)
        elif value is None:
            yield Flaw((key,), "nothing stands behind it", instead=NOTHING, is_refused=False, is_tacit=True)
        else:
            for flaw in _value(value, one, found.name, noun):
                yield flaw.below(key)
    yield from _TOGETHER.get(found.name, _nothing)(body)


def _wrong_type(kind: object, found: Model) -> Flaw | None:
    own = found.properties.get("type")
    known = tuple(found.kinds) or (own.choices if own else ())
    if isinstance(kind, PartialText):
        return Flaw((), "may not hold a placeholder: what it is has to be known beforehand")
    if kind is None:
        return Flaw((), "is missing", known=known) if known else None
    if known and kind not in known:
        flaw = unknown(kind, known, "type")
        return replace(flaw, is_unknown=flaw.is_unknown and kind not in _types(found.family))
    return None


@cache
def _types(family: str) -> frozenset[str]:
    """Return the known types that aren't new where one of *family* belongs, only in the wrong place."""
    families = _TAKEN_FOR.get(family, (family,))
    return frozenset(kind for name in families if (found := model(name)) for kind in found.kinds)


def _missing(body: Mapping[str, Any], found: Model, noun: str) -> Iterator[Flaw]:
    for name, one in found.properties.items():
        if body.get(name) is None and _is_required(one, found.name):
            yield Flaw((name,), f"is missing in {noun}")


def _is_required(one: Property, owner: str) -> bool:
    return one.is_required or one.name in REQUIRED.get(owner, ())


def _unknown(key: str, found: Model, noun: str) -> Flaw:
    is_strict = found.name.startswith("Flex") and found.family != MESSAGE
    is_refused = is_strict and (found.name not in _STYLES or key == "type")
    return Flaw(
        (key,),
        f"unknown key in {noun}",
        given=key[:MAX_SHOWN],
        known=tuple(found.properties),
        is_key=True,
        is_refused=is_refused,
        is_unknown=True,
    )


def _value(value: object, one: Property, owner: str, noun: str) -> Iterator[Flaw]:
    if isinstance(value, PartialText) and value.is_whole and one.shape in FILLED:
        return
    if not fits(value, one.shape):
        reason = f"expected {EXPECTED[one.shape]}, found {shown(value)}"
        yield Flaw((), reason, hint(value, one.shape), instead=meant(value, one.shape))
    elif value == "" and not isinstance(value, PartialText):
        if _is_required(one, owner) and f"{owner}.{one.name}" not in MAY_BE_EMPTY:
            yield Flaw((), f"may not be empty in {noun}")
        elif f"{owner}.{one.name}" not in MAY_BE_EMPTY:
            yield Flaw((), "an empty text", instead=NOTHING, is_tacit=True)
    elif one.choices and value not in one.choices and not isinstance(value, PartialText):
        yield unknown(value, one.choices, "value")
    else:
        yield from _by_rule(value, f"{owner}.{one.name}", one.name)
        yield from _inside(value, one)


def _by_rule(value: object, name: str, key: str) -> Iterator[Flaw]:
    rule = RULES.get(name) or (FLEX_RULES.get(key) if name.startswith("Flex") else None)
    flaw = rule(value) if rule else None
    if flaw is not None:
        yield flaw


def _inside(value: object, one: Property) -> Iterator[Flaw]:
    if one.model is None:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            for flaw in _object(item, one.model, f"an item of `{one.name}`"):
                yield flaw.below(index)
    elif one.shape == "mapping" and isinstance(value, Mapping):
        for key, item in value.items():
            for flaw in _object(item, one.model, f"an item of `{one.name}`"):
                yield flaw.below(key)
    else:
        yield from _object(value, one.model, f"`{one.name}`")


def _nothing(body: Mapping[str, Any]) -> Iterator[Flaw]:
    return iter(())
