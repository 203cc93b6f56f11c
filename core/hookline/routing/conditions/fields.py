"""Ask what an event says: in a field that has a name, or at a path of the platform's own object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ...events import Event
from ..matching.folding import fold
from ..matching.scripts import merged
from ..templates import as_text
from .condition import Condition, Facts, Situation

MAX_SHOWN = 80
_NUMBER = re.compile(r"[+-]?(\d+|\d*\.\d+|\d+\.)([eE][+-]?\d{1,3})?", re.ASCII)
MAX_DIGITS = 300


def number_of(written: str) -> int | float | None:
    """Return the number that *written* is; None when it is none."""
    if len(written) > MAX_DIGITS or not _NUMBER.fullmatch(written.strip()):
        return None
    return int(written) if written.strip().lstrip("+-").isdigit() else float(written)


@dataclass(frozen=True, slots=True)
class Says(Condition):
    """Ask that the event says one of ``values`` under ``name``, which ``read`` takes from it.

    Values are as they were written: what the event has decides how they are compared. Texts are as
    keywords are, however a keyboard wrote them; numbers by what they are worth; of a list one item is enough.
    """

    name: str
    values: tuple[str, ...]
    read: Callable[[Event], object]
    _texts: frozenset[str] = field(init=False, repr=False, compare=False)
    _numbers: frozenset[int | float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = (number_of(value) for value in self.values)
        object.__setattr__(self, "_texts", frozenset(_folded(value) for value in self.values))
        object.__setattr__(self, "_numbers", frozenset(number for number in numbers if number is not None))

    def failure(self, situation: Situation) -> str | None:
        """Return what the event says, if it is something else."""
        given = self.read(situation.event)
        if any(map(self._fits, given if isinstance(given, list) else [given])):
            return None
        said = as_text(given)
        shown = f"{said[:MAX_SHOWN]}…" if len(said) > MAX_SHOWN else said
        return f"when.event.{self.name} is {', '.join(self.values)}, the event's is {shown or 'missing'}"

    def terms(self) -> Iterable[str]:
        """Return the name and the values."""
        return [f"event {self.name}={', '.join(self.values)}"]

    def facts(self) -> Facts:
        """Return what will do. An event may say several of it; who takes each of them takes all the same."""
        return {("event", self.name): self._texts}

    def _fits(self, given: object) -> bool:
        if isinstance(given, bool):
            return ("true" if given else "false") in self._texts
        if isinstance(given, str):
            return _folded(given) in self._texts
        return isinstance(given, int | float) and given in self._numbers


@dataclass(frozen=True, slots=True)
class Standby(Condition):
    """Ask that another has the chat, so that the bot only listens."""

    def failure(self, situation: Situation) -> str | None:
        """Say that the bot has the chat."""
        return None if situation.event.is_standby else "when.standby is true, the event isn't in standby"

    def terms(self) -> Iterable[str]:
        """Return what was written."""
        return ["standby true"]

    def facts(self) -> Facts:
        """Return nothing: every route asks, most of them for the contrary."""
        return {}


class Handed(Condition):
    """Ask that people have the chat, so that no other route answers."""

    def failure(self, situation: Situation) -> str | None:
        """Say that the bot has the chat."""
        return None if situation.past.is_handed else "when.handoff is true, the chat isn't handed over"

    def terms(self) -> Iterable[str]:
        """Return what was written."""
        return ["handoff true"]

    def facts(self) -> Facts:
        """Return nothing: every route asks, most of them for the contrary."""
        return {}


def _folded(text: str) -> str:
    return merged(fold(text))
