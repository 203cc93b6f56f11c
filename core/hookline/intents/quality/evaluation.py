"""Measure a classifier on texts whose intents are known, and on texts that have none."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...plugins.classifiers import IntentModel, Lesson, Question, Score

TIMED = 200
"""So many texts are timed, one by one."""
BATCH = 256


@dataclass(frozen=True, slots=True)
class Labelled:
    """Hold a text and the intent that it has."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what a model made of a text; ``intent`` is empty for one that has none of the intents."""

    intent: str
    guess: str
    confidence: float

    def is_understood(self, threshold: float) -> bool:
        """Say whether it is rightly believed above *threshold*."""
        return self.guess == self.intent and self.confidence > threshold


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold how a model fared: on texts of its intents, on others, and how long one takes (milliseconds)."""

    tested: Sequence[Outcome]
    others: Sequence[Outcome]
    threshold: float
    milliseconds: Sequence[float]

    @property
    def accuracy(self) -> float:
        """Return the share of texts whose best guess is right, whatever the confidence."""
        return _share([outcome.guess == outcome.intent for outcome in self.tested])

    @property
    def in_scope(self) -> float:
        """Return the share of texts that are rightly believed."""
        return self.in_scope_above(self.threshold)

    @property
    def oos_recall(self) -> float | None:
        """Return the share of the other texts that are not believed to have an intent; None without any."""
        return self.oos_recall_above(self.threshold) if self.others else None

    def in_scope_above(self, threshold: float) -> float:
        """Return the share of texts that would be rightly believed above *threshold*."""
        return _share([outcome.is_understood(threshold) for outcome in self.tested])

    def oos_recall_above(self, threshold: float) -> float:
        """Return the share of the other texts that would not be believed above *threshold*."""
        return _share([outcome.confidence <= threshold for outcome in self.others])

    def rejected_above(self, threshold: float) -> float:
        """Return the share of texts with an intent that would not be believed above *threshold*."""
        return _share([outcome.confidence <= threshold for outcome in self.tested])

    def thresholds(self) -> list[float]:
        """Return the thresholds at which something changes, a hundred at most."""
        values = sorted({0.0, *(outcome.confidence for outcome in (*self.tested, *self.others))})
        step = max(1, len(values) // 100)
        return [*values[::step], 1.0]

    def median(self) -> float:
        """Return the milliseconds that one text takes, typically."""
        return self._quantile(0.5)

    def slowest(self) -> float:
        """Return the milliseconds within which 99 of 100 texts are done."""
        return self._quantile(0.99)

    def _quantile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def lessons_of(texts: Sequence[Labelled], *, with_names: bool) -> list[Lesson]:
    """Return what is to be learned from *texts*."""
    examples: dict[str, list[Sequence[str]]] = {}
    for text in texts:
        examples.setdefault(text.intent, []).append((text.text,))
    return [Lesson(intent, intent if with_names else "", forms) for intent, forms in examples.items()]


def evaluate(model: IntentModel, tests: Sequence[Labelled], others: Sequence[str], threshold: float) -> Evaluation:
    """Return how *model* fares on *tests*, and on *others*, which have none of its intents."""
    return Evaluation(
        tested=[
            Outcome(test.intent, guess.intent, guess.confidence)
            for test, guess in zip(tests, _guesses(model, [test.text for test in tests]), strict=True)
        ],
        others=[Outcome("", guess.intent, guess.confidence) for guess in _guesses(model, others)],
        threshold=threshold,
        milliseconds=_timed(model, [test.text for test in tests[:TIMED]]),
    )


def accuracy_by_intent(evaluation: Evaluation) -> Mapping[str, tuple[int, int]]:
    """Return of each intent how many texts were right, of how many."""
    found: dict[str, tuple[int, int]] = {}
    for outcome in evaluation.tested:
        right, tried = found.get(outcome.intent, (0, 0))
        found[outcome.intent] = (right + (outcome.guess == outcome.intent), tried + 1)
    return found


def _guesses(model: IntentModel, texts: Sequence[str]) -> list[Score]:
    none = Score("", 0.0, 0.0)
    guesses: list[Score] = []
    for start in range(0, len(texts), BATCH):
        answers = model.classify([Question(text) for text in texts[start : start + BATCH]])
        guesses += [scores[0] if scores else none for scores in answers]
    return guesses


def _timed(model: IntentModel, texts: Sequence[str]) -> list[float]:
    taken = []
    for text in texts:
        begun_at = time.perf_counter()
        model.classify([Question(text)])
        taken.append((time.perf_counter() - begun_at) * 1000)
    return taken


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
