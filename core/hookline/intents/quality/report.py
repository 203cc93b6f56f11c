"""Say how well intents are told apart: by what a model made of examples that it had not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...plugins.classifiers import IntentModel, Trial
from ..intent import Example, Intent, Intents
from ..reader import Reader


@dataclass(frozen=True, slots=True)
class Standing:
    """Say how one intent fares: of its ``tried`` examples ``right`` were recognised, ``believed`` surely enough."""

    intent: Intent
    tried: int
    right: int
    believed: int
    threshold: float

    @property
    def accuracy(self) -> float:
        """Return the share that was recognised; 1 when nothing was tried."""
        return self.right / self.tried if self.tried else 1.0


@dataclass(frozen=True, slots=True)
class Confusion:
    """Say that ``example`` of ``intent`` was taken for ``guess``, whose example ``near`` is most like it."""

    intent: str
    guess: str
    example: Example
    near: Example
    confidence: float
    is_believed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Hold how all intents of a bot fare."""

    standings: Sequence[Standing]
    confusions: Sequence[Confusion]

    @property
    def accuracy(self) -> float:
        """Return the share of all examples that was recognised."""
        tried = sum(standing.tried for standing in self.standings)
        return sum(standing.right for standing in self.standings) / tried if tried else 1.0

    @property
    def pairs(self) -> Sequence[tuple[str, str, Sequence[Confusion]]]:
        """Return which intents are taken for which, with the examples; the worst first."""
        found: dict[tuple[str, str], list[Confusion]] = {}
        for confusion in self.confusions:
            found.setdefault((confusion.intent, confusion.guess), []).append(confusion)
        worst = sorted(found.items(), key=lambda item: (-len(item[1]), -max(c.confidence for c in item[1])))
        return [(*pair, sorted(confusions, key=lambda c: -c.confidence)) for pair, confusions in worst]


def report_on(intents: Intents, reader: Reader) -> Report:
    """Return how *intents* fare with the model that *reader* has."""
    model = reader.model
    trials: Mapping[str, Sequence[Trial]] = _by_intent(model) if model is not None else {}
    return Report(
        [_standing(intent, trials.get(intent.name, ()), reader) for intent in intents.intents],
        list(_confusions(intents, trials, reader)),
    )


def _by_intent(model: IntentModel) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for trial in model.trials:
        found.setdefault(trial.intent, []).append(trial)
    return found


def _standing(intent: Intent, trials: Sequence[Trial], reader: Reader) -> Standing:
    right = [trial for trial in trials if trial.guess.intent == intent.name]
    bound = reader.bounds_of(intent.name).sure
    return Standing(intent, len(trials), len(right), sum(t.guess.confidence > bound for t in right), bound)


def _confusions(intents: Intents, trials: Mapping[str, Sequence[Trial]], reader: Reader) -> Iterator[Confusion]:
    examples = {intent.name: intent.examples for intent in intents.intents}
    for intent, tried in trials.items():
        for trial in tried:
            guess = trial.guess
            if guess.intent != intent:
                is_believed = guess.confidence > reader.bounds_of(guess.intent).sure
                example, near = examples[intent][trial.example], examples[guess.intent][trial.near]
                yield Confusion(intent, guess.intent, example, near, guess.confidence, is_believed)
