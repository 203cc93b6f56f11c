"""Hold what a text was understood to mean: what routes with ``intent:`` and ``unsure:`` look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..plugins.classifiers import Score


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold an intent as people are asked about it: its ``label``, and an ``example`` that surely has it."""

    intent: str
    label: str
    example: str


@dataclass(frozen=True, slots=True)
class Understood:
    """Say which intent a text has, if any, and how that was found.

    ``scores`` are the best first; ``threshold`` is what the best had to exceed. ``doubt`` are the two candidates when
    it is better to ask back; ``intent`` is None then. ``entities`` are those of the intent, by name, typed; ``shown``
    are the same as replies show them. ``how`` says it in words, for people who want to know why; ``is_certain`` that
    nothing had to be guessed.
    """

    intent: str | None = None
    scores: Sequence[Score] = ()
    threshold: float = 0.0
    doubt: tuple[Candidate, Candidate] | None = None
    entities: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    how: str = ""
    is_certain: bool = False

    @property
    def score(self) -> float:
        """Return the confidence in the best; 1 when nothing had to be guessed."""
        return self.scores[0].confidence if self.scores else 0.0

    @property
    def runner_up(self) -> str | None:
        """Return the second best intent, if there is one."""
        return self.scores[1].intent if len(self.scores) > 1 else None

    def captures(self) -> Mapping[str, str]:
        """Return what a route that asked for the meaning offers as ``{match.…}``."""
        captures = {"score": f"{self.score:.2f}", "runner_up": self.runner_up or "", **self.shown}
        if self.intent is not None:
            captures["intent"] = self.intent
        for number, candidate in zip(("first", "second"), self.doubt or (), strict=False):
            captures[number] = candidate.label
            captures[f"{number}_intent"] = candidate.intent
            captures[f"{number}_example"] = candidate.example
        return captures
