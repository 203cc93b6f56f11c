"""Build plain data and marks from the events of a YAML text, in one pass and without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterable
from sys import intern
from typing import Any

import yaml

from ...findings.findings import Findings, Place
from . import syntax
from .interpolation import PlainText, Text
from .lookalikes import bare, indented_by, named, odd_ends
from .marks import COLUMN_BITS, Spot, YamlPath, position
from .oddities import FIRSTS, Oddity, are_joined, oddity_of
from .surrogates import SurrogatePairs

MAX_DEPTH = 50
MAX_NODES = 1_000_000
"""About as many as 5,000 bots have: more is a dump of something, and would hold up the host for seconds."""

_KEEPS_BREAKS = re.compile(r"[|>][1-9]?\+")


class _Open:
    """Hold a mapping or a list whose end hasn't come; one that ``is_lost`` is in no place of the tree."""

    __slots__ = ("data", "is_lost", "is_mapping", "key", "key_place", "spots", "takes_key")

    def __init__(self, data: Any, spots: Any, *, is_mapping: bool, is_lost: bool) -> None:
        self.data = data
        self.spots = spots
        self.is_mapping = self.takes_key = is_mapping
        self.is_lost = is_lost
        self.key: str | None = None  # of the value that comes next; None when that is lost
        self.key_place = -1


