"""Hold what came of one event: what was answered, and why nothing was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..events import Event
from ..messages import text_of
from ..telling.phrases import named

__all__ = ["Exchange", "HandlerFailure", "Texts", "text_of"]


@dataclass(frozen=True, slots=True)
class HandlerFailure:
    """Say why an event was given up: what its last run has raised.

    ``type`` is the exception's, ``message`` its text. ``handler`` is the one that ran, as ``PLUGIN.NAME``; ``where`` is
    the plugin's own ``file:line`` which the exception has passed last, or in which the handler begins. Both are None
    when no handler ran. ``traceback`` leaves hookline's own lines out.
    """

    type: str
    message: str
    handler: str | None
    where: str | None
    traceback: str

    def __str__(self) -> str:
        """Return it in a line."""
        what = f"{self.type}: {self.message}" if self.message else self.type
        return what if self.where is None else f"{what} at {named(Path(self.where))}"


class Texts(list[str]):
    """Be texts that know why there are no others, so that a failed ``assert`` can tell (:mod:`.pytest_plugin`)."""

    def __init__(self, texts: Iterable[str], error: HandlerFailure | None) -> None:
        super().__init__(texts)
        self.error = error


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """Hold one event and all that it led to.

    ``event`` is the platform's raw object, ``happened`` what the bot read in it: None where it read nothing.
    ``response`` is what the webhook was answered. ``status`` is the webhook's, 0 where it wasn't answered in time.
    ``messages`` went to the event's own conversation, ``via`` the way of this name; ``pushed`` went to others.
    ``failures`` are the deliveries that the platform didn't take. ``error`` is why the event was given up, None when it
    was not: a run that failed and went well when it was made again leaves none.
    """

    event: Mapping[str, Any]
    status: int
    route: str | None
    outcome: str | None
    messages: Sequence[Mapping[str, Any]]
    via: str | None
    pushed: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]
    failures: Sequence[str]
    error: HandlerFailure | None = None
    happened: Event | None = None
    response: bytes = b""

    @property
    def texts(self) -> list[str]:
        """Return the text of each message: what it says, or its altText or caption."""
        return Texts(map(text_of, self.messages), self.error)

    def __repr__(self) -> str:
        """Return what a failed ``assert`` should show: why there is no answer comes first."""
        facts: dict[str, object] = {
            "error": self.error and str(self.error),
            "failures": self.failures,
            "status": None if self.status == 200 else self.status,
            "outcome": self.outcome,
            "route": self.route,
            "texts": self.texts,
            "via": self.via,
            "pushed": self.pushed,
        }
        return f"Exchange({', '.join(f'{name}={value!r}' for name, value in facts.items() if value or value == 0)})"
