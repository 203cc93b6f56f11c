"""Hold what handlers of flows are given, and what they may return: choices, and that something is asked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..languages import nearest

if TYPE_CHECKING:
    from ..messages import Answer


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold one answer that is offered: its ``value`` is known afterwards; ``label`` or one of ``words`` is written.

    ``labels`` are those of languages, where there are several, as pairs of a tag and a text.
    """

    value: str
    label: str = ""
    words: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """Return what is shown of it, in whatever language."""
        return self.label or (self.labels[0][1] if self.labels else self.value)

    def shown_in(self, language: str | None) -> str:
        """Return what is shown of it to whoever reads *language*."""
        labels = dict(self.labels)
        tag = nearest(language, labels)
        return self.shown if tag is None else labels[tag]


@dataclass(frozen=True, slots=True)
class Again:
    """Be returned by a ``run:`` that can't go on: the question ``name`` is asked again, after ``why`` was said."""

    name: str
    why: Answer = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Be returned by a ``run:`` that ends the flow, after ``why`` was said."""

    why: Answer = None


class FlowAnswers(Mapping[str, Any]):
    """Be what was answered in a flow: a day is a ``date``, a time of day a ``time``, a number an int or a float.

    ``name`` is the flow's, ``id`` that of this run of it. ``value`` is the answer that a ``check:`` looks at; what it
    is set to is known in its place, as JSON.
    """

    def __init__(self, name: str, identity: str, answers: Mapping[str, Any], value: Any = None) -> None:
        self.name = name
        self.id = identity
        self.value = value
        self._answers = answers

    def __getitem__(self, name: str) -> Any:
        return self._answers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)
