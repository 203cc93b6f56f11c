"""Hold where everything in a file stands, in little memory: places are made when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...findings.findings import Place
from .oddities import Oddity

YamlPath = tuple[str | int, ...]

COLUMN_BITS = 32

Spot = tuple[int, int, Any]
"""Where a value stands, where its key does (or -1), and the spots below it by key or in order, or None.

A plain tuple: there is one for every value of every bot.
"""


def position(line: int, column: int) -> int:
    """Return *line* and *column*, counted from 0, as one number."""
    return line << COLUMN_BITS | column


def line_of(place: int) -> int:
    """Return the line of a position."""
    return place >> COLUMN_BITS


@dataclass(frozen=True, slots=True)
class Marks:
    """Tell where every key and every value of *file* stands.

    ``odd`` are the values that may mean something else than they say. ``made_up`` are the places of texts whose
    variables needn't be set, ``empty`` those where nothing is written. ``variables`` are the names of those that
    secrets were taken from.
    """

    file: str
    root: Spot
    odd: Mapping[YamlPath, Oddity] = field(default_factory=dict)
    made_up: set[Place] = field(default_factory=set)
    variables: dict[YamlPath, str] = field(default_factory=dict)
    empty: set[Place] = field(default_factory=set)
    _odd_below: dict[YamlPath, list[YamlPath]] = field(default_factory=dict)
    _damaged: set[YamlPath] = field(default_factory=set)

    def key(self, path: YamlPath) -> Place:
        """Return the place of the key at *path*, or of the nearest thing around it."""
        spot, _ = self._nearest(path)
        return self._place(spot[0] if spot[1] < 0 else spot[1])

    def value(self, path: YamlPath) -> Place:
        """Return the place of the value at *path*, or of the nearest thing around it."""
        spot, _ = self._nearest(path)
        return self._place(spot[0])

    def has(self, path: YamlPath) -> bool:
        """Say whether something stands at *path*."""
        return self.at(path) is not None

    def at(self, path: YamlPath) -> Spot | None:
        """Return what stands at *path*, or None."""
        spot, depth = self._nearest(path)
        return spot if depth == len(path) else None

    def names(self, path: YamlPath) -> frozenset[str]:
        """Return the keys that stand right below *path*."""
        spot = self.at(path)
        return frozenset(spot[2]) if spot is not None and isinstance(spot[2], dict) else frozenset()

    def odd_below(self, path: YamlPath) -> Sequence[YamlPath]:
        """Return where odd values stand at *path*, and below it."""
        if self.odd and not self._odd_below:
            for odd in self.odd:
                for length in range(len(odd) + 1):
                    self._odd_below.setdefault(odd[:length], []).append(odd)
        return self._odd_below.get(path, ())

    def damage(self, path: YamlPath) -> None:
        """Note that the value at *path* is wrong, which was reported, and is left out."""
        self._damaged.update(path[:length] for length in range(len(path) + 1))

    def is_damaged(self, path: YamlPath) -> bool:
        """Say whether something at or below *path* was left out, so that what is missing there may be that."""
        return path in self._damaged

    def origin(self, path: YamlPath) -> str:
        """Name, for a message, the variable that the secret at *path* was taken from; nothing when there is none."""
        return f" (variable `{self.variables[path]}`)" if path in self.variables else ""

    def _nearest(self, path: YamlPath) -> tuple[Spot, int]:
        """Return what stands at *path* or is the nearest around it, and how deep that is."""
        spot = self.root
        for depth, part in enumerate(path):
            below = spot[2]
            if isinstance(below, dict) and isinstance(part, str):
                found = below.get(part)
            elif isinstance(below, list) and isinstance(part, int) and part < len(below):
                found = below[part]
            else:
                found = None
            if found is None:
                return spot, depth
            spot = found
        return spot, len(path)

    def _place(self, place: int) -> Place:
        return Place(self.file, line_of(place) + 1, (place & ((1 << COLUMN_BITS) - 1)) + 1)
