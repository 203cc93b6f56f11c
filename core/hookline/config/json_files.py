"""Read the JSON files that replies name, keeping the place of everything, each file once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .diagnostics import Place, Problems
from .document import Marks, YamlPath, decoded
from .listing import Listing
from .syntax import MAX_DEPTH
from .texts import Texts

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class JsonFile:
    """Hold what a JSON file says, and where everything in it stands."""

    data: Any
    marks: Marks


@dataclass
class JsonFiles:
    """Hold the files that were read, and which messages were checked, so that bots that share them cost no more."""

    texts: Texts
    _read: dict[Path, JsonFile | None] = field(default_factory=dict)
    _checked: set[tuple[str, tuple[Place, ...]]] = field(default_factory=set)

    def read(self, path: Path, file: str, problems: Problems) -> JsonFile | None:
        """Return what *path* holds, which findings call *file*, or None after reporting why not; raise OSError."""
        if path not in self._read:
            self._read[path] = _read(self.texts.read(path), file, problems)
        return self._read[path]

    def is_first_look(self, adapter: str, places: Sequence[Place]) -> bool:
        """Say whether *adapter* hasn't checked the messages at *places* yet, and take it that now it does."""
        look = (adapter, tuple(places))
        is_first = look not in self._checked
        self._checked.add(look)
        return is_first


def _read(raw: bytes, file: str, problems: Problems) -> JsonFile | None:
    text = decoded(raw, file, problems)
    if text is None:
        return None
    listing = Listing(text, is_open=True)
    try:
        data = json.loads(text, parse_constant=float, parse_int=_whole)
    except json.JSONDecodeError as error:
        problems.error(Place(file, *listing.position(error.pos)), f"not JSON: {error.msg}")
        return None
    except RecursionError:
        problems.error(Place(file, 1, 1), f"nested deeper than {MAX_DEPTH}")
        return None
    problems.listings[file] = listing  # only now: a file that is named by mistake is not quoted
    scanner = _Scanner(text, file, listing, problems)
    return JsonFile(data, scanner.marks) if scanner.scan() else None


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 300 else math.inf


class _Scanner:
    """Find the places in a text that is JSON, and what JSON's parser lets pass."""

    def __init__(self, text: str, file: str, listing: Listing, problems: Problems) -> None:
        self._text = text
        self._file = file
        self._listing = listing
        self._problems = problems
        self._is_fine = True
        self.marks = Marks()

    def scan(self) -> bool:
        """Fill the marks and say whether all is well; report what isn't."""
        path: YamlPath = ()
        around: list[YamlPath] = []
        is_key = False
        for word, place in self._words():
            if word in ("{", "["):
                self.marks.values[path] = place
                if len(around) >= MAX_DEPTH:
                    self._report(place, f"nested deeper than {MAX_DEPTH}")
                    return False
                around.append(path)
                is_key = word == "{"
                path = path if is_key else (*path, 0)
            elif word in ("}", "]"):
                path, is_key = around.pop(), False
            elif word == ",":
                last = path[-1]
                is_key = not isinstance(last, int)
                path = around[-1] if isinstance(last, str) else (*around[-1], last + 1)
            elif word != ":" and is_key:
                path, is_key = (*path, self._key(path, word, place)), False
            elif word != ":":
                self.marks.values[path] = place
                self._check(word, place)
        return self._is_fine

    def _words(self) -> Iterator[tuple[str, Place]]:
        for found in _WORD.finditer(self._text):
            yield found.group(), Place(self._file, *self._listing.position(found.start()))

    def _key(self, path: YamlPath, word: str, place: Place) -> str:
        self._check(word, place)
        key = str(json.loads(word))
        earlier = self.marks.keys.setdefault((*path, key), place)
        if earlier != place:
            self._report(place, f"`{key}` stands here twice", f"the first is in line {earlier.line}")
        return key

    def _check(self, word: str, place: Place) -> None:
        if word.startswith('"'):
            if "\\u" in word and any("\ud800" <= character <= "\udfff" for character in json.loads(word)):
                hint = "a surrogate needs its other half; or write the character itself"
                self._report(place, "half a character", hint)
        elif word not in ("true", "false", "null") and not math.isfinite(float(word)):
            self._report(place, "a number out of bounds" if word[-1].isdigit() else f"`{word}` is not JSON")

    def _report(self, place: Place, message: str, hint: str | None = None) -> None:
        self._problems.error(place, message, hint)
        self._is_fine = False
