"""Read what somebody has said, sent or tapped as the answer to a question. All answers are JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final

from ..intents.entities.entities import Built, Kind, Listed, Patterned
from ..plugins.dialogs import Choice
from ..routing.conditions.conditions import Conditions
from ..routing.matching.text import MatchText
from .flow import MEDIA, Ask, Confirm, Question
from .words import Words


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What is read of what is no answer; None is that of a question which was skipped."""

MAX_TEXT = 2000
"""A longer text is no answer to any question."""

_PHONE = re.compile(r"(?<![\w+])\+?\(?\d[\d\-. ()]{5,18}\d(?!\w)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+(?![\w@])")
_SEPARATORS = re.compile(r"[\-. ()]")

HoldsAt = Callable[[Conditions, datetime], bool]
"""Say whether conditions about time hold at a moment."""


@dataclass(frozen=True, slots=True)
class Said:
    """Hold what may be an answer: a ``text``, what was ``picked``, a tapped ``value``, a file or place as ``media``."""

    text: MatchText | None = None
    picked: str | None = None
    value: str | None = None
    media: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Reader:
    """Read answers at the time *now*, where the bot is; ``words`` say yes and no in the languages of the bot."""

    now: datetime
    words: Words
    holds_at: HoldsAt = field(default=lambda conditions, moment: True)

    def read(self, question: Question, said: Said, offered: Sequence[Choice] = ()) -> Any:
        """Return what *said* is as the answer to *question*, of which so many choices are *offered*; or MISSING."""
        if isinstance(question, Confirm):
            return self._yes_or_no(said)
        value = self._value(question, said, offered)
        return value if value is not MISSING and self.fits(question, value, offered) else MISSING

    def fits(self, ask: Ask, value: Any, offered: Sequence[Choice] = ()) -> bool:
        """Say whether *value*, which was read, is within what *ask* takes."""
        if ask.kind == "choice":
            is_offered = any(choice.value == value for choice in offered)
            is_written = ask.pattern is not None and isinstance(value, str)
            return (is_offered or is_written) and (ask.only is None or value in ask.only)
        typed = typed_value(ask, value)
        if typed is MISSING:
            return False
        if not ask.bounds.hold(typed, self.now) or (ask.only is not None and str(value) not in ask.only):
            return False
        moment = self._moment(typed)
        return moment is None or self.holds_at(ask.window, moment)

    def is_offered(self, question: Question, said: Said, offered: Sequence[Choice]) -> bool:
        """Say whether *said* is one of the choices, though it may not count."""
        return said.value is not None and any(choice.value == said.value for choice in offered)

    def mention(self, ask: Ask, text: MatchText, offered: Sequence[Choice] = ()) -> Any:
        """Return what *text* says of *ask* beside other things; MISSING where nothing is, or several are."""
        match ask.kind:
            case "choice":
                listed = Listed({choice.value: _words(choice) for choice in offered}) if offered else None
                values = {span.value for span in listed.spans(text, self.now)} if listed else set()
            case "date":
                values = self._spans("date", text)
            case "time":
                values = self._spans("time", text)
            case "datetime":
                values = {found for found in [self._datetime(text)] if found is not MISSING}
            case _:
                values = set()
        if not values and ask.pattern is not None:
            values = {span.value for span in Patterned([ask.pattern]).spans(text, self.now)}
        if len(values) != 1:
            return MISSING
        value = next(iter(values))
        return value if self.fits(ask, value, offered) else MISSING

    def _value(self, ask: Ask, said: Said, offered: Sequence[Choice]) -> Any:
        if said.media is not None:
            is_wanted = said.media.get("type") == ask.kind
            return dict(said.media) if is_wanted else MISSING
        if said.picked is not None:
            return self._picked(ask, said.picked)
        if said.value is not None:
            return self._tapped(ask, said.value, offered)
        if said.text is None or len(said.text.spoken) > MAX_TEXT or ask.kind in MEDIA:
            return MISSING
        return self._written(ask, said.text, offered)

    def _written(self, ask: Ask, text: MatchText, offered: Sequence[Choice]) -> Any:
        match ask.kind:
            case "text" if ask.pattern is None:
                return text.spoken.strip() or MISSING
            case "choice":
                chosen = _chosen(text, offered)
                return self._found(ask, text) if chosen is MISSING and ask.pattern is not None else chosen
            case "number":
                return _only(self._spans("number", text))
            case "date":
                return _only(self._spans("date", text))
            case "time":
                return _only(self._spans("time", text))
            case "datetime":
                return self._datetime(text)
            case "phone":
                return _phone(text.cleaned)
            case "email":
                found = _EMAIL.search(text.cleaned)
                return found[0] if found else MISSING
            case "yes_no":
                return self.words.yes_or_no(text, MISSING)
        return self._found(ask, text)

    def _found(self, ask: Ask, text: MatchText) -> Any:
        if ask.pattern is None:
            return MISSING
        found = Patterned([ask.pattern]).spans(text, self.now)
        return found[0].value if found else MISSING

    def _datetime(self, text: MatchText) -> Any:
        day, clock = _only(self._spans("date", text)), _only(self._spans("time", text))
        return MISSING if day is MISSING or clock is MISSING else f"{day}T{clock}"

    def _spans(self, kind: Kind, text: MatchText) -> set[Any]:
        """Return all values of a *kind* that *text* mentions, as JSON."""
        return {_plain(span.value) for span in Built(kind).spans(text, self.now)}

    def _tapped(self, ask: Ask, value: str, offered: Sequence[Choice]) -> Any:
        match ask.kind:
            case "choice":
                return value if any(choice.value == value for choice in offered) else MISSING
            case "yes_no":
                return {"yes": True, "no": False}.get(value, MISSING)
            case "date" | "time" | "datetime":
                return self._picked(ask, value)
        return MISSING

    def _picked(self, ask: Ask, picked: str) -> Any:
        with suppress(ValueError):
            match ask.kind:
                case "date":
                    return date.fromisoformat(picked[:10]).isoformat()
                case "time":
                    return _plain(time.fromisoformat(picked[-5:]))
                case "datetime":
                    return f"{datetime.fromisoformat(picked):%Y-%m-%dT%H:%M}"
        return MISSING

    def _yes_or_no(self, said: Said) -> Any:
        if said.value is not None:
            return {"yes": True, "no": False}.get(said.value, MISSING)
        return MISSING if said.text is None else self.words.yes_or_no(said.text, MISSING)

    def _moment(self, typed: Any) -> datetime | None:
        match typed:
            case datetime():
                return typed.replace(tzinfo=self.now.tzinfo)
            case date():
                return datetime.combine(typed, time(12), self.now.tzinfo)
            case time():
                return datetime.combine(self.now.date(), typed, self.now.tzinfo)
        return None


