"""Find what people wrote that was not understood, or hardly: it makes the best examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...plugins.classifiers import Score
from ...routing.matching.text import MatchText
from ...routing.understood import Understood
from ..intent import Intents, key_of
from ..reader import Reader


@dataclass(frozen=True, slots=True)
class Said:
    """Hold what somebody wrote. ``fell_through`` says that no route but an ``otherwise:`` took it."""

    text: MatchText
    fell_through: bool


@dataclass
class Heard:
    """Hold one text, however often it was written, and what is made of it now."""

    text: str
    understood: Understood
    fell_through: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Hold texts that are alike, the most frequent first, and which intent is the likeliest for them."""

    texts: Sequence[Heard] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many messages they were."""
        return sum(heard.count for heard in self.texts)

    @property
    def guess(self) -> Score | None:
        """Return the best of what any of its texts scores."""
        scores = [heard.understood.scores[0] for heard in self.texts if heard.understood.scores]
        return max(scores, key=lambda score: score.confidence, default=None)


def review(intents: Intents, reader: Reader, said: Sequence[Said], now: datetime) -> list[Group]:
    """Return those of *said* that fell through or were near the threshold, those that are alike together.

    What is an example by now is left out. The groups with the most messages come first.
    """
    heard = _distinct(said)
    counts = Counter(key_of(one.text.spoken) for one in said)
    read = reader.read_all([one.text for one in heard.values()], now)
    found: list[Heard] = []
    for (key, one), understood in zip(heard.items(), read, strict=True):
        is_open = one.fell_through and understood.intent is None
        if reader.is_near(understood) or is_open:
            found.append(Heard(one.text.spoken, understood, one.fell_through, counts[key]))
    groups = _grouped(intents, found)
    return sorted(groups, key=lambda group: -group.count)


def _distinct(said: Sequence[Said]) -> Mapping[str, Said]:
    heard: dict[str, Said] = {}
    for one in said:
        key = key_of(one.text.spoken)
        if key and (key not in heard or one.fell_through):
            heard[key] = one
    return heard


def _grouped(intents: Intents, found: Sequence[Heard]) -> list[Group]:
    if intents.classifier is None or not found:
        return [Group([heard]) for heard in found]
    groups = intents.classifier.group([heard.text for heard in found])
    return [Group(sorted((found[number] for number in group), key=lambda heard: -heard.count)) for group in groups]
