"""Read and write Slack's texts, in which ``&``, ``<`` and ``>`` mean something.

https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hookline.adapters.flaws import PartialText

_SPECIAL = re.compile(r"&(?:amp|lt|gt);|<@([A-Z0-9]{1,32})(?:\|[^<>]{0,200})?>")
_MEANT = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}


def read_text(written: str, own: str | None) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return what was typed, and the spans in it where the bot is mentioned, whose user is *own*.

    >>> read_text("<@U1> a &lt; b", "U1")
    ('<@U1> a < b', ((0, 5),))
    """
    parts: list[str] = []
    calls: list[tuple[int, int]] = []
    end = size = 0
    for found in _SPECIAL.finditer(written):
        shown = _MEANT.get(found.group(), found.group())
        parts += (written[end : found.start()], shown)
        end, size = found.end(), size + found.start() - end + len(shown)
        if own is not None and found.group(1) == own:
            calls.append((size - len(shown), size))
    return "".join([*parts, written[end:]]), tuple(calls)


def escaped(text: str) -> str:
    """Return *text* as Slack shows it as it is; one with placeholders stays one.

    >>> escaped("a < b & c")
    'a &lt; b &amp; c'
    """
    written = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return PartialText(written, text.start, is_whole=text.is_whole) if isinstance(text, PartialText) else written


def parts_of(text: str, most: int) -> Iterator[str]:
    """Yield *text* in parts that fit, at line breaks or blanks where there are any, and never within ``&amp;``."""
    while len(text) > most:
        cut = max(text.rfind("\n", 1, most), text.rfind(" ", 1, most))
        at = cut if cut > most // 2 else most
        sign = text.rfind("&", max(0, at - 4), at)
        if sign > 0 and ";" not in text[sign:at]:
            at = sign
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    if text:
        yield text