def typed_value(ask: Ask, value: Any) -> Any:
    """Return an answer as handlers see it: a day is a ``date``, a time of day a ``time``; MISSING for what is none."""
    with suppress(ValueError, TypeError):
        match ask.kind:
            case "date":
                return date.fromisoformat(value)
            case "time":
                return time.fromisoformat(value)
            case "datetime":
                return datetime.fromisoformat(value)
            case "number":
                return value if isinstance(value, int | float) and not isinstance(value, bool) else MISSING
            case "yes_no":
                return value if isinstance(value, bool) else MISSING
            case kind if kind in MEDIA or kind == "account_link":
                return value if isinstance(value, Mapping) and value.get("type") == kind else MISSING
        return value if isinstance(value, str) else MISSING
    return MISSING


def _chosen(text: MatchText, offered: Sequence[Choice]) -> Any:
    """Return which of the choices a text is: by its value, its label, one of its words, or its number."""
    for forms in (_values, _labels, _other_words):
        found = {choice.value for choice in offered if any(key_of(form) == text.key for form in forms(choice))}
        if len(found) == 1:
            return found.pop()
    written = text.folded.strip()
    if written.isdecimal() and not any(any(map(str.isdigit, choice.shown)) for choice in offered):
        number = int(written) if len(written) < 4 else 0
        if 1 <= number <= len(offered):
            return offered[number - 1].value
    return MISSING


@lru_cache(maxsize=4096)
def key_of(text: str) -> str:
    """Return the form in which texts are compared as a whole, however a keyboard wrote them."""
    return MatchText(text.strip(), is_called=True).key


def _words(choice: Choice) -> Sequence[str]:
    return list(dict.fromkeys((*_values(choice), *_labels(choice), *_other_words(choice))))


def _values(choice: Choice) -> Sequence[str]:
    return [choice.value]


def _labels(choice: Choice) -> Sequence[str]:
    return [label for label in (choice.label, *dict(choice.labels).values()) if label]


def _other_words(choice: Choice) -> Sequence[str]:
    return choice.words


def _only(values: set[Any]) -> Any:
    return next(iter(values)) if len(values) == 1 else MISSING


def _plain(value: Any) -> Any:
    """Return a value as JSON: a day as 2026-12-24, a time of day as 18:30."""
    match value:
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
    return value


def _phone(text: str) -> Any:
    """Return the telephone number in *text* as digits, with a plus where one was written."""
    found = _PHONE.search(text)
    digits = _SEPARATORS.sub("", found[0]) if found else ""
    return digits if 6 <= len(digits.removeprefix("+")) <= 15 else MISSING
