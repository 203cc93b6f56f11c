"""Hold what a route does: it answers, lets a plugin's handler answer, or begins a flow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from .templates import MessageTemplate
from .wordings import Wording


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer with the messages written in the YAML, or with one of several such ``choices``."""

    choices: tuple[Wording, ...]

    @property
    def messages(self) -> Iterator[tuple[MessageTemplate, ...]]:
        """Yield all that it may answer, in any language."""
        return (messages for wording in self.choices for messages in wording.each.values())

    def chosen(self, event_id: str) -> Wording:
        """Return the messages for the event *event_id*, the same ones whenever and wherever it is run again.

        Ids are random already; their hash spreads them evenly over the choices.
        """
        if len(self.choices) == 1:
            return self.choices[0]
        digest = hashlib.sha256(event_id.encode("utf-8", "surrogatepass")).digest()
        return self.choices[int.from_bytes(digest[:8]) % len(self.choices)]


@dataclass(frozen=True, slots=True)
class Handle:
    """Let a plugin's handler answer: ``run:``."""

    plugin: str
    handler: str


@dataclass(frozen=True, slots=True)
class BeginFlow:
    """Begin a flow: ``begin:``."""

    flow: str


Action = Respond | Handle | BeginFlow
