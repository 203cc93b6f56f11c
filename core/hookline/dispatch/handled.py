"""Hold what a handler leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..messages import Push
from ..plugins.putting_off import Beginning, PutOff


@dataclass(frozen=True, slots=True)
class Handled:
    """Hold all that a handler leaves behind: what it answers, and what it has changed of what is kept.

    That is the state, as JSON text, and what is kept of the person; each None where it is as it was. ``laters`` are
    what it has put off, and the names of what it has taken back, in order; ``beginning`` is the flow that is to begin,
    ``handed`` why people are to get the chat.
    """

    answer: Any
    pushes: Sequence[Push]
    state: str | None
    person: Mapping[str, Any] | None
    laters: Sequence[PutOff | str]
    beginning: Beginning | None
    handed: str | None
