"""Know which parts of a text LINE replaces: `$` by emoji, `{name}` by what `substitution` says.

https://developers.line.biz/en/reference/messaging-api/#text-message
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...flaws import Flaw, PartialText
from .limits import MAX_EMOJIS, MAX_MENTIONS
from .rules import shown

_KEY = re.compile("[0-9A-Za-z_]{1,20}")
_BRACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


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
            yield Flaw(("emojis", index, "index"), f"there is no `$` at {shown(at)} of the text", hint)


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
    for found in _BRACE.finditer(text):
        name = found[1]
        if name is not None and name in known:
            used.append(name)
        elif name is not None:
            hint = "literal braces are written {{ and }}"
            reason = f"{shown('{' + name + '}')} has no `substitution`"
            yield Flaw(("text",), reason, None if known else hint, name, known)
        elif found.group() in "{}":
            yield Flaw(("text",), f"a `{found.group()}` without its other half", "a literal one is written twice")
    yield from _too_many(used, given or {})


def _too_many(used: list[str], given: Mapping[str, Any]) -> Iterator[Flaw]:
    for kind, most in (("mention", MAX_MENTIONS), ("emoji", MAX_EMOJIS)):
        count = sum(isinstance(given[name], Mapping) and given[name].get("type") == kind for name in used)
        if count > most:
            yield Flaw(("text",), f"{count} of kind `{kind}`, at most {most}")
