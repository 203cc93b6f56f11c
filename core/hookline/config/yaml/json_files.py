"""Read the JSON files that replies name, keeping the place of everything, each file once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...adapters.flaws import Flaw
from ...findings.findings import Findings, Place
from ...findings.listing import Listing
from .document import decoded
from .marks import Marks, Spot, YamlPath, line_of, position
from .texts import Texts
from .tree import MAX_DEPTH

Look = tuple[str, tuple[tuple[str, YamlPath], ...]]
"""Names an adapter, and messages by the file and path that each stands at."""

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class JsonFile:
    """Hold what a JSON file says, and where everything in it stands."""

    data: Any
    marks: Marks


@dataclass(frozen=True, slots=True)
class Named:
    """Hold the name of a file as it is ``written`` in another, which stands in ``folder``."""

    written: str
    folder: Path


@dataclass
class JsonFiles:
    """Hold the files that were read, and what was found in messages, so that bots that share them cost no more.

    ``named`` says what is named where.
    """

    texts: Texts
    named: dict[Place, Named] = field(default_factory=dict)
    _read: dict[Path, JsonFile | None] = field(default_factory=dict)
    _flaws: dict[Look, Sequence[Flaw]] = field(default_factory=dict)

    def read(self, path: Path, file: str, findings: Findings) -> JsonFile | None:
        """Return what *path* holds, which findings call *file*, or None after reporting why not; raise OSError."""
        raw = self.texts.read(path)  # each time: it notes who reads what
        if path not in self._read:
            self._read[path] = _read(raw, file, findings)
        return self._read[path]

    def flaws(self, look: Look, check: Callable[[], Sequence[Flaw]]) -> Sequence[Flaw]:
        """Return what the adapter says of the messages of *look*; it is asked by *check*, once."""
        found = self._flaws.get(look)
        if found is None:
            found = self._flaws[look] = check()
        return found


def _read(raw: bytes, file: str, findings: Findings) -> JsonFile | None:
    text = decoded(raw, file, findings)
    if text is None:
        return None
    listing = Listing(text, is_open=True)
    try:
        data = json.loads(text, parse_constant=float, parse_int=_whole)
    except json.JSONDecodeError as error:
        findings.error(Place(file, *listing.position(error.pos)), f"not JSON: {error.msg}")
        return None
    except RecursionError:
        findings.error(Place(file, 1, 1), f"nested deeper than {MAX_DEPTH}")
        return None
    findings.listings[file] = listing  # only now: a file that is named by mistake is not quoted
    marks = _Scanner(text, file, listing, findings).scan()
    return None if marks is None else JsonFile(data, marks)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 300 else math.inf


class _Scanner:
    """Find the places in a text that is JSON, and what JSON's parser lets pass."""

    def __init__(self, text: str, file: str, listing: Listing, findings: Findings) -> None:
        self._text = text
        self._file = file
        self._listing = listing
        self._findings = findings
        self._is_fine = True
        self._root: Spot | None = None
        self._open: list[Any] = []  # the spots in each object and array whose end hasn't come
        self._key = ("", -1)

    def scan(self) -> Marks | None:
        """Return where everything stands, or None after reporting what is wrong."""
        is_key = False
        for word, place in self._words():
            if word in ("}", "]"):
                self._open.pop()
            elif word == ",":
                is_key = isinstance(self._open[-1], dict)
            elif word in ("{", "["):
                inside: Any = {} if word == "{" else []
                self._put(place, inside)
                if len(self._open) >= MAX_DEPTH:
                    self._report(place, f"nested deeper than {MAX_DEPTH}")
                    return None
                self._open.append(inside)
                is_key = word == "{"
            elif word != ":" and is_key:
                self._take_key(word, place)
                is_key = False
            elif word != ":":
                self._put(place, None)
                self._check(word, place)
        assert self._root is not None  # it is JSON
        return Marks(self._file, self._root) if self._is_fine else None

    def _words(self) -> Iterator[tuple[str, Place]]:
        for found in _WORD.finditer(self._text):
            yield found.group(), Place(self._file, *self._listing.position(found.start()))

    def _put(self, place: Place, inside: Any) -> None:
        """Note that a value begins at *place*, with what is *inside* it."""
        around = self._open[-1] if self._open else None
        if isinstance(around, dict):
            key, key_place = self._key
            around[key] = (_spot(place), key_place, inside)
        elif around is None:
            self._root = (_spot(place), -1, inside)
        else:
            around.append((_spot(place), -1, inside))

    def _take_key(self, word: str, place: Place) -> None:
        self._check(word, place)
        key, around = str(json.loads(word)), self._open[-1]
        self._key = (key, _spot(place))
        if key in around:
            self._report(place, f"`{key}` stands here twice", f"the first is in line {line_of(around[key][1]) + 1}")
            self._key = (key, around[key][1])

    def _check(self, word: str, place: Place) -> None:
        if word.startswith('"'):
            if "\\u" in word and any("\ud800" <= character <= "\udfff" for character in json.loads(word)):
                hint = "a surrogate needs its other half; or write the character itself"
                self._report(place, "half a character", hint)
        elif word not in ("true", "false", "null") and not math.isfinite(float(word)):
            self._report(place, "a number out of bounds" if word[-1].isdigit() else f"`{word}` is not JSON")

    def _report(self, place: Place, message: str, hint: str | None = None) -> None:
        self._findings.error(place, message, hint)
        self._is_fine = False


def _spot(place: Place) -> int:
    return position(place.line - 1, place.column - 1)
