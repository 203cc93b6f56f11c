r"""Search many regular expressions at once, in linear time whatever they are: RE2.

RE2 knows no look-around and no back-references; its ``\\d \\w \\s \\b`` are ASCII only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import re2

from ..errors import HooklineError
from .text import MatchText, clean, other_character, pieces

MAX_PATTERN = 1000
MAX_PROGRAM = 5000
MAX_SET_MEMORY = 64 << 20

_GROUP = re.compile(r"(\(\?P?<\w+>)")


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
    if any("\ud800" <= character <= "\udfff" for character in source):
        raise PatternError("it holds half a surrogate pair")
    if len(source) > MAX_PATTERN:
        raise PatternError(f"a pattern of {len(source)} characters, at most {MAX_PATTERN}")
    own = _normalised(source)
    variants = [_compile(own)]
    other = _in_other_script(own)
    if other != own:
        with suppress(PatternError):  # a class range may run backwards in the other script
            variants.append(_compile(other))
    return Pattern(source, tuple(variants))


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
        for index in self._set.Match(text.cleaned) or ():  # None when nothing fits
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


def _normalised(source: str) -> str:
    """Return *source* with its literals as the cleaned text has them."""
    is_in_class = is_escaped = False
    parts = []
    for piece in pieces(source):
        parts.append(_normal(piece, is_in_class=is_in_class))
        if not is_escaped and piece in ("[", "]"):
            is_in_class = piece == "["
        is_escaped = piece == "\\" and not is_escaped
    return "".join(parts)


def _normal(piece: str, *, is_in_class: bool) -> str:
    normal = clean(piece)
    if piece.isascii() or normal == piece or (len(normal) == 1 and (normal.isalnum() or not normal.isascii())):
        return normal
    if len(normal) > 1 and is_in_class:
        return piece  # a class has single characters only
    escaped = re2.escape(normal)  # what becomes syntax (（ → "(") stays a literal
    return f"(?:{escaped})" if len(normal) > 1 else escaped


def _in_other_script(source: str) -> str:
    """Return *source* with its Han characters in the other script, names of groups left alone."""
    parts = _GROUP.split(source)
    return "".join(
        part if index % 2 else "".join(other_character(character) for character in part)
        for index, part in enumerate(parts)
    )
