"""Find in a text what an intent needs to know: which drink, how many, on which day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ...routing.matching.keywords import Keywords, forms_of
from ...routing.matching.patterns import Pattern
from ...routing.matching.text import MatchText

if TYPE_CHECKING:
    from .numbers import Found

Kind = Literal["number", "date", "time"]
KINDS: tuple[Kind, ...] = ("number", "date", "time")

MAX_INLINE = 1500
"""So many characters of a list's words are written into a sentence's expression; a longer list is looked up."""

MAX_SPANS = 100
"""So many values of one entity are found in a text at most: the longest."""

_GAP = "(?:.{1,60}?)"
PLACEHOLDER = re.compile(r"\{(\w[\w\-]*)\}")
"""An entity in an example."""
_GROUP = re.compile(r"\((?:\?P?<\w+>)")
_HAN, _KANA, _THAI = (re.compile(f"[{letters}]") for letters in ("\u3400-\u9fff", "\u3040-\u30ff", "\u0e00-\u0e7f"))
_SAMPLES: Mapping[Kind, Mapping[str, Sequence[str]]] = {
    "number": {"en": ("2", "3"), "zh": ("2", "三"), "ja": ("2", "三"), "th": ("2", "3")},
    "date": {
        "en": ("tomorrow", "friday"),
        "zh": ("明天", "星期五"),
        "ja": ("明日", "金曜日"),
        "th": ("พรุ่งนี้", "วันศุกร์"),
    },
    "time": {
        "en": ("3 pm", "7:30"),
        "zh": ("下午三點", "7:30"),
        "ja": ("午後3時", "7:30"),
        "th": ("บ่ายสามโมง", "7:30"),
    },
}


@dataclass(frozen=True, slots=True)
class Span:
    """Hold one value that stands at ``folded[start:end]`` of a text."""

    value: Any
    start: int
    end: int


class Entity(Protocol):
    """Be something that a text may mention."""

    @property
    def rank(self) -> int:
        """Return when it is looked for: what later ones find inside its values doesn't count."""

    @property
    def is_needed(self) -> bool:
        """Say whether an intent can be ruled out when a text doesn't mention it."""

    def spans(self, text: MatchText, now: datetime) -> Sequence[Span]:
        """Return what *text* mentions, from left to right; *now* is in the bot's time zone."""

    def samples(self, beside: str) -> Sequence[str]:
        """Return a few values as they may be written in the sentence *beside*."""

    def expression(self) -> str:
        """Return an RE2 expression that no other text fits if possible; without named groups."""


@dataclass(frozen=True)
class Listed:
    """Be one of a few values, each of which may be written in several ways."""

    values: Mapping[str, Sequence[str]]
    rank: int = 1
    is_needed: bool = True
    _names: Sequence[str] = field(init=False, repr=False)
    _words: Keywords = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_names", list(self.values))
        words = [(index, word) for index, words in enumerate(self.values.values()) for word in words]
        object.__setattr__(self, "_words", Keywords(words))

    def spans(self, text: MatchText, now: datetime) -> Sequence[Span]:
        """Return the values whose words stand in *text*; of words within words the longest."""
        found = [Span(self._names[owner], start, end) for owner, start, end in self._words.spans(text)]
        return _longest(found)

    def samples(self, beside: str) -> Sequence[str]:
        """Return the first word of each value, in the script of *beside* where there is one."""
        wanted = _language(beside)
        return [next((w for w in words if _language(w) == wanted), words[0]) for words in self.values.values()]

    def expression(self) -> str:
        """Return an alternation of all words, or a gap when they are many."""
        forms = {form for words in self.values.values() for word in words for form in forms_of(word)}
        if sum(map(len, forms)) > MAX_INLINE:
            return _GAP
        return f"(?:{'|'.join(re.escape(form) for form in sorted(forms, key=len, reverse=True))})"


