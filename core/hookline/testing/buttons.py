"""Know which buttons somebody has before them: those of what was sent to their chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..adapters.simulated import Button, Sent, SimulatedPlatform


def sent_to(platform: SimulatedPlatform, user: str, group: str | None, since: int = 0) -> Sequence[Sent]:
    """Return what was sent to the chat of *user* or *group*, the last first; to anybody, where nothing was.

    What *platform* had sent before the number *since* counts for nothing.
    """
    chat = platform.id_of(user) if group is None else None
    sent = [one for one in reversed(platform.sent[since:]) if one.messages]
    return [one for one in sent if chat is None or one.to == chat] or sent


def buttons_of(platform: SimulatedPlatform, messages: Sequence[Mapping[str, Any]]) -> list[Button]:
    """Return what can be tapped in *messages*, in its order."""
    return [button for message in messages for button in platform.draw(message).buttons]