class TreeBuilder:
    """Take the events of *text*; once they are through, ``data`` and ``spot`` are what they say, and where it stands.

    ``odd`` are values that may mean something else than they say. Lines are counted from *first_line*, and depth from
    *depth*: the text may be a part of a file. What is done for each scalar is written out, since there are hundreds in
    a bot.
    """

    def __init__(
        self, text: str, file: str, findings: Findings, pairs: SurrogatePairs, first_line: int = 0, depth: int = 0
    ) -> None:
        self._text = text
        self._has_comments = " #" in text
        self._file = file
        self._findings = findings
        self._pairs = pairs
        self._first_line = first_line
        self._depth = depth
        self._documents = 0
        self._open: list[_Open] = []
        self._wrong: list[tuple[int, str, str | None]] = []
        self._is_fine = True
        self.nodes = 0
        self.data: Any = None
        self.odd: dict[YamlPath, Oddity] = {}
        self.spot: Spot = (position(first_line, 0), -1, None)

    def build(self, events: Iterable[yaml.Event]) -> bool:
        """Say whether *events* have nothing that bot.yaml hasn't; report it, also keys that aren't text or unique."""
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._take_scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._begin(event)
                if len(self._open) + self._depth > MAX_DEPTH:
                    return self._give_up(event, f"nested deeper than {MAX_DEPTH}")
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
            elif isinstance(event, yaml.AliasEvent):
                self.nodes += 1
                self._refuse(event)
                self._add(None, self._place_of(event), None)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    return self._give_up(event, "a second document: one file is one document", "remove the `---`")
            if self.nodes > MAX_NODES:
                return self._give_up(event, f"more than {MAX_NODES} values in one file")
        if self._is_fine:
            for place, message, hint in self._wrong:
                self._findings.error(self._shown(place), message, hint)
        return self._is_fine

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        self.nodes += 1
        if event.anchor is not None or event.tag is not None:
            self._refuse(event)
        value, style = event.value, event.style  # which is None or "" for a plain one in the C loader
        if self._pairs.are_any:
            value = self._pairs.restored(value, is_escaped=style == '"')
        mark: Any = event.start_mark
        place = (mark.line + self._first_line) << COLUMN_BITS | mark.column
        inside = self._open[-1] if self._open else None
        if inside is None:
            self._add(Text(value), place, None)
        elif inside.takes_key:
            if not (style or value.isascii()):
                value = self._mended(value, place)
            self._take_key(inside, value, place)
        else:
            data: Text | None
            end: Any = event.end_mark
            if end.line != mark.line and style != "|" and are_joined(self._text, mark.index, end.index):
                self._note(Oddity("joined", "\n"))
            if style:
                data = Text(self._without_last_break(value, mark.index) if style in "|>" else value)
            else:
                data = PlainText(value) if value else None
                if value[:1] in FIRSTS or (self._has_comments and self._text.startswith(" #", end.index)):
                    self._note(oddity_of(value, self._text, end.index))
            if inside.is_mapping:
                inside.takes_key = True
                if inside.key is not None:
                    inside.data[inside.key] = data
                    inside.spots[inside.key] = (place, inside.key_place, None)
            else:
                inside.data.append(data)
                inside.spots.append((place, -1, None))

    def _without_last_break(self, value: str, start: int) -> str:
        """Return the *value* of a block as it is meant: with the break of its last line only where `+` asks for it."""
        return value if _KEEPS_BREAKS.match(self._text, start) else value.removesuffix("\n")

    def _note(self, oddity: Oddity | None) -> None:
        """Note what is odd about the value that comes next."""
        *around, inside = self._open
        if oddity is None or inside.is_lost or (inside.is_mapping and inside.key is None):
            return
        path = [len(one.data) - 1 if one.key is None else one.key for one in around]
        self.odd[(*path, len(inside.data) if inside.key is None else inside.key)] = oddity

    def _mended(self, key: str, place: int) -> str:
        """Return a *key* without quotes as it is meant; report blanks and invisible signs at its ends.

        A blank before it is an indentation that YAML takes for a part of the key.
        """
        before, behind = odd_ends(key)
        if before.isspace():
            self._is_fine = False
            self._findings.error(self._shown(place), *indented_by(before))
        elif before or behind:
            where = "before" if before else "behind"
            self._wrong.append((place, f"{named(before or behind)} {where} this key", "write the key without it"))
        return bare(key)

    def _take_key(self, inside: _Open, key: str, place: int) -> None:
        inside.takes_key = False
        if key not in inside.data:
            inside.key = intern(key)
            inside.key_place = place
            return
        inside.key = None
        if not inside.is_lost:
            first = self._shown(inside.spots[key][1])
            message = f"`{self._findings.shown_key(key, self._shown(place))}` stands here twice"
            self._wrong.append((place, message, f"the first is in line {first.line}"))

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        self.nodes += 1
        if event.anchor is not None or event.tag is not None:
            self._refuse(event)
        place = self._place_of(event)
        inside = self._open[-1] if self._open else None
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        data: Any = {} if is_mapping else []
        spots: Any = {} if is_mapping else []
        is_lost = False
        if inside is not None and inside.takes_key:
            self._refuse_key(inside, place)
            is_lost = True
        else:
            is_lost = inside is not None and (inside.is_lost or (inside.is_mapping and inside.key is None))
            self._add(data, place, spots)
        self._open.append(_Open(data, spots, is_mapping=is_mapping, is_lost=is_lost))

    def _add(self, data: Any, place: int, spots: Any) -> None:
        """Put *data* where the next value goes."""
        if not self._open:
            self.data, self.spot = data, (place, -1, spots)
            return
        inside = self._open[-1]
        if not inside.is_mapping:
            inside.data.append(data)
            inside.spots.append((place, -1, spots))
            return
        inside.takes_key = True
        if inside.key is not None:
            inside.data[inside.key] = data
            inside.spots[inside.key] = (place, inside.key_place, spots)

    def _refuse(self, event: yaml.NodeEvent) -> None:
        self._is_fine = False
        syntax.report_refused(event, self._shown(self._place_of(event)), self._findings)

    def _refuse_key(self, inside: _Open, place: int) -> None:
        inside.takes_key = False
        inside.key = None
        if not inside.is_lost:
            self._wrong.append((place, "a key must be plain text", f"if this is a placeholder, {syntax.QUOTES}"))

    def _give_up(self, event: yaml.Event, message: str, hint: str | None = None) -> bool:
        self._findings.error(self._shown(self._place_of(event)), message, hint)
        return False

    def _place_of(self, event: yaml.Event) -> int:
        mark: Any = event.start_mark
        return position(mark.line + self._first_line, mark.column)

    def _shown(self, place: int) -> Place:
        line, column = divmod(place, position(1, 0))
        return Place(self._file, line + 1, column + 1)
