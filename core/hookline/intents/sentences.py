r"""Read sentence templates, as in ``你們(幾點|什麼時候)[會]開門``: exact wording that needs no learning.

``(a|b)`` is one of several, ``[a]`` may be left out, ``{name}`` is an entity, and a backslash makes the next
character plain. They become RE2 expressions, so that no text and no template can take long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import HooklineError
from ..routing.matching.patterns import Pattern, PatternError, compile_expression
from ..routing.matching.scripts import is_word
from ..routing.matching.text import MatchText
from .entities.entities import Entity, whole

MAX_SENTENCE = 500
MAX_DEPTH = 10
MAX_MENTIONED = 20
"""So many values of one entity in one text are tried where entities stand side by side."""

_EDGE = r"[\s\pP\pS]*"
_NOTHING = r"[^\x{0}-\x{10FFFF}]"


class SentenceError(HooklineError):
    """Say what is wrong with a sentence template."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Hold one template, compiled; ``groups`` are the names of its entities, by the pattern's groups."""

    source: str
    pattern: Pattern
    groups: Mapping[str, str]
    entities: Mapping[str, Entity]

    def read(self, text: MatchText, now: datetime) -> Mapping[str, Any] | None:
        """Return the values of its entities when *text* is this sentence, or None."""
        found = list(_matches(self.pattern, text))
        for written in found:
            values = self._values(written, now)
            if values is not None:
                return values
        return self._read_closely(text, now) if found and self.groups else None

    def _read_closely(self, text: MatchText, now: datetime) -> Mapping[str, Any] | None:
        """Read *text* knowing where its entities are: side by side they may be divided in more than one way."""
        mentioned = {name: _mentioned(self.entities[name], text, now) for name in self.groups.values()}
        try:
            pattern = _Reader(self.source, mentioned).pattern()
        except PatternError:
            return None  # too many of them for one expression
        values = (self._values(written, now) for written in _matches(pattern, text))
        return next((found for found in values if found is not None), None)

    def _values(self, written: Mapping[str, str | None], now: datetime) -> Mapping[str, Any] | None:
        values = {}
        for group, name in self.groups.items():
            part = written[group]
            if part is None:
                continue  # it stands in a part that was left out
            span = whole(self.entities[name], part, now)
            if span is None:
                return None
            values[name] = span.value
        return values


def compile_sentence(source: str, entities: Mapping[str, Entity]) -> Sentence:
    """Compile *source*, or raise SentenceError (PatternError when it is too much for RE2)."""
    if len(source) > MAX_SENTENCE:
        raise SentenceError(f"a sentence of {len(source)} characters, at most {MAX_SENTENCE}")
    reader = _Reader(source, {name: entity.expression() for name, entity in entities.items()})
    pattern = reader.pattern()
    if not reader.has_text:
        raise SentenceError("everything in it may be left out, so any text would fit")
    return Sentence(source, pattern, {group: name for name, group in reader.groups.items()}, entities)


def _matches(pattern: Pattern, text: MatchText) -> Iterator[Mapping[str, str | None]]:
    for variant in pattern.variants:
        found = variant.find(text)
        if found:
            spans = {name: found[group] for name, group in pattern.groups.items()}
            yield {name: None if start < 0 else text.cleaned[start:end] for name, (start, end) in spans.items()}


def _mentioned(entity: Entity, text: MatchText, now: datetime) -> str:
    """Return an expression that only what *text* mentions of *entity* fits."""
    written = {text.folded[span.start : span.end] for span in entity.spans(text, now)}
    each = sorted(written, key=len, reverse=True)[:MAX_MENTIONED]
    return f"(?:{'|'.join(map(re.escape, each))})" if each else _NOTHING


class _Reader:
    """Turn a template into an expression, from left to right; *expressions* are those of its entities."""

    def __init__(self, source: str, expressions: Mapping[str, str]) -> None:
        self._source = source
        self._expressions = expressions
        self._place = 0
        self.groups: dict[str, str] = {}
        self.has_text = False

    def pattern(self) -> Pattern:
        """Return the compiled template."""
        expression, self.has_text = self._alternatives("", 0)
        return compile_expression(self._source, expression, _EDGE)

    def _alternatives(self, closing: str, depth: int) -> tuple[str, bool]:
        """Return what stands up to *closing*, and whether each alternative has a text that can't be left out."""
        if depth > MAX_DEPTH:
            raise SentenceError(f"brackets nested deeper than {MAX_DEPTH}")
        parts, current, needed, is_needed = [], "", [], False
        while True:
            sign = self._next()
            if sign == closing:
                parts.append(current)
                needed.append(is_needed)
                return f"(?:{'|'.join(parts)})", all(needed)
            if sign == "":
                raise SentenceError(f"`{closing}` is missing at its end")
            if sign == "|":
                if not closing:
                    raise SentenceError("`|` stands outside of brackets: write (one|other)")
                parts.append(current)
                needed.append(is_needed)
                current, is_needed = "", False
                continue
            piece, counts = self._piece(sign, depth)
            current += piece
            is_needed = is_needed or counts

    def _piece(self, sign: str, depth: int) -> tuple[str, bool]:
        match sign:
            case "(":
                return self._alternatives(")", depth + 1)
            case "[":
                inner, _ = self._alternatives("]", depth + 1)
                return f"{inner}?", False
            case "{":
                return self._entity(), True
            case ")" | "]" | "}":
                raise SentenceError(f"`{sign}` closes nothing")
            case "\\":
                return re.escape(self._next()), True
        if sign.isspace():
            return self._blank(), False
        return re.escape(sign), True

    def _next(self) -> str:
        sign = self._source[self._place : self._place + 1]
        self._place += 1
        return sign

    def _entity(self) -> str:
        end = self._source.find("}", self._place)
        name = self._source[self._place : end] if end >= 0 else ""
        if name not in self._expressions:
            raise SentenceError(f"`{{{name}}}` is no entity of this intent" if end >= 0 else "`}` is missing")
        self._place = end + 1
        expression = self._expressions[name]
        if name in self.groups:
            return expression
        group = self.groups[name] = f"e{len(self.groups)}"  # RE2 takes no dashes, and no other alphabets
        return f"(?P<{group}>{expression})"

    def _blank(self) -> str:
        """Return what a blank stands for: needed only between letters of scripts that put spaces between words."""
        before = self._source[self._place - 2 : self._place - 1]
        while self._source[self._place : self._place + 1].isspace():
            self._place += 1
        after = self._source[self._place : self._place + 1]
        is_between = bool(before and after) and is_word(before) and is_word(after)
        return r"\s+" if is_between else r"\s*"
