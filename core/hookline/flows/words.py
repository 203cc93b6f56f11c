"""Know the words by which people answer yes and no, and say what they want instead of answering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, TypeVar

import yaml

from ..languages import nearest
from ..routing.matching.text import MatchText

T = TypeVar("T")

LANGUAGES = ("zh-TW", "en", "ja", "th")
"""Those in which hookline's own sentences are written."""


@cache
def own() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return hookline's own ``words``, ``labels``, ``labelled`` and ``texts``, each by its key and by language."""
    text = resources.files("hookline.flows").joinpath("texts.yaml").read_text("utf-8")
    loaded: Mapping[str, Mapping[str, Mapping[str, Any]]] = yaml.load(text, yaml.CSafeLoader)
    return loaded


@dataclass(frozen=True, slots=True)
class Words:
    """Hold words by what they mean (``yes``, ``no``, ``cancel``, …), in the form in which texts are compared."""

    meanings: Mapping[str, frozenset[str]]

    @staticmethod
    @cache
    def of() -> Words:
        """Return hookline's own words of all its languages."""
        each = own()["words"].items()
        return Words({meaning: _keys(word for words in of.values() for word in words) for meaning, of in each})

    def replaced(self, given: Mapping[str, Sequence[str]]) -> Words:
        """Return these, those of a meaning replaced where some are *given*."""
        return (
            Words({**self.meanings, **{meaning: _keys(words) for meaning, words in given.items()}}) if given else self
        )

    def meaning(self, text: MatchText, among: Iterable[str]) -> str | None:
        """Return which of the meanings *among* *text* as a whole has, if any."""
        return next((meaning for meaning in among if text.key.strip() in self.meanings.get(meaning, ())), None)

    def yes_or_no(self, text: MatchText, otherwise: T) -> bool | T:
        """Return whether *text* says yes or no, else *otherwise*."""
        match self.meaning(text, ("yes", "no")):
            case "yes":
                return True
            case "no":
                return False
        return otherwise


def _keys(words: Iterable[str]) -> frozenset[str]:
    return frozenset(MatchText(word.strip(), is_called=True).key for word in words)


@lru_cache(maxsize=256)
def own_language(language: str | None) -> str:
    """Return in which language hookline itself speaks to whoever reads *language*."""
    return nearest(language, LANGUAGES) or "en"
