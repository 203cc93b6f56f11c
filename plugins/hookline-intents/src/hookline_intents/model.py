"""Hold what was learned, and score texts with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hookline import Question, Score, Trial

from .arrays import Floats, Ints, softmax, unit
from .encoders import Encoder
from .grams import Counted, GramSpace, count
from .texts import normalised

NEAREST = 3
FEW = 20
"""With fewer right trials than this no threshold can be told from them."""
USUAL_THRESHOLD = 0.15


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold the arrays of one model.

    ``means`` are those of the examples' vectors, one for each encoder, ``vectors`` the examples' themselves (centred,
    of length 1; the n-grams' when there is no encoder), ``owners`` their intents, and ``head`` the weights. ``count``
    is the number of intents; a class more stands for texts that have none.
    """

    means: tuple[Floats, ...]
    vectors: tuple[Floats, ...]
    owners: Ints
    space: GramSpace
    gram_weight: float
    head: Floats
    count: int

    def judge(
        self, vectors: Sequence[Floats], grams: Sequence[Counted], excluded: Sequence[Sequence[int]] = ()
    ) -> tuple[Floats, Floats]:
        """Return the probability of each intent for each text, and the confidence in it: two of ``[texts, intents]``.

        *excluded* are for each text the intents that can't be meant. Confidence in the best is high when the
        probability is all in one place and there are examples near; the others' are in proportion.
        """
        centred = [unit(rows - mean) for rows, mean in zip(vectors, self.means, strict=True)]
        hashed = self.space.vectors(grams)
        features = np.hstack([*centred, np.float32(self.gram_weight) * hashed])
        scores = features @ self.head[:-1] + self.head[-1]
        for row, numbers in zip(scores, excluded, strict=False):
            row[list(numbers)] = -np.inf
        shares = softmax(scores)
        doubt = -(shares * np.log(shares + 1e-12)).sum(axis=1) / np.log(max(2, shares.shape[1]))
        probabilities = shares[:, : self.count]
        best = probabilities.argmax(axis=1)
        sure = np.maximum(1 - doubt, 0) * np.sqrt(np.maximum(self._nearness(centred or [hashed], best), 1e-3))
        highest = np.maximum(probabilities.max(axis=1, keepdims=True), 1e-12)
        return probabilities, np.clip(sure[:, None] * probabilities / highest, 0.0, 1.0)

    def _nearness(self, texts: Sequence[Floats], intents: Ints) -> Floats:
        """Return the mean cosine of each text to the three nearest examples of its own one of *intents*."""
        near = np.zeros(len(intents), np.float32)
        for intent in np.unique(intents):
            asked, own = np.flatnonzero(intents == intent), self.owners == intent
            for rows, examples in zip(texts, self.vectors, strict=True):
                alike = np.sort(rows[asked] @ examples[own].T, axis=1)[:, -NEAREST:]
                near[asked] += alike.mean(axis=1) / len(texts)
        return near


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
        if len(self._right) < FEW:
            return USUAL_THRESHOLD
        return float(np.quantile(self._right, share))

    def classify(self, questions: Sequence[Question]) -> Sequence[Sequence[Score]]:
        """Return for each question the intents that may be meant, best first."""
        texts = [normalised(question.text) for question in questions]
        vectors = [encoder.encode(texts) for encoder in self._encoders]
        numbers = [
            [self._numbers[name] for name in question.excluded if name in self._numbers] for question in questions
        ]
        probabilities, confidences = self._fitted.judge(vectors, [count(text) for text in texts], numbers)
        return [
            self._scores(question, *row)
            for question, row in zip(questions, zip(probabilities, confidences, strict=True), strict=True)
        ]

    def arrays(self) -> Mapping[str, Any]:
        """Return all of it as arrays, to be kept."""
        fitted, space = self._fitted, self._fitted.space
        number = self._numbers
        trials = [
            (number[t.intent], t.example, number[t.guess.intent], t.guess.probability, t.guess.confidence, t.near)
            for t in self.trials
        ]
        return {
            "owners": fitted.owners,
            "head": fitted.head,
            "known": space.known,
            "rarity": space.rarity,
            "numbers": np.array([space.buckets, fitted.gram_weight, fitted.count], np.float64),
            "trials": np.array(trials, np.float64).reshape(-1, 6),
            **{f"mean{at}": mean for at, mean in enumerate(fitted.means)},
            **{f"vectors{at}": rows for at, rows in enumerate(fitted.vectors)},
        }

    @classmethod
    def from_arrays(cls, intents: Sequence[str], encoders: Sequence[Encoder], arrays: Mapping[str, Any]) -> VectorModel:
        """Return what :meth:`arrays` was made of; raises KeyError or ValueError when they are not such arrays."""
        buckets, gram_weight, count_ = (float(number) for number in arrays["numbers"])
        fitted = Fitted(
            means=tuple(arrays[f"mean{at}"] for at in range(len(encoders))),
            vectors=tuple(arrays[f"vectors{at}"] for at in range(max(1, len(encoders)))),
            owners=arrays["owners"],
            space=GramSpace(arrays["known"], arrays["rarity"], int(buckets)),
            gram_weight=gram_weight,
            head=arrays["head"],
            count=int(count_),
        )
        trials = [
            Trial(intents[int(of)], int(at), Score(intents[int(guess)], float(share), float(sure)), int(near))
            for of, at, guess, share, sure, near in arrays["trials"]
        ]
        if fitted.count != len(intents) or not np.isfinite(fitted.head).all():
            raise ValueError("these arrays belong to other intents")
        return cls(intents, encoders, fitted, trials)

    def _scores(self, question: Question, probabilities: Floats, confidences: Floats) -> Sequence[Score]:
        order = np.argsort(-probabilities, kind="stable")
        return [
            Score(self._intents[at], float(probabilities[at]), float(confidences[at]))
            for at in order
            if self._intents[at] not in question.excluded
        ]
