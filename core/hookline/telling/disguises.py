"""Put made-up names and numbers in the place of those of people, always the same for the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

PEOPLE = ("mei", "ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "ida")
"""Who acts in a conversation, in the order in which they come; others are numbered."""

LEAST = 7
"""A number of fewer digits is no telephone's, and nobody's."""
LONGEST_PHONE = 13
TAIL = 6
"""So many digits of a telephone number are made up; those before them say which kind it is."""
HEAD = 4
"""So many digits stay of a longer number: a card's, an account's."""

_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9.%+'_-]{0,63}[A-Za-z0-9_])?"
_MAIL = "|".join(
    (
        rf"{_LOCAL}[@＠][A-Za-z0-9-]+(?:[.．][A-Za-z0-9-]+)+",
        rf"{_LOCAL}[@＠][\w-]+(?:[.．][\w-]+)+",
        r"\w{0,63}[^\x00-\x7f\W][@＠][\w-]+(?:[.．][\w-]+)+",
    )
)
_ID = r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Z]?[0-9a-f]{20,64})(?![0-9A-Za-z])"
_NUMBER = rf"\+?\d(?:[ \u00a0\u3000()（）.．/／\-‐‑‒–−－]{{0,3}}\d){{{LEAST - 1},}}"
_FOUND = re.compile(rf"(?P<mail>{_MAIL})|(?P<id>{_ID})|(?P<number>{_NUMBER})")
_DAY = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)\Z")
_BLANKS = re.compile(r"([ \u00a0\u3000]+)")
_DIGITS = re.compile(r"\d+")


@dataclass
class Disguise:
    """Make up what stands for whom; *id_of* says what somebody of a name is called by the platform.

    What the bot's own files say, *own*, stays: its telephone number, its address, the people that it lists.
    """

    own: str
    id_of: Callable[[str], str]
    _people: dict[str, str] = field(default_factory=dict)
    _groups: dict[str, str] = field(default_factory=dict)
    _made_up: dict[tuple[str, str], int] = field(default_factory=dict)
    _own_numbers: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._own_numbers = frozenset(
            _digits(part)
            for found in _FOUND.finditer(self.own)
            if found["number"]
            for part in (found[0], *_BLANKS.split(found[0]))
        )

    def person(self, identity: str) -> str:
        """Return who does in a test what the person with this id did."""
        if identity not in self._people:
            number = len(self._people)
            name = PEOPLE[number] if number < len(PEOPLE) else f"person{number + 1}"
            self._people[identity] = identity if self._is_named(identity) else name
        return self._people[identity]

    def group(self, identity: str) -> str:
        """Return the group of a test that stands for the one with this id."""
        return self._groups.setdefault(identity, f"group{len(self._groups) + 1}" if self._groups else "group")

    def text(self, text: str) -> str:
        """Return *text* with all ids, telephone numbers and e-mail addresses made up; days stay."""
        for identity, name in sorted(self._people.items(), key=lambda item: -len(item[0])):
            if len(identity) >= LEAST:
                text = text.replace(identity, self.id_of(name))
        known = {self.id_of(name) for name in self._people.values()}
        return "".join(
            part if is_day else _FOUND.sub(lambda found: self._instead(found, known), part)
            for part, is_day in _days(text)
        )

    def _is_named(self, identity: str) -> bool:
        """Say whether the bot's own files name somebody by *identity*."""
        is_long = len(identity) >= LEAST
        return is_long and re.search(rf"(?<!\w){re.escape(identity)}(?!\w)", self.own) is not None

    def _instead(self, found: re.Match[str], known: set[str]) -> str:
        written = found[0]
        if found["number"]:
            return self._number(written)
        if written in known or written in self.own:
            return written
        if found["mail"]:
            domain = re.split("[@＠]", written)[1]
            number = self._number_of("mail", unicodedata.normalize("NFKC", written).casefold())
            return f"person{number}@{domain if f'@{domain}' in self.own else 'example.com'}"
        number = self._number_of("id", written)
        shape = written[:1] + re.sub(r"[0-9A-Za-z]", "0", written[1:])
        return shape[: -len(str(number))] + str(number)

    def _number(self, written: str) -> str:
        parts = _BLANKS.split(written)
        if any(len(_digits(part)) >= LEAST for part in parts):
            return "".join(self._digits_of(part) if len(_digits(part)) >= LEAST else part for part in parts)
        return self._digits_of(written) if _may_be_one(written) else written

    def _digits_of(self, written: str) -> str:
        digits = _digits(written)
        if digits in self._own_numbers or _is_day(_COMPACT_DAY.match(digits)):
            return written
        kept = len(digits) - TAIL if len(digits) <= LONGEST_PHONE else HEAD
        tail = digits[kept:]
        made_up = iter(f"{self._number_of('number', tail):0{len(tail)}d}")
        seen = 0
        result = []
        for letter in written:
            seen += letter.isdecimal()
            is_made_up = letter.isdecimal() and seen > kept
            result.append(_like(letter, next(made_up)) if is_made_up else letter)
        return "".join(result)

    def _number_of(self, kind: str, original: str) -> int:
        of_kind = sum(one == kind for one, _ in self._made_up)
        return self._made_up.setdefault((kind, original), of_kind + 1)


def _days(text: str) -> Iterator[tuple[str, bool]]:
    """Yield *text* in parts: what is a day, and what isn't."""
    done = 0
    for found in _DAY.finditer(text):
        if _is_day(re.match(r"(\d{4})[-/.](\d+)[-/.](\d+)", found[0])):
            yield text[done : found.start()], False
            yield found[0], True
            done = found.end()
    yield text[done:], False


def _is_day(found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    try:
        return 1900 <= date(year, month, day).year < 2200
    except ValueError:
        return False


def _may_be_one(written: str) -> bool:
    """Say whether it is one number: `06 12 34 56 78` and `+33 6 12…` are, `10 20 30 40` isn't."""
    groups = _DIGITS.findall(written)
    return written[:1] == "+" or _value(groups[0][0]) == 0 or any(len(group) > 2 for group in groups)


def _digits(written: str) -> str:
    return "".join(str(_value(letter)) for letter in written if letter.isdecimal())


def _value(digit: str) -> int:
    return unicodedata.decimal(digit)


def _like(digit: str, other: str) -> str:
    """Return the digit *other* in the script of *digit*."""
    return chr(ord(digit) - _value(digit) + int(other))
