r"""Search many regular expressions at once, in linear time whatever they are: RE2.

RE2 knows no look-around and no back-references; its ``\\d \\w \\s \\b`` are ASCII only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import re2

from ..errors import HooklineError
from .text import MatchText, other_character

MAX_PATTERN = 1000
MAX_PROGRAM = 5000
MAX_SET_MEMORY = 64 << 20


class PatternError(HooklineError):
    """Say why RE2 refuses a pattern."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Hold one compiled pattern: as written, and with its Han characters in the other script."""

    source: str
    variants: tuple[Any, ...]

    def captures(self, text: MatchText) -> Mapping[str, str] | None:
        """Return the named groups that took part, cut from what was written; None without a match."""
        for variant in self.variants:
            found = variant.search(text.cleaned)
            if found:
                return {
                    name: text.original(*found.span(index))
                    for name, index in variant.groupindex.items()
                    if found.span(index) != (-1, -1)
                }
        return None

    @property
    def names(self) -> frozenset[str]:
        """Return the names of its groups."""
        return frozenset(self.variants[0].groupindex)


def compile_pattern(source: str) -> Pattern:
    """Compile *source*, or raise PatternError saying what RE2 has against it."""
    if len(source) > MAX_PATTERN:
        raise PatternError(f"a pattern of {len(source)} characters, at most {MAX_PATTERN}")
    own = "".join(_normal(character) for character in source)
    other = "".join(other_character(character) for character in own)
    return Pattern(source, tuple(_compile(variant) for variant in dict.fromkeys([own, other])))


class PatternSet:
    """Find which of many patterns occur in a text, in one pass."""

    def __init__(self, patterns: Iterable[tuple[int, Pattern]]) -> None:
        self._owners: list[int] = []
        self._set = re2.Set.SearchSet(_options(max_mem=MAX_SET_MEMORY))
        self._few: list[tuple[int, Pattern]] = list(patterns)
        for owner, pattern in self._few:
            for variant in pattern.variants:
                self._set.Add(variant.pattern)
                self._owners.append(owner)
        if self._owners:
            self._set.Compile()

    def found(self, text: MatchText) -> Iterator[int]:
        """Yield the owners of the patterns that occur in *text*; an owner may come twice."""
        if not self._owners:
            return
        if len(self._few) == 1:
            owner, pattern = self._few[0]
            if any(variant.search(text.cleaned) for variant in pattern.variants):
                yield owner
            return
        for index in self._set.Match(text.cleaned):
            yield self._owners[index]


def _compile(source: str) -> Any:
    try:
        compiled = re2.compile(source, _options())
    except re2.error as error:
        reason = error.args[0] if error.args else "invalid"
        raise PatternError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from error
    except UnicodeEncodeError as error:
        raise PatternError("it holds half a surrogate pair") from error
    if compiled.programsize > MAX_PROGRAM:
        raise PatternError(f"it compiles to {compiled.programsize} steps, at most {MAX_PROGRAM}; make it simpler")
    return compiled


def _options(max_mem: int | None = None) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    if max_mem:
        options.max_mem = max_mem
    return options


def _normal(character: str) -> str:
    normal = unicodedata.normalize("NFKC", character)
    # A character that becomes several, or becomes syntax (（ → "("), stays a literal of its own.
    if len(normal) == 1 and (normal == character or normal.isalnum() or not normal.isascii()):
        return normal
    return re2.escape(normal) if len(normal) == 1 else character
