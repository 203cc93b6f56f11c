"""Be a plugin with a small classifier that needs no package: for tests, and as a model for authors of real ones.

It knows a text by its pairs of characters: good enough to tell sentences apart that share few words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..hooks import hookimpl
from ..plugins.classifiers import IntentClassifier, IntentModel, Lesson, Question, Report, Score, Trial
from ..routing.matching.folding import fold

ALIKE = 0.5
LEAST = 0.2
"""Below this no text has an intent, however few examples there were to learn from."""


class BigramModel:
    """Score a text by the example that shares the most pairs of characters with it."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self._examples = {
            lesson.intent: [[_pairs(form) for form in forms] for forms in lesson.examples] for lesson in lessons
        }
        self.trials = tuple(self._tried())

    def threshold(self, share: float) -> float:
        """Return the confidence that all but *share* of the right guesses exceed."""
        right = sorted(trial.guess.confidence for trial in self.trials if trial.guess.intent == trial.intent)
        return max(LEAST, right[int(share * len(right))] * 0.999) if right else LEAST

    def classify(self, questions: Sequence[Question]) -> Sequence[Sequence[Score]]:
        """Return for each question the intents that may be meant, best first."""
        return [self._scores(_pairs(question.text), question.excluded, None) for question in questions]

    def _scores(
        self, pairs: frozenset[str], excluded: frozenset[str], unseen: tuple[str, int] | None
    ) -> Sequence[Score]:
        alike = {
            intent: max(
                (likeness for number, likeness in self._alike(intent, pairs) if (intent, number) != unseen), default=0.0
            )
            for intent in self._examples
            if intent not in excluded
        }
        whole = sum(alike.values()) or 1.0
        scores = [Score(intent, likeness / whole, likeness) for intent, likeness in alike.items()]
        return sorted(scores, key=lambda score: -score.confidence)

    def _alike(self, intent: str, pairs: frozenset[str]) -> Iterator[tuple[int, float]]:
        """Yield the number of each example of *intent*, and how like *pairs* it is."""
        for number, forms in enumerate(self._examples[intent]):
            yield number, max(_likeness(pairs, form) for form in forms)

    def _tried(self) -> Iterator[Trial]:
        for intent, examples in self._examples.items():
            for number, forms in enumerate(examples):
                guess = self._scores(forms[0], frozenset(), (intent, number))[0]
                others = [
                    pair for pair in self._alike(guess.intent, forms[0]) if (guess.intent, pair[0]) != (intent, number)
                ]
                near = max(others, key=lambda pair: pair[1], default=(number, 0.0))[0]
                yield Trial(intent, number, guess, near)


class BigramClassifier:
    """Learn by keeping the examples."""

    def train(self, lessons: Sequence[Lesson], cache: Path | None, report: Report) -> IntentModel:
        """Return a model of *lessons*; nothing is cached."""
        report(1.0)
        return BigramModel(lessons)

    def ensure_installed(self) -> None:
        """Need no package."""

    def close(self) -> None:
        """Hold nothing."""

    def group(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return *texts*, by their numbers, in groups of those that are alike."""
        groups: list[list[int]] = []
        pairs = [_pairs(text) for text in texts]
        for number, own in enumerate(pairs):
            near = next((group for group in groups if _likeness(own, pairs[group[0]]) >= ALIKE), None)
            if near is None:
                groups.append([number])
            else:
                near.append(number)
        return sorted(groups, key=len, reverse=True)


@hookimpl
def hookline_classifiers() -> Mapping[str, IntentClassifier]:
    """Register the classifier."""
    return {"bigrams": BigramClassifier()}


def _pairs(text: str) -> frozenset[str]:
    folded = f" {fold(text).strip()} "
    return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
