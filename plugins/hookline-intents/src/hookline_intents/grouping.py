"""Put texts together that say about the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Floats, unit
from .encoders import Encoder
from .grams import GramSpace, count
from .texts import normalised

BUCKETS = 1024
BATCH = 256


def grouped(texts: Sequence[str], encoders: Sequence[Encoder], alike: float) -> list[list[int]]:
    """Return *texts* by their numbers: each joins the first group whose first text has a cosine over *alike*."""
    if not texts:
        return []
    vectors = _vectors([normalised(text) for text in texts], encoders)
    groups: list[list[int]] = []
    leaders = np.zeros((len(texts), vectors.shape[1]), np.float32)
    for number, vector in enumerate(vectors):
        near = leaders[: len(groups)] @ vector
        best = int(np.argmax(near)) if len(groups) else -1
        if best >= 0 and near[best] > alike:
            groups[best].append(number)
        else:
            leaders[len(groups)] = vector
            groups.append([number])
    return sorted(groups, key=len, reverse=True)


def _vectors(texts: Sequence[str], encoders: Sequence[Encoder]) -> Floats:
    if not encoders:
        counted = [count(text or " ") for text in texts]
        return GramSpace.learn(counted, BUCKETS).vectors(counted)
    first = encoders[0]
    return unit(np.concatenate([first.encode(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]))
