"""Know what LINE shows in some kinds of chats only.

https://developers.line.biz/en/reference/messaging-api/#text-message-v2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...flaws import Flaw


def check_in_chat(chat: str, messages: Sequence[object]) -> list[Flaw]:
    """Return what LINE would ignore in the messages of one call to a *chat* of this kind: user, group or room."""
    found = _alone if chat == "user" else _together
    return [
        flaw.below(index) for index, body in enumerate(messages) if isinstance(body, Mapping) for flaw in found(body)
    ]


def _alone(message: Mapping[str, Any]) -> Iterator[Flaw]:
    given = message.get("substitution") if message.get("type") == "textV2" else None
    for name, one in given.items() if isinstance(given, Mapping) else ():
        if isinstance(one, Mapping) and one.get("type") == "mention":
            reason = "a mention works in groups and rooms only"
            yield Flaw(("substitution", name, "type"), reason, is_refused=False)


def _together(message: Mapping[str, Any]) -> Iterator[Flaw]:
    if message.get("type") == "video" and message.get("trackingId") is not None:
        reason = "no videoPlayComplete event comes from groups and rooms"
        yield Flaw(("trackingId",), reason, is_key=True, is_refused=False)
