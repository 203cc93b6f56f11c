"""Learn a model from lessons: the recipe.

Vectors of sentences (of one or two encoders, or none) and of character n-grams stand side by side; one softmax
regression tells the intents apart, and from sentences that have no intent. An intent's name counts as one more example
of it where it is near its own examples (an unguarded name that says nothing would do harm). Five models that each
leave a fifth of the examples out say how sure the last one may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from hookline import Lesson, Report, Score, Trial

from . import head
from .arrays import Floats, Ints, unit
from .background import BACKGROUND
from .cache import encoded
from .encoders import Encoder
from .grams import Counted, GramSpace, count
from .model import Fitted, VectorModel
from .texts import normalised, script_of, words_of

NAME_GUARD = 5
"""A name counts when its own intent is among so many nearest ones."""
FOLDS = 5
ONE_FOLD_ABOVE = 6000
"""With more examples one fifth is left out once: time matters more than precision then."""
BUCKETS_BESIDE, BUCKETS_ALONE = 512, 2048
GRAM_WEIGHT = 0.5
STRANGER_WEIGHT = 8.0
"""So many intents' weight have the sentences without an intent."""
TOO_LIKE = 0.6
"""A stranger with a cosine above this to an example may have its intent."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """Hold sentences in all that is computed of each alone: a vector by each encoder, and its n-grams."""

    vectors: tuple[Floats, ...]
    grams: Sequence[Counted]

    def __len__(self) -> int:
        return len(self.grams)

    def at(self, rows: Ints) -> Sentences:
        """Return those of *rows*."""
        return Sentences(tuple(vectors[rows] for vectors in self.vectors), [self.grams[row] for row in rows])

    def with_more(self, others: Sentences) -> Sentences:
        """Return these and *others*."""
        both = zip(self.vectors, others.vectors, strict=True)
        return Sentences(tuple(np.concatenate(pair) for pair in both), [*self.grams, *others.grams])


@dataclass(frozen=True, slots=True)
class School:
    """Hold all that is to be learned. ``owners`` and ``numbers`` say which intent's which example a sentence is.

    ``names`` are those of the intents that have one, ``named`` the intents' numbers. ``strangers`` have no intent.
    """

    intents: tuple[str, ...]
    sentences: Sentences
    texts: Sequence[str]
    owners: Ints
    numbers: Ints
    names: Sentences
    name_texts: Sequence[str]
    named: Ints
    strangers: Sentences


def learn(lessons: Sequence[Lesson], encoders: Sequence[Encoder], cache: Path | None, report: Report) -> VectorModel:
    """Return a model of *lessons*."""
    report(0.0)
    school = _school(lessons, encoders, cache)
    report(0.4)
    folds = _folds(school)
    rounds = 1 if len(school.texts) > ONE_FOLD_ABOVE else FOLDS
    trials: list[Trial] = []
    for fold in range(rounds):
        trials += _tried(school, folds, fold)
        report(0.4 + 0.5 * (fold + 1) / rounds)
    fitted = _fit(school, np.arange(len(school.texts)))
    report(1.0)
    return VectorModel(school.intents, tuple(encoders), fitted, tuple(trials))


def _school(lessons: Sequence[Lesson], encoders: Sequence[Encoder], cache: Path | None) -> School:
    rows = [
        (normalised(form), owner, number)
        for owner, lesson in enumerate(lessons)
        for number, forms in enumerate(lesson.examples)
        for form in forms
    ]
    texts = [text for text, _, _ in rows]
    names = {owner: words for owner, lesson in enumerate(lessons) if (words := words_of(lesson.title))}
    scripts = {script_of(text) for text in texts}
    strangers = [text for text in map(normalised, BACKGROUND) if script_of(text) in scripts]
    every = [*texts, *names.values(), *strangers]
    vectors = tuple(encoded(encoder, every, cache) for encoder in encoders)
    whole = Sentences(vectors, [count(text) for text in every])
    ends = np.cumsum([0, len(texts), len(names), len(strangers)])
    parts = [whole.at(np.arange(start, end)) for start, end in pairwise(ends)]
    return School(
        intents=tuple(lesson.intent for lesson in lessons),
        sentences=parts[0],
        texts=texts,
        owners=np.array([owner for _, owner, _ in rows]),
        numbers=np.array([number for _, _, number in rows]),
        names=parts[1],
        name_texts=list(names.values()),
        named=np.array(list(names), np.int64),
        strangers=parts[2],
    )


def _folds(school: School) -> Ints:
    """Return for each sentence in which round it is left out; -1 for the only example of an intent.

    The forms of one example stay together, and each intent's examples are spread evenly.
    """
    random = np.random.default_rng(0)
    folds = np.full(len(school.texts), -1)
    start = 0
    for owner in range(len(school.intents)):
        mine = school.owners == owner
        numbers = random.permutation(np.unique(school.numbers[mine]))
        if len(numbers) > 1:
            for place, number in enumerate(numbers):
                folds[mine & (school.numbers == number)] = (start + place) % FOLDS
            start += len(numbers)
    return folds


def _tried(school: School, folds: Ints, fold: int) -> Iterator[Trial]:
    """Yield what a model makes of the examples that it had to do without."""
    left_out = np.flatnonzero(folds == fold)
    if not len(left_out):
        return
    fitted = _fit(school, np.flatnonzero(folds != fold))
    asked = school.sentences.at(left_out)
    judged = fitted.judge(asked.vectors, asked.grams)
    seen: set[tuple[int, int]] = set()
    for row, probabilities in zip(left_out.tolist(), judged, strict=True):
        owner, number = int(school.owners[row]), int(school.numbers[row])
        if (owner, number) in seen:
            continue  # another form of the same example
        seen.add((owner, number))
        guess = int(np.argmax(probabilities))
        share, confidence = float(probabilities[guess]) / float(probabilities.sum()), float(probabilities[guess])
        score = Score(school.intents[guess], share, confidence)
        yield Trial(school.intents[owner], number, score, _nearest(school, row, guess))


def _nearest(school: School, row: int, guess: int) -> int:
    """Return the number of the example of intent *guess* that is most like the sentence *row*."""
    is_other = (school.owners != school.owners[row]) | (school.numbers != school.numbers[row])
    candidates = np.flatnonzero((school.owners == guess) & is_other)
    if not len(candidates):
        return int(school.numbers[row])
    if school.sentences.vectors:
        vectors = school.sentences.vectors[0]
        alike = unit(vectors[candidates]) @ vectors[row]
    else:
        own = set(school.sentences.grams[row][0].tolist())
        alike = np.array([len(own & set(school.sentences.grams[at][0].tolist())) for at in candidates.tolist()])
    return int(school.numbers[candidates[int(np.argmax(alike))]])


def _fit(school: School, rows: Ints) -> Fitted:
    """Return what is learned from the sentences *rows*, the names that may count, and the strangers."""
    owners, sentences = school.owners[rows], school.sentences.at(rows)
    means = tuple(vectors.mean(axis=0) for vectors in sentences.vectors)
    named = _useful_names(school, rows, means)
    owners = np.concatenate([owners, school.named[named]])
    sentences = sentences.with_more(school.names.at(named))
    strangers = _strangers(school, sentences)
    owners = np.concatenate([owners, np.full(len(strangers), len(school.intents))])
    sentences = sentences.with_more(strangers)
    space = GramSpace.learn(sentences.grams, BUCKETS_BESIDE if means else BUCKETS_ALONE)
    centred = [unit(vectors - mean) for vectors, mean in zip(sentences.vectors, means, strict=True)]
    weight = GRAM_WEIGHT if means else 1.0
    features = np.hstack([*centred, np.float32(weight) * space.vectors(sentences.grams)])
    shares = np.array([1.0] * len(school.intents) + [STRANGER_WEIGHT], np.float32)
    return Fitted(means, space, weight, head.fit(features, owners, shares))


def _strangers(school: School, examples: Sentences) -> Sentences:
    """Return the sentences without an intent that are like none of *examples*."""
    if not examples.vectors:
        return school.strangers
    first = unit(school.strangers.vectors[0]) @ unit(examples.vectors[0]).T
    return school.strangers.at(np.flatnonzero(first.max(axis=1) < TOO_LIKE))


def _useful_names(school: School, rows: Ints, means: Sequence[Floats]) -> Ints:
    """Return which names count: those near the examples of their own intent, and no example already."""
    if not len(school.names):
        return np.zeros(0, np.int64)
    owners, sentences = school.owners[rows], school.sentences.at(rows)
    views = [
        (unit(examples - mean), unit(names - mean))
        for examples, names, mean in zip(sentences.vectors, school.names.vectors, means, strict=True)
    ]
    if not views:
        space = GramSpace.learn(sentences.grams, BUCKETS_ALONE)
        views = [(space.vectors(sentences.grams), space.vectors(school.names.grams))]
    alike = np.sum([names @ _centres(examples, owners, len(school.intents)).T for examples, names in views], axis=0)
    own = alike[np.arange(len(school.named)), school.named]
    nearer = (alike > own[:, None]).sum(axis=1)
    given = {school.texts[row] for row in rows}
    is_new = np.array([text not in given for text in school.name_texts])
    return np.flatnonzero(is_new & (nearer < NAME_GUARD))


def _centres(examples: Floats, owners: Ints, intents: int) -> Floats:
    """Return the direction of the mean of each intent's examples."""
    centres: Floats = np.zeros((intents, examples.shape[1]), np.float32)
    np.add.at(centres, owners, examples)
    return unit(centres)
