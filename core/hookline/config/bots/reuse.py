"""Know what a bot was made of, so that the next load can take it over as it is when none of that has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...findings.findings import Finding
from ...plugins.registry import Plugin
from ..configuration import BotConfiguration
from ..yaml.document import Document, Part
from ..yaml.interpolation import Text, Variables
from ..yaml.marks import Marks, Spot, YamlPath, line_of, position
from ..yaml.texts import Notes, digest


@dataclass(frozen=True, slots=True)
class Origin:
    """Name the bot or pack that a finding is about, and the line where that stands."""

    file: str
    path: YamlPath
    line: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Hold a warning of a bot, ``offset`` lines below the beginning of what it is about, if that is in these files."""

    finding: Finding
    about: Origin | None
    offset: int = 0

    def moved(self, line_of: Callable[[Origin], int]) -> Finding:
        """Return it where it stands now that what it is about stands at *line_of*."""
        if self.about is None:
            return self.finding
        place = replace(self.finding.place, line=line_of(self.about) + self.offset)
        return replace(self.finding, place=place)


@dataclass(frozen=True, slots=True)
class Made:
    """Hold a bot of a load that was fine, and all that it was made of.

    ``file`` is what its places name; ``block`` tells its text there, where the file was read in parts, ``data`` what
    that says. ``variables`` are those that it asked for, ``notes`` the files that it names, ``packs`` the tokens of
    those that it includes, ``lists`` the ids of the files' lists that it looked for. ``warnings`` and ``secrets`` are
    what came of it. ``layout`` tells where everything stands in it, if there are warnings, whose places depend on that.
    """

    bot: BotConfiguration
    file: str
    block: bytes | None
    data: bytes
    variables: Mapping[str, str | None]
    notes: Notes
    packs: Mapping[str, bytes | None]
    lists: Mapping[str, frozenset[str] | None]
    plugins: Sequence[Plugin]
    warnings: Sequence[Warned]
    secrets: frozenset[str]
    layout: bytes | None = None

    def is_text_same(self, document: Document) -> bool:
        """Say whether the text of the bot is the same in *document*, so that it needn't be read."""
        block = document.blocks.get(("bots", self.bot.name))
        return document.is_unchanged or (block is not None and block.digest == self.block)

    def has_same_values(self, values: Mapping[str, str]) -> bool:
        """Say whether the variables that it asked for have the same *values* as then."""
        return all(values.get(name) == value for name, value in self.variables.items())

    def is_same(self, part: Part) -> bool:
        """Say whether *part*, in another text, says the same, and its warnings stand where they did in it."""
        if self.data != fingerprint(part.data):
            return False
        return self.layout is None or self.layout == layout_of(part.marks, part.path)


def warned(finding: Finding, origins: Iterable[Origin]) -> Warned:
    """Return *finding* as a warning about the one of *origins* that it stands in."""
    place = finding.place
    around = [origin for origin in origins if origin.file == place.file and origin.line <= place.line]
    if not around:
        return Warned(finding, None)
    about = max(around, key=lambda origin: origin.line)
    return Warned(finding, about, place.line - about.line)


def fingerprint(data: Any) -> bytes:
    """Return what tells *data* from any other, whatever its layout and comments."""
    parts: list[object] = []
    _flatten(data, parts)
    return digest(repr(parts).encode())


def token_of(document: Document, part: Part, variables: Variables) -> bytes:
    """Return what tells a pack from any other: what it says, where it stands, and the values of its variables."""
    place = (document.file, part.path, sorted(variables.asked.items()))
    return digest(repr(place).encode("utf-8", "surrogatepass") + fingerprint(part.data))


def layout_of(marks: Marks, path: YamlPath) -> bytes:
    """Return what tells where everything in the part at *path* stands, seen from its first line."""
    spot = marks.at(path)
    assert spot is not None
    first = line_of(spot[0] if spot[1] < 0 else spot[1])
    places: list[int] = []
    _collect(spot, position(first, 0), places)
    return digest(repr(places).encode())


def _collect(spot: Spot, start: int, places: list[int]) -> None:
    value, key, below = spot
    places += (value - start, key - start if key >= 0 else -1)
    for one in below.values() if isinstance(below, dict) else below or ():
        _collect(one, start, places)


def _flatten(data: Any, parts: list[object]) -> None:
    """Append what *data* consists of: texts, whether each was plain, and numbers where something begins or ends."""
    if isinstance(data, Text):
        parts += (data.is_plain, data)
    elif isinstance(data, dict):
        parts.append(1)
        for name, value in data.items():
            parts.append(name)
            _flatten(value, parts)
        parts.append(2)
    elif isinstance(data, list):
        parts.append(3)
        for value in data:
            _flatten(value, parts)
        parts.append(4)
    else:
        parts.append(None)
