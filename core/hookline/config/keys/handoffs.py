"""Say which keys a hand-off to people has, and what they take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .words import Duration, Spec, Wordings, Words


class EndsSpec(Spec):
    """Say when a hand-off ends."""

    words: Annotated[Words, Field(description="Whoever says one is with the bot again.")] = []
    idle: Annotated[Duration, Field(description="So long after the last message, as in 30m.")] = 1_800.0
    at_most: Annotated[Duration, Field(description="At the latest after so long, as in 8h.")] = 28_800.0


class HandoffSpec(Spec):
    """Say how a chat is handed over to people."""

    tell: Annotated[Words, Field(description="Ids, or lists.NAME, of those who are told.")] = []
    reply: Annotated[Wordings | None, Field(description="Said when it begins; default: hookline's own words.")] = None
    back: Annotated[Wordings | None, Field(description="Said when it ends; default: hookline's own words.")] = None
    ends: Annotated[EndsSpec, Field(description="When it ends.")] = EndsSpec()
