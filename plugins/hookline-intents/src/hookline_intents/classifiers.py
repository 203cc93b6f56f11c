"""Be what hookline asks: learn, from the cache where it can, and put like texts together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hookline import IntentModel, Lesson, Report

if TYPE_CHECKING:
    from .encoders import Encoder

RECIPE = 1
"""Changes whenever the same lessons would give another model."""
ALIKE = 0.6
"""Texts with a cosine above this say about the same."""

Kind = Literal["encoder", "ngrams", "encoder+"]


class VectorClassifier:
    """Learn intents from vectors of sentences and of n-grams; its encoders are loaded once, for all bots.

    numpy and the encoders are imported by the first bot that learns: nobody else pays for them.
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._lock = threading.Lock()
        self._encoders: tuple[Encoder, ...] | None = None

    def train(self, lessons: Sequence[Lesson], cache: Path | None, report: Report) -> IntentModel:
        """Return a model of *lessons*."""
        from .cache import keep_model, key_of, load_model
        from .learning import learn
        from .model import VectorModel

        encoders = self._own_encoders()
        intents = tuple(lesson.intent for lesson in lessons)
        taught = [(lesson.intent, lesson.title, [tuple(forms) for forms in lesson.examples]) for lesson in lessons]
        key = key_of(RECIPE, [encoder.name for encoder in encoders], taught)
        kept = load_model(cache, key)
        if kept is not None:
            try:
                return VectorModel.from_arrays(intents, encoders, kept)
            except (KeyError, ValueError, IndexError, TypeError):
                pass  # not what was written there: it is learned anew
        model = learn(lessons, encoders, cache, report)
        keep_model(cache, key, model.arrays())
        return model

    def group(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return *texts*, by their numbers, in groups of those that are alike; largest first."""
        from .grouping import grouped

        return grouped(texts, self._own_encoders(), ALIKE)

    def _own_encoders(self) -> tuple[Encoder, ...]:
        from .encoders import SmallE5Encoder, UniversalEncoder

        with self._lock:
            if self._encoders is None:
                kinds = {"ngrams": (), "encoder": (UniversalEncoder,), "encoder+": (UniversalEncoder, SmallE5Encoder)}
                self._encoders = tuple(encoder() for encoder in kinds[self._kind])
            return self._encoders
