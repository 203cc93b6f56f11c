"""Build plain data and marks from the events of a YAML text, in one pass and without recursion."""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern
from typing import Any

import yaml

from . import syntax
from .diagnostics import Place, Problems
from .interpolation import PlainText, Text
from .marks import COLUMN_BITS, Spot, position
from .surrogates import SurrogatePairs

MAX_DEPTH = 50
MAX_NODES = 1_000_000
"""About as many as 5,000 bots have: more is a dump of something, and would hold up the host for seconds."""


class _Open:
    """Hold a mapping or a list whose end hasn't come; one that ``is_lost`` is in no place of the tree."""

    __slots__ = ("data", "is_lost", "key", "key_position", "key_spot", "spot", "takes_key")

    def __init__(self, data: dict[str, Any] | list[Any], spot: Spot, *, is_lost: bool) -> None:
        self.data = data
        self.spot = spot
        self.is_lost = is_lost
        self.takes_key = isinstance(data, dict)
        self.key: str | None = None  # of the value that comes next; None when that is lost
        self.key_position = -1


class TreeBuilder:
    """Take events; ``data`` and ``spot`` are what they say, and where it stands, once they are through.

    Lines are counted from *first_line*, and depth from *depth*: the text may be a part of a file.
    """

    def __init__(
        self, file: str, problems: Problems, pairs: SurrogatePairs, first_line: int = 0, depth: int = 0
    ) -> None:
        self._file = file
        self._problems = problems
        self._pairs = pairs
        self._first_line = first_line
        self._depth = depth
        self._documents = 0
        self._open: list[_Open] = []
        self._findings: list[tuple[int, str, str | None]] = []
        self._is_fine = True
        self.nodes = 0
        self.data: Any = None
        self.spot = Spot(position(first_line, 0))

    def build(self, events: Iterable[yaml.Event]) -> bool:
        """Say whether *events* have nothing that bot.yaml hasn't; report it, also keys that aren't text or unique."""
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._check(event)
                self._take_scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._check(event)
                self._begin(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
            elif isinstance(event, yaml.AliasEvent):
                self.nodes += 1
                self._refuse(event)
                self._add(None, Spot(self._position(event)))
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
            if self._documents > 1 or len(self._open) + self._depth > MAX_DEPTH or self.nodes > MAX_NODES:
                self._report_excess(event)
                return False
        if self._is_fine:
            for place, message, hint in self._findings:
                self._problems.error(self._place(place), message, hint)
        return self._is_fine

    def _check(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self.nodes += 1
        if event.anchor is not None or event.tag is not None:
            self._refuse(event)

    def _refuse(self, event: yaml.NodeEvent) -> None:
        self._is_fine = False
        syntax.report_refused(event, self._place(self._position(event)), self._problems)

    def _report_excess(self, event: yaml.Event) -> None:
        place = self._place(self._position(event))
        if self._documents > 1:
            self._problems.error(place, "a second document: one file is one document", "remove the `---`")
        elif self.nodes > MAX_NODES:
            self._problems.error(place, f"more than {MAX_NODES} values in one file")
        else:
            self._problems.error(place, f"nested deeper than {MAX_DEPTH}")

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        value, style = event.value, event.style
        value = self._pairs.restored(value, is_escaped=style == '"')
        inside = self._open[-1] if self._open else None
        if inside is not None and inside.takes_key:
            self._take_key(inside, value, self._position(event))
        elif style:
            self._add(Text(value), Spot(self._position(event)))
        else:  # None or "" in the C loader
            self._add(PlainText(value) if value else None, Spot(self._position(event)))

    def _take_key(self, inside: _Open, key: str, place: int) -> None:
        inside.takes_key = False
        if key not in inside.data:
            inside.key = intern(key)
            inside.key_position = place
            return
        inside.key = None
        if not inside.is_lost:
            assert isinstance(inside.spot.below, dict)
            first = self._place(inside.spot.below[key].key)
            message = f"`{self._problems.shown_key(key, self._place(place))}` stands here twice"
            self._findings.append((place, message, f"the first is in line {first.line}"))

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        place = self._position(event)
        is_lost = bool(self._open) and self._is_next_lost(self._open[-1], place)
        data: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        spot = Spot(place, -1, {} if isinstance(data, dict) else [])
        if not (self._open and self._open[-1].takes_key):
            self._add(data, spot)
        else:
            self._open[-1].takes_key = False
        self._open.append(_Open(data, spot, is_lost=is_lost))

    def _is_next_lost(self, inside: _Open, place: int) -> bool:
        """Say whether what begins at *place* is no part of the tree; report a mapping or list that is to be a key."""
        if inside.takes_key:
            inside.key = None
            if not inside.is_lost:
                hint = f"if this is a placeholder, {syntax.QUOTES}"
                self._findings.append((place, "a key must be plain text", hint))
            return True
        return inside.is_lost or (isinstance(inside.data, dict) and inside.key is None)

    def _add(self, data: Any, spot: Spot) -> None:
        if not self._open:
            self.data, self.spot = data, spot
            return
        inside = self._open[-1]
        if isinstance(inside.data, list):
            inside.data.append(data)
            assert isinstance(inside.spot.below, list)
            inside.spot.below.append(spot)
            return
        inside.takes_key = True
        if inside.key is not None:
            spot.key = inside.key_position
            inside.data[inside.key] = data
            assert isinstance(inside.spot.below, dict)
            inside.spot.below[inside.key] = spot

    def _position(self, event: yaml.Event) -> int:
        mark: Any = event.start_mark  # libyaml's always are
        line: int = mark.line + self._first_line
        column: int = mark.column
        return line << COLUMN_BITS | column

    def _place(self, place: int) -> Place:
        line, column = divmod(place, position(1, 0))
        return Place(self._file, line + 1, column + 1)
