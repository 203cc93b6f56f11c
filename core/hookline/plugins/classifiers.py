"""Say what a plugin must offer to tell intents apart; hookline decides what follows from the scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Report = Callable[[float], None]
"""Take how much of a training is done, from 0 to 1; it may be called from any thread."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Teach one intent.

    ``title`` is its name in words, or empty when the name may not be used. Each of ``examples`` is one sentence in its
    forms: an example with an entity has one for each of a few values. A classifier that tests itself must keep the
    forms of one example together.
    """

    intent: str
    title: str
    examples: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """Ask which intent *text* has; ``excluded`` are those that it can't have."""

    text: str
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Score:
    """Say how well an intent fits.

    ``probability`` is its share among the intents that may be meant; ``confidence`` (0 to 1) says besides whether the
    text is like any of its examples at all, and is what thresholds are about.
    """

    intent: str
    probability: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Say what a model that had not seen it made of an example: the number ``example`` of its ``intent``.

    ``near`` is the number of the guessed intent's example that is most like it.
    """

    intent: str
    example: int
    guess: Score
    near: int


class IntentModel(Protocol):
    """Be what was learned from the lessons of one bot. Its methods run in a thread, never on the event loop."""

    @property
    def trials(self) -> Sequence[Trial]:
        """Return how the examples fared in cross-validation."""

    def threshold(self, share: float) -> float:
        """Return the confidence that all but *share* (0 to 1) of what the model gets right exceeds."""

    def classify(self, questions: Sequence[Question]) -> Sequence[Sequence[Score]]:
        """Return for each question the intents that may be meant, best first; never raises for any text."""


class IntentClassifier(Protocol):
    """Learn intents from examples. One instance serves all bots of a host; its methods run in a thread."""

    def train(self, lessons: Sequence[Lesson], cache: Path | None, report: Report) -> IntentModel:
        """Return a model of *lessons*, from the folder *cache* when it was made before."""

    def ensure_installed(self) -> None:
        """Raise MissingExtraError when a package that it needs isn't installed; imports and loads nothing."""

    def group(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return *texts*, by their numbers, in groups of those that are alike; largest first."""

    def close(self) -> None:
        """Let go of what it holds, as a host does at its end; whoever asks again makes it begin anew."""