@dataclass(frozen=True)
class Patterned:
    """Be what one of a few RE2 expressions finds."""

    patterns: Sequence[Pattern]
    examples: Sequence[str] = ()
    rank: int = 0
    is_needed: bool = True

    def spans(self, text: MatchText, now: datetime) -> Sequence[Span]:
        """Return what the patterns find, as it was written."""
        written = text.cleaned.strip()
        source = written if len(written) == len(text.folded) else text.folded
        found = [
            Span(source[start:end], start, end)
            for pattern in self.patterns
            for variant in pattern.variants
            if variant.may_match(text)
            for start, end in variant.find_all(source)
            if end > start
        ]
        return _longest(found)

    def samples(self, beside: str) -> Sequence[str]:
        """Return the examples that were given for it, or nothing that says something."""
        return self.examples or ("1234",)

    def expression(self) -> str:
        """Return the patterns as one, their named groups made plain."""
        return f"(?:{'|'.join(_GROUP.sub('(?:', pattern.source) for pattern in self.patterns)})"


@dataclass(frozen=True)
class Built:
    """Be a number, a date or a time of day, in any of the languages."""

    kind: Kind
    is_needed: bool = False

    @property
    def rank(self) -> int:
        """Return when it is looked for: dates and times before the numbers in them."""
        return 3 if self.kind == "number" else 2

    def spans(self, text: MatchText, now: datetime) -> Sequence[Span]:
        """Return what *text* says; relative words count from *now*."""
        return [Span(found.value, found.start, found.end) for found in self._found(text.folded, now)]

    def samples(self, beside: str) -> Sequence[str]:
        """Return how it is written in the language of *beside*."""
        return _SAMPLES[self.kind][_language(beside)]

    def expression(self) -> str:
        """Return a gap: what stands there is read afterwards."""
        return _GAP

    def _found(
        self, folded: str, now: datetime
    ) -> Sequence[Found[int | float]] | Sequence[Found[date]] | Sequence[Found[time]]:
        from .moments import find_dates, find_times  # lazy: their tables cost 40 ms, which most bots don't need
        from .numbers import find_numbers

        match self.kind:
            case "number":
                return find_numbers(folded)
            case "date":
                return find_dates(folded, now)
            case "time":
                return find_times(folded, now)


def mentioned(entities: Mapping[str, Entity], text: MatchText, now: datetime) -> dict[str, Any]:
    """Return the value of each of *entities* that *text* mentions.

    Entities of one kind take what is found in turn, in the order in which they are declared.
    """
    values: dict[str, Any] = {}
    taken: list[tuple[Entity, Span]] = []
    for name, entity in sorted(entities.items(), key=lambda item: item[1].rank):
        for span in entity.spans(text, now):
            if not any(_collide(entity, span, *other) for other in taken):
                values[name] = span.value
                taken.append((entity, span))
                break
    return {name: values[name] for name in entities if name in values}


def _collide(entity: Entity, span: Span, other: Entity, taken: Span) -> bool:
    """Say whether both want the same words; a date and a time may: 今晚 is today, and says which seven."""
    share_words = (
        isinstance(entity, Built) and isinstance(other, Built) and {entity.kind, other.kind} == {"date", "time"}
    )
    return not share_words and span.start < taken.end and taken.start < span.end


def whole(entity: Entity, written: str, now: datetime) -> Span | None:
    """Return the value that *written* is, from its beginning to its end, or None."""
    text = MatchText(written.strip(), is_called=True)
    for span in entity.spans(text, now):
        if (span.start, span.end) == (0, len(text.folded)):
            return span
    return None


def shown(value: Any) -> str:
    """Return an entity's value as replies show it."""
    match value:
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case float():
            return f"{value:g}" if abs(value) < 1_000_000 else f"{value:f}".rstrip("0").rstrip(".")
    return str(value)


def _longest(found: Sequence[Span]) -> list[Span]:
    """Return spans that don't overlap, from left to right, longer ones first."""
    kept: list[Span] = []
    longest = sorted(set(found), key=lambda span: (span.start - span.end, span.start))
    for span in longest[:MAX_SPANS]:
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _language(text: str) -> str:
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh"
    return "th" if _THAI.search(text) else "en"
