"""Learn which class a vector belongs to: softmax regression, by L-BFGS.

This is scikit-learn's ``LogisticRegression`` without scikit-learn, which would add 200 MB on disk, 90 MB in memory
and a second to every start (docs/adr/0004): the tests compare the two.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from .arrays import Floats, Ints

STRENGTH = 10.0
"""The inverse of the penalty on large weights: ``C`` in scikit-learn."""
PRECISION = 3e-5
MOST_STEPS = 100
MEMORY = 8
LEAST_STEP = 1e-3


def fit(rows: Floats, classes: Ints, shares: Floats) -> Floats:
    """Return the weights ``[features + 1, classes]``, the bias in the last row, that tell *classes* of *rows* apart.

    *shares* are what each class weighs in total, however many rows it has.
    """
    loss = _Loss(rows, classes, shares)
    weights = np.zeros((rows.shape[1] + 1, len(shares)), np.float32)
    value, slope = loss.at(weights)
    past: deque[tuple[Floats, Floats, float]] = deque(maxlen=MEMORY)
    for _ in range(MOST_STEPS):
        if np.abs(slope).max() < PRECISION:
            break
        way = _descent(slope, past)
        found = _line_search(loss, weights, value, slope, way)
        moved, bent = found[0] - weights, found[2] - slope
        weights, value, slope = found
        curvature = float(np.vdot(moved, bent))
        if curvature > 1e-12:
            past.append((moved, bent, 1 / curvature))
    return weights


class _Loss:
    """Be the penalised cross-entropy of weights, and its gradient."""

    def __init__(self, rows: Floats, classes: Ints, shares: Floats) -> None:
        self._rows = np.ascontiguousarray(rows, np.float32)
        self._penalty = np.float32(1 / (STRENGTH * len(rows)))
        each = shares / len(shares) / np.maximum(np.bincount(classes, minlength=len(shares)), 1)
        self._weights = each[classes].astype(np.float32)[:, None]
        self._wanted = np.zeros((len(rows), len(shares)), np.float32)
        self._wanted[np.arange(len(rows)), classes] = self._weights[:, 0]

    def at(self, weights: Floats) -> tuple[float, Floats]:
        """Return the loss at *weights*, and its gradient there."""
        inner = weights[:-1]
        scores = self._rows @ inner
        scores += weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        value = self._penalty / 2 * float(np.vdot(inner, inner)) - float(np.vdot(self._wanted, scores))
        np.exp(scores, out=scores)
        total = scores.sum(axis=1, keepdims=True)
        value += float((self._weights * np.log(total)).sum())
        scores *= self._weights / total
        scores -= self._wanted
        slope = np.empty_like(weights)
        np.matmul(self._rows.T, scores, out=slope[:-1])
        slope[:-1] += self._penalty * inner
        slope[-1] = scores.sum(axis=0)
        return float(value), slope


def _descent(slope: Floats, past: deque[tuple[Floats, Floats, float]]) -> Floats:
    """Return the direction of L-BFGS: Nocedal & Wright, Numerical Optimization, algorithm 7.4."""
    way = slope.copy()
    shares = []
    for moved, bent, inverse in reversed(past):
        share = inverse * float(np.vdot(moved, way))
        way -= np.float32(share) * bent
        shares.append(share)
    if past:
        _, bent, inverse = past[-1]
        way *= np.float32(1 / (inverse * float(np.vdot(bent, bent))))
    else:
        way *= np.float32(1 / float(np.linalg.norm(slope)))
    for (moved, bent, inverse), share in zip(past, reversed(shares), strict=True):
        way += np.float32(share - inverse * float(np.vdot(bent, way))) * moved
    return way


def _line_search(
    loss: _Loss, weights: Floats, value: float, slope: Floats, way: Floats
) -> tuple[Floats, float, Floats]:
    """Return weights further along *way* with a loss that is enough lower, the loss, and its gradient."""
    gain, step = float(np.vdot(slope, way)), 1.0
    while True:
        moved = weights - np.float32(step) * way
        reached, bent = loss.at(moved)
        if reached <= value - 1e-4 * step * gain or step < LEAST_STEP:
            return moved, reached, bent
        step /= 2
