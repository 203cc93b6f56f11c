r"""Say what a pattern may cost on the worst text that somebody can send, by how it is written.

RE2 looks at each letter of a text once and is in one state then; it makes states as it comes to need them. What makes
a pattern dear is that there can be very many: where it reads on through letters that may be anything, from many
beginnings at once, and still may fail, as ``.{0,600}!`` does. Each such letter is loose. A literal is not, nor are the
digits of ``訂單\d{8}``: what stands before them can begin in one place only. Nor are those at the end that need not
be there: ``備註.{1,200}`` has found what it looks for after one. Nor is any where all begins with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import re2

from .expressions import tokens, written_for_re2
from .folding import clean

BASE, OF_LETTER, OF_OTHER, OF_STEP = 0.07, 0.4, 0.03, 0.0004
"""Milliseconds, measured on a usual machine: to look at a text at all, for each loose letter, for each that may be
anything and isn't loose where it stands, and for each compiled step."""
FREE = 6
"""So many loose letters make at most some hundred states."""
ALIKE = 4
"""Where words of an alternation have so many times more letters than different ones, each may be anything."""

HUGE = 2
"""So many times as much as another one costs a class of letters of all scripts, of which no text has many."""

_BEGINNING = re.compile(r"(\(\?[a-ln-zA-Z]+\))?(\^|\\A)")
_CLASSES = ("\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\p", "\\P", "\\C")
_NO_LETTER = ("\\b", "\\B", "\\A", "\\z", "\\Q", "\\E")
_HUGE = re.compile(r"\\[wWpP]|\[:")
_OPEN = re.compile(r"\\[wWDSpP]|\[:|\[\^")
_COUNTED = re.compile(r"\{(\d+)(,(\d*))?\}")
_ASCII = "".join(map(chr, range(128)))


def price_of(source: str, variants: Sequence[int]) -> float:
    """Return how many milliseconds a text of 5,000 letters takes at most, about.

    *variants* are the steps of the expressions that *source* compiles to, all of which are looked for.
    """
    loose, others = letters_of(source)
    each = BASE + OF_LETTER * max(0, loose - FREE) + OF_OTHER * max(0, others - FREE)
    return len(variants) * each + OF_STEP * sum(variants)


def letters_of(source: str) -> tuple[int, int]:
    """Return how many letters that *source* reads, written out, are loose, and how many others may be anything."""
    around = [_Frame()]
    for kind, part in tokens(source):
        if kind == "opening" and not part.endswith(")"):
            around.append(_Frame())
        elif part == ")" and kind == "sign" and len(around) > 1:
            inner = around.pop()
            around[-1].add(inner.whole())
        elif part == "|" and kind == "sign":
            around[-1].turn()
        elif kind == "repeated":
            around[-1].repeat(part)
        else:
            for item in _items(kind, part):
                around[-1].add(item)
    whole = around[0].whole()
    loose = 0 if _BEGINNING.match(source) and whole.is_sequence else whole.tail
    return loose, max(0, whole.loose - loose)


@dataclass(frozen=True, slots=True)
class _Item:
    """Hold how many letters a part of a pattern reads, literal and loose ones; ``one`` is what each of them is.

    ``tail`` are the loose ones where nothing follows that ``must`` be there and may not be.
    """

    literal: int = 0
    loose: int = 0
    one: str = ""
    tail: int = 0
    must: bool = False
    is_sequence: bool = True

    def times(self, count: int, least: int, one: str = "") -> _Item:
        """Return it as often as that, *least* of which must be: what is repeated is loose."""
        each = self.literal + self.loose
        tail = each * max(0, least - 1) + (self.tail if least else 0)
        return _Item(0, each * count, one, tail, self.must and least > 0)


