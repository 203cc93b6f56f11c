"""Hold where everything in a file stands, in little memory: places are made when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from .diagnostics import Place

YamlPath = tuple[str | int, ...]

COLUMN_BITS = 32


@dataclass(slots=True)
class Spot:
    """Hold where one value stands, where its key does if it has one, and what stands below it."""

    value: int
    key: int = -1
    below: dict[str, Spot] | list[Spot] | None = None


def position(line: int, column: int) -> int:
    """Return *line* and *column*, counted from 0, as one number."""
    return line << COLUMN_BITS | column


def line_of(place: int) -> int:
    """Return the line of a position."""
    return place >> COLUMN_BITS


@dataclass(frozen=True, slots=True)
class Marks:
    """Tell where every key and every value of *file* stands.

    ``made_up`` are the places of texts whose variables needn't be set.
    """

    file: str
    root: Spot
    made_up: set[Place] = field(default_factory=set)
    _damaged: set[YamlPath] = field(default_factory=set)

    def key(self, path: YamlPath) -> Place:
        """Return the place of the key at *path*, or of the nearest thing around it."""
        spot, _ = self._nearest(path)
        return self._place(spot.value if spot.key < 0 else spot.key)

    def value(self, path: YamlPath) -> Place:
        """Return the place of the value at *path*, or of the nearest thing around it."""
        spot, _ = self._nearest(path)
        return self._place(spot.value)

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
        return frozenset(spot.below) if spot is not None and isinstance(spot.below, dict) else frozenset()

    def damage(self, path: YamlPath) -> None:
        """Note that the value at *path* is wrong, which was reported, and is left out."""
        self._damaged.update(path[:length] for length in range(len(path) + 1))

    def is_damaged(self, path: YamlPath) -> bool:
        """Say whether something at or below *path* was left out, so that what is missing there may be that."""
        return path in self._damaged

    def _nearest(self, path: YamlPath) -> tuple[Spot, int]:
        """Return what stands at *path* or is the nearest around it, and how deep that is."""
        spot = self.root
        for depth, part in enumerate(path):
            below = spot.below
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
