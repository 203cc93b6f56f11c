"""Hold what was learned, and score texts with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hookline import Question, Score, Trial

from .arrays import Floats, softmax, unit
from .encoders import Encoder
from .grams import Counted, GramSpace, count
from .texts import normalised

USUAL, USUAL_WEIGHT = 0.2, 8
"""The threshold without any trials, and how many trials it counts for beside them: few ones say little."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold the arrays of one model.

    ``means`` are those of the examples' vectors, one for each encoder; ``head`` are the weights ``[features + 1,
    intents + 1]``, whose last class stands for texts that have none of the intents.
    """

    means: tuple[Floats, ...]
    space: GramSpace
    gram_weight: float
    head: Floats

    def judge(
        self, vectors: Sequence[Floats], grams: Sequence[Counted], excluded: Sequence[Sequence[int]] = ()
    ) -> Floats:
        """Return the probability of each intent for each text; what is missing to 1 is that it has none of them.

        *excluded* are for each text the intents that can't be meant.
        """
        centred = [unit(rows - mean) for rows, mean in zip(vectors, self.means, strict=True)]
        features = np.hstack([*centred, np.float32(self.gram_weight) * self.space.vectors(grams)])
        scores = features @ self.head[:-1] + self.head[-1]
        for row, numbers in zip(scores, excluded, strict=False):
            row[list(numbers)] = -np.inf
        return softmax(scores)[:, :-1]


class VectorModel:
    """Be the model of one bot's intents."""

    def __init__(
        self, intents: Sequence[str], encoders: Sequence[Encoder], fitted: Fitted, trials: Sequence[Trial]
    ) -> None:
        self._intents = tuple(intents)
        self._numbers = {intent: number for number, intent in enumerate(intents)}
        self._encoders = encoders
        self._fitted = fitted
        self.trials = tuple(trials)
        self._right = sorted(trial.guess.confidence for trial in trials if trial.guess.intent == trial.intent)

    def threshold(self, share: float) -> float:
        """Return the confidence that all but *share* of the right trials exceed."""
        if not self._right:
            return USUAL
        own, weight = float(np.quantile(self._right, share)), len(self._right)
        return (own * weight + USUAL * USUAL_WEIGHT) / (weight + USUAL_WEIGHT)

    def classify(self, questions: Sequence[Question]) -> Sequence[Sequence[Score]]:
        """Return for each question the intents that may be meant, best first."""
        texts = [normalised(question.text) for question in questions]
        vectors = [encoder.encode(texts) for encoder in self._encoders]
        numbers = [
            [self._numbers[name] for name in question.excluded if name in self._numbers] for question in questions
        ]
        judged = self._fitted.judge(vectors, [count(text) for text in texts], numbers)
        return [self._scores(question, row) for question, row in zip(questions, judged, strict=True)]

    def arrays(self) -> Mapping[str, Any]:
        """Return all of it as arrays, to be kept."""
        fitted, space = self._fitted, self._fitted.space
        number = self._numbers
        trials = [
            (number[t.intent], t.example, number[t.guess.intent], t.guess.probability, t.guess.confidence, t.near)
            for t in self.trials
        ]
        return {
            "head": fitted.head,
            "known": space.known,
            "rarity": space.rarity,
            "numbers": np.array([space.buckets, fitted.gram_weight], np.float64),
            "trials": np.array(trials, np.float64).reshape(-1, 6),
            **{f"mean{at}": mean for at, mean in enumerate(fitted.means)},
        }

    @classmethod
    def from_arrays(cls, intents: Sequence[str], encoders: Sequence[Encoder], arrays: Mapping[str, Any]) -> VectorModel:
        """Return what :meth:`arrays` was made of; raises KeyError or ValueError when they are not such arrays."""
        buckets, gram_weight = (float(number) for number in arrays["numbers"])
        space = GramSpace(arrays["known"], arrays["rarity"], int(buckets))
        means = tuple(arrays[f"mean{at}"] for at in range(len(encoders)))
        head = arrays["head"]
        trials = [
            Trial(intents[int(of)], int(at), Score(intents[int(guess)], float(share), float(sure)), int(near))
            for of, at, guess, share, sure, near in arrays["trials"]
        ]
        features = sum(encoder.size for encoder in encoders) + space.buckets
        is_whole = head.shape == (features + 1, len(intents) + 1) and len(space.known) == len(space.rarity) > 0
        if not (is_whole and np.isfinite(head).all()):
            raise ValueError("these arrays belong to another model")
        return cls(intents, encoders, Fitted(means, space, gram_weight, head), trials)

    def _scores(self, question: Question, judged: Floats) -> Sequence[Score]:
        meant = max(float(judged.sum()), 1e-9)
        return [
            Score(self._intents[at], float(judged[at]) / meant, float(judged[at]))
            for at in np.argsort(-judged, kind="stable").tolist()
            if self._intents[at] not in question.excluded
        ]
