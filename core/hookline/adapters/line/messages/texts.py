"""Know how long a text may be, and which parts of it LINE replaces: `$` by emoji, `{name}` by what `substitution` says.

https://developers.line.biz/en/reference/messaging-api/#text-message
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...flaws import Flaw, PartialText, Several
from .limits import MAX_EMOJIS, MAX_MENTIONS, MAX_PARTS, MAX_TEXT
from .measures import split, units
from .rules import shown

_KEY = re.compile("[0-9A-Za-z_]{1,20}")
_BRACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_ON_FIRST, _ON_LAST = ("quoteToken",), ("quickReply",)


def text(message: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with a text message as a whole: its length, and its emojis."""
    yield from length(message)
    yield from emojis(message)


def text_v2(message: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with a textV2 message as a whole: its length, and its substitutions."""
    yield from length(message)
    yield from substitutions(message)


def length(message: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield that a text is too long for one message; it may be parted into several."""
    text = message.get("text")
    size = units(text) if isinstance(text, str) else 0
    if size <= MAX_TEXT:
        return
    least = "at least " if isinstance(text, PartialText) else ""
    parts = [] if least or size > MAX_TEXT * MAX_PARTS else _parts(message)
    instead = Several(parts) if 1 < len(parts) <= MAX_PARTS else None
    yield Flaw(("text",), f"{least}{size} characters, at most {MAX_TEXT}", instead=instead, above=1 if instead else 0)


def _parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return *message* as several, each with what of it belongs to its part of the text."""
    texts = split(message["text"], MAX_TEXT, _BRACE if message.get("type") == "textV2" else None)
    if any(units(part) > MAX_TEXT for part in texts):
        return []
    rest = {name: value for name, value in message.items() if name not in (*_ON_FIRST, *_ON_LAST)}
    parts, start = [], 0
    for part in texts:
        end = start + units(part)
        parts.append({**rest, "text": part, **_of_part(message, part, start, end)})
        start = end
    parts[0].update({name: message[name] for name in _ON_FIRST if name in message})
    parts[-1].update({name: message[name] for name in _ON_LAST if name in message})
    return [{name: value for name, value in part.items() if value is not None} for part in parts]


def _of_part(message: Mapping[str, Any], part: str, start: int, end: int) -> Mapping[str, Any]:
    """Return the emojis and substitutions of a part of the text; None for a key that it has no use for."""
    found: dict[str, Any] = {}
    if isinstance(emojis := message.get("emojis"), list):
        at = [one for one in emojis if _has_index(one) and start <= one["index"] < end]
        found["emojis"] = [{**one, "index": one["index"] - start} for one in at] or None
    if isinstance(given := message.get("substitution"), Mapping):
        used = {name[1] for name in _BRACE.finditer(part)}
        found["substitution"] = {name: value for name, value in given.items() if name in used} or None
    return found


def emojis(message: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield the emojis of a text message that don't stand at a `$`."""
    text, found = message.get("text"), message.get("emojis")
    if not isinstance(text, str) or not isinstance(found, list):
        return
    certain = text.start if isinstance(text, PartialText) else text
    encoded = certain.encode("utf-16-le", "surrogatepass")
    for index, emoji in enumerate(found):
        at = emoji.get("index") if isinstance(emoji, Mapping) else None
        if not isinstance(at, int) or isinstance(at, bool):
            continue
        is_inside = 0 <= at < len(encoded) // 2
        if not is_inside and isinstance(text, PartialText) and at >= 0:
            continue
        if not is_inside or encoded[2 * at : 2 * at + 2] != b"$\0":
            hint = "the first character is 0, and a character such as 🍎 counts as two"
            reason = f"there is no `$` at {shown(at)} of the text"
            yield Flaw(("emojis", index, "index"), reason, hint, instead=_moved(text, found), above=2)


def _moved(text: str, found: Sequence[Any]) -> Sequence[Any] | None:
    """Return the emojis each at the `$` that is its own: there must be as many. What was filled in has moved them."""
    if isinstance(text, PartialText) or not all(map(_has_index, found)) or text.count("$") != len(found):
        return None
    places = [units(text[: one.start()]) for one in re.finditer(r"\$", text)]
    order = sorted(range(len(found)), key=lambda index: found[index]["index"])
    moved = dict(zip(order, places, strict=True))
    return [{**one, "index": moved[index]} for index, one in enumerate(found)]


def _has_index(emoji: object) -> bool:
    at = emoji.get("index") if isinstance(emoji, Mapping) else None
    return isinstance(at, int) and not isinstance(at, bool)


def substitutions(message: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield braces of a textV2 message that stand for nothing, and substitutions that LINE can't use."""
    text, given = message.get("text"), message.get("substitution")
    if not isinstance(text, str) or not isinstance(given, Mapping | None):
        return
    known = [key for key in given or () if isinstance(key, str)]
    for key in known:
        if not _KEY.fullmatch(key):
            reason = "a name is 1 to 20 characters of 0-9, a-z, A-Z and `_`"
            yield Flaw(("substitution", key), reason, is_key=True)
    used: list[str] = []
    literal = None if isinstance(text, PartialText) else _literal(text, known)
    for found in _BRACE.finditer(text):
        name = found[1]
        if name is not None and name in known:
            used.append(name)
        elif name is not None:
            hint = "literal braces are written {{ and }}"
            reason = f"{shown('{' + name + '}')} has no `substitution`"
            meant = None if known and _KEY.fullmatch(name) else literal  # or it may be a name that is misspelled
            yield Flaw(("text",), reason, None if known else hint, name, known, instead=meant)
        elif found.group() in "{}":
            reason = f"a `{found.group()}` without its other half"
            yield Flaw(("text",), reason, "a literal one is written twice", instead=literal)
    yield from _too_many(used, given or {})


def _literal(text: str, known: Sequence[str]) -> str:
    """Return *text* with all braces doubled that stand for nothing."""

    def doubled(found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[0] if found[1] in known else f"{{{found[0]}}}"
        return found[0] if len(found[0]) > 1 else found[0] * 2

    return _BRACE.sub(doubled, text)


def _too_many(used: list[str], given: Mapping[str, Any]) -> Iterator[Flaw]:
    for kind, most in (("mention", MAX_MENTIONS), ("emoji", MAX_EMOJIS)):
        count = sum(isinstance(given[name], Mapping) and given[name].get("type") == kind for name in used)
        if count > most:
            yield Flaw(("text",), f"{count} of kind `{kind}`, at most {most}")
