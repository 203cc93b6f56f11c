"""Compare the files of two configurations line by line, in time that grows with their size and their changes."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import Match, SequenceMatcher
from pathlib import Path

from ..config.keys.open_keys import OPEN_KEYS
from ..findings.listing import Listing
from .phrases import named

MOST_PAIRS = 200_000
"""Of lines that are compared each with each; a part in which no line stands only once, and with more, is one change."""


def differences(before: Mapping[Path, bytes], after: Mapping[Path, bytes]) -> Iterator[str]:
    """Yield a comparison as ``diff -u`` writes it. A secret that was written into a file by mistake isn't shown."""
    for path in sorted(before.keys() | after.keys()):
        old_text, new_text = before.get(path, b""), after.get(path, b"")
        if old_text == new_text:
            continue
        yield from (f"--- {named(path)}", f"+++ {named(path)}")
        old, new = _listing(path, old_text), _listing(path, new_text)
        if old.lines == new.lines:
            yield "only line ends, or marks of the byte order, differ"
        else:
            yield from _changes(old, new)


def is_different(before: Mapping[Path, bytes], after: Mapping[Path, bytes]) -> bool:
    """Say whether any line differs."""
    return any(
        _listing(path, before.get(path, b"")).lines != _listing(path, after.get(path, b"")).lines
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path)
    )


def _listing(path: Path, content: bytes) -> Listing:
    return Listing(content.decode("utf-8-sig", "replace"), OPEN_KEYS, is_open=path.suffix == ".json")


def _changes(old: Listing, new: Listing) -> Iterator[str]:
    for group in _Matcher(old.lines, new.lines).get_grouped_opcodes():
        yield f"@@ line {group[0][1] + 1} @@"
        for tag, first, last, new_first, new_last in group:
            sign = " " if tag == "equal" else "-"
            yield from (f"{sign}{old.shown(number + 1)}" for number in range(first, last))
            if tag != "equal":
                yield from (f"+{new.shown(number + 1)}" for number in range(new_first, new_last))


class _Matcher(SequenceMatcher[str]):
    """Match lines as difflib does, but piece by piece, between lines that each file has once."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, (), ())
        self._old, self._new = old, new

    def get_matching_blocks(self) -> list[Match]:
        """Return which lines are the same, with an empty match at the end."""
        old, new = self._old, self._new
        blocks: list[Match] = []
        for first, second in _pairs(old, new):
            if blocks and (blocks[-1].a + blocks[-1].size, blocks[-1].b + blocks[-1].size) == (first, second):
                blocks[-1] = blocks[-1]._replace(size=blocks[-1].size + 1)
            else:
                blocks.append(Match(first, second, 1))
        return [*blocks, Match(len(old), len(new), 0)]


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of lines that are the same, in order."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    ends = (len(old) - tail, len(new) - tail)
    yield from zip(range(head), range(head), strict=True)
    at = (head, head)
    for anchor in [*_anchors(old, new, at, ends), ends]:
        yield from _between(old, new, at, anchor)
        if anchor != ends:
            yield anchor
        at = (anchor[0] + 1, anchor[1] + 1)
    yield from zip(range(ends[0], len(old)), range(ends[1], len(new)), strict=True)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many lines are the same from the beginning on."""
    return next(
        (number for number, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )


def _anchors(
    old: Sequence[str], new: Sequence[str], start: tuple[int, int], end: tuple[int, int]
) -> Sequence[tuple[int, int]]:
    """Return the lines that both have once from *start* to *end*: the most that stand in one order."""
    once = [_once(old, start[0], end[0]), _once(new, start[1], end[1])]
    return _rising([(number, once[1][line]) for line, number in once[0].items() if line in once[1]])


def _once(lines: Sequence[str], start: int, end: int) -> Mapping[str, int]:
    counts = Counter(lines[start:end])
    return {lines[number]: number for number in range(start, end) if counts[lines[number]] == 1}


def _rising(pairs: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Return the longest part of *pairs*, which rise in their first number, that rises in the second, too."""
    least: list[int] = []  # the least second number that a part of each length ends with
    ends: list[int] = []  # and the pair that this is
    before: list[int] = []
    for index, (_, second) in enumerate(pairs):
        length = bisect_left(least, second)
        before.append(ends[length - 1] if length else -1)
        if length == len(least):
            least.append(second)
            ends.append(index)
        else:
            least[length], ends[length] = second, index
    found: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _between(
    old: Sequence[str], new: Sequence[str], start: tuple[int, int], end: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    old_part, new_part = old[start[0] : end[0]], new[start[1] : end[1]]
    if len(old_part) * len(new_part) > MOST_PAIRS:
        return
    for match in SequenceMatcher(None, old_part, new_part, autojunk=False).get_matching_blocks():
        for number in range(match.size):
            yield start[0] + match.a + number, start[1] + match.b + number
