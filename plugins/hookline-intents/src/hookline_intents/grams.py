"""Describe texts by their character n-grams, hashed into a few signed buckets.

https://en.wikipedia.org/wiki/Feature_hashing
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from .arrays import Floats, Ints, unit

SHORTEST, LONGEST = 1, 4
SIGN_BIT = 20

Counted = tuple[Ints, Floats]
"""The hashes of a text's n-grams, and how often each occurs."""


def count(text: str) -> Counted:
    """Return the n-grams of *text*: within words, each padded with a blank."""
    found: Counter[bytes] = Counter()
    for word in text.split():
        padded = f" {word} "
        for size in range(SHORTEST, LONGEST + 1):
            found.update(padded[at : at + size].encode() for at in range(len(padded) - size + 1))
    hashes = np.fromiter(map(zlib.crc32, found), np.int64, len(found))
    return hashes, np.fromiter(found.values(), np.float32, len(found))


@dataclass(frozen=True, slots=True)
class GramSpace:
    """Turn counted n-grams into vectors; those that no example has are left out.

    ``known`` are the hashes of the examples' n-grams, sorted; ``rarity`` is the inverse document frequency of each.
    """

    known: Ints
    rarity: Floats
    buckets: int

    @classmethod
    def learn(cls, examples: Sequence[Counted], buckets: int) -> Self:
        """Return the space of *examples*, with *buckets* dimensions (a power of two)."""
        every = np.concatenate([hashes for hashes, _ in examples])
        known, documents = np.unique(every, return_counts=True)
        rarity = np.log((1 + len(examples)) / (1 + documents)) + 1
        return cls(known, rarity.astype(np.float32), buckets)

    def vectors(self, texts: Sequence[Counted]) -> Floats:
        """Return a row of length 1 for each of *texts*; one of zeros where no n-gram is known."""
        rows = np.zeros((len(texts), self.buckets), np.float32)
        for row, (hashes, counts) in zip(rows, texts, strict=True):
            at = np.minimum(np.searchsorted(self.known, hashes), len(self.known) - 1)
            is_known = self.known[at] == hashes
            mine = hashes[is_known]
            signs = np.where((mine >> SIGN_BIT) & 1, 1.0, -1.0)
            weights = (1 + np.log(counts[is_known])) * self.rarity[at[is_known]] * signs
            row += np.bincount(mine & (self.buckets - 1), weights=weights, minlength=self.buckets)
        return unit(rows)