@dataclass(slots=True)
class _Frame:
    """Hold what was read of one group: its alternatives, and the items of that which is being read."""

    ended: list[list[_Item]] = field(default_factory=list)
    items: list[_Item] = field(default_factory=list)

    def add(self, item: _Item) -> None:
        """Take the next item."""
        self.items.append(item)

    def turn(self) -> None:
        """Begin the next alternative."""
        self.ended.append(self.items)
        self.items = []

    def repeat(self, token: str) -> None:
        """Repeat the last item."""
        if not self.items:
            return
        item = self.items.pop()
        count = _count(token)
        is_one = count > 1 and bool(self.items) and _are_apart(item.one, self.items[-1].one)
        stays = item.one if token[0] == "+" or (token[0] == "{" and token[1:2] != "0") else ""
        least = 1 if is_one else _least(token)
        self.items.append(item.times(1 if is_one else count, least, stays))

    def whole(self) -> _Item:
        """Return all of it as one item."""
        each = [*self.ended, self.items]
        longest = max(sum(item.literal for item in items) for items in each)
        loose = sum(item.loose for items in each for item in items)
        tail = sum(_tail(items) for items in each)
        must, is_one = all(any(item.must for item in items) for items in each), len(each) == 1
        if not is_one and _are_alike(each, longest):
            return _Item(0, loose + longest, tail=tail + longest, must=must, is_sequence=False)
        return _Item(longest, loose, tail=tail, must=must, is_sequence=is_one)


def _tail(items: Sequence[_Item]) -> int:
    """Return how many letters of *items* are loose when nothing follows them."""
    tail = 0
    for index in range(len(items) - 1, -1, -1):
        tail += items[index].tail
        if items[index].must:
            return tail + sum(item.loose for item in items[:index])
    return tail


def _are_alike(each: Sequence[Sequence[_Item]], longest: int) -> bool:
    """Say whether alternatives, the *longest* of so many literals, may be anything: `(a|b)` is, words hardly are."""
    letters = [item.one for items in each for item in items if item.literal == 1]
    return longest <= 2 or len(letters) >= ALIKE * len({*letters})


def _items(kind: str, token: str) -> Iterator[_Item]:
    if kind == "blank" or _is_class(token):
        count = HUGE if _HUGE.search(token) else 1
        yield _Item(0, count, "\\s" if kind == "blank" else token, count, must=token[0] != ".")
    elif token in ("$", "\\z"):
        yield _Item(must=True)  # the end of the text must follow as a literal must
    elif kind == "quoted":
        yield from (_Item(1, 0, re2.escape(letter), must=True) for letter in token[2:].removesuffix("\\E"))
    elif kind == "literal" or (kind == "escape" and token[:2] not in _NO_LETTER):
        yield _Item(1, 0, token, must=True)


def _least(token: str) -> int:
    """Return how often what is repeated must be there."""
    found = _COUNTED.match(token)
    return int(found[1]) if found is not None else int(token[0] == "+")


def _is_class(part: str) -> bool:
    return part == "." or part[:2] in _CLASSES or (part[0] == "[" and len(part) > 1)


def _count(token: str) -> int:
    found = _COUNTED.match(token)
    if found is None:
        return 1
    least, comma, most = int(found[1]), found[2], found[3]
    return max(1, int(most) if most else least + bool(comma))


def _are_apart(one: str, other: str) -> bool:
    """Say whether surely no letter is both *one* and the *other*: then a run of it is read from one place at a time.

    Of what is written as ranges the ends tell, and what stands for letters of all scripts counts as having any.
    """
    if not (one and other) or "." in (one, other) or (_OPEN.search(one) and _OPEN.search(other)):
        return False
    literal = next((each for each in (one, other) if not _is_class(each)), None)
    letters = {*clean(one + other), *one, *other, *_ASCII} if literal is None else {*literal[-1:], *clean(literal[-1:])}
    try:
        first, second = (re2.compile(f"(?i)^(?:{written_for_re2(each)[0].text})$") for each in (one, other))
        return not any(first.search(letter) and second.search(letter) for letter in letters)
    except (re2.error, UnicodeEncodeError):
        return False
