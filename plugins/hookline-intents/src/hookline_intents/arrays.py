"""Name the arrays that everything here is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def unit(rows: Floats) -> Floats:
    """Return *rows*, each with length 1."""
    lengths = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)


def softmax(rows: Floats) -> Floats:
    """Return *rows* as probabilities."""
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
