"""Hold the intents of a bot, as they were declared and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from ..plugins.classifiers import IntentClassifier, Lesson
from ..routing.matching.folding import clean, fold
from ..routing.matching.scripts import common, simplified
from ..routing.matching.text import MatchText
from .entities.entities import PLACEHOLDER, Entity
from .sentences import Sentence

Level = Literal["lenient", "default", "strict"]

SHARES: Mapping[Level, float] = {"lenient": 0.04, "default": 0.08, "strict": 0.12}
"""How much of what is right each level gives up so that what is none of the intents is told apart."""

MAX_FORMS = 3
"""So many sentences an example with entities becomes: each with other values."""

_ENDS = " \t\n.,!?~;:。、，！？～…；："


@dataclass(frozen=True, slots=True)
class Example:
    """Hold one example sentence and its ``file:line:column``."""

    text: str
    place: str = ""


@dataclass(frozen=True)
class Intent:
    """Hold one named meaning. ``name`` has the pack in front when it comes from one; ``label`` is for people.

    ``needed`` are entities that every example mentions: a text without them can't have this intent.
    """

    name: str
    label: str
    examples: tuple[Example, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    entities: Mapping[str, Entity] = field(default_factory=dict)
    threshold: float | Level | None = None
    place: str = ""

    @property
    def needed(self) -> frozenset[str]:
        """Return the entities without which a text can't have this intent, as far as its examples show."""
        if not self.examples:
            return frozenset()
        always = frozenset.intersection(*(frozenset(names_in(example.text)) for example in self.examples))
        return frozenset(name for name in always if self.entities[name].is_needed)

    def lesson(self) -> Lesson:
        """Return what a classifier is to learn of it, written as the texts will be that it is asked about."""
        return Lesson(self.name, self.label, [tuple(map(clean, texts)) for texts in self.wordings()])

    def wordings(self) -> list[tuple[str, ...]]:
        """Return for each example the sentences that it stands for."""
        return [wordings_of(example.text, self.entities, at) for at, example in enumerate(self.examples)]


@dataclass(frozen=True, slots=True)
class Intents:
    """Hold all intents of a bot and how they are told apart.

    ``classifier`` is None when none has examples. With ``asks_back`` there is an ``unsure:`` route.
    """

    intents: Sequence[Intent] = ()
    classifier: IntentClassifier | None = None
    threshold: float | Level = "default"
    timezone: str = "UTC"
    asks_back: bool = False

    def lessons(self) -> list[Lesson]:
        """Return what a classifier is to learn."""
        return [intent.lesson() for intent in self.intents if intent.examples]


def names_in(example: str) -> list[str]:
    """Return the names of the entities that an example mentions."""
    return [found[1] for found in PLACEHOLDER.finditer(example)]


def wordings_of(example: str, entities: Mapping[str, Entity], start: int = 0) -> tuple[str, ...]:
    """Return *example* with values in the place of its entities: up to three sentences, or just itself.

    *start* says which values: so that the examples of an intent together show all of them.
    """
    names = names_in(example)
    if not names:
        return (example,)
    samples = {name: entities[name].samples(PLACEHOLDER.sub("", example)) for name in names}
    count = min(MAX_FORMS, max(len(values) for values in samples.values()))
    return tuple(PLACEHOLDER.sub(partial(_sample, samples, number), example) for number in range(start, start + count))


def key_of(text: str) -> str:
    """Return what texts have in common that are the same word for word, whatever their case, script and ends."""
    folded = fold(text)
    return simplified(common(folded.strip(_ENDS) or folded))


def has_words(text: MatchText) -> bool:
    """Say whether there is a letter or a digit in *text*: else there is nothing to understand."""
    return any(character.isalnum() for character in text.folded)


def _sample(samples: Mapping[str, Sequence[str]], number: int, found: re.Match[str]) -> str:
    values = samples[found[1]]
    return values[number % len(values)]
